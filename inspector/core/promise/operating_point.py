"""The known defects that a threshold finds, and the threshold with the lowest expected cost.

Good parts are judged by their leave-one-image-out scores, as for the promise. Defects are judged by the scores of
photos that nothing was learned from. The estimated escape rate depends on how well the photos of defects represent
future defects. The interval covers their number, not their selection.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspector.core.promise.simultaneous import local_level
from inspector.core.promise.threshold import CONFIDENCE, RISK, beta_quantile, binomial_interval

FloatArray64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Escapes:
    """Known defects that a threshold lets pass.

    Parameters
    ----------
    count : int
        Number of defects with a score at or below the threshold.
    defects : int
        Number of scored defects, >= 1.
    share : float
        ``count / defects``.
    low, high : float
        Two-sided interval for the share among all such defects (Clopper and Pearson, Biometrika 26, 1934), in 0..1.
    confidence : float
        Confidence of the interval.
    chosen : bool
        Whether the threshold may have been chosen from these scores. The interval and the one-sided limit then hold for
        all thresholds at once.
    """

    count: int
    defects: int
    share: float
    low: float
    high: float
    confidence: float = CONFIDENCE
    chosen: bool = False

    @property
    def under(self) -> float:
        """The one-sided limit; the share among all such defects is below it with `confidence`."""
        if self.count == self.defects:
            return 1.0
        level = local_level(self.defects, RISK) if self.chosen else 1.0 - self.confidence
        return beta_quantile(1.0 - level, self.count + 1, self.defects - self.count)


@dataclass(frozen=True, slots=True, eq=False)
class Roc:
    """Detection rate against false-alarm rate, by threshold; both fall from 1 to 0 as the threshold rises.

    Parameters
    ----------
    thresholds : ndarray of float64, shape (N,)
        Raw scores, ascending. The first threshold is below all scores.
    false_alarm_rate : ndarray of float64, shape (N,)
        Share of good parts above each threshold.
    detection_rate : ndarray of float64, shape (N,)
        Share of defects above each threshold.
    """

    thresholds: FloatArray64
    false_alarm_rate: FloatArray64
    detection_rate: FloatArray64


@dataclass(frozen=True, slots=True)
class Costs:
    """The costs of the two kinds of error, in a common currency, and the share of defective parts.

    Parameters
    ----------
    escape : float
        Cost of a defective part that is not NG, >= 0.
    false_alarm : float
        Cost of a good part that is NG, >= 0.
    defect_share : float
        Share of defective parts on the line, in 0..1.

    Raises
    ------
    ValueError
        If a number is out of its range, or both costs are 0.
    """

    escape: float
    false_alarm: float
    defect_share: float

    def __post_init__(self) -> None:
        if not (0.0 <= self.escape < math.inf and 0.0 <= self.false_alarm < math.inf):
            raise ValueError("a cost must be 0 or more")
        if not 0.0 <= self.defect_share <= 1.0:
            raise ValueError("the share of defective parts lies between 0 and 1")
        if self.escape + self.false_alarm == 0.0:
            raise ValueError("one of the two costs must be above 0")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """The cheapest threshold.

    Parameters
    ----------
    threshold : float
        Raw score.
    cost_per_1000 : float
        Expected cost of both kinds of error per 1,000 parts, in the currency of the `Costs`.
    """

    threshold: float
    cost_per_1000: float


def escapes_at(defect_scores: Sequence[float], threshold: float, *, chosen: bool = False) -> Escapes:
    """Count the known defects that are not above a threshold.

    Parameters
    ----------
    defect_scores : sequence of float, length m >= 1
        Raw scores of photos of defective parts.
    threshold : float
        Raw score. With two limits, the unsure threshold: a part that a person reviews does not escape.
    chosen : bool
        Whether it may have been chosen from these scores.
    """
    defects = len(defect_scores)
    count = int((np.asarray(defect_scores, dtype=np.float64) <= threshold).sum())
    return Escapes(count, defects, count / defects, *binomial_interval(count, defects, chosen=chosen), chosen=chosen)


def roc(good_scores: Sequence[float], defect_scores: Sequence[float]) -> Roc:
    """Return the receiver operating characteristic of known good and known defective parts.

    Parameters
    ----------
    good_scores, defect_scores : sequence of float, length >= 1
        Raw scores.
    """
    goods, defects = _ascending(good_scores), _ascending(defect_scores)
    every = np.unique(np.concatenate([goods, defects]))
    thresholds = np.concatenate([[np.nextafter(every[0], -np.inf)], every])
    return Roc(thresholds, _share_above(goods, thresholds), _share_above(defects, thresholds))


def expected_cost(
    good_scores: Sequence[float], defect_scores: Sequence[float], threshold: float, costs: Costs
) -> float:
    """Return the expected cost of a threshold per 1,000 parts.

    The false-alarm rate is the promised rate (`inspector.core.promise.threshold.promise_at`), which is never 0. The
    escape rate is the share of the known defects.
    """
    return float(_expected_costs(good_scores, defect_scores, np.array([threshold]), costs)[0])


def cheapest_threshold(good_scores: Sequence[float], defect_scores: Sequence[float], costs: Costs) -> Suggestion:
    """Return the threshold with the lowest expected cost; in a tie, the lowest, which finds the most defects.

    Only scores of good parts are tried. Between two of them the false-alarm rate is constant, and escapes can only
    increase.
    """
    tried = np.unique(np.asarray(good_scores, dtype=np.float64))
    found = _expected_costs(good_scores, defect_scores, tried, costs)
    best = int(np.argmin(found))
    return Suggestion(float(tried[best]), float(found[best]))


def _expected_costs(
    good_scores: Sequence[float], defect_scores: Sequence[float], thresholds: FloatArray64, costs: Costs
) -> FloatArray64:
    # Vectorized, and rates only: the intervals of `promise_at` and `escapes_at` are too slow for a window's frame.
    goods, defects = _ascending(good_scores), _ascending(defect_scores)
    ranks = np.searchsorted(goods, thresholds, side="right")
    false_alarms = (len(goods) + 1 - ranks) / (len(goods) + 1)
    escapes = np.searchsorted(defects, thresholds, side="right") / len(defects)
    per_part = (
        1.0 - costs.defect_share
    ) * false_alarms * costs.false_alarm + costs.defect_share * escapes * costs.escape
    return np.asarray(1000.0 * per_part, dtype=np.float64)


def _ascending(scores: Sequence[float]) -> FloatArray64:
    return np.sort(np.asarray(scores, dtype=np.float64))


def _share_above(ascending: FloatArray64, thresholds: FloatArray64) -> FloatArray64:
    return 1.0 - np.searchsorted(ascending, thresholds, side="right") / len(ascending)
