"""OpenCV's VideoCapture, silent, with RGB frames and the time of their arrival."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

# Both are read by OpenCV at its first capture. FFmpeg would write to stderr whatever it finds odd about a stream.
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", "2")

import cv2

from inspector.core.values import ImageRGB

cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)

_FFMPEG_OPTIONS = "OPENCV_FFMPEG_CAPTURE_OPTIONS"
_environment = threading.Lock()


class OpenCVCapture:
    """An opened device, stream or file.

    Parameters
    ----------
    device : cv2.VideoCapture
        Whether it is open or not.
    """

    def __init__(self, device: cv2.VideoCapture) -> None:
        self.device = device

    @property
    def is_open(self) -> bool:
        """Whether opening it worked."""
        return self.device.isOpened()

    def wait(self) -> float | None:
        """Wait for a frame; return when it was there (`time.monotonic`), or None if there will be none."""
        try:
            return time.monotonic() if self.device.grab() else None
        except cv2.error:
            return None

    def image(self) -> ImageRGB | None:
        """Return the frame that was waited for, uint8 RGB (H, W, 3); None if it is damaged."""
        try:
            there, bgr = self.device.retrieve()
            return cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB).astype("uint8", copy=False) if there else None
        except cv2.error:
            return None

    def close(self) -> None:
        """Let go of it."""
        self.device.release()


def ffmpeg_capture(address: str, settings: Sequence[int], options: str = "") -> OpenCVCapture:
    """Open a file or a stream with FFmpeg.

    Parameters
    ----------
    address : str
        What FFmpeg understands.
    settings : sequence of int
        Pairs of one of OpenCV's ``CAP_PROP_...`` and its value.
    options : str
        FFmpeg's own options as ``name;value|name;value``. What the user set in the environment goes first.

    Raises
    ------
    UnicodeEncodeError
        The address holds bytes that are no letters.
    """
    address.encode()  # OpenCV would take the process down with it
    with _environment, _ffmpeg_options(options):
        return OpenCVCapture(cv2.VideoCapture(address, cv2.CAP_FFMPEG, list(settings)))


@contextmanager
def _ffmpeg_options(options: str) -> Iterator[None]:
    # OpenCV offers no other way than the environment, and reads it each time that something is opened.
    if not options or _FFMPEG_OPTIONS in os.environ:
        yield
        return
    os.environ[_FFMPEG_OPTIONS] = options
    try:
        yield
    finally:
        del os.environ[_FFMPEG_OPTIONS]
