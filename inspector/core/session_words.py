"""What a threshold promises for a session not seen before, as sentences for window, report and command line alike."""

from __future__ import annotations

from collections.abc import Callable

from inspector.core.promise_words import significant
from inspector.core.session_promise import HeldOutSessions, promise_by_session
from inspector.core.sessions import SessionsBy

BY = {
    SessionsBy.FOLDER: "by folder",
    SessionsBy.DATE: "by date taken",
    SessionsBy.FILE_TIME: "by file time, which a copy may have changed",
    SessionsBy.HAND: "grouped by hand",
}
EXPECT = "For a session not seen before, expect {rate} false alarms in 100 good parts."
ONE = "Held out whole, {worst} has {high} in 100 ({by})."
SEVERAL = (
    "Each held out whole, {count} sessions ({by}) have {low} to {high} in 100, {worst} the most; the chance that the "
    "next one is worse still is at most 1 in {next}."
)
TOO_LARGE = "{name} holds too many of the good photos to be judged by the others."


def session_words(held_out: HeldOutSessions | None, threshold: float, translate: Callable[[str], str] = str) -> str:
    """Return what a threshold promises for a session not seen before.

    Parameters
    ----------
    held_out : HeldOutSessions or None
    threshold : float
        Raw score.
    translate : callable
        From this module's templates to those of the user's language.

    Returns
    -------
    str
        Two sentences or more; empty without sessions.
    """
    promise = promise_by_session(held_out, threshold)
    if held_out is None or promise is None:
        return ""
    rate, low, high = (significant(share * 100) for share in (promise.rate, promise.low, promise.high))
    sentences = [
        translate(EXPECT).format(rate=rate),
        translate(ONE if promise.sessions == 1 else SEVERAL).format(
            count=promise.sessions,
            by=translate(BY.get(held_out.by, "")),
            low=low,
            high=high,
            worst=promise.worst,
            next=promise.sessions + 1,
        ),
        *(translate(TOO_LARGE).format(name=one.name) for one in promise.shares if one.share is None),
    ]
    return " ".join(sentences)
