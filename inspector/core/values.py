"""The frozen values that cross threads and layers. Their arrays are read-only."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeAlias

import cv2  # core uses OpenCV for array routines only (here: bilinear resize); reading and writing stay in storage
import numpy as np
from numpy.typing import NDArray

ImageRGB: TypeAlias = NDArray[np.uint8]
"""A photo: uint8 RGB of shape (H, W, 3)."""

FloatArray: TypeAlias = NDArray[np.float32]


def read_only(array: NDArray[Any]) -> NDArray[Any]:
    """Return `array` itself, with writing switched off."""
    array.flags.writeable = False
    return array


class Verdict(StrEnum):
    """What the machine says of a photo. Always derived from score and threshold, never stored as the truth."""

    OK = "OK"
    NG = "NG"
    REFUSED = "REFUSED"
    UNREADABLE = "UNREADABLE"


@dataclass(frozen=True, slots=True, eq=False)
class ScoreMap:
    """How anomalous each place of a photo is, as raw distances; higher is more anomalous.

    Parameters
    ----------
    grid : ndarray of float32, shape (h, w)
        Scores on the backbone's patch grid, already blurred by the detector; covers the whole photo. Made read-only.
    dense_hw : (int, int)
        The size in pixels that the backbone saw. `dense` has this shape; score and regions are both taken from it, so
        that a part is NG exactly when it has a region.
    """

    grid: FloatArray
    dense_hw: tuple[int, int]

    def __post_init__(self) -> None:
        read_only(self.grid)

    def dense(self) -> FloatArray:
        """Return the map at the size the backbone saw.

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
    """A connected place of a photo whose score is over the threshold.

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


@dataclass(frozen=True, slots=True, eq=False)
class Inspection:
    """What is known of one photo after it was inspected.

    Exactly one of three: judged (`score` and `score_map`), refused (`refusal` says why it must not be judged), or
    unreadable (`error` says why it could not be opened).

    Parameters
    ----------
    path : Path
        The photo.
    photo_hw : (int, int) or None
        Height and width of the photo in pixels.
    score : float or None
        Raw score, higher is more anomalous.
    score_map : ScoreMap or None
        Where the score comes from.
    refusal, error : str or None
        A sentence for people.
    ms : float
        Milliseconds spent on this photo, decoding included.
    """

    path: Path
    photo_hw: tuple[int, int] | None = None
    score: float | None = None
    score_map: ScoreMap | None = None
    refusal: str | None = None
    error: str | None = None
    ms: float = 0.0

    def verdict(self, threshold: float) -> Verdict:
        """Return the verdict at `threshold` (raw score): NG when the score is above it."""
        if self.error is not None:
            return Verdict.UNREADABLE
        if self.refusal is not None or self.score is None:
            return Verdict.REFUSED
        return Verdict.NG if self.score > threshold else Verdict.OK

    def relative_score(self, threshold: float) -> float | None:
        """Return the score in threshold units (1.0 is the limit), or None where there is no score."""
        return None if self.score is None else self.score / threshold
