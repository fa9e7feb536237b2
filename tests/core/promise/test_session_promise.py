import itertools

import numpy as np
import pytest

from inspector.core.good_photos.sessions import NO_SESSIONS, SessionsBy, grouped
from inspector.core.promise.session_promise import (
    HeldOutSessions,
    groups_lacking,
    held_out_sessions,
    promise_by_session,
    promise_for_new_group,
    threshold_of_groups,
)
from inspector.core.promise.threshold import Threshold, promise_at, threshold_from_good_scores, together


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
    assert promise.rate == pytest.approx((0.25 + 0.5 + 0.0 + 1) / (3 + 1))
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
    assert promise.rate == pytest.approx(1 / 2)


def drawn(random: np.random.Generator, groups: int, spread: float = 1.0) -> list[list[float]]:
    """Scores of groups that differ in level, with any number of parts."""
    levels, sizes = random.normal(10.0, spread, groups), random.integers(5, 40, groups)
    return [random.normal(level, 0.5, size).tolist() for level, size in zip(levels, sizes, strict=True)]


def names(scores: list[list[float]]) -> dict[str, list[float]]:
    return {f"g{at}": own for at, own in enumerate(scores)}


def test_the_bound_holds_for_a_new_group_where_groups_differ() -> None:
    """The mean share of new groups stays under the bound; the long-run share under the one-sided limit."""
    random = np.random.default_rng(2)
    new = [np.array(one) for one in drawn(random, 2000)]
    bounds, realised, held = [], [], 0
    for _ in range(100):
        scores = names(drawn(random, 10))
        known = threshold_from_good_scores([one for own in scores.values() for one in own], 0.01)
        limit = threshold_of_groups(held_out(**scores), known, 0.01)
        bounds.append(limit.false_alarm.rate)
        realised.append(np.mean([(one > limit.value).mean() for one in new]))
        held += realised[-1] <= limit.false_alarm.under
    assert np.mean(realised) <= np.mean(bounds) <= 0.11
    assert held >= 95
    # The plain promise is no bound there.
    assert np.mean(realised) > known.false_alarm.rate


def test_the_limit_of_groups_is_never_below_that_of_known_ones() -> None:
    scores = names([[1.0, 1.2, 1.1]] * 5 + [[1.0, 1.3, 0.9]])
    known = Threshold(7.0, "", promise_at([1.0, 2.0], 7.0))
    assert threshold_of_groups(held_out(**scores), known, 0.01).value == 7.0


def test_enough_groups_promise_the_rate_itself() -> None:
    random = np.random.default_rng(4)
    scores = names(drawn(random, 30))
    known = threshold_from_good_scores([1.0, 2.0], 0.5)
    limit = threshold_of_groups(held_out(**scores), known, 0.05)
    assert groups_lacking(30, 0.05) == 0
    assert limit.false_alarm.rate <= 0.05
    assert groups_lacking(10, 0.01) == 89
    lower = np.nextafter(limit.value, 0.0)
    assert promise_for_new_group(held_out(**scores), lower).rate > 0.05  # the lowest such limit


def test_no_rate_is_estimated_below_five_groups() -> None:
    random = np.random.default_rng(5)
    few, five = (promise_by_session(held_out(**names(drawn(random, count))), 10.0) for count in (4, 5))
    assert few is not None
    assert five is not None
    assert few.expected is None
    assert five.expected == pytest.approx(np.mean([one.share for one in five.shares]))


def test_a_limit_above_all_promises_what_the_number_of_groups_allows() -> None:
    promise = promise_for_new_group(held_out(**names([[1.0, 2.0]] * 9)), 5.0)
    assert promise.rate == pytest.approx(1 / 10)
    assert promise.under == pytest.approx(1 - 0.05 ** (1 / 9))
    assert promise.groups == 9
    chosen = promise_for_new_group(held_out(**names([[1.0, 2.0]] * 9)), 5.0, chosen=True)
    assert chosen.under > promise.under
    assert promise_for_new_group(held_out(**names([[1.0, 2.0]] * 9)), 0.5).high == 1.0


def test_with_refusals_each_side_of_the_sum_is_wrong_half_as_often() -> None:
    promise = promise_for_new_group(held_out(**names([[1.0, 2.0]] * 9)), 5.0)
    assert promise.upper_end == pytest.approx(1 - 0.025 ** (1 / 9))
    assert together(promise, promise).under == pytest.approx(2 * promise.upper_end)
    assert together(promise, promise).rate == pytest.approx(2 / 10)


@pytest.mark.parametrize("taken_out", [1, 2, 3])
def test_photos_taken_out_count_where_they_raise_the_bound_most(taken_out: int) -> None:
    scores = {"a": [1.0, 9.0], "b": [1.0, 1.0, 9.0], "c": [1.0] * 4, "d": [1.0, 9.0, 9.0]}
    sizes, above = np.array([2, 3, 4, 3]), np.array([1, 1, 0, 2])
    places = itertools.product(range(4), repeat=taken_out)
    added = [np.bincount(place, minlength=4) for place in places]
    highest = max(float(((above + one) / (sizes + one)).sum()) for one in added)
    promise = promise_for_new_group(held_out(**scores), 4.0, taken_out=taken_out)
    assert promise.rate == pytest.approx((highest + 1) / 5)
    assert promise.goods == 12 + taken_out


def test_with_too_many_taken_out_the_limit_is_the_highest_score() -> None:
    scores = names([[1.0, 2.0, float(at)] for at in range(6)])
    known = threshold_from_good_scores([1.0, 2.0], 0.5)
    limit = threshold_of_groups(held_out(**scores), known, 0.01, taken_out=20)
    assert limit.value == 5.0
    assert limit.false_alarm.rate > 0.5


def test_those_that_cause_most_false_alarms_are_counted() -> None:
    promise = promise_by_session(held_out(a=[9.0] * 8 + [1.0] * 2, b=[9.0] + [1.0] * 9, c=[1.0] * 10), 5.0)
    assert promise is not None
    assert (promise.causing_most, promise.worst) == (1, "a")
    above = promise_by_session(held_out(a=[1.0] * 3, b=[1.0] * 3), 5.0)
    assert above is not None
    assert above.causing_most == 0


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
