"""Is the good set enough? How the score of good photos falls with the number of good photos, and what more would do.

Good photos that the others cover well score low. As photos are added the mean score of those held out falls, ever more
slowly: learning curves mostly follow ``a + b m^-c`` for m photos (Viering and Loog, The Shape of Learning Curves, IEEE
TPAMI 45, 2023, section 4). A short curve does not tell c from a, so c is fixed to 1/2, chosen with the measured curves
of docs/benchmarks.md in view. Once half as many photos again would hardly lower the score, the good set is enough to
know how good parts look. It may still be too small for the false-alarm rate aimed at: see
`inspector.core.promise.threshold.goods_lacking`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

ENOUGH_DROP = 0.01
"""The good set is enough where `HALF_AGAIN` as many photos would lower the mean held-out score by less than this."""
HALF_AGAIN = 1.5
EXPONENT = 0.5
MOST_TIMES = 4.0
"""How far the curve is trusted: beyond so many times the photos at hand it says "many more" and no number."""
FEWEST_GOODS = 10
"""Below so many good photos there is no curve to speak of."""


@dataclass(frozen=True, slots=True)
class CoveragePoint:
    """One point of the curve.

    Parameters
    ----------
    goods : int
        Good photos that a held-out one is scored by.
    score : float
        Mean raw score of held-out good photos.
    """

    goods: int
    score: float


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the curve says.

    Parameters
    ----------
    points : tuple of CoveragePoint
        The curve, fewest photos first.
    drop : float
        By which share half as many photos again would lower the mean held-out score, in 0..1.
    more : int or None
        About how many more good photos would help: 0 where these are enough, None where it is more than three times as
        many again.
    """

    points: tuple[CoveragePoint, ...]
    drop: float
    more: int | None

    @property
    def enough(self) -> bool:
        """Whether half as many photos again would hardly lower the score."""
        return self.more == 0


def coverage_of(points: Sequence[CoveragePoint]) -> Coverage | None:
    """Read a coverage curve.

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
    """Return the mean held-out score that a curve of three points at least foretells for a number of good photos."""
    counts = np.array([point.goods for point in points], dtype=np.float64)
    floor, height = _fit(counts, np.array([point.score for point in points]))
    return float(floor + height * goods**-EXPONENT)


def round_up(more: float) -> int:
    """Return a number of photos as exact as a forecast deserves: up to the next 5, 10 or 50."""
    step = 5 if more <= 50 else 10 if more <= 200 else 50
    return int(np.ceil(round(more, 6) / step) * step)


def _fit(goods: NDArray[np.float64], scores: NDArray[np.float64]) -> tuple[float, float]:
    """Return a and b >= 0 of ``a + b m^-EXPONENT`` with the least squared error; later points count more."""
    # The law holds least for few photos, and the end of the curve is what is followed further.
    weights = np.sqrt(goods / goods[-1])
    falling = goods**-EXPONENT
    design = np.stack([np.ones_like(goods), falling], axis=1) * weights[:, None]
    (floor, height), *_ = np.linalg.lstsq(design, scores * weights, rcond=None)
    if height < 0.0:
        return float(np.average(scores, weights=weights**2)), 0.0
    if floor < 0.0:
        return 0.0, float((weights**2 * falling * scores).sum() / (weights**2 * falling**2).sum())
    return float(floor), float(height)
