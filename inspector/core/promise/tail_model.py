"""A model of the highest scores of good parts, for good sets with few or odd photos.

The threshold is an order statistic. With 30 good photos and a rate of 1 in 100 it is their maximum. A single odd photo
then sets the limit. The model is log-normal: the logarithms of the scores, sorted, are regressed on normal scores (Blom
1958). The highest three scores are left out, since they may be odd. The lowest quarter is left out, since it carries no
information about the tail. Limits from the model are called model-based. They are estimates and promise nothing; the
promise stays with the order statistic. The interval and the check of fit are pivots, found by simulation: they depend
on the number of photos alone.

Exponential tails above the median were tested on the same splits of real sets with planted outliers, and rejected
(docs/adr/0023).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from inspector.core.promise.threshold import CONFIDENCE, goods_needed, threshold_from_good_scores
from inspector.core.values import LEAST_LIMIT

FEWEST = 15
"""Minimum number of scores for a model."""
MOST_LEFT_OUT = 3
"""Maximum number of highest scores that are left out; the maximum is also a sixth of all scores."""
_DRAWS, _MOST_DRAWN, _SEED = 4_000, 1_000, 0
"""Number of simulated sets, maximum number of scores in each, and the seed. More scores would only make the interval
slightly narrower."""
_UNUSUAL = 0.5
"""Share of log-normal sets with enough photos that still get an unsure threshold. With smaller shares, defects passed
where two or three odd photos stood only slightly apart among a hundred."""
_LEAST_SHARE = 1e-6
"""Scores below this share of the highest score are raised to it, since a logarithm needs a number above 0."""
_LEAST_BAND = 0.01
"""Least distance of the unsure threshold below the limit, as a share of the limit."""

Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class TailModel:
    """The estimates of a log-normal model of the highest scores.

    Parameters
    ----------
    rate : float
        Share of good parts with scores above `limit` by the model, in 0..1.
    limit : float
        The model-based estimate, as a raw score.
    low, high : float
        Interval of the estimate with `inspector.core.promise.threshold.CONFIDENCE`, if the model fits.
    fits : bool
        Whether the scores look log-normal. Wrong in 5 of 100 log-normal sets.
    usual : float
        Raw score. In half of all log-normal sets, the order statistic at this rate is higher.
    """

    rate: float
    limit: float
    low: float
    high: float
    fits: bool
    usual: float


def tail_model(scores: Sequence[float], rate: float) -> TailModel | None:
    """Estimate the score that the share `rate` of good parts exceeds.

    Parameters
    ----------
    scores : sequence of float, length n
        Raw leave-one-image-out scores of good parts, >= 0.
    rate : float
        Share of good parts, above 0 and below 1.

    Returns
    -------
    TailModel or None
        None with fewer than `FEWEST` scores, or if they do not differ.
    """
    raw = np.sort(np.asarray(scores, dtype=np.float64))
    if len(raw) < FEWEST or raw[-1] <= 0.0:
        return None
    logs = np.log(np.maximum(raw, raw[-1] * _LEAST_SHARE))
    centre, spread, straight = (float(one[0]) for one in _fitted(logs[None]))
    if spread <= 0.0:
        return None
    pivot_low, pivot_high, usual, least_straight = _pivots(min(len(raw), _MOST_DRAWN), rate)
    places = (NormalDist().inv_cdf(1.0 - rate), pivot_low, pivot_high, usual)
    limit, low, high, highest = (math.exp(centre + spread * place) for place in places)
    return TailModel(rate, limit, low, high, straight >= least_straight, highest)


def review_line(
    scores: Sequence[float], rate: float, known: float | None = None, limit: float | None = None
) -> float | None:
    """Return the unsure threshold, or None if the limit alone is enough.

    It is the model-based estimate at the rate that the good photos can promise: `rate`, or ``1 / (n + 1)`` with too few
    photos for it. Where groups set the limit, parts between both limits are UNSURE too: in a known group they would be
    NG. If there is no estimate, the unsure threshold is then the limit for known groups.

    Parameters
    ----------
    scores : sequence of float, length n
        Raw leave-one-image-out scores of good parts.
    rate : float
        Requested false-alarm rate, in 0..1.
    known, limit : float or None
        The limits for known groups and for a photo of a new group, if groups set the limit.

    Returns
    -------
    float or None
        Raw score below the limit. None in three cases: there is no model; the estimate is not below the order
        statistic; or the photos are enough for the rate and the order statistic is usual by the model.
    """
    line = _line_of_model(scores, rate)
    if line is not None or known is None or limit is None:
        return line
    return known if LEAST_LIMIT <= known < (1.0 - _LEAST_BAND) * limit else None


def _line_of_model(scores: Sequence[float], rate: float) -> float | None:
    threshold = threshold_from_good_scores(scores, rate).value
    model = tail_model(scores, rate_of_line(len(scores), rate))
    if model is None or not LEAST_LIMIT <= model.limit < (1.0 - _LEAST_BAND) * threshold:
        return None
    return model.limit if len(scores) < goods_needed(rate) or threshold > model.usual else None


def rate_of_line(goods: int, rate: float) -> float:
    """Return the share of good parts above the unsure threshold of `review_line`, by the model.

    Parameters
    ----------
    goods : int
        Number of scores.
    rate : float
        Requested false-alarm rate, in 0..1.
    """
    return max(rate, 1.0 / (goods + 1))


def _used(count: int) -> slice:
    return slice(count // 4, count - min(MOST_LEFT_OUT, count // 6))


def _fitted(logs: Vector) -> tuple[Vector, Vector, Vector]:
    """Return centre, spread and correlation of each row of sorted numbers (m, n), regressed on normal scores."""
    count = logs.shape[1]
    used, normal = _used(count), NormalDist()
    places = np.array([normal.inv_cdf((place + 0.625) / (count + 0.25)) for place in range(count)])[used]
    apart, centred = places - places.mean(), logs[:, used] - logs[:, used].mean(axis=1, keepdims=True)
    spread = centred @ apart / (apart @ apart)
    lengths = np.sqrt((centred**2).sum(axis=1) * (apart @ apart))
    straight = np.divide(centred @ apart, lengths, out=np.zeros(len(logs)), where=lengths > 0.0)
    return logs[:, used].mean(axis=1) - spread * places.mean(), spread, straight


@lru_cache(maxsize=64)
def _pivots(count: int, rate: float) -> tuple[float, float, float, float]:
    """Return four pivots: the ends of the quantile's interval, the usual order statistic, and the least correlation.

    The first three are in units of the fitted normal. The order statistic belongs to the rate and is an upper bound.
    The correlation is a lower bound.
    """
    drawn = np.sort(np.random.default_rng(_SEED).normal(size=(_DRAWS, count)), axis=1)
    centre, spread, straight = _fitted(drawn)
    pivot = (NormalDist().inv_cdf(1.0 - rate) - centre) / np.maximum(spread, 1e-12)
    tail = (1.0 - CONFIDENCE) / 2.0
    low, high = np.quantile(pivot, [tail, 1.0 - tail])
    rank = min(math.ceil((count + 1) * (1.0 - rate)), count)
    usual = np.quantile((drawn[:, rank - 1] - centre) / np.maximum(spread, 1e-12), 1.0 - _UNUSUAL)
    return float(low), float(high), float(usual), float(np.quantile(straight, 1.0 - CONFIDENCE))
