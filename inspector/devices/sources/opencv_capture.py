"""OpenCV's VideoCapture without messages, with RGB frames and their time of arrival."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

# OpenCV reads both at its first capture. FFmpeg would otherwise write its findings on a stream to stderr.
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
        The device; opening it may have failed.
    """

    def __init__(self, device: cv2.VideoCapture) -> None:
        self.device = device

    @property
    def is_open(self) -> bool:
        """Whether it was opened."""
        return self.device.isOpened()

    def wait(self) -> float | None:
        """Wait for a frame and return its time of arrival (`time.monotonic`); None if no frame will come."""
        try:
            return time.monotonic() if self.device.grab() else None
        except cv2.error:
            return None

    def image(self) -> ImageRGB | None:
        """Return the frame of the last `wait`, uint8 RGB (H, W, 3); None if it is damaged."""
        try:
            there, bgr = self.device.retrieve()
            return cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB).astype("uint8", copy=False) if there else None
        except cv2.error:
            return None

    def close(self) -> None:
        """Close the device."""
        self.device.release()


def ffmpeg_capture(address: str, settings: Sequence[int], options: str = "") -> OpenCVCapture:
    """Open a file or a stream with FFmpeg.

    Parameters
    ----------
    address : str
        File or address for FFmpeg.
    settings : sequence of int
        Pairs of an OpenCV property ``CAP_PROP_...`` and its value.
    options : str
        FFmpeg's own options as ``name;value|name;value``. The user's environment variable takes precedence.

    Raises
    ------
    UnicodeEncodeError
        The address holds invalid bytes.
    """
    address.encode()  # invalid bytes would crash the process in OpenCV
    with _environment, _ffmpeg_options(options):
        return OpenCVCapture(cv2.VideoCapture(address, cv2.CAP_FFMPEG, list(settings)))


@contextmanager
def _ffmpeg_options(options: str) -> Iterator[None]:
    # OpenCV takes these options only from the environment, which it reads at each opening.
    if not options or _FFMPEG_OPTIONS in os.environ:
        yield
        return
    os.environ[_FFMPEG_OPTIONS] = options
    try:
        yield
    finally:
        del os.environ[_FFMPEG_OPTIONS]
