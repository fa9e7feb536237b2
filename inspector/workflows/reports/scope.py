"""Which parts a report is about, from words that people type."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from inspector.core.errors import Message, ResultsError
from inspector.core.letterhead import Letterhead
from inspector.core.review.decision import Decision
from inspector.core.values import Verdict
from inspector.storage.history.records import PartFilter
from inspector.storage.settings import load_settings
from inspector.workflows.reports.writing import last_batch

if TYPE_CHECKING:
    from inspector.storage.history.store import History

_SHIFT = re.compile(r"(?:(\d{4}-\d\d-\d\d)[ T])?(\d\d?:\d\d)-(\d\d?:\d\d)")
_DAY = timedelta(days=1)
_REVIEWS: dict[str, Decision | None] = {str(one).replace(" ", "-"): one for one in Decision} | {"none": None}


def letterhead_with(changes: Mapping[str, Any]) -> Letterhead:
    """Return the letterhead of the settings with the values of `changes` that are not None.

    Raises
    ------
    ResultsError
        Something is not as it must be.
    """
    given = {name: value for name, value in changes.items() if value is not None}
    try:
        return Letterhead(**(load_settings().letterhead.model_dump() | given))
    except ValidationError as error:
        wrong = error.errors()[0]
        raise ResultsError(
            f"--{wrong['loc'][0]}", f"{wrong['input']!r} cannot be used", action=f"{_lower(wrong['msg'])}"
        ) from error


def scope_of(history: History, asked: Mapping[str, Any], now: datetime | None = None) -> PartFilter:
    """Return the filter that options mean.

    Parameters
    ----------
    history : History
        In which a batch, or a bundle by how its SHA-256 begins, is looked for.
    asked : mapping of str to object
        Any of since, until, shift, last_batch, part, prefix, verdicts, reviews, defect_class, lowest, source, operator,
        bundle_sha.
    now : datetime or None
        With time zone; None for now.

    Raises
    ------
    ResultsError, HistoryError
        Something is no time, no verdict, no bundle; or the history cannot be read.
    """
    now = now or datetime.now().astimezone()
    found = PartFilter()
    if asked.get("last_batch"):
        found = last_batch(history) or found
    if "shift" in asked:
        since, until = shift_times(asked["shift"], now)
        found = replace(found, since=since, until=until)
    if "since" in asked:
        found = replace(found, since=moment(asked["since"], "--since"))
    if "until" in asked:
        found = replace(found, until=moment(asked["until"], "--until"))
    if found.since is not None and found.until is not None and found.since >= found.until:
        raise ResultsError("--since", "the start is not before the end", action="correct one of them")
    names = {"part": "part_id", "prefix": "part_prefix"}
    plain = ("part", "prefix", "defect_class", "lowest", "source", "operator")
    return replace(
        found,
        **{names.get(name, name): asked[name] for name in plain if name in asked},
        verdicts=_chosen(asked.get("verdicts"), {str(one).lower(): one for one in Verdict}, "--verdict"),
        decisions=_chosen(asked.get("reviews"), _REVIEWS, "--review"),
        bundle_sha256=_bundle(history, asked["bundle_sha"]) if "bundle_sha" in asked else None,
    )


def moment(words: str, option: str) -> datetime:
    """Return a date (its midnight) or a date with time, in local time unless it has a time zone.

    Raises
    ------
    ResultsError
        It is neither.
    """
    try:
        found = datetime.fromisoformat(words)
    except ValueError as error:
        raise ResultsError(
            option, f"{words!r} is no date or time", action="write it as 2026-03-05 or 2026-03-05T14:30"
        ) from error
    return found if found.tzinfo is not None else _here(found)


def shift_times(words: str, now: datetime) -> tuple[datetime, datetime]:
    """Return begin and end of a shift; one that ends before it begins ends on the next day.

    Parameters
    ----------
    words : str
        "2026-03-05 06:00-14:00"; without the date, the last such shift that has begun by `now`.
    now : datetime
        With time zone.

    Raises
    ------
    ResultsError
        It is no shift.
    """
    parts = _SHIFT.fullmatch(words.strip())
    try:
        if parts is None:
            raise ValueError
        begin, end = (datetime.strptime(parts[place], "%H:%M").time() for place in (2, 3))
        day = datetime.fromisoformat(parts[1]).date() if parts[1] else now.date()
    except ValueError as error:
        sentence = Message(f"{words!r} is no shift", "write it as 06:00-14:00, or as '2026-03-05 22:00-06:00'")
        raise ResultsError("--shift", sentence) from error
    if not parts[1] and _here(datetime.combine(day, begin)) > now:
        day -= _DAY
    last = day if end > begin else day + _DAY
    return _here(datetime.combine(day, begin)), _here(datetime.combine(last, end))


def _here(naive: datetime) -> datetime:
    return naive.astimezone()


def _chosen(words: list[str] | None, known: Mapping[str, Any], option: str) -> frozenset[Any] | None:
    if not words:
        return None
    strange = [word for word in words if word.lower() not in known]
    if strange:
        raise ResultsError(option, f"there is no {strange[0]!r}", action=f"choose from: {', '.join(known)}")
    return frozenset(known[word.lower()] for word in words)


def _bundle(history: History, begins: str) -> str:
    found = sorted({sha256 for sha256, _ in history.bundles() if sha256.startswith(begins.lower())})
    if len(found) != 1:
        many = (
            "several models of this history have these first digits"
            if found
            else "no model of this history has these first digits"
        )
        known = ", ".join(f"{sha256[:12]} ({name})" for sha256, name in history.bundles()[:6]) or "none"
        raise ResultsError(f"--model-sha {begins}", f"{many}", action=f"it knows: {known}")
    return found[0]


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
