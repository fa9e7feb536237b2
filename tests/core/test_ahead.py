"""Work in several threads: results in order, and no further ahead than asked."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from inspector.core.ahead import done_ahead


def test_results_come_in_order() -> None:
    assert list(done_ahead(lambda one: one * one, range(50), threads=3)) == [one * one for one in range(50)]


def test_only_a_few_things_are_asked_for_ahead() -> None:
    asked: list[int] = []

    def things() -> Iterator[int]:
        for one in range(50):
            asked.append(one)
            yield one

    results = done_ahead(lambda one: one, things(), threads=2)
    assert next(results) == 0
    assert len(asked) == 4
    results.close()  # type: ignore[attr-defined]


def test_an_error_comes_where_its_result_would_have_come() -> None:
    results = done_ahead(lambda one: 6 // (3 - one), range(9), threads=2)
    assert [next(results) for _ in range(3)] == [2, 3, 6]
    with pytest.raises(ZeroDivisionError):
        next(results)
