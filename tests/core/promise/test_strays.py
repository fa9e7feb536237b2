"""Good photos that stand apart: those that set the limit, and few others."""

import numpy as np
import pytest

from inspector.core.promise.stray_words import stray_words
from inspector.core.promise.strays import Stray
from inspector.core.promise.strays import find_strays as find
from inspector.core.promise.threshold import threshold_from_good_scores

RATE = 0.01
NONE = np.zeros((0, 4), dtype=np.float32)


def find_strays(scores: list[float], embeddings: np.ndarray, rate: float) -> tuple[Stray, ...]:
    return find(
        scores, embeddings, lambda places: threshold_from_good_scores([scores[one] for one in places], rate).value
    )


def clean(number: int, goods: int) -> list[float]:
    return np.exp(np.random.default_rng(number).normal(0.0, 0.12, goods)).tolist()


@pytest.mark.parametrize("planted", [1, 2, 3])
@pytest.mark.parametrize("goods", [20, 31, 98])
def test_what_stands_apart_is_found_and_tells_the_limit_without_it(goods: int, planted: int) -> None:
    scores = clean(1, goods - planted)
    highest = max(scores)
    odd = [3.0 + 0.1 * one for one in range(planted)]
    found = find_strays([*odd, *scores], NONE, RATE)
    assert {one.position for one in found} == set(range(planted))
    assert [one.relative_score for one in found] == sorted((one / odd[-1] for one in odd), reverse=True)
    assert all(one.limit_without == pytest.approx(highest / odd[-1]) for one in found)


@pytest.mark.parametrize("shape", ["lognormal", "gumbel", "exponential"])
@pytest.mark.parametrize("goods", [20, 50, 200])
def test_clean_good_sets_are_asked_of_seldom(goods: int, shape: str) -> None:
    random = np.random.default_rng(goods)
    draw = {
        "lognormal": lambda: np.exp(0.15 * random.normal(size=goods)),
        "gumbel": lambda: 1.0 + 0.12 * random.gumbel(size=goods),
        "exponential": lambda: 1.0 + 0.1 * random.exponential(size=goods),
    }[shape]
    asked = sum(bool(find_strays(draw().tolist(), NONE, RATE)) for _ in range(400))
    assert asked <= 0.05 * 400 + 2.3 * np.sqrt(0.05 * 0.95 * 400)


def test_an_odd_photo_that_does_not_set_the_limit_needs_no_answer() -> None:
    scores = [*clean(2, 249), 5.0]
    assert threshold_from_good_scores(scores, RATE).value < 5.0
    assert find_strays(scores, NONE, RATE) == ()


def test_photos_alike_belong_to_the_stray() -> None:
    random = np.random.default_rng(3)
    points = random.normal(0.0, 1.0, (30, 8))
    points[[4, 9]] = 10.0 + random.normal(0.0, 0.1, (2, 8))
    scores = np.array(clean(4, 30))
    scores[4], scores[9] = 3.0, 1.0  # the second board is explained by the first
    assert [one.position for one in find_strays(scores.tolist(), points.astype(np.float32), RATE)] == [4, 9]


def test_a_kind_of_its_own_is_no_stray() -> None:
    scores = [*clean(5, 20), *(3.0 + 0.01 * one for one in range(8))]
    assert find_strays(scores, NONE, RATE) == ()


@pytest.mark.parametrize("scores", [[1.0, 2.0], [0.0] * 30, [1.0] * 30, [0.0] * 29 + [1.0]])
def test_few_or_equal_scores_are_taken(scores: list[float]) -> None:
    find_strays(scores, NONE, RATE)


def test_the_sentence() -> None:
    assert stray_words(1, 31, 0.78) == (
        "1 of 31 good photos stands apart and sets the limit alone. Without it the limit would be 0.78."
    )
    assert stray_words(3, 33, 0.5) == (
        "3 of 33 good photos stand apart and set the limit. Without them the limit would be 0.50."
    )
    assert stray_words(0, 33, 1.0) == ""
