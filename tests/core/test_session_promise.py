import numpy as np
import pytest

from inspector.core.calibration import promise_at, threshold_from_good_scores
from inspector.core.session_promise import HeldOutSessions, held_out_sessions, promise_by_session
from inspector.core.sessions import NO_SESSIONS, SessionsBy, grouped


def held_out(**scores: list[float]) -> HeldOutSessions:
    names = [name for name, own in scores.items() for _ in own]
    found = held_out_sessions(grouped(SessionsBy.FOLDER, names), [one for own in scores.values() for one in own])
    assert found is not None
    return found


def test_scores_are_sorted_by_session() -> None:
    found = held_out_sessions(grouped(SessionsBy.DATE, ["b", "a", "b"]), [1.0, 2.0, 3.0])
    assert found is not None
    assert [(one.name, one.scores) for one in found.sessions] == [("b", (1.0, 3.0)), ("a", (2.0,))]
    assert held_out_sessions(NO_SESSIONS, []) is None
    assert held_out_sessions(grouped(SessionsBy.DATE, ["a", "b"]), []) is None
    assert promise_by_session(None, 1.0) is None


def test_the_promise_tells_rate_range_and_the_worst_session() -> None:
    promise = promise_by_session(held_out(a=[1, 1, 1, 5], b=[1, 1, 5, 5], c=[1, 1, 1, 1]), 4.0)
    assert promise is not None
    assert promise.rate == pytest.approx((3 + 1) / (12 + 1))
    assert (promise.low, promise.high, promise.worst) == (0.0, 0.5, "b")
    assert (promise.sessions, promise.goods, promise.next_is_worse) == (3, 12, 1 / 4)
    assert [one.share for one in promise.shares] == [0.25, 0.5, 0.0]


def test_a_score_at_the_threshold_is_no_false_alarm() -> None:
    promise = promise_by_session(held_out(a=[1.0, 2.0], b=[2.0, 1.0]), 2.0)
    assert promise is not None
    assert promise.high == 0.0


def test_a_session_that_is_nearly_all_there_is_is_not_judged_by_the_rest() -> None:
    promise = promise_by_session(held_out(most=[9.0] * 16, few=[1.0] * 4), 4.0)
    assert promise is not None
    assert [one.share for one in promise.shares] == [None, 0.0]
    assert (promise.sessions, promise.goods, promise.worst) == (1, 4, "few")
    assert promise.rate == pytest.approx(1 / 5)


def test_where_sessions_do_not_differ_it_is_the_plain_promise() -> None:
    scores = np.random.default_rng(0).normal(10.0, 1.0, 120).tolist()
    threshold = threshold_from_good_scores(scores, 0.05).value
    promise = promise_by_session(held_out(a=scores[:60], b=scores[60:]), threshold)
    assert promise is not None
    assert promise.rate == promise_at(scores, threshold).rate


def test_the_next_session_is_worse_than_the_worst_no_more_often_than_said() -> None:
    """Sessions that differ, with any number of parts: of 2,000 good sets, the next session against four held out."""
    random = np.random.default_rng(1)
    worse = 0
    for _ in range(2000):
        levels = random.exponential(1.0, 5)
        sizes = random.integers(5, 60, 5)
        sessions = [(level + random.normal(0, 0.5, size)).tolist() for level, size in zip(levels, sizes, strict=True)]
        promise = promise_by_session(held_out(**dict(zip("abcd", sessions[:4], strict=True))), 2.0)
        assert promise is not None
        worse += float((np.array(sessions[4]) > 2.0).mean()) > promise.high
    assert worse / 2000 <= 1 / 5 + 0.02
