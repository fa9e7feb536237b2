"""The effect of a threshold on known defects, and the costs of wrong verdicts."""

import math

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score, roc_curve

from inspector.core.promise.operating_point import Costs, cheapest_threshold, escapes_at, expected_cost, roc
from inspector.core.promise.threshold import promise_at


def binomial_tail(count, trials, share):
    """Return the chance of `count` or more successes, summed term by term."""
    import math

    return sum(math.comb(trials, k) * share**k * (1.0 - share) ** (trials - k) for k in range(count, trials + 1))


@pytest.mark.parametrize(("count", "defects"), [(1, 10), (3, 40), (9, 10), (20, 41)])
def test_the_interval_of_escapes_is_clopper_and_pearsons(count, defects):
    found = escapes_at([1.0] * count + [3.0] * (defects - count), 2.0)
    assert (found.count, found.defects, found.share) == (count, defects, count / defects)
    assert binomial_tail(count, defects, found.low) == pytest.approx(0.025, abs=1e-6)
    assert 1.0 - binomial_tail(count + 1, defects, found.high) == pytest.approx(0.025, abs=1e-6)


def test_no_escape_seen_is_not_no_escape_possible():
    none, all_of_them = escapes_at([3.0] * 40, 2.0), escapes_at([1.0] * 40, 2.0)
    assert (none.low, none.share, all_of_them.high, all_of_them.share) == (0.0, 0.0, 1.0, 1.0)
    assert none.high == pytest.approx(1.0 - 0.025 ** (1 / 40), abs=1e-9)
    assert all_of_them.low == pytest.approx(1.0 - none.high, abs=1e-9)


def test_a_score_at_the_threshold_escapes_since_it_is_not_ng():
    assert escapes_at([2.0], 2.0).count == 1


@pytest.fixture
def scores():
    rng = np.random.default_rng(4)
    return rng.normal(10.0, 1.0, 80).round(1), rng.normal(12.0, 2.0, 30).round(1)


def test_the_curve_is_that_of_scikit_learn(scores):
    goods, defects = scores
    curve = roc(goods, defects)
    labels = np.concatenate([np.zeros(len(goods)), np.ones(len(defects))])
    area = -np.trapezoid(curve.detection_rate, curve.false_alarm_rate)
    assert area == pytest.approx(roc_auc_score(labels, np.concatenate(scores)))
    theirs = roc_curve(labels, np.concatenate(scores), drop_intermediate=False)[:2]
    ours = curve.false_alarm_rate[::-1], curve.detection_rate[::-1]
    np.testing.assert_allclose(ours, theirs, atol=1e-12)


def test_the_operating_point_lies_on_the_curve(scores):
    goods, defects = scores
    curve = roc(goods, defects)
    for value in (9.5, 10.0, 11.7):
        place = np.searchsorted(curve.thresholds, value, side="right") - 1
        assert curve.detection_rate[place] == pytest.approx(1.0 - escapes_at(defects, value).share)
        assert curve.false_alarm_rate[place] == pytest.approx(np.mean(goods > value))


@pytest.mark.parametrize("costs", [Costs(100.0, 1.0, 0.01), Costs(1.0, 1.0, 0.5), Costs(10.0, 2.0, 0.05)])
def test_no_threshold_at_all_is_cheaper_than_the_suggested_one(scores, costs):
    goods, defects = scores
    best = cheapest_threshold(goods, defects, costs)
    assert best.cost_per_1000 == expected_cost(goods, defects, best.threshold, costs)
    every = np.concatenate([goods, defects, np.linspace(5.0, 20.0, 301)])
    assert min(expected_cost(goods, defects, value, costs) for value in every) >= best.cost_per_1000 - 1e-9


def test_costs_push_the_threshold_where_they_should(scores):
    goods, defects = scores
    dear_escape = cheapest_threshold(goods, defects, Costs(1e6, 1.0, 0.1)).threshold
    dear_alarm = cheapest_threshold(goods, defects, Costs(1.0, 1e6, 0.1)).threshold
    assert dear_escape < defects.min()
    assert dear_alarm == goods.max()


def test_a_cost_is_of_1000_parts():
    goods, defects = [1.0, 2.0, 3.0], [0.5, 5.0]
    # 1 escape of 2 known defects; false alarms as promised at the second of three scores.
    expected = 1000 * (0.2 * 0.5 * 7.0 + 0.8 * promise_at(goods, 2.0).rate * 3.0)
    assert expected_cost(goods, defects, 2.0, Costs(7.0, 3.0, 0.2)) == pytest.approx(expected)


@pytest.mark.parametrize("numbers", [(-1.0, 1.0, 0.1), (1.0, np.nan, 0.1), (1.0, 1.0, 1.1), (0.0, 0.0, 0.1)])
def test_costs_that_make_no_sense_are_refused(numbers):
    with pytest.raises(ValueError, match=r"cost|share"):
        Costs(*numbers)


def test_the_one_sided_limit_leaves_the_confidence_below_it():
    # With 3 of 40 escaping, a true share at the limit would show as few as 3 escapes in 5 % of such samples.
    limit = escapes_at([1.0] * 3 + [3.0] * 37, 2.0).under
    as_few = sum(math.comb(40, k) * limit**k * (1 - limit) ** (40 - k) for k in range(4))
    assert as_few == pytest.approx(0.05)
    assert escapes_at([1.0], 2.0).under == 1.0
