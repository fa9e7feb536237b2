"""The frozen values that cross threads and layers. Their arrays are read-only."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeAlias

import cv2  # core uses OpenCV for array routines only (here: bilinear resize); reading and writing stay in storage
import numpy as np
from numpy.typing import NDArray

from inspector.core.errors import Message, NotFinite

ImageRGB: TypeAlias = NDArray[np.uint8]
"""A photo: uint8 RGB of shape (H, W, 3)."""

FloatArray: TypeAlias = NDArray[np.float32]

NO_SCORE = Message(
    "the detector computes no finite score for this photo",
    "import the weights of the backbone again, then train again",
)
"""Refusal of a photo with infinite or NaN scores, since any comparison with a limit would be wrong."""


def check_finite(values: NDArray[Any]) -> None:
    """Check that scores or features are finite, so that they can be compared with limits.

    Parameters
    ----------
    values : ndarray of float
        Scores or features, of any shape.

    Raises
    ------
    NotFinite
        If a value is infinite or not a number.
    """
    if not np.isfinite(values).all():
        raise NotFinite("score", NO_SCORE)


def read_only(array: NDArray[Any]) -> NDArray[Any]:
    """Return `array` itself, with writing switched off."""
    array.flags.writeable = False
    return array


class Verdict(StrEnum):
    """The machine's decision on a photo. Always derived from score and limits, never stored as the primary value."""

    OK = "OK"
    UNSURE = "UNSURE"
    NG = "NG"
    REFUSED = "REFUSED"
    UNREADABLE = "UNREADABLE"


LEAST_LIMIT, GREATEST_LIMIT = 1e-9, 1e15
"""Range of limits. Scores are divided by limits, so these must not be close to 0; scores are drawn in single
precision."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The thresholds that turn a score into a verdict.

    Parameters
    ----------
    threshold : float
        Raw score, > 0. A part above it is NG.
    unsure_threshold : float or None
        Raw score, > 0 and at most `threshold`. A part above it that is not NG is UNSURE, and a person decides. None: no
        part is UNSURE.

    Raises
    ------
    ValueError
        If a number is out of its range.
    """

    threshold: float
    unsure_threshold: float | None = None

    def __post_init__(self) -> None:
        if not 0.0 < self.threshold < math.inf:
            raise ValueError(f"threshold {self.threshold}")
        if self.unsure_threshold is not None and not 0.0 < self.unsure_threshold <= self.threshold:
            raise ValueError(f"unsure_threshold {self.unsure_threshold}")

    def verdict_of(self, score: float) -> Verdict:
        """Return NG for a raw score above the threshold, UNSURE above the unsure threshold only, else OK.

        NaN is NG, since only a number at or below a limit passes.
        """
        if not score <= self.threshold:
            return Verdict.NG
        return Verdict.OK if score <= self.lowest else Verdict.UNSURE

    @property
    def lowest(self) -> float:
        """The highest raw score of an OK part."""
        return self.threshold if self.unsure_threshold is None else self.unsure_threshold

    def with_threshold(self, threshold: float) -> Limits:
        """Return limits with another threshold; the unsure threshold stays, but is at most the new threshold."""
        unsure = self.unsure_threshold
        return Limits(threshold, None if unsure is None else min(unsure, threshold))


@dataclass(frozen=True, slots=True, eq=False)
class ScoreMap:
    """The anomaly scores over a photo, as raw distances; higher is more anomalous.

    Parameters
    ----------
    grid : ndarray of float32, shape (h, w)
        Scores on the backbone's patch grid, already blurred by the detector; covers the whole photo. Made read-only.
    dense_hw : (int, int)
        The working size in pixels, which is the shape of `dense`. Score and regions are both taken from `dense`, so a
        part is NG exactly when it has a region.

    Raises
    ------
    NotFinite
        If a score is infinite or not a number. Scores of all detectors are checked here, and only here.
    """

    grid: FloatArray
    dense_hw: tuple[int, int]

    def __post_init__(self) -> None:
        check_finite(self.grid)
        read_only(self.grid)

    def dense(self) -> FloatArray:
        """Return the map at the working size.

        Returns
        -------
        ndarray of float32, shape `dense_hw`
            Bilinear interpolation of `grid` (pixel centres aligned, borders repeated).
        """
        height, width = self.dense_hw
        return np.asarray(cv2.resize(self.grid, (width, height), interpolation=cv2.INTER_LINEAR), dtype=np.float32)

    @property
    def score(self) -> float:
        """The photo's score: the maximum of `dense`."""
        return float(self.dense().max())


