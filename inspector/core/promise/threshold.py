"""Scores of good parts to a threshold, and what that threshold promises.

With n exchangeable good scores and the threshold set to the k-th smallest, the next good part exceeds it with
probability ``(n + 1 - k) / (n + 1)``, whatever the distribution of the scores (split-conformal ranks: Vovk, Gammerman
and Shafer, Algorithmic Learning in a Random World, 2005, section 4.2.2). The long-run false-alarm rate at that
threshold is itself random over good sets and follows Beta(n + 1 - k, k) (order statistics of the uniform: David and
Nagaraja, Order Statistics, 3rd ed. 2003, section 2.3), which gives the interval and the one-sided limit. That holds for
the threshold of training, whose rank is fixed before the scores are known. A line that is moved afterwards may have
been placed by looking at the scores (in the widest gap, or where costs are lowest): what is said of it holds for all
limits at once (`inspector.core.promise.simultaneous`). All assume that the parts to come are made and photographed like
the good ones, and that scores do not tie; ties only make the promise cautious.

The scores must not be flattered: a good photo's score has to be what a new part's would be. Barring its own rows from
the memory bank is not enough, and is too much. Not enough, because a learned representation knows the photos it was
learned from: with few good photos several times the promised rate was realised. Too much, because a coreset without a
photo's rows has holes where they stood for those of others too. So the photos are scored in folds, by a bank without
the fold's rows, and a representation without what the fold did to its start (after cross-fitting; Vovk,
Cross-conformal predictors, Annals of Mathematics and Artificial Intelligence 74, 2015, and CV+ of Barber, Candes,
Ramdas and Tibshirani, Predictive inference with the jackknife+, Annals of Statistics 49, 2021). Unlike theirs, axes and
steps of a representation, and poses, are learned once, from all photos; and the new part is scored once, by the
detector made from all of them. That good photos score as new ones all the same is an assumption, not a theorem;
docs/benchmarks.md measures it, and `inspector.core.training.held_out_words` says where it fails.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from inspector.core.promise.simultaneous import local_level

CONFIDENCE = 0.95
RISK, RISK_OF_A_SIDE = 0.05, 0.025
"""That a one-sided limit is wrong, or one side of a two-sided interval."""


FEWEST_GROUPS = 5
"""Fewer groups say nothing of how often the next one has false alarms."""


@dataclass(frozen=True, slots=True)
class Promise:
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
    chosen : bool
        Whether the limit may have been chosen by looking at the scores: interval and one-sided limit then hold for all
        limits at once.
    groups : int
        Groups that the promise rests on, where it is for a photo of a new group: `rate` is then an upper bound of the
        expected share, and `high` the one-sided limit (`inspector.core.promise.session_promise`). 0: it is for a photo
        of groups like those of the good photos.
    """

    rate: float
    low: float
    high: float
    confidence: float
    goods: int
    chosen: bool = False
    groups: int = 0

    @property
    def above(self) -> int:
        """Places of a new score above the threshold, among the ``goods + 1`` between and beside the good scores."""
        return round(self.rate * (self.goods + 1))

    @property
    def above_groups(self) -> int:
        """How many of the groups count as having a false alarm, where one photo is drawn from each; rounded up."""
        return math.ceil(round(self.rate * (self.groups + 1) - 1.0, 9))

    @property
    def upper_end(self) -> float:
        """The upper end of the two-sided interval, which also promises for groups have."""
        return self.under_of(RISK_OF_A_SIDE) if self.groups else self.high

    def under_of(self, risk: float) -> float:
        """Return the one-sided limit for a photo of a new group that is wrong in the share `risk` of cases."""
        level = local_level(self.groups, risk) if self.chosen else risk
        above = self.above_groups
        limit = 1.0 if above >= self.groups else beta_quantile(1.0 - level, above + 1, self.groups - above)
        return max(limit, self.rate)

    @property
    def under(self) -> float:
        """The one-sided limit: the long-run rate lies under it with `confidence`."""
        if self.groups:
            return self.high
        rank = self.goods + 1 - self.above
        if rank <= 0:
            return 1.0
        level = local_level(self.goods, RISK) if self.chosen else 1.0 - self.confidence
        return beta_quantile(1.0 - level, self.above, rank)


@dataclass(frozen=True, slots=True)
class Threshold:
    """The number that a raw score is compared with, and how it came.

    Parameters
    ----------
    value : float
        Raw score; a part above it is NG.
    origin : str
        How the value came, as a sentence for people.
    false_alarm : Promise
        What it promises.
    """

    value: float
    origin: str
    false_alarm: Promise


