"""The share of defects found at the shipped limits, beside the share that the same scores allow."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest

from inspector.core.promise.detection import Detection, LabelledScores, attainable_share, detection_of, detection_words
from inspector.core.values import Limits, Verdict


def labelled(
    goods: Sequence[float], defects: Sequence[float], refused_goods: Sequence[int] = (), refused: Sequence[int] = ()
) -> LabelledScores:
    """Good photos first; `refused` names positions among the defects."""
    outside = np.zeros(len(goods) + len(defects), dtype=bool)
    outside[[*refused_goods, *(len(goods) + place for place in refused)]] = True
    return LabelledScores(
        np.array([*goods, *defects], dtype=np.float64), np.arange(len(outside)) >= len(goods), outside
    )


def by_trying_every_limit(goods: Sequence[float], defects: Sequence[float], threshold: float) -> float:
    """The definition, word by word: of all limits with the same false alarms, the most defects above one of them."""
    alarms = sum(score > threshold for score in goods)
    tried = [-math.inf, *goods, *defects, threshold]
    same = [limit for limit in tried if sum(score > limit for score in goods) == alarms]
    return max(sum(score > limit for score in defects) for limit in same) / len(defects)


def test_an_outlier_that_sets_the_limit_shows_as_a_gap() -> None:
    found = detection_of(labelled([0.5, 0.6, 0.7, 0.78], [0.8, 0.9, 0.95, 1.2]), Limits(1.0))
    assert found == Detection(0.25, 0.25, 1.0, 1.0, 1.0)


def test_a_part_between_the_limits_is_found_as_unsure() -> None:
    found = detection_of(labelled([0.5, 0.7], [0.75, 0.9, 1.2, 0.6]), Limits(1.0, 0.8))
    assert (found.at_limit, found.at_limit_or_unsure, found.attainable) == (0.25, 0.5, 0.75)


def test_refused_defects_are_not_found_but_attainable() -> None:
    found = detection_of(labelled([0.5, 0.6], [1.1, 1.2, 0.9, 1.3], refused=[0, 1, 2]), Limits(1.0, 0.8))
    assert (found.at_limit, found.at_limit_or_unsure, found.attainable) == (0.25, 0.25, 1.0)


def test_when_everything_is_refused_nothing_is_found() -> None:
    scores = labelled([0.5, 0.6], [1.1, 1.2], refused_goods=[0, 1], refused=[0, 1])
    assert detection_of(scores, Limits(1.0, 0.1)) == Detection(0.0, 0.0, 1.0, 1.0, 1.0)


def test_a_refused_photo_without_a_score_is_above_no_limit() -> None:
    scores = labelled([0.5, math.nan], [math.nan, 1.2], refused_goods=[1], refused=[0])
    assert detection_of(scores, Limits(1.0)) == Detection(0.5, 0.5, 0.5, 0.5, 0.5)


def test_a_score_at_the_limit_is_no_find_and_no_false_alarm() -> None:
    found = detection_of(labelled([1.0, 1.0, 0.2], [1.0, 1.0, 1.5]), Limits(1.0))
    assert (found.at_limit, found.attainable) == (1 / 3, 1 / 3)


def test_ties_of_good_scores_stay_on_one_side() -> None:
    # Five good photos tie above the limit: the best limit with five false alarms lies at the sixth score.
    goods, defects = [2.0] * 5 + [0.5, 0.4], [0.6, 0.45, 2.0, 3.0]
    assert detection_of(labelled(goods, defects), Limits(1.0)).attainable == 0.75
    # Not one of seven may exceed the limit, so the tie as a whole lies below it.
    assert detection_of(labelled(goods, defects), Limits(1.0)).at_fpr_05 == 0.25


@pytest.mark.parametrize("seed", range(20))
def test_attainable_is_the_best_of_all_limits_with_the_same_false_alarms(seed: int) -> None:
    rng = np.random.default_rng(seed)
    goods, defects = (np.round(rng.gamma(4.0, scale, size), 1).tolist() for scale, size in ((0.2, 23), (0.3, 17)))
    for threshold in (0.1, *sorted(set(goods)), 0.75, 9.0):
        attainable = attainable_share(np.array(goods), np.array(defects), threshold)
        assert attainable == pytest.approx(by_trying_every_limit(goods, defects, threshold))
        assert attainable >= np.mean(np.array(defects) > threshold)


def test_the_cost_of_a_limit_for_a_new_group_is_told() -> None:
    scores = labelled([0.5, 0.6], [0.65, 0.8, 1.2, 1.3], refused=[3])
    found = detection_of(scores, Limits(1.0), 0.7)
    assert (found.at_limit, found.at_known_limit) == (0.25, 0.5)
    assert detection_words(found).endswith("The limit for known groups finds 50.0%.")
    alone = detection_of(scores, Limits(1.0))
    assert alone.at_known_limit is None
    assert "known groups" not in detection_words(alone)


def test_where_every_good_photo_is_a_false_alarm_every_defect_is_attainable() -> None:
    assert detection_of(labelled([2.0, 3.0], [0.1, 0.2]), Limits(1.0)).attainable == 1.0


def test_without_good_photos_only_the_shares_at_the_limits_are_known() -> None:
    assert detection_of(labelled([], [0.5, 1.5, 0.9]), Limits(1.0, 0.8)) == Detection(1 / 3, 2 / 3, None, None, None)


def test_without_a_limit_only_the_shares_at_given_rates_are_known() -> None:
    goods = [*np.linspace(0.0, 0.9, 98), 1.5, 2.5]
    found = detection_of(labelled(goods, [1.0, 2.0, 3.0]), None)
    assert found == Detection(None, None, None, 2 / 3, 1.0)


@pytest.mark.parametrize(("goods", "allowed"), [(99, 0), (100, 1), (199, 1), (200, 2)])
def test_a_rate_allows_whole_photos_only(goods: int, allowed: int) -> None:
    # A defect between the scores of good photos number `allowed` and `allowed + 1`, counted from the top.
    scores = np.arange(goods, dtype=float)
    assert detection_of(labelled(scores.tolist(), [goods - 1 - allowed + 0.5]), None).at_fpr_01 == 1.0
    assert detection_of(labelled(scores.tolist(), [goods - 1 - allowed - 0.5]), None).at_fpr_01 == 0.0


def test_infinite_scores_are_found() -> None:
    assert detection_of(labelled([0.5], [math.inf]), Limits(1.0)) == Detection(1.0, 1.0, 1.0, 1.0, 1.0)


@pytest.mark.parametrize("goods", [[], [0.5]])
def test_a_score_that_is_not_a_number_is_an_error(goods: list[float]) -> None:
    with pytest.raises(ValueError, match="has no score"):
        labelled(goods, [math.nan, 1.0])


def test_labels_that_do_not_fit_are_errors() -> None:
    with pytest.raises(ValueError, match="different numbers"):
        LabelledScores(np.zeros(3), np.ones(2, dtype=bool), np.zeros(3, dtype=bool))
    with pytest.raises(ValueError, match="needs defective"):
        labelled([0.5, 0.6], [])


def test_the_shares_agree_with_verdicts_one_by_one() -> None:
    rng = np.random.default_rng(5)
    scores = labelled(rng.random(30).tolist(), rng.random(40).tolist(), refused=range(0, 40, 7))
    limits = Limits(0.7, 0.4)
    verdicts = [
        Verdict.REFUSED if refused else limits.verdict_of(score)
        for score, refused in zip(scores.scores[30:], scores.refused[30:], strict=True)
    ]
    found = detection_of(scores, limits)
    assert found.at_limit == verdicts.count(Verdict.NG) / 40
    assert found.at_limit_or_unsure == pytest.approx((verdicts.count(Verdict.NG) + verdicts.count(Verdict.UNSURE)) / 40)
