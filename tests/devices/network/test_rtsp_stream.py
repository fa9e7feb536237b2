"""RTSP cameras, read from a real server on loopback whose pictures have their number painted in."""

import socket
import threading
from contextlib import suppress

import pytest

from inspector.core.errors import SourceError
from inspector.core.progress import Cancelled, CancelToken
from inspector.devices.addresses import open_source
from inspector.devices.network import rtsp_stream
from tests.streams import LOGIN, frames_of, lost, read_number
from tests.streams.hostile_server import Bytes, HostileServer, seconds


def test_frames_come_in_order_fresh_and_without_noise(rtsp_server, opened, capfd):
    source = opened(rtsp_server.url)
    frames = frames_of(source, 40)
    numbers = [read_number(frame.image_rgb) for frame in frames]
    assert None not in numbers
    assert numbers == sorted(set(numbers))
    ages = [frame.taken_at - rtsp_server.due(number) for frame, number in zip(frames, numbers, strict=True)]
    # Frames that arrived while the stream was opened (about a second) must not be shown late, not even the first.
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
        assert seconds < 2.5  # 2 s, and the time of a busy machine for the last frames
        assert "sends nothing" in error.sentence


def test_frames_that_the_network_held_up_are_not_delivered_late(rtsp_server, opened):
    with Relay(rtsp_server.port) as relay:
        source = opened(f"rtsp://127.0.0.1:{relay.port}/live")
        before = frames_of(source, 10)
        relay.hold()
        threading.Event().wait(1.0)  # duration of the network's stall; shorter than a loss
        relay.go_on()
        after = frames_of(source, 15)
    ages = [frame.taken_at - rtsp_server.due(read_number(frame.image_rgb)) for frame in (*before, *after)]
    assert max(ages) < 0.8
    assert after[-1].number > len(before) + len(after) + 5  # those held up are missing


OPTIONS = b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nPublic: DESCRIBE, SETUP, PLAY\r\n\r\n"


@pytest.fixture
def hostile():
    servers = []

    def start(*answers):
        servers.append(HostileServer(*answers))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ([Bytes(b"", stay=True)], "does not answer"),
        ([Bytes(OPTIONS, stay=True)], "sends no picture"),
    ],
    ids=["from the beginning", "when asked for video"],
)
def test_a_silent_server_is_told_within_five_seconds(hostile, answers, words):
    error, took_s = seconds(open_source(hostile(*answers).url("rtsp")).open)
    assert isinstance(error, SourceError)
    assert words in error.sentence
    assert took_s < 5.0


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ([Bytes(OPTIONS[:9], stay=True)], "does not answer"),
        ([Bytes(b"RTSP/1.0 2", step=1, pause_s=0.2, stay=True)], "does not answer"),
        ([Bytes(OPTIONS), Bytes(OPTIONS, step=1, pause_s=0.1, stay=True)], "sends no picture"),
    ],
    ids=["silent in its first answer", "a byte now and then", "bytes when asked for video"],
)
def test_a_server_that_dribbles_is_told_as_soon(hostile, monkeypatch, answers, words):
    monkeypatch.setattr(rtsp_stream, "ANSWER_S", 0.8)
    monkeypatch.setattr(rtsp_stream, "OPEN_S", 1.6)
    error, _ = seconds(open_source(hostile(*answers).url("rtsp")).open)
    assert isinstance(error, SourceError)
    assert words in error.sentence


@pytest.mark.parametrize("answers", [[Bytes(b"", stay=True)], [Bytes(OPTIONS, stay=True)]])
def test_the_way_to_a_silent_server_can_be_cancelled(hostile, monkeypatch, answers):
    monkeypatch.setattr(rtsp_stream, "ANSWER_S", 30.0)
    monkeypatch.setattr(rtsp_stream, "OPEN_S", 30.0)
    server = hostile(*answers)
    source, token = open_source(server.url("rtsp")), CancelToken()
    source.heed(token)
    timer = threading.Timer(0.3, token.cancel)
    timer.start()
    error, took_s = seconds(source.open)
    timer.join()
    assert isinstance(error, Cancelled)
    assert took_s < 5.0


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-x\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n", bytes(9000), b"x" * 9000, b"", b"RTSP/9 OK\r\n",
        b"RTSP/1.0 -200 OK\r\n", b"\xff\xfe\r\n",
    ],
)  # fmt: skip
def test_what_speaks_no_rtsp_is_said_in_words(hostile, answer):
    error, _ = seconds(open_source(hostile(Bytes(answer)).url("rtsp")).open)
    assert isinstance(error, SourceError)
    assert "does not speak RTSP" in error.sentence


@pytest.mark.parametrize(
    "answer",
    [
        b"RTSP/1.0 401 No\r\nCSeq: 1\r\nWWW-Authenticate: Digest foo\r\n\r\n",
        b"RTSP/1.0 302 Moved\r\nCSeq: 1\r\nLocation: file:///etc/hostname\r\n\r\n",
        b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: 9999999999999999999\r\n\r\n",
        b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: -1\r\n\r\n\xff\0",
        b"RTSP/1.0 200 " + b"x" * 100_000 + b"\r\n\r\n",
        b"RTSP/1.0 200 OK\r\n" + b"X: 1\r\n" * 50_000,
    ],
)
def test_what_speaks_rtsp_wrongly_is_a_lost_source(hostile, monkeypatch, answer):
    monkeypatch.setattr(rtsp_stream, "OPEN_S", 2.0)
    error, took_s = seconds(open_source(hostile(Bytes(OPTIONS), Bytes(answer)).url("rtsp")).open)
    assert isinstance(error, SourceError)
    assert took_s < 5.0


@pytest.mark.parametrize("place", ["{}/v\udcff", "user:\udcff@{}/video"])
def test_an_address_of_bytes_that_are_no_letters_is_none(hostile, place):
    there = hostile(Bytes(OPTIONS)).url("rtsp").split("/")[2]
    with pytest.raises(SourceError, match="no address of a camera"):
        open_source("rtsp://" + place.format(there)).open()


class Relay:
    """Passes bytes between a camera and its reader, and can hold them back, as a network that is broken for a time."""

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
