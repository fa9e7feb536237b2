from dataclasses import FrozenInstanceError, replace
from pathlib import Path

import numpy as np
import pytest

from inspector.core.errors import NotFinite
from inspector.core.values import GuardReading, Inspection, Limits, Region, ScoreMap, Verdict, read_only


def judged(score):
    return Inspection(Path("part.png"), (64, 64), score=score)


def test_read_only_returns_the_same_array_and_stops_writing():
    array = np.zeros(3)
    assert read_only(array) is array
    with pytest.raises(ValueError, match="read-only"):
        array[0] = 1


def test_a_score_map_cannot_be_changed_once_made():
    score_map = ScoreMap(np.ones((4, 5), dtype=np.float32), (32, 40))
    with pytest.raises(ValueError, match="read-only"):
        score_map.grid[0, 0] = 2.0
    with pytest.raises(FrozenInstanceError):
        score_map.dense_hw = (1, 1)


def test_dense_has_the_size_that_the_backbone_saw_and_covers_the_whole_photo():
    grid = np.zeros((8, 8), dtype=np.float32)
    grid[:, 4:] = 1.0
    dense = ScoreMap(grid, (64, 128)).dense()
    assert dense.shape == (64, 128)
    assert dense.dtype == np.float32
    assert (dense[:, :56] == 0.0).all()
    assert (dense[:, -56:] == 1.0).all()
    assert dense.mean() == pytest.approx(0.5)


def test_dense_stays_within_the_values_of_the_grid():
    grid = np.random.default_rng(0).random((9, 7)).astype(np.float32)
    dense = ScoreMap(grid, (72, 56)).dense()
    assert grid.min() <= dense.min()
    assert dense.max() <= grid.max()


def test_the_score_is_the_maximum_of_dense():
    score_map = ScoreMap(np.random.default_rng(1).random((9, 7)).astype(np.float32), (75, 50))
    assert score_map.score == score_map.dense().max()


def test_a_higher_grid_never_lowers_the_score():
    grid = np.random.default_rng(2).random((9, 7)).astype(np.float32)
    assert ScoreMap(grid + np.float32(0.5), (64, 64)).score > ScoreMap(grid, (64, 64)).score


@pytest.mark.parametrize(("score", "verdict"), [(1.0, Verdict.OK), (2.0, Verdict.OK), (2.000001, Verdict.NG)])
def test_ng_is_strictly_above_the_threshold(score, verdict):
    assert judged(score).verdict(Limits(2.0)) is verdict


@pytest.mark.parametrize(
    ("score", "verdict"), [(1.5, Verdict.OK), (1.50001, Verdict.UNSURE), (2.0, Verdict.UNSURE), (2.00001, Verdict.NG)]
)
def test_unsure_lies_between_the_two_thresholds(score, verdict):
    assert judged(score).verdict(Limits(2.0, 1.5)) is verdict


@pytest.mark.parametrize("numbers", [(0.0,), (-1.0,), (np.inf,), (np.nan,), (2.0, 2.1), (2.0, 0.0), (2.0, np.nan)])
def test_limits_that_make_no_sense_are_no_limits(numbers):
    with pytest.raises(ValueError, match="threshold"):
        Limits(*numbers)


def test_a_lower_threshold_takes_the_unsure_threshold_along():
    assert Limits(2.0, 1.5).with_threshold(3.0) == Limits(3.0, 1.5)
    assert Limits(2.0, 1.5).with_threshold(1.0) == Limits(1.0, 1.0)
    assert Limits(2.0).with_threshold(1.0) == Limits(1.0)


def test_the_verdict_follows_the_threshold_and_the_score_stays():
    inspection = judged(1.5)
    assert [inspection.verdict(Limits(t)) for t in (1.0, 1.5, 2.0)] == [Verdict.NG, Verdict.OK, Verdict.OK]
    assert inspection.score == 1.5
    assert inspection.relative_score(3.0) == 0.5


@pytest.mark.parametrize(
    ("inspection", "verdict"),
    [
        (Inspection(Path("a.png"), error="the file is empty"), Verdict.UNREADABLE),
        (Inspection(Path("a.png"), (10, 99), refusal="its shape differs"), Verdict.REFUSED),
        (Inspection(Path("a.png"), (10, 10)), Verdict.REFUSED),
    ],
)
def test_what_was_not_judged_is_neither_ok_nor_ng(inspection, verdict):
    for threshold in (0.001, 1e9):
        assert inspection.verdict(Limits(threshold)) is verdict
    assert inspection.relative_score(1.0) is None


@pytest.mark.parametrize(
    ("score", "would_be"), [(0.5, "OK"), (1.0, "OK"), (1.5, "UNSURE"), (2.0, "UNSURE"), (2.1, "NG")]
)
def test_a_refused_photo_keeps_its_score_and_tells_the_verdict_it_would_have_had(score, would_be):
    limits = Limits(2.0, 1.0)
    refused = replace(judged(score), refusal="too dark")
    assert refused.verdict(limits) is Verdict.REFUSED
    assert refused.would_be(limits) is Verdict(would_be) is judged(score).verdict(limits)
    assert refused.refused_and_ng(limits) == (would_be == "NG")
    assert refused.relative_score(2.0) == score / 2.0
    assert not refused.judged


def test_only_a_refused_photo_with_a_score_would_be_anything_else():
    path, limits = Path("a.png"), Limits(1.0)
    for one in (judged(5.0), Inspection(path, (9, 9), refusal="its size differs"), Inspection(path, error="cut short")):
        assert one.would_be(limits) is None
        assert not one.refused_and_ng(limits)
    assert judged(5.0).judged


def test_values_are_frozen():
    with pytest.raises(FrozenInstanceError):
        judged(1.0).score = 2.0
    with pytest.raises(FrozenInstanceError):
        Region(0, 0, 1, 1, 1, 1.0).peak = 2.0


def test_verdicts_read_as_their_words():
    assert [str(verdict) for verdict in Verdict] == ["OK", "UNSURE", "NG", "REFUSED", "UNREADABLE"]


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf], ids=str)
def test_a_map_with_one_score_that_is_not_finite_is_never_made(value):
    """A map with one NaN and a peak of 50 limits once was OK, since NaN is above no limit."""
    grid = np.full((4, 5), 50.0, dtype=np.float32)
    grid[2, 3] = value
    with pytest.raises(NotFinite, match="no finite score"):
        ScoreMap(grid, (32, 40))


def test_what_is_not_a_number_passes_no_limit():
    assert Limits(1.0).verdict_of(float("nan")) is Verdict.NG
    assert Limits(1.0, 0.5).verdict_of(float("nan")) is Verdict.NG
    assert GuardReading("blur", float("nan"), None, 1.0, "px").outside
    assert GuardReading("blur", float("nan"), 0.0, None, "px").outside
    assert not GuardReading("blur", float("nan"), None, None, "px").outside


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1.0, 0.0], ids=str)
def test_limits_are_finite_numbers_above_zero(value):
    with pytest.raises(ValueError, match="threshold"):
        Limits(value)
    with pytest.raises(ValueError, match="unsure_threshold"):
        Limits(1.0, value)
