"""Frames of a camera, and the one slot through which the newest of anything goes from thread to thread."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TypeAlias

import cv2  # the Laplacian: an array routine
import numpy as np

from inspector.core.live.newest import Newest
from inspector.core.values import ImageRGB, read_only

BURST_S = 0.15
"""Frames of so long after a pressed key are looked at for the sharpest."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture of a source.

    Parameters
    ----------
    image_rgb : ndarray of uint8, shape (H, W, 3)
        Made read-only.
    number : int
        >= 0, counted by the source since it was opened. A gap says that the source itself lost frames.
    taken_at : float
        When the frame arrived in this program, in seconds of `time.monotonic`. What a camera or a network held back
        before that is not known.
    name : str
        What the frame is called where it comes from, such as the name of its file; empty for a camera's.
    """

    image_rgb: ImageRGB
    number: int
    taken_at: float
    name: str = ""

    def __post_init__(self) -> None:
        read_only(self.image_rgb)


NewestFrame: TypeAlias = Newest[Frame]
"""Between the thread that reads a camera and the one that judges."""


def sharpness(image_rgb: ImageRGB) -> float:
    """Return how sharp a picture is: the variance of the Laplacian of its gray half-size copy, >= 0.

    Pictures of one scene can be compared by it, those of different scenes cannot.
    """
    height, width = image_rgb.shape[:2]
    half = cv2.resize(image_rgb, (max(1, round(width / 2)), max(1, round(height / 2))), interpolation=cv2.INTER_AREA)
    edges = cv2.Laplacian(cv2.cvtColor(half, cv2.COLOR_RGB2GRAY), cv2.CV_16S)
    return float(np.square(cv2.meanStdDev(edges)[1][0, 0]))


class Burst:
    """Keeps the sharpest of a few frames of one part."""

    def __init__(self) -> None:
        self._best: Frame | None = None
        self._sharpness = -1.0

    @property
    def best(self) -> Frame | None:
        """The sharpest frame so far."""
        return self._best

    def add(self, frame: Frame) -> None:
        """Take a frame into account."""
        found = sharpness(frame.image_rgb)
        if found > self._sharpness:
            self._best, self._sharpness = frame, found


class Shutter:
    """Gives the sharpest of the frames that follow a pressed key. `press` and `forget` may come from another thread."""

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
        """Begin with the next frame."""
        self._pressed.set()

    def forget(self) -> None:
        """Give nothing for a key pressed before: the part that it was pressed for may be gone."""
        self._pressed.clear()
        self._forgotten.set()

    def wait(self, timeout_s: float) -> bool:
        """Wait for a press where there is one picture only; whether it came. It is used up."""
        pressed = self._pressed.wait(timeout_s)
        self._pressed.clear()
        return pressed

    def end(self) -> Frame | None:
        """Return the sharpest frame so far, since no more come; None if none were compared."""
        best = None if self._burst is None or self._forgotten.is_set() else self._burst.best
        self._burst = None
        return best

    def see(self, frame: Frame) -> Frame | None:
        """Take a frame into account; return the sharpest once all were seen."""
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
