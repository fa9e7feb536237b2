"""Bounds for all limits at once: they hold for a limit that was chosen by its result; pointwise bounds do not."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from inspector.core.promise.operating_point import Costs, cheapest_threshold, escapes_at
from inspector.core.promise.simultaneous import COUNTS, LEVELS, local_level
from inspector.core.promise.threshold import promise_at, promise_of_rank, threshold_from_good_scores, together

SETS = 4_000
Array = NDArray[np.float64]


def uniform(goods: int, seed: int = 0) -> Array:
    """Sorted scores of many good sets; of uniform scores, the share of parts above a limit t is exactly 1 - t."""
    return np.sort(np.random.default_rng(seed).random((SETS, goods)), axis=1)


def unders(goods: int, *, chosen: bool) -> Array:
    """The one-sided limits, by the number of scores at the limit or below."""
    return np.array([promise_of_rank(goods, rank, chosen=chosen).under for rank in range(goods + 1)])


def held(limits: Array, ranks: Array, goods: int, *, chosen: bool) -> float:
    """Share of good sets in which the share above the chosen limit does not exceed the stated bound."""
    return float(np.mean(1.0 - limits <= unders(goods, chosen=chosen)[ranks.astype(int)]))


def test_for_two_scores_the_level_is_that_of_the_closed_form() -> None:
    for risk in LEVELS:
        level = local_level(2, risk)
        first, second = 1.0 - math.sqrt(1.0 - level), math.sqrt(level)
        both = 1.0 - 2.0 * level + 2.0 * first * second - first * first
        assert 1.0 - risk <= both < 1.0 - risk + 1e-4
        assert local_level(1, risk) == risk


def test_levels_fall_as_scores_get_more_and_never_end() -> None:
    for risk in LEVELS:
        levels = [local_level(count, risk) for count in range(1, 6000)]
        assert all(one >= other for one, other in itertools.pairwise(levels))
        assert local_level(10**6, risk) == risk / 10**6
    assert len(COUNTS) == len(LEVELS[0.05]) == len(LEVELS[0.025])


@pytest.mark.parametrize("goods", [5, 20, 99, 150, 320])
def test_all_bounds_hold_at_once_with_the_confidence_said(goods: int) -> None:
    scores = uniform(goods)
    bounds = unders(goods, chosen=True)[1:]
    together_held = np.mean((1.0 - scores <= bounds).all(axis=1))
    assert 0.942 <= together_held <= 0.97
    pointwise = np.mean((1.0 - scores <= unders(goods, chosen=False)[1:]).all(axis=1))
    assert pointwise < 0.9


@pytest.mark.parametrize("goods", [20, 99, 320])
def test_both_ends_of_the_interval_hold_at_once_also_between_scores(goods: int) -> None:
    scores = uniform(goods)
    promises = [promise_of_rank(goods, rank, chosen=True) for rank in range(1, goods + 1)]
    low, high = (np.array([getattr(one, end) for one in promises]) for end in ("low", "high"))
    # Just below the next score, a limit has the same rank, and the share of that score.
    least = 1.0 - np.concatenate([scores[:, 1:], np.ones((SETS, 1))], axis=1)
    assert 0.942 <= np.mean(((1.0 - scores <= high) & (least >= low)).all(axis=1)) <= 0.97


def widest_gap(scores: Array) -> tuple[Array, Array]:
    """As a person places a line: in the widest gap of the upper half, after its lower score."""
    half = scores.shape[1] // 2
    place = half + np.diff(scores[:, half:], axis=1).argmax(axis=1)
    return scores[np.arange(len(scores)), place] + 1e-9, place + 1


def cheapest(scores: Array) -> tuple[Array, Array]:
    """Where mistakes cost least, going by defects whose scores overlap with those of good parts."""
    random, limits = np.random.default_rng(5), []
    costs = Costs(escape=10.0, false_alarm=1.0, defect_share=0.1)
    for goods in scores:
        limits.append(cheapest_threshold(goods, random.normal(1.0, 0.3, 20), costs).threshold)
    found = np.array(limits)
    return found, (scores <= found[:, None]).sum(axis=1)


def most_flattering(scores: Array) -> tuple[Array, Array]:
    """The worst that looking can do: the limit at which the bound is broken by most, if anywhere."""
    goods = scores.shape[1]
    place = ((1.0 - scores) - unders(goods, chosen=True)[1:]).argmax(axis=1)
    return scores[np.arange(len(scores)), place], place + 1


@pytest.mark.parametrize("choose", [widest_gap, cheapest, most_flattering])
def test_a_limit_chosen_by_looking_keeps_what_is_said_of_it(choose: Callable[[Array], tuple[Array, Array]]) -> None:
    goods = 99
    limits, ranks = choose(uniform(goods, seed=2)[: 1_500 if choose is cheapest else SETS])
    assert held(limits, ranks, goods, chosen=True) >= 0.942


@pytest.mark.parametrize("choose", [widest_gap, most_flattering])
def test_what_is_said_of_a_fixed_limit_would_not_hold_for_it(choose: Callable[[Array], tuple[Array, Array]]) -> None:
    goods = 99
    limits, ranks = choose(uniform(goods, seed=2))
    assert held(limits, ranks, goods, chosen=False) < 0.94


def test_the_band_is_narrower_than_that_of_dvoretzky_kiefer_and_wolfowitz_where_limits_lie() -> None:
    width = math.sqrt(math.log(1.0 / 0.05) / (2.0 * 150))  # Massart's constant, one-sided
    assert promise_of_rank(150, 150, chosen=True).under < 0.5 * width
    assert promise_of_rank(150, 149, chosen=True).under < 1.0 / 150 + 0.6 * width


def test_a_chosen_limit_is_promised_less_than_the_trained_one() -> None:
    scores = uniform(99)[0]
    trained = threshold_from_good_scores(list(scores), 0.02)
    moved = promise_at(list(scores), trained.value, chosen=True)
    assert moved.rate == trained.false_alarm.rate
    assert moved.under > trained.false_alarm.under
    assert moved.low < trained.false_alarm.low < trained.false_alarm.high < moved.high
    assert not trained.false_alarm.chosen


def test_escapes_at_a_chosen_limit_are_bounded_for_all_limits() -> None:
    """Known defects are looked at too, when a limit is placed between them and the good parts."""
    defects = uniform(40, seed=3)  # those at the limit t or below pass: exactly t of all defects
    place = np.diff(defects[:, :20], axis=1).argmax(axis=1)
    limits = defects[np.arange(SETS), place + 1] - 1e-9  # the upper end of the widest gap: most escape there
    bounds = {chosen: [_escapes(int(one) + 1, chosen=chosen) for one in range(20)] for chosen in (False, True)}
    kept = {chosen: np.mean(limits <= np.array(found)[place]) for chosen, found in bounds.items()}
    assert kept[True] >= 0.95
    assert kept[True] > kept[False]


def _escapes(count: int, *, chosen: bool) -> float:
    return escapes_at([1.0] * count + [3.0] * (40 - count), 2.0, chosen=chosen).under


@pytest.mark.parametrize("dependence", [-1.0, 0.0, 1.0])
def test_ng_or_refused_together_holds_however_both_depend_on_each_other(dependence: float) -> None:
    """Scores and guards' excursions of the same good photos: apart, independent, and one and the same."""
    goods, kept = 99, []
    random = np.random.default_rng(7)
    promise, refusals = promise_of_rank(goods, 99), promise_of_rank(goods, 98)
    both = together(promise, refusals)
    assert both.rate == pytest.approx(promise.rate + refusals.rate)
    for _ in range(SETS // 2):
        score = random.random(goods)
        excursion = {-1.0: 1.0 - score, 0.0: random.random(goods), 1.0: score}[dependence]
        ng, refused = 1.0 - np.sort(score)[98], 1.0 - np.sort(excursion)[97]
        share = {-1.0: ng + refused, 0.0: ng + refused - ng * refused, 1.0: max(ng, refused)}[dependence]
        kept.append(share <= both.under)
    assert np.mean(kept) >= 0.95
