"""When a part has come to rest before the camera, seen from the picture itself.

A part is judged once. Missing one is worse than judging one twice, so whatever moved is a new part, unless the picture
afterwards is the very same one but for the sensor's noise.
"""

from __future__ import annotations

from collections import deque
from enum import Enum, auto

import cv2  # area averages: array routines
import numpy as np

from inspector.core.live.frames import Burst, Frame
from inspector.core.values import FloatArray, ImageRGB

GLIMPSE_WIDTH, GLIMPSE_HEIGHT = 160, 1600
"""Frames are compared at this width: averaging over areas takes the sensor's noise out. The height follows from the
frame, up to that of a frame ten times as high as wide."""
CHANGED_QUANTILE = 0.995
"""How different two glimpses are is this quantile of their pixels' differences: half a percent of the picture moving
is seen, single pixels are not."""
MOVED_LEVELS = (5.0, 12.0)
"""A difference above the first is motion, in gray levels of 0..255; noise of the sensor raises it up to the second."""
NOISE_FACTOR = 2.5
SETTLE_S = 0.25
FOLLOW_S = 2.0
"""Light that changes by less than `MOVED_LEVELS` in this time is not motion."""
MEMORY = 60
"""Differences of so many frames tell the sensor's noise."""
SAME_FACTOR, SAME_LEVELS = 1.5, 0.5


class Scene(Enum):
    """What the newest frame shows."""

    MOVING = auto()
    SETTLING = auto()
    ARRIVED = auto()
    """At rest, and not judged yet."""
    JUDGED = auto()
    """At rest, and judged before."""


def glimpse(image_rgb: ImageRGB) -> FloatArray:
    """Return a small gray copy, float32 of shape (about 160 * H / W, 160), whose median is 0.

    Taking the median off makes it blind to light that flickers as a whole.
    """
    height, width = image_rgb.shape[:2]
    size = GLIMPSE_WIDTH, min(max(round(GLIMPSE_WIDTH * height / width), 1), GLIMPSE_HEIGHT)
    small = cv2.resize(image_rgb, size, interpolation=cv2.INTER_AREA)
    gray = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32)
    return np.asarray(gray - np.median(gray), dtype=np.float32)


def difference(one: FloatArray, other: FloatArray) -> float:
    """Return how different two glimpses are, in gray levels, >= 0; infinite for another shape."""
    if one.shape != other.shape:
        return float("inf")
    apart = np.abs(one - other).ravel()
    place = int(CHANGED_QUANTILE * (apart.size - 1))
    return float(np.partition(apart, place)[place])


class Arrivals:
    """Follows frames and says when to judge, and which of them.

    Frames are passed to `see` in order. After `Scene.ARRIVED`, `sharpest` is the frame to judge, and `judged` says that
    it was.
    """

    def __init__(self) -> None:
        self._rest: FloatArray | None = None
        self._before: FloatArray | None = None
        self._rest_since = 0.0
        self._followed_at = 0.0
        self._noise = 0.0
        self._steps: deque[float] = deque(maxlen=MEMORY)
        self._burst = Burst()
        self._judged: FloatArray | None = None
        self._empty: FloatArray | None = None
        self._done = False

    @property
    def knows_empty(self) -> bool:
        """Whether someone showed the place without a part."""
        return self._empty is not None

    @property
    def shows_empty(self) -> bool:
        """Whether what is at rest is the place without a part."""
        if self._empty is None or self._rest is None:
            return False
        return difference(self._empty, self._rest) <= MOVED_LEVELS[0]

    def remember_empty(self) -> None:
        """Say that the newest frame shows the place without a part."""
        self._empty = self._before

    @property
    def sharpest(self) -> Frame | None:
        """The sharpest frame since the scene came to rest."""
        return self._burst.best

    def see(self, frame: Frame) -> Scene:
        """Take the next frame into account."""
        now = glimpse(frame.image_rgb)
        moved = self._has_moved(now)
        self._before = now
        if moved or self._rest is None:
            self._start_rest(now, frame)
            return Scene.MOVING
        self._noise = max(self._noise, difference(self._rest, now))
        if self._done:
            self._follow(now, frame.taken_at)
            return Scene.JUDGED
        self._burst.add(frame)
        if frame.taken_at - self._rest_since < SETTLE_S:
            return Scene.SETTLING
        self._done = self._is_the_same(now)
        return Scene.JUDGED if self._done else Scene.ARRIVED

    def judged(self) -> None:
        """Say that what is at rest was judged."""
        self._judged, self._done = self._rest, True

    def forget(self) -> None:
        """Judge what is at rest once more."""
        self._judged, self._rest = None, None

    def _has_moved(self, now: FloatArray) -> bool:
        if self._rest is None or self._before is None:
            return True
        step = difference(self._before, now)
        if np.isfinite(step):  # a frame of another size says nothing of the sensor
            self._steps.append(step)
        usual = float(np.percentile(self._steps, 20)) if self._steps else 0.0
        limit = min(max(MOVED_LEVELS[0], NOISE_FACTOR * usual), MOVED_LEVELS[1])
        # Against the frame before as well as against the one at rest: slow motion shows in the second only.
        return max(step, difference(self._rest, now)) > limit

    def _start_rest(self, now: FloatArray, frame: Frame) -> None:
        self._rest, self._rest_since, self._followed_at = now, frame.taken_at, frame.taken_at
        self._noise, self._done = 0.0, False
        self._burst = Burst()
        self._burst.add(frame)

    def _follow(self, now: FloatArray, taken_at: float) -> None:
        if taken_at - self._followed_at >= FOLLOW_S:
            self._rest, self._followed_at = now, taken_at
            self._judged = now

    def _is_the_same(self, now: FloatArray) -> bool:
        if self._judged is None:
            return False
        return difference(self._judged, now) <= SAME_FACTOR * self._noise + SAME_LEVELS
