"""Thresholds from scores of good parts, and the false-alarm rates that they promise.

Let n good scores be exchangeable, and let the threshold be the k-th smallest. The next good part then exceeds it with
probability ``(n + 1 - k) / (n + 1)``, for any distribution of the scores. (Split-conformal ranks: Vovk, Gammerman and
Shafer, Algorithmic Learning in a Random World, 2005, section 4.2.2.)

The long-run false-alarm rate at that threshold is random over good sets. It follows Beta(n + 1 - k, k), which gives the
interval and the one-sided limit. (Order statistics of the uniform distribution: David and Nagaraja, Order Statistics,
3rd ed. 2003, section 2.3.) This holds for the threshold of training, whose rank is fixed before the scores are known. A
limit that is moved afterwards may depend on the scores. It may lie in the widest gap, or where costs are lowest. Its
bounds therefore hold for all limits at once (`inspector.core.promise.simultaneous`).

All statements assume that future parts are made and photographed like the good parts, and that scores do not tie. Ties
only make the promise more cautious.

The score of a good photo must be distributed like the score of a new part. Leaving its own rows out of the memory bank
is not enough, and it also goes too far. It is not enough because a learned representation knows its photos. With few
good photos, the realised rate was several times the promised rate. It goes too far because the removed rows also
covered patches of other photos. The coreset then has holes, and scores become too high.

So the photos are scored in folds. The bank of a fold holds none of its rows. The representation leaves out the effect
of the fold on its start. This follows cross-fitting (Vovk, Cross-conformal predictors, Annals of Mathematics and
Artificial Intelligence 74, 2015) and CV+ (Barber, Candes, Ramdas and Tibshirani, Predictive inference with the
jackknife+, Annals of Statistics 49, 2021). There are two differences. The axes and steps of a representation, and the
poses, are learned once, from all photos. A new part is scored once, by the detector of all photos. That good photos
still score like new parts is an assumption, not a theorem. docs/benchmarks/promise.md measures it, and
`inspector.core.training.held_out_words` states where it fails.
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
"""Probabilities that a one-sided limit is wrong, and that one side of a two-sided interval is wrong."""


FEWEST_GROUPS = 5
"""Minimum number of groups. With fewer, no false-alarm rate of a new group is stated."""


@dataclass(frozen=True, slots=True)
class Promise:
    """The false-alarm rate that a threshold promises.

    Parameters
    ----------
    rate : float
        Expected share of good parts that are judged NG, in 0..1.
    low, high : float
        Two-sided interval that holds the long-run rate with `confidence`.
    confidence : float
        Confidence of the interval, in 0..1.
    goods : int
        Number of good parts behind the promise.
    chosen : bool
        Whether the limit may have been chosen from the scores. The interval and the one-sided limit then hold for all
        limits at once.
    groups : int
        Number of groups behind a promise for a photo of a new group. `rate` is then an upper bound of the expected
        share, and `high` is the one-sided limit (`inspector.core.promise.session_promise`). 0: the promise is for
        photos of the groups among the good photos.
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
        """The ranks of a new score that lie above the threshold, out of ``goods + 1`` ranks."""
        return round(self.rate * (self.goods + 1))

    @property
    def above_groups(self) -> int:
        """The number of groups with a false alarm if a single photo is drawn from each group; rounded up."""
        return math.ceil(round(self.rate * (self.groups + 1) - 1.0, 9))

    @property
    def upper_end(self) -> float:
        """The upper end of the two-sided interval; for groups, the one-sided limit at the same risk."""
        return self.under_of(RISK_OF_A_SIDE) if self.groups else self.high

    def under_of(self, risk: float) -> float:
        """Return the one-sided limit for a photo of a new group; it is wrong with probability `risk`."""
        level = local_level(self.groups, risk) if self.chosen else risk
        above = self.above_groups
        limit = 1.0 if above >= self.groups else beta_quantile(1.0 - level, above + 1, self.groups - above)
        return max(limit, self.rate)

    @property
    def under(self) -> float:
        """The one-sided limit; the long-run rate is below it with `confidence`."""
        if self.groups:
            return self.high
        rank = self.goods + 1 - self.above
        if rank <= 0:
            return 1.0
        level = local_level(self.goods, RISK) if self.chosen else 1.0 - self.confidence
        return beta_quantile(1.0 - level, self.above, rank)


