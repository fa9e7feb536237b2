"""Network cameras that use RTSP, through OpenCV's FFmpeg."""

from __future__ import annotations

import re
import threading
import time
from contextlib import closing
from urllib.parse import urlsplit

import cv2

from inspector.core.errors import Message, SourceError
from inspector.core.live.frames import Frame
from inspector.devices.network.connection import Connection, connect
from inspector.devices.network.deadline import Deadline
from inspector.devices.sources.address_words import network_problem, shown_address
from inspector.devices.sources.frame_source import NetworkSource
from inspector.devices.sources.lateness import Lateness
from inspector.devices.sources.opencv_capture import OpenCVCapture, ffmpeg_capture

PORTS = {"rtsp": 554, "rtsps": 322}
ANSWER_S, OPEN_S, SILENCE_S = 2.5, 4.5, 1.5
"""Seconds to wait for an answer, for the first picture (answer included), and for each further picture before the
source counts as lost."""

RETRY_S = 0.5
"""Minimum remaining seconds to ask the camera why FFmpeg failed."""

ANSWER_BYTES = 1024
"""Maximum size of an answer's first line."""

STALE_S, BEHIND_S = 0.5, 3.0
"""A frame with more than `STALE_S` lateness is not delivered; `BEHIND_S` without a fresh frame is an error."""

# Frames that arrive while FFmpeg analyses the stream are not kept, because they would be shown late. One thread: with
# several threads, FFmpeg holds back one frame for each.
_OPTIONS = "rtsp_flags;prefer_tcp|fflags;nobuffer"
_SETTINGS = (
    *(cv2.CAP_PROP_READ_TIMEOUT_MSEC, int(1000 * SILENCE_S)),
    *(cv2.CAP_PROP_N_THREADS, 1),
)

_NO_ADDRESS = Message("this is no address of a camera", "it looks like rtsp://192.168.0.8:554/stream")
_SILENT = Message("the camera does not answer", "check that it is on, in the same network, and that the port is right")
_NO_PICTURE = Message("the camera answers, but sends no picture", "restart it, or choose H.264 in its settings")


