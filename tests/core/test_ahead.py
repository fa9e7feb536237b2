"""Work in several threads: results in order, no further ahead than asked, and no thread left behind."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from inspector.core.ahead import Ahead


def test_results_come_in_order() -> None:
    with Ahead(3) as ahead:
        assert list(ahead.done(lambda one: one * one, range(50))) == [one * one for one in range(50)]


@pytest.mark.parametrize(("at_most", "asked_for"), [(None, 4), (3, 3)])
def test_only_a_few_things_are_asked_for_ahead(at_most: int | None, asked_for: int) -> None:
    asked: list[int] = []

    def things() -> Iterator[int]:
        for one in range(50):
            asked.append(one)
            yield one

    with Ahead(2) as ahead:
        assert next(ahead.done(lambda one: one, things(), at_most)) == 0
        assert len(asked) == asked_for


def test_an_error_comes_where_its_result_would_have_come() -> None:
    with Ahead(2) as ahead:
        results = ahead.done(lambda one: 6 // (3 - one), range(9))
        assert [next(results) for _ in range(3)] == [2, 3, 6]
        with pytest.raises(ZeroDivisionError):
            next(results)


def test_threads_end_where_the_work_is_given_up() -> None:
    begun: list[int] = []

    def give_up() -> None:
        with Ahead(2, "given up", lambda: begun.append(0)) as ahead:
            for _ in ahead.done(lambda one: one, range(50)):
                raise KeyError

    with pytest.raises(KeyError) as kept:
        give_up()
    assert kept.traceback  # holds the half-used iterator
    assert begun
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("given up")]
