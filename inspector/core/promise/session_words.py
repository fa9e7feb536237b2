"""Sentences about the promise for a new session, for window, report and command line."""

from __future__ import annotations

from collections.abc import Callable

from inspector.core.good_photos.sessions import SessionsBy
from inspector.core.promise.session_promise import (
    GroupsFound,
    HeldOutSessions,
    groups_lacking,
    promise_by_session,
)
from inspector.core.promise.threshold import FEWEST_GROUPS, Threshold
from inspector.core.promise.words import promise_words, significant

BY = {
    SessionsBy.FOLDER: "by folder",
    SessionsBy.DATE: "by date taken",
    SessionsBy.FILE_TIME: "by file time, which a copy may have changed",
    SessionsBy.HAND: "grouped by hand",
    SessionsBy.NAME: "by name",
    SessionsBy.ORDER: "by order",
    SessionsBy.APPEARANCE: "by appearance",
}
GROUPS_BY = {
    SessionsBy.FOLDER: "by folder",
    SessionsBy.DATE: "by date taken",
    SessionsBy.FILE_TIME: "by file time",
    SessionsBy.HAND: "by hand",
    SessionsBy.NAME: "by name",
    SessionsBy.ORDER: "by order",
    SessionsBy.APPEARANCE: "by appearance",
}
FOUND = "{count} groups {by}. Held out whole, scores rise by {rise} %."
BY_CHANCE = "{count} groups {by}. Held out whole, scores rise by {rise} %, which chance explains."
BOUND = "In a new group expect at most {rate} false alarms in 100 good parts."
CAUSES = "{most} of {count} {units} cause most of them: above all {worst}."
NONE_ABOVE = "No good photo of the {count} groups ({by}) is above the limit when its group is held out whole."
TOO_FEW = (
    "{count} groups are too few to state a rate for a new group; photos of {more} more groups allow a first number."
)
ONE_IS_TOO_FEW = (
    "1 group is too few to state a rate for a new group; photos of {more} more groups allow a first number."
)
ALLOW = "Photos of {more} more groups allow a first number."
MORE = "Photos of {more} more {units} would bring the number to {then}; a promise of {aim} in 100 takes {lacking} more."
ENOUGH = "A promise of {aim} in 100 takes photos of {lacking} more {units}."
UNITS = {SessionsBy.FOLDER: "folders", SessionsBy.DATE: "sessions", SessionsBy.FILE_TIME: "days"}
GROUPS = "groups"
TOO_LARGE = "{name} holds too many of the good photos to be held out."


def groups_words(groups: GroupsFound | None, translate: Callable[[str], str] = str) -> str:
    """Return the groups that were found and the rise of scores when they are held out; empty without groups."""
    if groups is None:
        return ""
    return translate(FOUND if groups.matters else BY_CHANCE).format(
        count=groups.count, by=translate(GROUPS_BY.get(groups.kind, "")), rise=significant(max(groups.rise, 0.0) * 100)
    )


def session_words(
    held_out: HeldOutSessions | None,
    threshold: float,
    aimed: float = 0.01,
    translate: Callable[[str], str] = str,
    *,
    bound: bool = True,
) -> str:
    """Return the promise of a threshold for a photo of a new group.

    Parameters
    ----------
    held_out : HeldOutSessions or None
    threshold : float
        Raw score.
    aimed : float
        The false-alarm rate that the user chose, in 0..1.
    translate : callable
        Translates this module's templates to the user's language.
    bound : bool
        Whether to state the rate. False beside a promise that is itself for a new group.

    Returns
    -------
    str
        Sentences; empty without groups. With fewer than `FEWEST_GROUPS` groups no rate is stated.
    """
    promise = promise_by_session(held_out, threshold)
    if held_out is None or promise is None:
        return ""
    too_large = [translate(TOO_LARGE).format(name=one.name) for one in promise.shares if one.share is None]
    count, units = promise.sessions, translate(UNITS.get(held_out.by, GROUPS))
    if promise.expected is None:
        few = (ONE_IS_TOO_FEW if count == 1 else TOO_FEW) if bound else ALLOW
        return " ".join([translate(few).format(count=count, more=FEWEST_GROUPS - count), *too_large])
    said = [] if not bound else [translate(BOUND).format(rate=significant(promise.rate * 100, upwards=True))]
    if promise.causing_most:
        causes = {"most": promise.causing_most, "count": count, "units": units, "worst": promise.worst}
        said.append(translate(CAUSES).format(**causes))
    else:
        said.append(translate(NONE_ABOVE).format(count=count, by=translate(BY.get(held_out.by, ""))))
    lacking = groups_lacking(count, aimed)
    if lacking:
        more = min(lacking, count)
        then = (promise.rate * (count + 1) - 1.0) / count  # the same mean share, of more groups
        bound_then = (then * (count + more) + 1.0) / (count + more + 1)
        said.append(
            translate(MORE if more < lacking else ENOUGH).format(
                units=units,
                aim=significant(aimed * 100),
                lacking=lacking,
                more=more,
                then=significant(bound_then * 100, upwards=True),
            )
        )
    return " ".join([*said, *too_large])


KNOWN = "For parts of known groups alone the limit would be {value} x this one: {promise}"


def known_limit_words(known: Threshold | None, threshold: float) -> str:
    """Return the limit for parts of known groups, in units of a limit for new groups; empty without `known`."""
    if known is None:
        return ""
    promise = promise_words(known.false_alarm, aimed=known.false_alarm.rate)
    return KNOWN.format(value=f"{known.value / threshold:.2f}", promise=promise[:1].lower() + promise[1:])
