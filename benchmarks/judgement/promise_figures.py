"""The promise over splits, beside the values of exactly exchangeable scores on as many new photos.

With exchangeable scores and the threshold at the k-th smallest of n, the number of m unseen scores above it follows the
beta-binomial distribution with n + 1 - k and k (the negative hypergeometric: David and Nagaraja, Order Statistics, 3rd
ed. 2003, section 2.2 and 8.7), exactly, and also for random splits of a finite set of photos. No method can do better.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.judgement.splits import Split
from inspector.core.promise.threshold import CONFIDENCE, Promise, threshold_from_good_scores


@dataclass(frozen=True, slots=True)
class Shares:
    """Shares of splits, in 0..1.

    Parameters
    ----------
    inside : float
        The realised rate lies in the promised interval, taken literally.
    predicted : float
        It lies in the interval widened for so many unseen photos.
    under : float
        It lies under the promised one-sided limit, or on it.
    """

    inside: float
    predicted: float
    under: float


@dataclass(frozen=True, slots=True)
class Kept:
    """How one promise was kept.

    Parameters
    ----------
    splits, unseen : int
        How many splits, and how many unseen photos in each.
    expected : float
        The promised rate; the mean over splits.
    realised, error : float
        The mean rate among unseen photos, and its standard error over splits.
    shares, reachable : Shares
        The measured value, and the value of exactly exchangeable scores.
    """

    splits: int
    unseen: int
    expected: float
    realised: float
    error: float
    shares: Shares
    reachable: Shares


@dataclass(frozen=True, slots=True)
class Bias:
    """Leave-one-image-out scores beside scores of photos never seen; means over splits with their standard errors.

    Parameters
    ----------
    ratio, ratio_error : float
        Mean of the former by mean of the latter; above 1 the threshold is cautious, below 1 flattered.
    above, above_error : float
        Share of pairs in which the former is higher; 0.5 where they are exchangeable.
    """

    ratio: float
    ratio_error: float
    above: float
    above_error: float


def how_kept(splits: Sequence[Split], rate: float) -> Kept:
    """Return how the promise of a rate was kept in the splits of one cell."""
    rows, realised, expected = [], [], []
    for split in splits:
        threshold = threshold_from_good_scores(split.trained.tolist(), rate)
        unseen = len(split.unseen)
        count = int((split.unseen > threshold.value).sum())
        outcomes = _outcomes(threshold.false_alarm, unseen)
        chances = beta_binomial(unseen, threshold.false_alarm)
        rows.append([*(one[count] for one in outcomes), *(float(chances[one].sum()) for one in outcomes)])
        realised.append(count / unseen)
        expected.append(threshold.false_alarm.rate)
    means = np.mean(rows, axis=0).tolist()
    mean, error = _mean(realised)
    unseen = len(splits[0].unseen)
    return Kept(len(splits), unseen, float(np.mean(expected)), mean, error, Shares(*means[:3]), Shares(*means[3:]))


def bias(splits: Sequence[Split]) -> Bias:
    """Return how leave-one-image-out scores compare with scores of photos never seen."""
    ratio = _mean([float(split.trained.mean() / split.unseen.mean()) for split in splits])
    above = _mean([float((split.trained[:, None] > split.unseen[None, :]).mean()) for split in splits])
    return Bias(*ratio, *above)


def beta_binomial(unseen: int, promise: Promise) -> NDArray[np.float64]:
    """Return the chances of 0..`unseen` of as many unseen scores above the threshold, if scores are exchangeable."""
    above, below = promise.above, promise.goods + 1 - promise.above
    count = np.arange(unseen, dtype=np.float64)
    steps = np.log((unseen - count) * (count + above)) - np.log((count + 1) * (unseen - count - 1 + below))
    first = _log_beta(above, unseen + below) - _log_beta(above, below)
    return np.asarray(np.exp(first + np.concatenate([[0.0], np.cumsum(steps)])))


def _outcomes(promise: Promise, unseen: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which counts of unseen scores above the threshold count as kept, in the order of `Shares`."""
    shares = np.arange(unseen + 1) / unseen
    chances = beta_binomial(unseen, promise)
    tail = (1.0 - CONFIDENCE) / 2.0
    at_most, at_least = np.cumsum(chances), np.cumsum(chances[::-1])[::-1]
    predicted = (at_most > tail) & (at_least > tail)
    return (shares >= promise.low) & (shares <= promise.high), predicted, shares <= promise.under


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)


def _mean(values: Sequence[float]) -> tuple[float, float]:
    error = float(np.std(values, ddof=1) / math.sqrt(len(values))) if len(values) > 1 else math.nan
    return float(np.mean(values)), error
