import math
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest

from inspector.core.promise.threshold import (
    CONFIDENCE,
    beta_quantile,
    goods_lacking,
    goods_needed,
    promise_at,
    promise_of_rank,
    threshold_from_good_scores,
)


@pytest.mark.parametrize(("a", "b"), [(1, 1), (1, 150), (2, 149), (7, 3), (40, 400), (500, 2), (1, 5000)])
@pytest.mark.parametrize("probability", [0.025, 0.5, 0.975])
def test_beta_quantile_agrees_with_scipy(a, b, probability):
    stats = pytest.importorskip("scipy.stats")
    assert beta_quantile(probability, a, b) == pytest.approx(stats.beta.ppf(probability, a, b), abs=1e-9)


def test_beta_quantile_of_the_uniform_is_the_probability_itself():
    for probability in (0.025, 0.3, 0.975):
        assert beta_quantile(probability, 1, 1) == pytest.approx(probability, abs=1e-9)


@pytest.mark.parametrize("rate", ["0.001", "0.01", "0.03", "0.05", "0.07", "0.1", "0.29", "0.5"])
def test_threshold_is_the_lowest_that_keeps_the_rate_wherever_one_does(rate):
    # Exact arithmetic beside the float code: a rank off by one doubles or voids a promise of 1 in 100.
    for goods in range(2, 400):
        scores = np.arange(1, goods + 1, dtype=float)
        rank = int(threshold_from_good_scores(scores, float(rate)).value)
        allowed = math.floor((goods + 1) * Fraction(rate))
        assert rank == goods + 1 - max(allowed, 1), goods


def test_promised_rate_never_exceeds_what_was_asked_when_the_goods_suffice():
    rng = np.random.default_rng(1)
    for goods in (99, 100, 150, 199, 1000):
        threshold = threshold_from_good_scores(rng.normal(size=goods), 0.01)
        assert threshold.false_alarm.rate <= 0.01
        assert threshold.false_alarm.goods == goods


def test_too_few_goods_promise_only_what_they_justify():
    scores = [3.0, 1.0, 2.0, 5.0, 4.0]
    threshold = threshold_from_good_scores(scores, 0.01)
    assert threshold.value == 5.0
    assert threshold.false_alarm.rate == pytest.approx(1 / 6)
    assert threshold.false_alarm.high > 0.4


@pytest.mark.parametrize("rate", ["0.0005", "0.001", "0.01", "0.03", "0.05", "0.07", "0.1", "0.29", "0.5", "0.9"])
def test_goods_needed_is_the_fewest_that_can_promise_the_rate(rate):
    needed = goods_needed(float(rate))
    assert Fraction(1, needed + 1) <= Fraction(rate)
    assert needed == 0 or Fraction(1, needed) > Fraction(rate)
    assert goods_lacking(needed, float(rate)) == 0
    assert goods_lacking(needed + 7, float(rate)) == 0
    if needed > 3:
        assert goods_lacking(needed - 3, float(rate)) == 3
    for goods in range(max(needed - 2, 2), needed + 2):
        promised = threshold_from_good_scores(np.arange(float(goods)), float(rate)).false_alarm.rate
        assert (promised <= float(rate) * (1 + 1e-12)) == (goods >= needed)


def test_order_of_the_scores_does_not_matter():
    scores = np.random.default_rng(2).gamma(4.0, size=120)
    assert threshold_from_good_scores(scores, 0.05) == threshold_from_good_scores(scores[::-1], 0.05)


def rank_chosen_for(goods, rate):
    """The place of the threshold among the sorted scores: scores 1..n make the threshold say it."""
    return int(threshold_from_good_scores(np.arange(1.0, goods + 1.0), rate).value)


