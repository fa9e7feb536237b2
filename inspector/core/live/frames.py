"""Frames of a source, their sharpness, and the shutter that selects the sharpest frame."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TypeAlias

import cv2  # the Laplacian: an array routine
import numpy as np

from inspector.core.live.newest import Newest
from inspector.core.values import ImageRGB, read_only

BURST_S = 0.15
"""Duration after a pressed key within which the sharpest frame is selected."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One photo of a source.

    Parameters
    ----------
    image_rgb : ndarray of uint8, shape (H, W, 3)
        Made read-only.
    number : int
        Number of the frame since the source was opened, >= 0. A gap means that the source lost frames.
    taken_at : float
        Arrival of the frame in this program, in seconds of `time.monotonic`. Earlier delays in the camera or the
        network are unknown.
    name : str
        Name of the frame at its source, such as a file name; empty for a camera.
    """

    image_rgb: ImageRGB
    number: int
    taken_at: float
    name: str = ""

    def __post_init__(self) -> None:
        read_only(self.image_rgb)


NewestFrame: TypeAlias = Newest[Frame]
"""Passes frames from the thread that reads a camera to the thread that judges."""


def sharpness(image_rgb: ImageRGB) -> float:
    """Return the sharpness of an image: the variance of the Laplacian of its gray half-size copy, >= 0.

    Images of one scene can be compared by it, images of different scenes cannot.
    """
    height, width = image_rgb.shape[:2]
    half = cv2.resize(image_rgb, (max(1, round(width / 2)), max(1, round(height / 2))), interpolation=cv2.INTER_AREA)
    edges = cv2.Laplacian(cv2.cvtColor(half, cv2.COLOR_RGB2GRAY), cv2.CV_16S)
    return float(np.square(cv2.meanStdDev(edges)[1][0, 0]))


class Burst:
    """Keeps the sharpest frame of a burst of one part."""

    def __init__(self) -> None:
        self._best: Frame | None = None
        self._sharpness = -1.0

    @property
    def best(self) -> Frame | None:
        """The sharpest frame so far."""
        return self._best

    def add(self, frame: Frame) -> None:
        """Process a frame."""
        found = sharpness(frame.image_rgb)
        if found > self._sharpness:
            self._best, self._sharpness = frame, found


class Shutter:
    """Returns the sharpest frame after a pressed key. `press` and `forget` may be called from another thread."""

    def __init__(self) -> None:
        self._pressed = threading.Event()
        self._forgotten = threading.Event()
        self._burst: Burst | None = None
        self._until = 0.0

    @property
    def busy(self) -> bool:
        """Whether frames are being compared."""
        return self._burst is not None

    def press(self) -> None:
        """Start a burst with the next frame."""
        self._pressed.set()

    def forget(self) -> None:
        """Cancel earlier presses, since their part may be gone."""
        self._pressed.clear()
        self._forgotten.set()

    def wait(self, timeout_s: float) -> bool:
        """Wait for a press, for sources with a single photo; return whether it came. The press is consumed."""
        pressed = self._pressed.wait(timeout_s)
        self._pressed.clear()
        return pressed

    def end(self) -> Frame | None:
        """Return the sharpest frame when the source has ended; None if no frames were compared."""
        best = None if self._burst is None or self._forgotten.is_set() else self._burst.best
        self._burst = None
        return best

    def see(self, frame: Frame) -> Frame | None:
        """Process a frame; return the sharpest frame when the burst is complete, else None."""
        if self._forgotten.is_set():
            self._forgotten.clear()
            self._burst = None
        if self._pressed.is_set():
            self._pressed.clear()
            self._burst, self._until = Burst(), frame.taken_at + BURST_S
        if self._burst is None:
            return None
        self._burst.add(frame)
        if frame.taken_at < self._until:
            return None
        best, self._burst = self._burst.best, None
        return best or frame
