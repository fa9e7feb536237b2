"""MJPEG cameras, read from real servers on loopback whose pictures have their number painted in."""

import socket
import time
from pathlib import Path

import numpy as np
import pytest

from inspector.core.errors import SourceError
from inspector.devices.addresses import open_source
from tests.streams import LOGIN, frames_of, lost, read_number


@pytest.mark.parametrize("kind", ["live", "unmeasured", "chunked"])
def test_frames_come_in_order_and_fresh(mjpeg_server, opened, kind):
    source = opened(mjpeg_server.address(kind))
    frames = frames_of(source, 30)
    numbers = [read_number(frame.image_rgb) for frame in frames]
    assert None not in numbers
    assert numbers == sorted(set(numbers))
    ages = sorted(frame.taken_at - mjpeg_server.due(number) for frame, number in zip(frames, numbers, strict=True))
    assert ages[0] > 0
    assert ages[len(ages) // 2] < 0.5
    assert frames[0].image_rgb.shape == (480, 640, 3)
    assert not frames[0].image_rgb.flags.writeable
    assert source.live


def test_no_frame_is_lost_on_the_way(mjpeg_server, opened):
    source = opened(mjpeg_server.address("every?count=40"))
    seen = {}
    while 39 not in seen:
        (frame,) = frames_of(source, 1)
        seen[frame.number] = read_number(frame.image_rgb)
    # The source counts those that newer ones overtook, so that its numbers stay those of the camera.
    assert seen == {number: number for number in seen}
    error, _ = lost(source)
    assert "ended the stream" in error.sentence


def test_a_slow_reader_gets_the_newest_frame(start_mjpeg, opened):
    server = start_mjpeg(fps=200.0)
    source = opened(server.url)
    frames_of(source, 1)
    until = time.monotonic() + 2.0
    ages = []
    while time.monotonic() < until:
        (frame,) = frames_of(source, 1)
        until_slow = time.monotonic() + 0.1
        while time.monotonic() < until_slow:  # a reader that takes 20 times as long as the camera
            pass
        ages.append(frame.taken_at - server.due(read_number(frame.image_rgb)))
    assert max(ages[len(ages) // 2 :]) < 1.0


def test_colours_are_not_swapped(start_mjpeg, opened):
    red = np.zeros((480, 640, 3), np.uint8)
    red[..., 0] = 220
    (frame,) = frames_of(opened(start_mjpeg([red]).url), 1)
    below = frame.image_rgb[100:].reshape(-1, 3).mean(axis=0)
    assert abs(below[0] - 220) < 6
    assert max(below[1:]) < 6


def test_a_killed_camera_is_told_within_two_seconds_and_comes_back(mjpeg_server, opened):
    source = opened(mjpeg_server.url)
    frames_of(source, 3)
    mjpeg_server.kill()
    error, seconds = lost(source)
    assert seconds < 2.0
    assert "ended the stream" in error.sentence or "cannot be reached" in error.sentence
    with pytest.raises(SourceError, match="accepts a connection"):
        source.open()
    mjpeg_server.restart()
    source.open()
    frames = frames_of(source, 3)
    assert frames[0].number == 0
    assert read_number(frames[2].image_rgb) is not None


def the_five(source):
    """Return the last of the five frames that a camera sends before it falls silent; some may overtake others."""
    frame = None
    while frame is None or frame.number < 4:
        (frame,) = frames_of(source, 1)
    return frame


@pytest.mark.parametrize("kind", ["silent", "halved"])
def test_a_camera_that_falls_silent_is_told_within_two_seconds(mjpeg_server, opened, kind):
    source = opened(mjpeg_server.address(kind))
    last = the_five(source)
    error, _ = lost(source)
    assert time.monotonic() - last.taken_at < 2.5
    assert "fell silent" in error.sentence


def test_damaged_pictures_are_left_out_and_counted(mjpeg_server, opened, capfd):
    source = opened(mjpeg_server.address("damaged"))
    frames = frames_of(source, 8)
    numbers = [read_number(frame.image_rgb) for frame in frames]
    assert all(number is not None and number % 2 == 0 for number in numbers)
    # On a busy machine the camera itself leaves some out.
    assert frames[-1].number - frames[0].number > len(frames) - 1
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("kind", ["basic", "digest"])
def test_a_camera_with_a_password_is_opened_and_never_tells_it(mjpeg_server, opened, kind):
    address = mjpeg_server.address(kind, LOGIN)
    source = opened(address)
    assert read_number(frames_of(source, 1)[0].image_rgb) is not None
    assert source.address == address
    for wrong in ("line:wr0ng%40x@", "line:wr0ng/x@", "line:wr0ng?x@", "line:wr0ng#@", "line:4321/wr0ng@"):
        other = open_source(mjpeg_server.address(kind, wrong))
        with pytest.raises(SourceError) as told:
            other.open()
        said = f"{told.value} {told.value.subject} {told.value.__cause__!r} {other.name}"
        assert "wr0ng" not in said
        assert "4321" not in said
    with pytest.raises(SourceError, match="asks for a user and a password"):
        opened(mjpeg_server.address(kind))


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("page", "text/html and no MJPEG"),
        ("still", "image/jpeg and no MJPEG"),
        ("nothing", "no stream under this path"),
    ],
)
def test_what_is_no_stream_is_said_in_words(mjpeg_server, opened, path, words):
    with pytest.raises(SourceError, match=words):
        opened(mjpeg_server.address(path))


def test_a_port_that_nobody_listens_to_is_said_at_once(opened):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        started = time.monotonic()
        with pytest.raises(SourceError, match="nothing accepts a connection"):
            opened(f"http://127.0.0.1:{taken.getsockname()[1]}/live")
    assert time.monotonic() - started < 2.0


def test_what_does_not_answer_is_said_in_words(opened, monkeypatch):
    monkeypatch.setattr("inspector.devices.network.mjpeg_stream.ANSWER_S", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        address = f"http://127.0.0.1:{mute.getsockname()[1]}/live"
        with pytest.raises(SourceError, match="does not answer"):
            opened(address)


def test_a_read_waits_no_longer_than_asked(mjpeg_server, opened):
    source = opened(mjpeg_server.address("silent"))
    the_five(source)
    started = time.monotonic()
    assert source.read(0.2) is None
    assert time.monotonic() - started < 1.0


def test_opening_again_and_again_leaves_nothing_open(mjpeg_server, opened):
    folder = Path("/proc/self/fd")
    if not folder.exists():
        pytest.skip("counts open files as Linux tells them")
    source = opened(mjpeg_server.url)
    before = len(list(folder.iterdir()))
    for _ in range(10):
        source.open()
        frames_of(source, 1)
        with pytest.raises(SourceError):
            opened(mjpeg_server.address("page"))
    assert len(list(folder.iterdir())) == before
