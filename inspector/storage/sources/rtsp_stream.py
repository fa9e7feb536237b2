"""Network cameras that speak RTSP, through OpenCV's FFmpeg."""

from __future__ import annotations

import re
import socket
import threading
import time
from urllib.parse import urlsplit

import cv2

from inspector.core.errors import SourceError
from inspector.core.frames import Frame
from inspector.storage.sources.address_words import network_problem, shown_address
from inspector.storage.sources.frame_source import WithoutSettings
from inspector.storage.sources.lateness import Lateness
from inspector.storage.sources.opencv_capture import OpenCVCapture, ffmpeg_capture

PORTS = {"rtsp": 554, "rtsps": 322}
CONNECT_S, OPEN_S, SILENCE_S = 2.0, 5.0, 1.5
"""How long to wait for an answer, for the first picture, and for the next one before the camera counts as gone."""

STALE_S, BEHIND_S = 0.5, 3.0
"""A frame that is so much later than it could be is not delivered; after so long without a fresh one, it is told."""

# What came in while FFmpeg looks at the stream is not kept: it would be shown late. One thread: with several, FFmpeg
# holds back as many frames as there are threads.
_OPTIONS = "rtsp_flags;prefer_tcp|fflags;nobuffer"
_SETTINGS = (
    *(cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, int(1000 * OPEN_S)),
    *(cv2.CAP_PROP_READ_TIMEOUT_MSEC, int(1000 * SILENCE_S)),
    *(cv2.CAP_PROP_N_THREADS, 1),
)


class RtspStream(WithoutSettings):
    """The video that a network camera sends by RTSP.

    Parameters
    ----------
    address : str
        ``rtsp://`` or ``rtsps://``; with user and password where the camera wants them.
    """

    live = True

    def __init__(self, address: str) -> None:
        self.address = address
        self._capture: OpenCVCapture | None = None
        self._number = 0
        self._lateness, self._fresh_at = Lateness(), 0.0

    @property
    def name(self) -> str:
        """The address without user and password."""
        return shown_address(self.address)

    def open(self) -> None:
        """Connect, and wait until the camera has told what its video is.

        Raises
        ------
        SourceError
            With the reason, as far as the camera tells.
        """
        self.close()
        host, port = self._place()
        try:
            # FFmpeg would say no more than that it failed.
            socket.create_connection((host, port), CONNECT_S).close()
        except OSError as error:
            raise SourceError(self.name, network_problem(error)) from error
        capture = ffmpeg_capture(self.address, _SETTINGS, _OPTIONS)
        if not capture.is_open:
            capture.close()
            raise SourceError(self.name, self._why_refused(host, port))
        self._capture, self._number = capture, 0
        self._lateness, self._fresh_at = Lateness(), time.monotonic()

    def read(self, timeout_s: float) -> Frame | None:
        """Wait for the next frame, at most until the camera counts as gone; see `FrameSource.read`.

        Video must be decoded frame by frame. If this computer is too slow for that, or the network was held up, what
        comes is older and older; frames that are too old are left out, and missing from the numbers.
        """
        if self._capture is None:
            raise SourceError(self.name, "the stream is not open")
        until = time.monotonic() + timeout_s
        while True:
            asked_at = time.monotonic()
            taken_at = self._capture.wait()
            # After its time-out FFmpeg may still hand over a frame that its decoder held back: it is of before.
            if taken_at is None or taken_at - asked_at > SILENCE_S - 0.1:
                raise self._lost("the camera sends nothing any more; check its power and the network")
            self._number += 1
            stamped_s = self._capture.device.get(cv2.CAP_PROP_POS_MSEC) / 1000
            if self._lateness.of(taken_at, stamped_s) < STALE_S:
                self._fresh_at = taken_at
                image = self._capture.image()
                return None if image is None else Frame(image, self._number - 1, taken_at)
            if taken_at - self._fresh_at > BEHIND_S:
                raise self._lost("pictures arrive late; choose smaller or fewer of them in the camera's settings")
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
            # FFmpeg says goodbye to a camera that may not answer any more; the loss is told meanwhile.
            threading.Thread(target=capture.close, name="rtsp goodbye", daemon=True).start()
        return SourceError(self.name, sentence)

    def _place(self) -> tuple[str, int]:
        try:
            parts = urlsplit(self.address)
            host, port = parts.hostname, parts.port
        except ValueError:  # it quotes what may be a piece of a password
            host = port = None
        if not host:
            sentence = "this is no address of a camera; it looks like rtsp://192.168.0.8:554/stream"
            raise SourceError(self.name, sentence) from None
        return host, port or PORTS[parts.scheme]

    def _why_refused(self, host: str, port: int) -> str:
        status = _status(host, port, self.address) if self.address.lower().startswith("rtsp:") else 0
        if status == 404:
            return "the camera has no stream under this path; look its address up in the camera's manual"
        if status in (401, 403) and "@" not in self.address:
            return (
                "the camera asks for a user and a password; write them before its name, as in rtsp://USER:PASSWORD@..."
            )
        if status in (401, 403):
            return "the camera refuses this user or password, or has no such stream; check the address"
        return "the camera answers, but sends no video that Inspector can read; choose H.264 in its settings"


def _status(host: str, port: int, address: str) -> int:
    """Ask for a description without logging in, and return the answer's status; 0 if there is none."""
    url = re.sub(r"//.*@", "//", address)
    question = f"DESCRIBE {url} RTSP/1.0\r\nCSeq: 1\r\nAccept: application/sdp\r\n\r\n"
    try:
        with socket.create_connection((host, port), CONNECT_S) as connection:
            connection.sendall(question.encode("utf-8"))
            answer = connection.recv(64).decode("latin-1")
    except OSError:
        return 0
    said = re.match(r"RTSP/\d\.\d (\d{3})", answer)
    return int(said[1]) if said else 0
