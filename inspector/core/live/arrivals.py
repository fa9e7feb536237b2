"""Detection from the frames alone that a part has come to rest before the camera.

A part is judged once. A missed part is worse than a part that is judged twice. So every motion means a new part, unless
the frame afterwards is the same except for the sensor's noise.
"""

from __future__ import annotations

from collections import deque
from enum import Enum, auto

import cv2  # area averages: array routines
import numpy as np

from inspector.core.live.frames import Burst, Frame
from inspector.core.values import FloatArray, ImageRGB

GLIMPSE_WIDTH, GLIMPSE_HEIGHT = 160, 1600
"""Width at which frames are compared, and maximum height. Averages over areas reduce the sensor's noise. The height
follows from the frame, up to ten times its width."""
CHANGED_QUANTILE = 0.995
"""Quantile of the pixel differences that is the difference of two glimpses. Motion of half a percent of the frame
counts; single pixels do not."""
MOVED_LEVELS = (5.0, 12.0)
"""Least and greatest limit of a difference for motion, in gray levels of 0..255. Sensor noise raises the limit from the
first to at most the second."""
NOISE_FACTOR = 2.5
SETTLE_S = 0.25
FOLLOW_S = 2.0
"""Period after which the frame at rest is replaced. Slow changes of light within it, below `MOVED_LEVELS`, are not
motion."""
MEMORY = 60
"""Number of frame differences that estimate the sensor's noise."""
SAME_FACTOR, SAME_LEVELS = 1.5, 0.5


class Scene(Enum):
    """The state of the scene in the newest frame."""

    MOVING = auto()
    SETTLING = auto()
    ARRIVED = auto()
    """At rest, and not judged yet."""
    JUDGED = auto()
    """At rest, and judged before."""


def glimpse(image_rgb: ImageRGB) -> FloatArray:
    """Return a small gray copy, float32 of shape (about 160 * H / W, 160), whose median is 0.

    Subtracting the median removes flicker of the whole light.
    """
    height, width = image_rgb.shape[:2]
    size = GLIMPSE_WIDTH, min(max(round(GLIMPSE_WIDTH * height / width), 1), GLIMPSE_HEIGHT)
    small = cv2.resize(image_rgb, size, interpolation=cv2.INTER_AREA)
    gray = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32)
    return np.asarray(gray - np.median(gray), dtype=np.float32)


def difference(one: FloatArray, other: FloatArray) -> float:
    """Return the difference of two glimpses in gray levels, >= 0; infinite for different shapes."""
    if one.shape != other.shape:
        return float("inf")
    apart = np.abs(one - other).ravel()
    place = int(CHANGED_QUANTILE * (apart.size - 1))
    return float(np.partition(apart, place)[place])


class Arrivals:
    """Decides from frames when to judge, and which frame.

    Frames are passed to `see` in order. After `Scene.ARRIVED`, the caller judges the frame `sharpest` and then calls
    `judged`.
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
        """Whether the empty place, without a part, was recorded."""
        return self._empty is not None

    @property
    def shows_empty(self) -> bool:
        """Whether the scene at rest is the empty place."""
        if self._empty is None or self._rest is None:
            return False
        return difference(self._empty, self._rest) <= MOVED_LEVELS[0]

    def remember_empty(self) -> None:
        """Record the newest frame as the empty place, without a part."""
        self._empty = self._before

    @property
    def sharpest(self) -> Frame | None:
        """The sharpest frame since the scene came to rest."""
        return self._burst.best

    def see(self, frame: Frame) -> Scene:
        """Process the next frame and return the state of the scene."""
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
        """Mark the scene at rest as judged."""
        self._judged, self._done = self._rest, True

    def forget(self) -> None:
        """Let the scene at rest be judged again."""
        self._judged, self._rest = None, None

    def _has_moved(self, now: FloatArray) -> bool:
        if self._rest is None or self._before is None:
            return True
        step = difference(self._before, now)
        if np.isfinite(step):  # a frame of another size carries no information about the sensor
            self._steps.append(step)
        usual = float(np.percentile(self._steps, 20)) if self._steps else 0.0
        limit = min(max(MOVED_LEVELS[0], NOISE_FACTOR * usual), MOVED_LEVELS[1])
        # Compared with the previous frame and with the frame at rest: slow motion shows only in the latter.
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
