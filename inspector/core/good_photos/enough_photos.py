"""The coverage curve: the fall of held-out scores with the number of good photos, and how many more would help.

A good photo that the others cover well scores low. As photos are added, the mean held-out score falls ever more slowly.
Learning curves mostly follow ``a + b m^-c`` for m photos (Viering and Loog, The Shape of Learning Curves, IEEE TPAMI
45, 2023, section 4). A short curve cannot separate c from a, so c is fixed to 1/2. The value was chosen with the
measured curves of docs/benchmarks in view. The good set covers the appearance of good parts once half as many photos
again hardly lower the score. It may still be too small for the requested false-alarm rate: see
`inspector.core.promise.threshold.goods_lacking`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

ENOUGH_DROP = 0.01
"""The good set is enough if `HALF_AGAIN` times as many photos lower the mean held-out score by less than this share."""
HALF_AGAIN = 1.5
EXPONENT = 0.5
MOST_TIMES = 4.0
"""Largest multiple of the present number of photos for which the curve is used. Beyond it, no number is stated."""
FEWEST_GOODS = 10
"""Minimum number of good photos for a curve."""


@dataclass(frozen=True, slots=True)
class CoveragePoint:
    """One point of the curve.

    Parameters
    ----------
    goods : int
        Number of good photos behind the score of a held-out photo.
    score : float
        Mean raw score of held-out good photos.
    """

    goods: int
    score: float


@dataclass(frozen=True, slots=True)
class Coverage:
    """The coverage curve and its forecast.

    Parameters
    ----------
    points : tuple of CoveragePoint
        The curve, fewest photos first.
    drop : float
        Share by which half as many photos again would lower the mean held-out score, in 0..1.
    more : int or None
        Approximate number of additional good photos that would help. 0: the photos are enough. None: more than three
        times the present number.
    """

    points: tuple[CoveragePoint, ...]
    drop: float
    more: int | None

    @property
    def enough(self) -> bool:
        """Whether half as many photos again would lower the score by less than `ENOUGH_DROP`."""
        return self.more == 0


def coverage_of(points: Sequence[CoveragePoint]) -> Coverage | None:
    """Return the forecast of a coverage curve.

    Parameters
    ----------
    points : sequence of CoveragePoint
        Fewest photos first.

    Returns
    -------
    Coverage or None
        None without at least three points that end at `FEWEST_GOODS` photos or more.
    """
    if len(points) < 3 or points[-1].goods < FEWEST_GOODS - 1:
        return None
    goods = np.array([point.goods for point in points], dtype=np.float64)
    floor, height = _fit(goods, np.array([point.score for point in points]))
    now = float(goods[-1])

    def drop(at: float) -> float:
        here, later = (floor + height * count**-EXPONENT for count in (at, HALF_AGAIN * at))
        return max(1.0 - later / here, 0.0) if here > 0.0 else 0.0

    wanted = next((count for count in np.geomspace(now, MOST_TIMES * now, 200) if drop(count) < ENOUGH_DROP), None)
    return Coverage(tuple(points), drop(now), None if wanted is None else round_up(float(wanted) - now))


def score_at(points: Sequence[CoveragePoint], goods: float) -> float:
    """Return the mean held-out score that a curve of at least three points predicts for `goods` good photos."""
    counts = np.array([point.goods for point in points], dtype=np.float64)
    floor, height = _fit(counts, np.array([point.score for point in points]))
    return float(floor + height * goods**-EXPONENT)


def round_up(more: float) -> int:
    """Round a forecast number of photos up to the next multiple of 5, 10 or 50."""
    step = 5 if more <= 50 else 10 if more <= 200 else 50
    return int(np.ceil(round(more, 6) / step) * step)


def _fit(goods: NDArray[np.float64], scores: NDArray[np.float64]) -> tuple[float, float]:
    """Return a and b >= 0 of ``a + b m^-EXPONENT`` with the least squared error; later points count more."""
    # The law is least accurate for few photos, and the forecast extends the end of the curve.
    weights = np.sqrt(goods / goods[-1])
    falling = goods**-EXPONENT
    design = np.stack([np.ones_like(goods), falling], axis=1) * weights[:, None]
    (floor, height), *_ = np.linalg.lstsq(design, scores * weights, rcond=None)
    if height < 0.0:
        return float(np.average(scores, weights=weights**2)), 0.0
    if floor < 0.0:
        return 0.0, float((weights**2 * falling * scores).sum() / (weights**2 * falling**2).sum())
    return float(floor), float(height)
