"""Scores of good parts to a threshold, and what that threshold promises.

With n exchangeable good scores and the threshold set to the k-th smallest, the next good part exceeds it with
probability ``(n + 1 - k) / (n + 1)``, whatever the distribution of the scores (split-conformal ranks: Vovk, Gammerman
and Shafer, Algorithmic Learning in a Random World, 2005, section 4.2.2). The long-run false-alarm rate at that
threshold is itself random over good sets and follows Beta(n + 1 - k, k) (order statistics of the uniform: David and
Nagaraja, Order Statistics, 3rd ed. 2003, section 2.3), which gives the interval and the one-sided limit. For a
threshold that is fixed whatever the good scores are (a line moved by hand), the one-sided limit is that of Clopper and
Pearson (The use of confidence or fiducial limits, Biometrika 26, 1934) for the good scores counted above it. All assume
that the parts to come are made and photographed like the good ones, and that scores do not tie; ties only make the
promise cautious.

The scores must not be flattered: a good photo's score has to be what a new part's would be. Barring its own rows from
the memory bank is not enough, and is too much. Not enough, because a learned representation knows the photos it was
learned from: with few good photos several times the promised rate was realised. Too much, because a coreset without a
photo's rows has holes where they stood for those of others too. So the photos are scored in folds, by a bank and a
representation made without the fold's help (cross-fitting; Vovk, Cross-conformal predictors, Annals of Mathematics and
Artificial Intelligence 74, 2015, and CV+ of Barber, Candes, Ramdas and Tibshirani, Predictive inference with the
jackknife+, Annals of Statistics 49, 2021). Unlike theirs, the new part is scored once, by the detector made from all
good photos. That this one scores as the folds' do is an assumption, not a theorem; docs/benchmarks.md measures it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class FalseAlarm:
    """The false-alarm rate that a threshold promises.

    Parameters
    ----------
    rate : float
        Expected share of good parts that will be called NG, in 0..1.
    low, high : float
        Two-sided interval that holds the long-run rate with `confidence`.
    confidence : float
        Of the interval, in 0..1.
    goods : int
        Number of good parts that the promise rests on.
    """

    rate: float
    low: float
    high: float
    confidence: float
    goods: int

    @property
    def above(self) -> int:
        """Places of a new score above the threshold, among the ``goods + 1`` between and beside the good scores."""
        return round(self.rate * (self.goods + 1))

    @property
    def under(self) -> float:
        """The one-sided limit: the long-run rate lies under it with `confidence`."""
        rank = self.goods + 1 - self.above
        return beta_quantile(self.confidence, self.above, rank) if rank > 0 else 1.0


@dataclass(frozen=True, slots=True)
class Threshold:
    """The number that a raw score is compared with, and how it came.

    Parameters
    ----------
    value : float
        Raw score; a part above it is NG.
    origin : str
        How the value came, as a sentence for people.
    false_alarm : FalseAlarm
        What it promises.
    """

    value: float
    origin: str
    false_alarm: FalseAlarm


def threshold_from_good_scores(scores: Sequence[float], rate: float) -> Threshold:
    """Choose the lowest threshold whose expected false-alarm rate does not exceed `rate`.

    Parameters
    ----------
    scores : sequence of float, length n >= 2
        Raw scores of good parts, each scored without its own help (leave-one-image-out).
    rate : float
        False-alarm rate aimed at, in 0..1. With fewer than `goods_needed` good parts no threshold justifies it; then
        the highest score is taken and the promise says the rate that it does justify.

    Returns
    -------
    Threshold
    """
    ordered = np.sort(np.asarray(scores, dtype=np.float64))
    goods = len(ordered)
    rank = min(math.ceil((goods + 1) * (1.0 - rate)), goods)
    promise = promise_of_rank(goods, rank)
    origin = (
        f"the {_ordinal(goods + 1 - rank)}highest of the scores of {goods} good photos, "
        "each scored without its own help"
    )
    return Threshold(float(ordered[rank - 1]), origin, promise)


def goods_needed(rate: float) -> int:
    """Return the fewest good parts whose scores can promise a false-alarm rate: n such that ``1 / (n + 1) <= rate``.

    Parameters
    ----------
    rate : float
        Above 0 and below 1.
    """
    return math.ceil(round(1.0 / rate, 6)) - 1  # 1 / 0.07 is no whole number, 1 / 0.01 is one but for rounding


def goods_lacking(goods: int, rate: float) -> int:
    """Return how many more good parts than `goods` are needed to promise `rate`; 0 if there are enough."""
    return max(goods_needed(rate) - goods, 0)


def promise_at(scores: Sequence[float], value: float) -> FalseAlarm:
    """Return what a threshold at `value` promises, given the same good scores.

    Parameters
    ----------
    scores : sequence of float, length n >= 2
        Raw leave-one-image-out scores of good parts.
    value : float
        The threshold, as a raw score.

    Returns
    -------
    FalseAlarm
        Below every good score the rate is 1.
    """
    rank = int((np.asarray(scores, dtype=np.float64) <= value).sum())
    return promise_of_rank(len(scores), rank)


def promise_of_rank(goods: int, rank: int) -> FalseAlarm:
    """Return the promise of a threshold at the `rank`-th smallest of `goods` scores (0: below all of them)."""
    above = goods + 1 - rank
    tail = (1.0 - CONFIDENCE) / 2.0
    if rank == 0:
        return FalseAlarm(1.0, 1.0, 1.0, CONFIDENCE, goods)
    return FalseAlarm(
        rate=above / (goods + 1),
        low=beta_quantile(tail, above, rank),
        high=beta_quantile(1.0 - tail, above, rank),
        confidence=CONFIDENCE,
        goods=goods,
    )


def binomial_interval(count: int, trials: int) -> tuple[float, float]:
    """Return the two-sided interval of Clopper and Pearson for a share of which `count` of `trials` were seen.

    Parameters
    ----------
    count, trials : int
        0 <= `count` <= `trials`.

    Returns
    -------
    (float, float)
        In 0..1, with `CONFIDENCE`; (0, 1) without any trial.
    """
    tail = (1.0 - CONFIDENCE) / 2.0
    low = 0.0 if count == 0 else beta_quantile(tail, count, trials - count + 1)
    high = 1.0 if count == trials else beta_quantile(1.0 - tail, count + 1, trials - count)
    return low, high


@lru_cache(maxsize=4096)  # a line that moves between two scores asks for the same again
def beta_quantile(probability: float, a: int, b: int) -> float:
    """Return the quantile of Beta(a, b) for whole a, b >= 1, by bisection to 1e-12.

    For whole parameters the Beta distribution function is a binomial tail:
    ``P(Beta(a, b) <= x) = P(Binomial(a + b - 1, x) >= a)``.
    """
    trials = a + b - 1
    count = np.arange(a)
    # Computed once: the bisection runs at each move of the threshold slider.
    log_choose = np.array(
        [math.lgamma(trials + 1) - math.lgamma(k + 1) - math.lgamma(trials - k + 1) for k in range(a)]
    )
    low, high = 0.0, 1.0
    while high - low > 1e-12:
        middle = (low + high) / 2.0
        log_terms = log_choose + count * math.log(middle) + (trials - count) * math.log1p(-middle)
        if 1.0 - float(np.exp(log_terms).sum()) < probability:
            low = middle
        else:
            high = middle
    return (low + high) / 2.0


def _ordinal(place: int) -> str:
    if place == 1:
        return ""
    suffix = "th" if 10 <= place % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(place % 10, "th")
    return f"{place}{suffix} "
