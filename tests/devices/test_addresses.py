"""From addresses to sources, and how addresses are shown."""

import ssl

import pytest

from inspector.core.errors import SourceError
from inspector.devices.addresses import open_source
from inspector.devices.network.mjpeg_stream import MjpegStream
from inspector.devices.network.rtsp_stream import RtspStream
from inspector.devices.sources.address_words import network_problem, shown_address
from inspector.devices.sources.photo_folder import PhotoFolder
from inspector.devices.sources.usb_camera import UsbCamera
from inspector.devices.sources.video_file import VideoFile
from inspector.devices.sources.watched_folder import WatchedFolder


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("camera:0", UsbCamera),
        ("rtsp://127.0.0.1:8554/live", RtspStream),
        ("RTSPS://camera/live", RtspStream),
        ("http://127.0.0.1:8080/live", MjpegStream),
        (" https://camera/live ", MjpegStream),
    ],
)
def test_an_address_finds_its_source_and_comes_back_from_it(address, kind):
    source = open_source(address)
    assert isinstance(source, kind)
    assert source.address == address.strip()
    assert isinstance(open_source(source.address), kind)
    source.close()  # harmless: it was never open


def test_paths_are_told_apart_by_what_is_there(tmp_path, solar_cells):
    (tmp_path / "run.mp4").write_bytes(b"video")
    photo = next(solar_cells.good.iterdir())
    assert isinstance(open_source(str(tmp_path / "run.mp4")), VideoFile)
    for path in (tmp_path, photo):
        assert isinstance(open_source(str(path)), PhotoFolder)
    watched = open_source(f"watch:{tmp_path}")
    assert isinstance(watched, WatchedFolder)
    assert watched.address == f"watch:{tmp_path}"


@pytest.mark.parametrize(
    "address",
    [
        "",
        "nowhere",
        "camera:",
        "camera:x",
        "camera:-1",
        "ftp://line:wr0ng@camera/x",
        "line:wr0ng@camera/x",
        "camera/x?pwd=wr0ng",
    ],
)
def test_what_is_no_address_is_said_in_words(address):
    with pytest.raises(SourceError) as told:
        open_source(address)
    assert len(told.value.sentence) > 20
    assert "wr0ng" not in str(told.value)


@pytest.mark.parametrize(
    "address", ["http://", "http://:80/x", "http://camera:port/", "rtsp://", "rtsp://camera:9999999/"]
)
def test_addresses_without_a_camera_are_refused_when_they_are_opened(address):
    with pytest.raises(SourceError, match="looks like"):
        open_source(address).open()


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("rtsp://camera:554/stream1", "rtsp://camera:554/stream1"),
        ("rtsp://line:secret@camera:554/stream1", "rtsp://camera:554/stream1"),
        ("rtsp://line:secr@et@camera/stream1", "rtsp://camera/stream1"),
        ("rtsp://line:secr/et@camera/stream1", "rtsp://\N{HORIZONTAL ELLIPSIS}"),
        ("http://line:secr?et@camera/video", "http://\N{HORIZONTAL ELLIPSIS}"),
        ("http://line@camera/video", "http://camera/video"),
        ("http://camera/video?user=line&password=secret", "http://camera/video"),
        ("http://[::1]:8080/video", "http://[::1]:8080/video"),
        ("http://camera/place@2", "http://camera/place@2"),
        ("camera:0", "camera:0"),
        ("photos/part:1", "photos/part:1"),
    ],
)
def test_secrets_are_not_shown(address, shown):
    assert shown_address(address) == shown


def test_no_certificate_problem_brings_the_advice_to_do_without_encryption():
    refused = ssl.SSLCertVerificationError(1, "certificate verify failed")
    refused.verify_message = "self-signed certificate"
    for error in (refused, ssl.SSLError(1, "wrong version number")):
        sentence = network_problem(error)
        assert "http:" not in sentence
        assert "without" not in sentence
    assert "certificate" in network_problem(refused)
