"""The model of the highest scores: right on log-normal scores, unmoved by odd photos, silent where it is not needed."""

import numpy as np
import pytest

from inspector.core.promise.tail_model import FEWEST, rate_of_line, review_line, tail_model
from inspector.core.promise.threshold import threshold_from_good_scores

SPREAD = 0.15


def drawn(goods: int, number: int) -> np.ndarray:
    return np.exp(SPREAD * np.random.default_rng(number).normal(size=goods))


@pytest.mark.parametrize("goods", [20, 50, 200])
def test_interval_and_check_of_fit_hold_as_often_as_they_say(goods: int) -> None:
    true = np.exp(SPREAD * 2.3263)
    rows = np.exp(SPREAD * np.random.default_rng(1).normal(size=(400, goods)))
    models = [tail_model(row.tolist(), 0.01) for row in rows]
    inside = np.mean([one.low <= true <= one.high for one in models])
    fits = np.mean([one.fits for one in models])
    assert inside == pytest.approx(0.95, abs=0.035)
    assert fits == pytest.approx(0.95, abs=0.035)
    assert np.median([one.limit for one in models]) == pytest.approx(true, rel=0.03)


@pytest.mark.parametrize("planted", [1, 2, 3])
def test_odd_photos_hardly_move_the_line(planted: int) -> None:
    lines = []
    for number in range(40):
        scores = drawn(30, number)
        line = review_line([*scores, *([3.0] * planted)], 0.01)
        assert line is not None
        lines.append(line / scores.max())
    assert 0.85 < np.mean(lines) < 1.15


@pytest.mark.parametrize("goods", [20, 30, 50])
def test_good_parts_between_the_lines_are_as_many_as_stated(goods: int) -> None:
    between, stated = [], []
    for number in range(200):
        scores = drawn(goods, number).tolist()
        upper = threshold_from_good_scores(scores, 0.01).value
        lower = review_line(scores, 0.01) or upper
        new = drawn(500, 10_000 + number)
        between.append(np.mean((new > lower) & (new <= upper)))
        counted = sum(lower < one <= upper for one in scores) / (goods + 1)
        stated.append((counted + rate_of_line(goods, 0.01)) / 2.0 if lower < upper else 0.0)
    assert abs(np.mean(between) - np.mean(stated)) < 0.02
    assert np.mean(between) < 0.08


def test_with_enough_photos_of_a_usual_tail_next_to_nothing_lies_between_the_lines() -> None:
    between = []
    for number in range(50):
        scores = drawn(300, number).tolist()
        upper = threshold_from_good_scores(scores, 0.01).value
        lower = review_line(scores, 0.01) or upper
        new = drawn(1000, 10_000 + number)
        between.append(np.mean((new > lower) & (new <= upper)))
    assert np.median(between) == 0.0
    assert np.mean(between) < 0.005


def test_scores_that_are_not_log_normal_are_noticed() -> None:
    random = np.random.default_rng(0)
    two_kinds = np.concatenate([random.normal(1.0, 0.02, 60), random.normal(2.0, 0.02, 40)])
    model = tail_model(two_kinds.tolist(), 0.01)
    assert model is not None
    assert not model.fits


@pytest.mark.parametrize("scores", [[1.0] * (FEWEST - 1), [0.0] * 30, [1.0] * 30])
def test_without_spread_there_is_no_model(scores: list[float]) -> None:
    assert tail_model(scores, 0.01) is None
    assert review_line(scores, 0.01) is None


@pytest.mark.parametrize("scores", [[0.0] * 15 + [1.0] * 15, [1e-300] * 20 + [1e15] * 20, list(range(20))])
def test_odd_scores_give_numbers(scores: list[float]) -> None:
    line = review_line(scores, 0.01)
    assert line is None or 0.0 < line <= max(scores)


def test_where_groups_set_the_limit_parts_over_that_for_known_groups_are_unsure() -> None:
    # Enough photos with a usual tail need no lower line; the limit for known groups is a line beside a higher limit.
    scores = next(
        one for one in (drawn(300, number).tolist() for number in range(20)) if review_line(one, 0.01) is None
    )
    known = threshold_from_good_scores(scores, 0.01).value
    assert review_line(scores, 0.01, known, known) is None
    assert review_line(scores, 0.01, known, 1.3 * known) == known
    # An odd photo among few sets both limits. The line is then the estimate, as without groups.
    few = [*drawn(29, 1).tolist(), 9.0]
    assert review_line(few, 0.01, 9.0, 12.0) == review_line(few, 0.01)
    assert review_line(few, 0.01, 9.0, 12.0) < 2.0
