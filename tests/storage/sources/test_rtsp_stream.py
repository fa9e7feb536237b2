"""RTSP cameras, read from a real server on loopback whose pictures have their number painted in."""

import socket
import threading
from contextlib import suppress

import pytest

from inspector.core.errors import SourceError
from tests.streams import LOGIN, frames_of, lost, read_number


def test_frames_come_in_order_fresh_and_without_noise(rtsp_server, opened, capfd):
    source = opened(rtsp_server.url)
    frames = frames_of(source, 40)
    numbers = [read_number(frame.image_rgb) for frame in frames]
    assert None not in numbers
    assert numbers == sorted(set(numbers))
    ages = [frame.taken_at - rtsp_server.due(number) for frame, number in zip(frames, numbers, strict=True)]
    # What came in while the stream was being opened (about a second) must not be shown late: not even the first frame.
    assert max(ages) < 0.7
    assert sorted(ages)[len(ages) // 2] < 0.4
    assert [frame.number for frame in frames] == list(range(40))
    assert frames[0].image_rgb.shape == (480, 640, 3)
    assert capfd.readouterr().err == ""
    assert source.live


def test_a_killed_camera_is_told_within_two_seconds_and_comes_back(rtsp_server, opened, capfd):
    source = opened(rtsp_server.url)
    frames_of(source, 3)
    rtsp_server.kill()
    _, seconds = lost(source)
    assert seconds < 2.0
    with pytest.raises(SourceError, match="accepts a connection"):
        source.open()
    rtsp_server.restart()
    source.open()
    assert read_number(frames_of(source, 3)[2].image_rgb) is not None
    assert capfd.readouterr().err == ""


def test_a_camera_with_a_password_is_opened_and_never_tells_it(rtsp_server, opened):
    source = opened(rtsp_server.address("locked", LOGIN))
    assert read_number(frames_of(source, 1)[0].image_rgb) is not None
    assert "pass" not in source.name
    with pytest.raises(SourceError, match="asks for a user and a password"):
        opened(rtsp_server.address("locked"))
    with pytest.raises(SourceError, match="refuses this user or password") as told:
        opened(rtsp_server.address("locked", "line:wr0ng@"))
    assert "wr0ng" not in f"{told.value} {told.value.__cause__!r}"


def test_a_path_that_the_camera_does_not_have_is_said_in_words(rtsp_server, opened):
    with pytest.raises(SourceError, match="no stream under this path"):
        opened(rtsp_server.address("other"))


def test_a_stream_that_stands_still_is_told_within_two_seconds(rtsp_server, opened):
    with Relay(rtsp_server.port) as relay:
        source = opened(f"rtsp://127.0.0.1:{relay.port}/live")
        frames_of(source, 5)
        relay.hold()
        error, seconds = lost(source)
        assert seconds < 2.5  # 2 s, and what a busy machine takes to deliver the last frames
        assert "sends nothing" in error.sentence


def test_frames_that_the_network_held_up_are_not_delivered_late(rtsp_server, opened):
    with Relay(rtsp_server.port) as relay:
        source = opened(f"rtsp://127.0.0.1:{relay.port}/live")
        before = frames_of(source, 10)
        relay.hold()
        threading.Event().wait(1.0)  # how long the network is held up; shorter than what counts as a loss
        relay.go_on()
        after = frames_of(source, 15)
    ages = [frame.taken_at - rtsp_server.due(read_number(frame.image_rgb)) for frame in (*before, *after)]
    assert max(ages) < 0.8
    assert after[-1].number > len(before) + len(after) + 5  # those held up are missing


class Relay:
    """Passes bytes between a camera and its reader, and can hold them back: a network that is broken for a time."""

    def __init__(self, port):
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        self._camera_port, self._ended, self._passing = port, threading.Event(), threading.Event()
        self._passing.set()
        self._sockets, self._threads = [], []

    def __enter__(self):
        self._run(self._accept)
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._passing.set()
        for one in (self._server, *self._sockets):
            with suppress(OSError):  # it was hung up already
                one.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10.0)
        for one in (self._server, *self._sockets):
            one.close()

    def hold(self):
        self._passing.clear()

    def go_on(self):
        self._passing.set()

    def _run(self, work, *arguments):
        self._threads.append(threading.Thread(target=work, args=arguments, daemon=True))
        self._threads[-1].start()

    def _accept(self):
        while not self._ended.is_set():
            try:
                reader, _ = self._server.accept()
            except OSError:
                return
            camera = socket.create_connection(("127.0.0.1", self._camera_port))
            self._sockets += [reader, camera]
            self._run(self._pass_on, reader, camera)
            self._run(self._pass_on, camera, reader)

    def _pass_on(self, source, target):
        try:
            while piece := source.recv(65536):
                self._passing.wait()
                target.sendall(piece)
            target.shutdown(socket.SHUT_RDWR)
        except OSError:
            return
