from inspector.core.session_promise import held_out_sessions
from inspector.core.session_words import session_words
from inspector.core.sessions import SessionsBy, grouped

SCORES = [1.0] * 18 + [3.0] * 2


def test_the_promise_by_session_tells_rate_range_and_the_worst() -> None:
    held_out = held_out_sessions(grouped(SessionsBy.FOLDER, ["lot 1"] * 10 + ["lot 2"] * 10), SCORES)
    assert session_words(held_out, 2.0) == (
        "For a session not seen before, expect 14 false alarms in 100 good parts. Each held out whole, 2 sessions (by "
        "folder) have 0 to 20 in 100, lot 2 the most; the chance that the next one is worse still is at most 1 in 3."
    )
    assert session_words(held_out, 2.0, "Ü: {}".format).startswith("Ü: For a session")
    assert session_words(None, 2.0) == ""


def test_a_session_that_the_others_cannot_judge_is_named() -> None:
    held_out = held_out_sessions(grouped(SessionsBy.DATE, ["most"] * 16 + ["few"] * 4), SCORES)
    assert session_words(held_out, 2.0) == (
        "For a session not seen before, expect 60 false alarms in 100 good parts. Held out whole, few has 50 in 100 "
        "(by date taken). most holds too many of the good photos to be judged by the others."
    )
