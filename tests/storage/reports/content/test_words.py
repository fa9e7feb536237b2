from datetime import datetime

import pytest

from inspector.storage.reports.content.words import area_share, date_words, percent, relative_words


@pytest.mark.parametrize(
    ("relative", "words"),
    [(1.839, "1.84"), (1.0, "1.00"), (1.004, "1.004"), (0.99996, "0.99996"), (1 + 1e-9, "just over 1"), (0.0, "0.00")],
)
def test_a_score_never_looks_like_the_other_side_of_the_limit(relative: float, words: str) -> None:
    assert relative_words(relative) == words


@pytest.mark.parametrize(
    ("part", "whole", "words"),
    [(0, 0, "none judged"), (0, 9, "0 %"), (9, 9, "100 %"), (99_999, 100_000, "99.9 %"), (1, 100_000, "0.1 %")],
)
def test_a_hundred_percent_only_where_it_is_exact(part: int, whole: int, words: str) -> None:
    assert percent(part, whole) == words


def test_shares_and_dates() -> None:
    assert area_share(900, (300, 300)) == "1.0 %"
    assert date_words(datetime(2026, 11, 25, 9, 5)) == "25 November 2026, 09:05"