@dataclass(frozen=True, slots=True)
class Region:
    """A connected area of a photo with scores above the threshold.

    Parameters
    ----------
    x, y, w, h : int
        Bounding box in pixels of the photo, origin at the top left.
    area_px : int
        Area in pixels of the photo.
    peak : float
        Highest raw score inside.
    outline : tuple of (int, int)
        Outer contour as (x, y) points in pixels of the photo, closed implicitly.
    """

    x: int
    y: int
    w: int
    h: int
    area_px: int
    peak: float
    outline: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class GuardReading:
    """The value that a guard measured in a photo, with the range that the good photos allow.

    Parameters
    ----------
    name : str
        Name of the reading, for users.
    value : float
        Value in `unit`.
    low, high : float or None
        The allowed range, in `unit`; None for no limit on that side.
    unit : str
        Unit for users; may be empty.
    """

    name: str
    value: float
    low: float | None
    high: float | None
    unit: str

    @property
    def outside(self) -> bool:
        """Whether the value is not allowed. NaN is not allowed if the range has an end."""
        below = self.low is not None and not self.value >= self.low
        return below or (self.high is not None and not self.value <= self.high)


@dataclass(frozen=True, slots=True, eq=False)
class Inspection:
    """The result of the inspection of one photo.

    A photo is judged (`score` and `score_map`), refused (`refusal` states the reason), or unreadable (`error` states
    the reason); exactly one of these. A refused photo of the good photos' size is also scored, if its scores are
    finite. `would_be` then returns the verdict that it would have had.

    Parameters
    ----------
    path : Path
        The photo.
    photo_hw : (int, int) or None
        Height and width of the photo in pixels.
    score : float or None
        Raw score, higher is more anomalous.
    score_map : ScoreMap or None
        The map that the score is taken from.
    refusal, error : str or None
        A sentence for users.
    ms : float
        Time for this photo in milliseconds, decoding included.
    readings : tuple of GuardReading
        Readings of the guards, of judged photos too. Readings that a refusal makes unnecessary are missing.
    """

    path: Path
    photo_hw: tuple[int, int] | None = None
    score: float | None = None
    score_map: ScoreMap | None = None
    refusal: str | None = None
    error: str | None = None
    ms: float = 0.0
    readings: tuple[GuardReading, ...] = ()

    def verdict(self, limits: Limits) -> Verdict:
        """Return the verdict: unreadable and refused photos first, then the verdict of the score."""
        if self.error is not None:
            return Verdict.UNREADABLE
        if self.refusal is not None or self.score is None:
            return Verdict.REFUSED
        return limits.verdict_of(self.score)

    @property
    def judged(self) -> bool:
        """Whether the score decides the verdict: the photo is neither refused nor unreadable."""
        return self.score is not None and self.refusal is None and self.error is None

    def would_be(self, limits: Limits) -> Verdict | None:
        """Return the verdict that a refused photo would have had; None if it is not refused or has no score."""
        if self.refusal is None or self.score is None:
            return None
        return limits.verdict_of(self.score)

    def refused_and_ng(self, limits: Limits) -> bool:
        """Whether the photo is refused and would be NG; such a part is listed first."""
        return self.would_be(limits) is Verdict.NG

    def relative_score(self, threshold: float) -> float | None:
        """Return the score in threshold units (1.0 is the limit), or None without a score."""
        return None if self.score is None else self.score / threshold