def threshold_from_good_scores(scores: Sequence[float], rate: float, *, taken_out: int = 0) -> Threshold:
    """Choose the lowest threshold whose expected false-alarm rate does not exceed `rate`.

    Parameters
    ----------
    scores : sequence of float, length n >= 2
        Raw scores of good parts, each scored without its own patches (leave-one-image-out).
    rate : float
        False-alarm rate aimed at, in 0..1. With fewer than `goods_needed` good parts no threshold justifies it; then
        the highest score is taken and the promise says the rate that it does justify.
    taken_out : int
        Photos that a person took out of the good set after a ranking, without calling them defective. Each counts as a
        good part whose score is above every limit: they were taken out for their scores, so the order statistics of
        the others alone would promise too little.

    Returns
    -------
    Threshold
    """
    ordered = np.sort(np.asarray(scores, dtype=np.float64))
    goods, counted = len(ordered), len(ordered) + taken_out
    rank = min(math.ceil((counted + 1) * (1.0 - rate)), goods)
    promise = promise_of_rank(counted, rank)
    origin = (
        f"the {_ordinal(goods + 1 - rank)}highest of the scores of {goods} good photos, "
        "each scored without its own patches"
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


def promise_at(scores: Sequence[float], value: float, *, chosen: bool = False, taken_out: int = 0) -> Promise:
    """Return what a threshold at `value` promises, given the same good scores.

    Parameters
    ----------
    scores : sequence of float, length n >= 2
        Raw leave-one-image-out scores of good parts.
    value : float
        The threshold, as a raw score.
    chosen : bool
        Whether it may have been chosen by looking at these scores. Not so for the one that training set.
    taken_out : int
        Photos that count as good scores above every limit; see `threshold_from_good_scores`.

    Returns
    -------
    Promise
        Below every good score the rate is 1.
    """
    rank = int((np.asarray(scores, dtype=np.float64) <= value).sum())
    return promise_of_rank(len(scores) + taken_out, rank, chosen=chosen)


def promise_of_rank(goods: int, rank: int, *, chosen: bool = False) -> Promise:
    """Return the promise of a threshold at the `rank`-th smallest of `goods` scores (0: below all of them).

    One that is `chosen` may also lie between that score and the next.
    """
    above = goods + 1 - rank
    if chosen and rank:
        level = local_level(goods, RISK_OF_A_SIDE)
        low = beta_quantile(level, above - 1, rank + 1) if rank < goods else 0.0
        high = beta_quantile(1.0 - level, above, rank)
        return Promise(above / (goods + 1), low, high, CONFIDENCE, goods, chosen)
    tail = (1.0 - CONFIDENCE) / 2.0
    if rank == 0:
        return Promise(1.0, 1.0, 1.0, CONFIDENCE, goods, chosen)
    return Promise(
        rate=above / (goods + 1),
        low=beta_quantile(tail, above, rank),
        high=beta_quantile(1.0 - tail, above, rank),
        confidence=CONFIDENCE,
        goods=goods,
    )


@dataclass(frozen=True, slots=True)
class NotPassed:
    """How many good parts are NG or REFUSED.

    Parameters
    ----------
    rate : float
        Expected share at most, in 0..1.
    under : float
        The long-run share lies under it with `confidence`.
    confidence : float
        In 0..1.
    """

    rate: float
    under: float
    confidence: float


def together(promise: Promise, refusals: Promise) -> NotPassed:
    """Return what two promises come to that one good part may break.

    Parameters
    ----------
    promise, refusals : Promise
        Of the threshold, and of the guards.

    Returns
    -------
    NotPassed
        The sums, however both depend on each other: each upper end of an interval is wrong in 2.5 of 100 good sets, so
        that their sum is in 5 at most (Boole's inequality).
    """
    rate, under = promise.rate + refusals.rate, promise.upper_end + refusals.upper_end
    return NotPassed(min(rate, 1.0), min(under, 1.0), promise.confidence)


def binomial_interval(count: int, trials: int, *, chosen: bool = False) -> tuple[float, float]:
    """Return the two-sided interval of Clopper and Pearson for a share of which `count` of `trials` were seen.

    Parameters
    ----------
    count, trials : int
        0 <= `count` <= `trials`.
    chosen : bool
        Whether the limit that they are counted at may have been chosen by looking at their scores; the interval then
        holds for all limits at once.

    Returns
    -------
    (float, float)
        In 0..1, with `CONFIDENCE`; (0, 1) without any trial.
    """
    tail = local_level(trials, RISK_OF_A_SIDE) if chosen and trials else (1.0 - CONFIDENCE) / 2.0
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
