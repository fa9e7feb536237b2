"""Nothing secret of an address is shown or stored, however it is written; what tells cameras apart stays."""

from urllib.parse import quote

import pytest

from inspector.core.address_secrets import HIDDEN, has_secrets, shown_address


@pytest.mark.parametrize(
    "address",
    [
        "rtsp://camera:554/stream1",
        "rtsp://192.168.0.8/Streaming/Channels/101",
        "rtsp://camera/cam/realmonitor?channel=1&subtype=0",
        "http://camera/axis-cgi/mjpg/video.cgi?resolution=640x480&fps=5&compression=30",
        "http://camera/h264Preview_01_main",
        "http://camera/axis-media/media.amp",
        "http://camera/channel=1/x",
        "http://[::1]:8080/video",
        "http://camera/place@2",
        "camera:0",
        "genicam:/opt/maker/producer.cti?Camera=1",
        "genicam:192.0.2.10",
        "watch:/data/user=a@b:c/pwd=d",
        "/data/user=a@b:c/pwd=d",
        r"C:\photos\a@b\token=1",
        "photos/part:1",
        "photos/date=2026-03-01/1.png",
        "run 1.mp4",
        "",
    ],
)
def test_what_is_not_secret_is_shown(address):
    assert shown_address(address) == address
    assert not has_secrets(address)


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("rtsp://line:hunter2@camera:554/stream1", "rtsp://camera:554/stream1"),
        ("http://hunter2@camera/video", "http://camera/video"),
        ("http://camera/video?user=line&pwd=hunter2", "http://camera/video"),
        ("http://camera/video?channel=2&pwd=hunter2&subtype=1", "http://camera/video?channel=2&subtype=1"),
        ("http://192.168.0.8:8080/video?pwd=hunt@hunter2", "http://192.168.0.8:8080/video"),
        ("rtsp://192.168.1.10:554/user=admin_password=hunter2_channel=1.sdp", f"rtsp://192.168.1.10:554/{HIDDEN}"),
        ("rtsp://camera/live/token/hunter2/1", f"rtsp://camera/live/{HIDDEN}"),
        ("postgresql://line:hunter2@server:5432/history?password=hunter2", "postgresql://server:5432/history"),
        ("postgresql:///history?host=server&password=hunter2", "postgresql:///history"),
    ],
)
def test_the_rest_stays(address, shown):
    assert shown_address(address) == shown
    assert shown_address(shown) == shown
    assert has_secrets(address)


NAMES = (
    "pwd", "password", "passwd", "pass", "PASSWORD", "token", "access_token", "auth", "key", "apikey", "api_key", "sid",
    "secret", "sig", "signature", "login", "user", "usr", "userpwd", "loginpas", "psw", "pw", "session", "session_id",
    "credential", "hash", "mac", "x",
)  # fmt: skip
PLACES = (
    "http://camera/video?{}", "http://camera/video?channel=1&{}", "http://camera/video?{}&channel=1",
    "rtsp://camera:554/{}", "rtsp://camera:554/live/{}/1", "rtsp://camera/live;{}", "http://camera/video#{}",
    "http://192.0.2.1:80/v?a&{}", "HTTP://camera/a?{}", "postgresql://server/history?{}",
    "postgresql+psycopg://u@server/history?sslmode=require&{}",
)  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("secret", ["hunter2", "hun@hunter2", "a:hunter2@b", "hunter2/x", "hunter2?x=1", "%68unter2"])
def test_a_setting_of_any_name_but_a_few_is_secret(place, secret):
    for name in NAMES:
        for pair in (f"{name}={secret}", f"{name}={quote(secret, safe='')}", f"user=admin_{name}={secret}_x=1.sdp"):
            assert "unter2" not in shown_address(place.format(pair))


@pytest.mark.parametrize("name", ["pwd", "password", "token", "user", "auth"])
def test_encoding_hides_nothing_from_us(name):
    for pair in (f"{name}%3Dhunter2", f"{name}%253Dhunter2", f"%{ord(name[0]):02x}{name[1:]}=hunter2"):
        assert "hunter2" not in shown_address(f"rtsp://camera/{pair}")
        assert "hunter2" not in shown_address(f"camera/{pair}")


@pytest.mark.parametrize("password", ["hunter2", "se@hunter2", "se/hunter2", "se?hunter2", "se#hunter2", "se:hunter2",
                                      "4321/hunter2", "4321?a=hunter2", "hunter2/4321", "a\\hunter2", "[hunter2",
                                      "%40hunter2", "hunter2 x", "&hunter2"])  # fmt: skip
@pytest.mark.parametrize("scheme", ["rtsp", "http", "https", "postgresql", "ftp"])
def test_a_password_that_was_not_escaped_is_not_shown_in_pieces(scheme, password):
    for place in ("camera", "camera:554/live", "192.0.2.1:80/live?channel=1"):
        for separator in ("://", ":", ":/"):
            shown = shown_address(f"{scheme}{separator}line:{password}@{place}")
            assert "hunter2" not in shown
            assert "4321" not in shown


@pytest.mark.parametrize("address", ["line:hunter2@camera/live", "camera/video?user=a&pwd=hunter2", "u:hunter2@h:80",
                                     "//line:hunter2@camera/live", "camera/video?u=a&p=hunter2", "h:554/u=a&p=hunter2",
                                     "192.0.2.1/video?psw=hunter2", "192.0.2.1/video?channel=1&p=hunter2"])  # fmt: skip
def test_an_address_without_its_beginning_is_no_path(address):
    assert "hunter2" not in shown_address(address)


def test_a_long_random_part_is_a_secret_by_itself():
    assert shown_address("rtsps://192.0.2.1:7441/Ab3dEfGh12345678") == f"rtsps://192.0.2.1:7441/{HIDDEN}"


@pytest.mark.parametrize("part", ["550e8400-e29b-41d4-a716-446655440000", "Ab3dEfGh12345678.m3u8",
                                  "live_Ab3dEfGh12345678", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIx.x"])  # fmt: skip
def test_a_long_random_part_is_found_between_other_letters(part):
    assert shown_address(f"http://192.0.2.1/live/{part}/x") == f"http://192.0.2.1/live/{HIDDEN}"


@pytest.mark.parametrize("host", ["camera:hunter2", "line:hunter2:554", "line\uff1ahunter2\uff20camera",
                                  "[::1]:hunter2", "line:hunter2\uff0fcamera", "camera:554hunter2"])  # fmt: skip
@pytest.mark.parametrize("scheme", ["rtsp", "postgresql"])
def test_a_host_whose_port_is_none_may_be_a_password(host, scheme):
    assert shown_address(f"{scheme}://{host}/live") == f"{scheme}://{HIDDEN}"


@pytest.mark.parametrize(
    "host", ["camera:554", "camera:", "[::1]", "[fe80::1]:554", "one:5432,two:5433", "kamera-\u00fc:80"]
)
def test_a_host_and_its_port_are_shown(host):
    assert shown_address(f"rtsp://{host}/live") == f"rtsp://{host}/live"
