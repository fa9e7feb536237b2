import re

import numpy as np
import pytest

from inspector.core.promise.threshold import promise_of_rank, threshold_from_good_scores
from inspector.core.promise.words import promise_words, significant, together_words


@pytest.mark.parametrize(
    ("value", "words"),
    [(0.0, "0"), (0.0001, "0"), (0.0123, "0.012"), (0.66, "0.66"), (2.4, "2.4"), (13.4, "13"), (100.0, "100")],
)
def test_two_significant_digits(value: float, words: str) -> None:
    assert significant(value) == words


@pytest.mark.parametrize(
    ("value", "words"),
    [(0.0, "0"), (0.0123, "0.013"), (1.978, "2.0"), (2.4, "2.4"), (2.41, "2.5"), (9.96, "10.0"), (13.1, "14")],
)
def test_a_limit_is_rounded_up(value: float, words: str) -> None:
    assert significant(value, upwards=True) == words


def test_the_sentence() -> None:
    assert promise_words(promise_of_rank(150, 150), 0.01) == (
        "Expect 0.66 false alarms in 100 good parts, 95 % sure it is under 2.0, from 150 good photos."
    )
    assert "false alarms in 10,000 good parts" in promise_words(promise_of_rank(2000, 2000), 0.01)
    assert promise_words(promise_of_rank(20, 0), 0.01).startswith("All good parts may be NG")


@pytest.mark.parametrize(("goods", "rate"), [(20, 0.05), (150, 0.01), (400, 0.02)])
def test_what_the_sentence_says_is_true_of_95_in_100_good_sets(goods: int, rate: float) -> None:
    # Uniform scores: the long-run rate at threshold t is exactly 1 - t.
    draws = 4_000
    scores = np.random.default_rng(11).random((draws, goods))
    threshold = threshold_from_good_scores(scores[0], rate)
    rank = int((scores[0] <= threshold.value).sum())
    found = re.search(r"in (\S+) good parts, 95 % sure it is under (\S+),", promise_words(threshold.false_alarm, rate))
    assert found is not None
    limit = float(found[2]) / float(found[1].replace(",", ""))
    held = np.mean(1.0 - np.sort(scores, axis=1)[:, rank - 1] <= limit)
    # Rounding up at two digits gives a little more than 95; the two-sided interval's end would give 97.5.
    assert 0.94 < held < 0.965


def test_too_few_goods_say_how_many_more_the_aim_takes() -> None:
    words = promise_words(promise_of_rank(40, 40), 0.01)
    assert words.startswith("Expect 2.4 false alarms in 100 good parts, ")
    assert words.endswith(
        "The aim was 1.0 in 100: it takes 59 more good photos. This is the lowest rate that 40 photos support."
    )
    assert "it takes 1 more good photo." in promise_words(promise_of_rank(98, 98), 0.01)
    assert "The aim was 5.0 in 10,000: it takes 1,979 more" in promise_words(promise_of_rank(20, 20), 0.0005)


def test_no_aim_is_told_where_it_is_met_or_where_the_line_was_lowered_by_hand() -> None:
    assert "aim" not in promise_words(promise_of_rank(99, 99), 0.01)
    assert "aim" not in promise_words(promise_of_rank(40, 39), 0.01)


def test_the_whole_sentence_is_translated() -> None:
    said = promise_words(promise_of_rank(40, 40), 0.01, lambda words: words.upper().replace("{", "<").replace("}", ">"))
    assert said == said.upper()


def test_of_a_limit_that_was_moved_it_says_what_holds_whichever_limit_is_chosen() -> None:
    assert promise_words(promise_of_rank(150, 150, chosen=True), 0.01) == (
        "Expect 0.66 false alarms in 100 good parts, 95 % sure it is under 4.1 whichever limit is chosen, "
        "from 150 good photos."
    )


def test_ng_and_refused_together_are_one_sentence() -> None:
    promise, refusals = promise_of_rank(150, 150), promise_of_rank(150, 148)
    assert together_words(promise, refusals) == (
        "NG or REFUSED together: expect at most 2.7 in 100 good parts, 95 % sure it is under 7.2."
    )
    assert together_words(promise, None) == ""
    assert together_words(promise_of_rank(150, 0), refusals) == ""
    assert "sure it is under 100." in together_words(promise_of_rank(3, 1), promise_of_rank(3, 1))