@dataclass(frozen=True, slots=True)
class Threshold:
    """The raw score above which a part is NG, with its origin.

    Parameters
    ----------
    value : float
        Raw score. A part above it is NG.
    origin : str
        How the value was determined, as a sentence for the user.
    false_alarm : Promise
        The promise of the threshold.
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
        Requested false-alarm rate, in 0..1. Fewer than `goods_needed` good parts cannot justify it. The threshold is
        then the highest score, and the promise states the rate that this score justifies.
    taken_out : int
        Photos that a user removed from the good set after a ranking, without marking them as defective. Each counts as
        a good part with a score above every limit. They were removed because of their scores. The order statistics of
        the rest alone would promise too low a rate.

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
    """Return the number of good parts needed to promise a false-alarm rate: the least n with ``1 / (n + 1) <= rate``.

    Parameters
    ----------
    rate : float
        Above 0 and below 1.
    """
    return math.ceil(round(1.0 / rate, 6)) - 1  # 1 / 0.01 is a whole number except for rounding; 1 / 0.07 is not


def goods_lacking(goods: int, rate: float) -> int:
    """Return the number of good parts missing for a promise of `rate`; 0 if `goods` are enough."""
    return max(goods_needed(rate) - goods, 0)


def promise_at(scores: Sequence[float], value: float, *, chosen: bool = False, taken_out: int = 0) -> Promise:
    """Return the promise of a threshold at `value` for the same good scores.

    Parameters
    ----------
    scores : sequence of float, length n >= 2
        Raw leave-one-image-out scores of good parts.
    value : float
        The threshold, as a raw score.
    chosen : bool
        Whether it may have been chosen from these scores. False for the threshold of training.
    taken_out : int
        Photos that count as good scores above every limit; see `threshold_from_good_scores`.

    Returns
    -------
    Promise
        Its rate is 1 for a threshold below all good scores.
    """
    rank = int((np.asarray(scores, dtype=np.float64) <= value).sum())
    return promise_of_rank(len(scores) + taken_out, rank, chosen=chosen)


def promise_of_rank(goods: int, rank: int, *, chosen: bool = False) -> Promise:
    """Return the promise of a threshold at the `rank`-th smallest of `goods` scores; rank 0 is below all of them.

    A `chosen` threshold may also lie between that score and the next.
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
    """The share of good parts that are NG or REFUSED.

    Parameters
    ----------
    rate : float
        Upper bound of the mean share over many good sets, in 0..1.
    under : float
        Upper limit for this good set: its share over unlimited parts is below it with `confidence`.
    confidence : float
        In 0..1.
    """

    rate: float
    under: float
    confidence: float


def together(promise: Promise, refusals: Promise) -> NotPassed:
    """Return the rate at which a good part breaks either of two promises.

    Parameters
    ----------
    promise, refusals : Promise
        The promises of the threshold and of the guards.

    Returns
    -------
    NotPassed
        The sums of the rates and of the upper ends, valid for any dependence of the two. Each upper end is wrong in 2.5
        of 100 good sets. Their sum is therefore wrong in at most 5 (Boole's inequality).
    """
    rate, under = promise.rate + refusals.rate, promise.upper_end + refusals.upper_end
    return NotPassed(min(rate, 1.0), min(under, 1.0), promise.confidence)


def binomial_interval(count: int, trials: int, *, chosen: bool = False) -> tuple[float, float]:
    """Return the two-sided interval of Clopper and Pearson for a share, given `count` of `trials`.

    Parameters
    ----------
    count, trials : int
        0 <= `count` <= `trials`.
    chosen : bool
        Whether the limit of the count may have been chosen from the scores. The interval then holds for all limits at
        once.

    Returns
    -------
    (float, float)
        In 0..1, with `CONFIDENCE`; (0, 1) without any trial.
    """
    tail = local_level(trials, RISK_OF_A_SIDE) if chosen and trials else (1.0 - CONFIDENCE) / 2.0
    low = 0.0 if count == 0 else beta_quantile(tail, count, trials - count + 1)
    high = 1.0 if count == trials else beta_quantile(1.0 - tail, count + 1, trials - count)
    return low, high


@lru_cache(maxsize=4096)  # a limit that moves between two scores gives the same arguments again
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
