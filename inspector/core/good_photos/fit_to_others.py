"""The comparison of a new good photo with the earlier photos, while the camera can still take another photo."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspector.core.good_photos.near_duplicates import first_of_its_kind
from inspector.core.photo.measures import PERCENTILES, PhotoMeasures
from inspector.core.progress import CancelToken, ignore_progress

FEWEST = 5
"""Minimum number of earlier photos for a comparison."""
STOPS_APART, DETAIL_APART = 0.3, 0.6
"""Least distance from the median of the earlier photos that is reported, in powers of two. If the earlier photos vary
more, their spread times `SPREAD_FACTOR` is the least distance."""
SPREAD_FACTOR = 4.0
_MEDIAN_LEVEL = PERCENTILES.index(50)
_FINE_DETAIL = len(PERCENTILES) + 3


@dataclass(frozen=True, slots=True)
class FitToOthers:
    """The comparison of a photo with the earlier photos.

    Parameters
    ----------
    stops : float
        Brightness relative to their median, in stops; > 0 is brighter.
    detail : float
        Fine detail relative to their median, as a power of two; > 0 is more detail.
    odd_light, odd_detail : bool
        Whether the difference exceeds the variation of the earlier photos.
    duplicate_of : int or None
        Position of the earlier photo with the same content.
    """

    stops: float = 0.0
    detail: float = 0.0
    odd_light: bool = False
    odd_detail: bool = False
    duplicate_of: int | None = None


def fit_to_others(new: PhotoMeasures, others: list[PhotoMeasures]) -> FitToOthers:
    """Compare a photo with the earlier photos; nothing is odd with fewer than `FEWEST` of them."""
    if not others:
        return FitToOthers()
    duplicate = _duplicate_of(new, others)
    if len(others) < FEWEST:
        return FitToOthers(duplicate_of=duplicate)
    levels = np.array([one.appearance[[_MEDIAN_LEVEL, _FINE_DETAIL]] for one in others], dtype=np.float64)
    centre = np.median(levels, axis=0)
    spread = SPREAD_FACTOR * 1.4826 * np.median(np.abs(levels - centre), axis=0)
    apart = new.appearance[[_MEDIAN_LEVEL, _FINE_DETAIL]].astype(np.float64) - centre
    odd = np.abs(apart) > np.maximum(spread, (STOPS_APART, DETAIL_APART))
    return FitToOthers(float(apart[0]), float(apart[1]), bool(odd[0]), bool(odd[1]), duplicate)


def _duplicate_of(new: PhotoMeasures, others: list[PhotoMeasures]) -> int | None:
    prints: NDArray[np.float16] = np.stack([one.fingerprint for one in (*others, new)])
    first = int(first_of_its_kind(prints, ignore_progress, CancelToken())[-1])
    return None if first == len(others) else first
