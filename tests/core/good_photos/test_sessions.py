from datetime import datetime, timedelta

import pytest

from inspector.core.good_photos.sessions import (
    NO_SESSIONS,
    Sessions,
    SessionsBy,
    are_sessions,
    grouped,
    names_by_time,
)

MORNING = datetime(2026, 3, 5, 8, 0)


def at(*hours: float) -> list[datetime]:
    return [MORNING + timedelta(hours=hour) for hour in hours]


def test_each_day_is_a_session_and_a_long_pause_makes_two() -> None:
    assert names_by_time(at(0, 1, 24, 25)) == ["2026-03-05", "2026-03-05", "2026-03-06", "2026-03-06"]
    assert names_by_time(at(0, 3.9, 7.8)) == ["2026-03-05"] * 3  # no pause over four hours
    assert names_by_time(at(6.5, 0, 1)) == ["2026-03-05 14:30", "2026-03-05 08:00", "2026-03-05 08:00"]
    assert names_by_time(at(0, 6.5), gap=None) == ["2026-03-05"] * 2
    assert names_by_time([]) == []


def test_a_shift_past_midnight_is_two_sessions() -> None:
    assert names_by_time(at(15.9, 16.1)) == ["2026-03-05", "2026-03-06"]


def test_labels_count_from_zero_in_the_order_of_the_photos() -> None:
    found = grouped(SessionsBy.FOLDER, ["b", "a", "b", "c"])
    assert (found.names, found.counts, found.labels()) == (("b", "a", "c"), (2, 1, 1), [0, 1, 0, 2])
    assert found.at([1, 3]) == Sessions(SessionsBy.FOLDER, ("a", "c"))
    assert found.at([0, 2]) == NO_SESSIONS
    assert NO_SESSIONS.at([0, 2]) == NO_SESSIONS
    assert NO_SESSIONS.labels() == []


def test_two_sessions_given_one_name_are_one() -> None:
    found = grouped(SessionsBy.DATE, ["mon", "tue", "wed", "mon"])
    assert found.renamed({"tue": "mon"}) == Sessions(SessionsBy.HAND, ("mon", "mon", "wed", "mon"))
    assert found.renamed({"tue": "tue", "elsewhere": "x"}) is found
    assert found.renamed({"tue": "mon", "wed": "mon"}) == NO_SESSIONS


@pytest.mark.parametrize(("names", "told"), [("aabb", True), ("aab", False), ("abcd", False), ("aaaa", False)])
def test_photos_that_are_each_a_session_of_their_own_are_no_sessions(names: str, told: bool) -> None:
    assert are_sessions(grouped(SessionsBy.FOLDER, list(names))) is told
