from inspector.core.good_photos.sessions import SessionsBy, grouped
from inspector.core.promise.session_promise import GroupsFound, HeldOutSessions, held_out_sessions
from inspector.core.promise.session_words import groups_words, known_limit_words, session_words
from inspector.core.promise.threshold import threshold_from_good_scores

SCORES = [1.0] * 18 + [3.0] * 2


def groups(count: int, above: int) -> HeldOutSessions | None:
    """Ten photos a group, of which in the first `above` groups two lie above 2."""
    names = [f"lot {at}" for at in range(count) for _ in range(10)]
    scores = [3.0 if at < above and one < 2 else 1.0 for at in range(count) for one in range(10)]
    return held_out_sessions(grouped(SessionsBy.FOLDER, names), scores)


def test_the_bound_the_worst_group_and_the_lack_are_stated() -> None:
    assert session_words(groups(10, 2), 2.0) == (
        "In a new group expect at most 13 false alarms in 100 good parts. 2 of 10 folders cause most "
        "of them: above all lot 0. Photos of 10 more folders would bring the number to 8.6; a promise of 1.0 in 100 "
        "takes 89 more."
    )
    assert session_words(groups(10, 2), 2.0, translate="Ü: {}".format).startswith("Ü: In a new group")
    assert session_words(groups(10, 2), 2.0, bound=False).startswith("2 of 10 folders cause most")
    assert "No good photo of the 10 groups (by folder) is above the limit" in session_words(groups(10, 0), 2.0)
    assert session_words(groups(20, 0), 2.0, 0.05).endswith("held out whole.")  # the photos are enough
    assert session_words(groups(15, 0), 2.0, 0.05).endswith("A promise of 5.0 in 100 takes photos of 4 more folders.")
    assert session_words(None, 2.0) == ""


def test_no_rate_is_printed_that_the_groups_cannot_support() -> None:
    for count, more in ((2, 3), (4, 1)):
        words = session_words(groups(count, 1), 2.0)
        assert words == (
            f"{count} groups are too few to state a rate for a new group; photos of {more} more groups allow a first "
            "number."
        )
    assert session_words(groups(3, 1), 2.0, bound=False) == "Photos of 2 more groups allow a first number."


def test_a_session_that_the_others_cannot_judge_is_named() -> None:
    held_out = held_out_sessions(grouped(SessionsBy.DATE, ["most"] * 16 + ["few"] * 4), SCORES)
    assert session_words(held_out, 2.0) == (
        "1 group is too few to state a rate for a new group; photos of 4 more groups allow a first number. most holds "
        "too many of the good photos to be held out."
    )


def test_found_groups_are_told_with_their_rise() -> None:
    assert groups_words(GroupsFound(SessionsBy.NAME, 10, 0.118)) == (
        "10 groups by name. Held out whole, scores rise by 12 %."
    )
    by_chance = groups_words(GroupsFound(SessionsBy.FOLDER, 3, -0.01, matters=False))
    assert by_chance == "3 groups by folder. Held out whole, scores rise by 0 %, which chance explains."
    assert groups_words(None) == ""


def test_the_limit_for_known_groups_stands_beside_it() -> None:
    known = threshold_from_good_scores([float(score) for score in range(1, 101)], 0.05)
    words = known_limit_words(known, 2 * known.value)
    assert words.startswith(
        "For parts of known groups alone the limit would be 0.50 x this one: expect 5.0 false alarms"
    )
    assert known_limit_words(None, 1.0) == ""