class RtspStream(NetworkSource):
    """The video that a network camera sends by RTSP.

    Parameters
    ----------
    address : str
        ``rtsp://`` or ``rtsps://``, with user and password if the camera requires them.
    """

    def __init__(self, address: str) -> None:
        super().__init__()
        self.address = address
        self._capture: OpenCVCapture | None = None
        self._number = 0
        self._lateness, self._fresh_at = Lateness(), 0.0

    @property
    def name(self) -> str:
        """The address without user and password."""
        return shown_address(self.address)

    def open(self) -> None:
        """Connect, and wait until the camera has described its video.

        Raises
        ------
        SourceError
            The connection failed; the sentence states the reason as far as the camera gives one.
        """
        self.close()
        deadline = Deadline(OPEN_S, self.token)
        # FFmpeg reports only that it failed. Every reader sends OPTIONS first, and it changes nothing.
        self._status("OPTIONS", Deadline(ANSWER_S, self.token))
        settings = (cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, max(1, int(1000 * deadline.left_s)), *_SETTINGS)
        try:
            capture = deadline.wait_for(lambda: ffmpeg_capture(self.address, settings, _OPTIONS), OpenCVCapture.close)
        except TimeoutError:
            raise SourceError(self.name, _NO_PICTURE) from None
        if not capture.is_open:
            capture.close()
            raise SourceError(self.name, self._why_refused(deadline))
        self._capture, self._number = capture, 0
        self._lateness, self._fresh_at = Lateness(), time.monotonic()

    def read(self, timeout_s: float) -> Frame | None:
        """Wait for the next frame, at most until the source counts as lost; see `FrameSource.read`.

        Video must be decoded frame by frame. If this computer is too slow, or the network was delayed, frames become
        older and older. Frames that are too old are left out and are gaps in the numbers.
        """
        if self._capture is None:
            raise SourceError(self.name, "the stream is not open")
        until = time.monotonic() + timeout_s
        while True:
            asked_at = time.monotonic()
            taken_at = self._capture.wait()
            # After its timeout, FFmpeg may still deliver an older frame that its decoder held back.
            if taken_at is None or taken_at - asked_at > SILENCE_S - 0.1:
                raise self._lost(Message("the camera sends nothing any more", "check its power and the network"))
            self._number += 1
            stamped_s = self._capture.device.get(cv2.CAP_PROP_POS_MSEC) / 1000
            if self._lateness.of(taken_at, stamped_s) < STALE_S:
                self._fresh_at = taken_at
                image = self._capture.image()
                return None if image is None else Frame(image, self._number - 1, taken_at)
            if taken_at - self._fresh_at > BEHIND_S:
                raise self._lost(
                    Message("pictures arrive late", "choose smaller or fewer of them in the camera's settings")
                )
            if taken_at >= until:
                return None

    def close(self) -> None:
        """Disconnect."""
        if self._capture is not None:
            self._capture.close()
            self._capture = None

    def _lost(self, sentence: str) -> SourceError:
        capture, self._capture = self._capture, None
        if capture is not None:
            # FFmpeg says goodbye to a camera that may not answer; the loss is reported without waiting for it.
            threading.Thread(target=capture.close, name="rtsp goodbye", daemon=True).start()
        return SourceError(self.name, sentence)

    def _place(self) -> tuple[str, int]:
        try:
            parts = urlsplit(self.address)
            host, port = parts.hostname, parts.port
            self.address.encode()  # FFmpeg accepts only valid Unicode
        except ValueError:  # the error may quote a piece of a password
            host = port = None
        if not host:
            raise SourceError(self.name, _NO_ADDRESS) from None
        return host, port or PORTS[parts.scheme]

    def _status(self, method: str, deadline: Deadline) -> int:
        """Send a request without log-in and return the answer's status; 0 for rtsps, which tests the connection only.

        FFmpeg does not verify certificates, so an own encrypted request could refuse a camera that FFmpeg accepts.
        """
        host, port = self._place()
        try:
            with closing(connect(host, port, deadline)) as wire:
                return self._asked(wire, method) if self.address.lower().startswith("rtsp:") else 0
        except TimeoutError:
            raise SourceError(self.name, _SILENT) from None
        except (OSError, ValueError) as error:
            problem = network_problem(error) if isinstance(error, OSError) else _NO_ADDRESS
            raise SourceError(self.name, problem) from None

    def _asked(self, wire: Connection, method: str) -> int:
        url = re.sub(r"//.*@", "//", self.address)
        question = f"{method} {url} RTSP/1.0\r\nCSeq: 1\r\nAccept: application/sdp\r\n\r\n"
        wire.most = ANSWER_BYTES
        wire.sendall(question.encode("utf-8", "replace"))
        answer = wire.file.readline(ANSWER_BYTES)
        status = re.match(rb"RTSP/\d\.\d (\d{3})", answer)
        if status is None:
            sentence = Message(
                "what answers there does not speak RTSP", "check the port, and the address in the camera's manual"
            )
            raise SourceError(self.name, sentence)
        return int(status[1])

    def _why_refused(self, deadline: Deadline) -> str:
        if deadline.left_s < RETRY_S:
            return _NO_PICTURE
        try:
            status = self._status("DESCRIBE", deadline)
        except SourceError as error:
            return error.sentence
        if status == 404:
            return Message("the camera has no stream under this path", "look its address up in the camera's manual")
        if status in (401, 403) and "@" not in self.address:
            return Message(
                "the camera asks for a user and a password",
                "write them before its name, as in rtsp://USER:PASSWORD@...",
            )
        if status in (401, 403):
            return Message("the camera refuses this user or password, or has no such stream", "check the address")
        return Message("the camera answers, but sends no video that Inspector can read", "choose H.264 in its settings")