@pytest.mark.parametrize(("goods", "rate"), [(150, 0.01), (60, 0.05), (19, 0.1), (20, 0.01)])
def test_the_next_good_part_is_called_ng_as_often_as_promised(goods, rate):
    draws = 20_000
    scores = np.random.default_rng(3).lognormal(size=(draws, goods + 1))
    rank = rank_chosen_for(goods, rate)
    assert threshold_from_good_scores(scores[0, :-1], rate).value == np.sort(scores[0, :-1])[rank - 1]
    thresholds = np.sort(scores[:, :-1], axis=1)[:, rank - 1]
    promised = promise_of_rank(goods, rank).rate
    realised = np.mean(scores[:, -1] > thresholds)
    assert realised == pytest.approx(promised, abs=4 * math.sqrt(promised * (1 - promised) / draws))


@pytest.mark.parametrize(("goods", "rate"), [(150, 0.01), (60, 0.05)])
def test_the_interval_holds_the_long_run_rate_as_often_as_it_says(goods, rate):
    # Uniform scores: the long-run rate at threshold t is exactly 1 - t.
    draws = 20_000
    rng = np.random.default_rng(4)
    rank = rank_chosen_for(goods, rate)
    long_run = 1.0 - np.sort(rng.random((draws, goods)), axis=1)[:, rank - 1]
    promise = promise_of_rank(goods, rank)
    inside = np.mean((long_run >= promise.low) & (long_run <= promise.high))
    assert inside == pytest.approx(CONFIDENCE, abs=4 * math.sqrt(CONFIDENCE * (1 - CONFIDENCE) / draws))
    assert long_run.mean() == pytest.approx(promise.rate, rel=0.05)


def test_one_good_part_says_nothing_of_the_rate_but_its_mean():
    promise = promise_of_rank(1, 1)
    assert (promise.low, promise.rate, promise.high) == pytest.approx((0.025, 0.5, 0.975))


def test_the_rate_lies_within_its_interval():
    for rank in range(1, 51):
        promise = promise_of_rank(50, rank)
        assert 0.0 < promise.low < promise.rate < promise.high < 1.0


@pytest.mark.parametrize(("goods", "rank"), [(20, 20), (150, 149), (400, 380), (50, 1)])
def test_the_one_sided_limit_is_that_of_clopper_and_pearson(goods, rank):
    # At the limit, so few good scores above a fixed line have a chance of exactly 5 in 100.
    limit = promise_of_rank(goods, rank).under
    chance = sum(math.comb(goods, k) * limit**k * (1 - limit) ** (goods - k) for k in range(goods - rank + 1))
    assert chance == pytest.approx(1.0 - CONFIDENCE, abs=1e-6)


def test_the_one_sided_limit_lies_between_the_rate_and_the_end_of_the_two_sided_interval():
    for rank in range(1, 51):
        promise = promise_of_rank(50, rank)
        assert promise.above == 51 - rank
        assert promise.rate < promise.under < promise.high
    assert promise_of_rank(50, 0).under == 1.0


def test_raising_the_threshold_never_promises_more_false_alarms():
    scores = np.random.default_rng(5).gamma(4.0, size=80)
    promises = [promise_at(scores, value) for value in np.linspace(-1.0, scores.max() + 1.0, 60)]
    for lower, higher in pairwise(promises):
        assert higher.rate <= lower.rate
        assert higher.low <= lower.low
        assert higher.high <= lower.high
    assert promises[0].rate == 1.0
    assert promises[-1].rate == pytest.approx(1 / 81)


def test_promise_at_the_chosen_threshold_is_the_promise_that_was_made():
    scores = np.random.default_rng(6).gamma(4.0, size=150)
    threshold = threshold_from_good_scores(scores, 0.02)
    assert promise_at(scores, threshold.value) == threshold.false_alarm


@pytest.mark.parametrize(
    ("goods", "rate", "words"),
    [
        (50, 0.01, "the highest of the scores of 50 good photos"),
        (199, 0.01, "the 2nd highest"),
        (299, 0.01, "the 3rd highest"),
        (1199, 0.01, "the 12th highest"),
        (2199, 0.01, "the 22nd highest"),
    ],
)
def test_the_origin_says_which_score_was_taken(goods, rate, words):
    origin = threshold_from_good_scores(np.arange(goods, dtype=float), rate).origin
    assert origin.startswith(words)
    assert f"{goods} good photos" in origin
