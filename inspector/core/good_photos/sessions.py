"""Sessions: groups of good photos that were taken together and may therefore be alike.

Parts photographed on one day share light, focus and lot. If a memory bank holds the rest of a photo's session, the
photo is compared with parts in the same light. Parts of the next day are compared with parts in another light. So
sessions are held out whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

GAP = timedelta(hours=4)
"""Longest pause within a session of one day. In a longer pause, light, lens and lot may change."""


class SessionsBy(StrEnum):
    """The kind of grouping of good photos, requested or found."""

    AUTO = "auto"
    FOLDER = "folder"
    DATE = "date"
    FILE_TIME = "file-time"
    NAME = "name"
    ORDER = "order"
    APPEARANCE = "appearance"
    HAND = "hand"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class SessionChoice:
    """The requested grouping of the good photos.

    Parameters
    ----------
    by : SessionsBy
        With AUTO, training searches for a grouping that makes scores rise. If there is none, it takes folders, else
        dates taken, else file times. Never HAND, which results from `renamed`.
    renamed : tuple of (str, str)
        Pairs of a session's found name and its name by the user. Sessions with one name are held out together.
    """

    by: SessionsBy = SessionsBy.AUTO
    renamed: tuple[tuple[str, str], ...] = ()


ANY_SESSIONS = SessionChoice()
"""The default if the user makes no choice."""


@dataclass(frozen=True, slots=True)
class Sessions:
    """The good photos by session.

    Parameters
    ----------
    by : SessionsBy
        How they were found; NONE if nothing distinguishes the photos.
    of_photos : tuple of str
        The name of each photo's session, in the order of the photos; empty with NONE.
    """

    by: SessionsBy
    of_photos: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The sessions, in the order of their first photos."""
        return tuple(dict.fromkeys(self.of_photos))

    @property
    def counts(self) -> tuple[int, ...]:
        """The number of photos of each session, in the order of `names`."""
        return tuple(self.of_photos.count(name) for name in self.names)

    def labels(self) -> list[int]:
        """Return the number of each photo's session, counted from 0 in the order of `names`."""
        places = {name: place for place, name in enumerate(self.names)}
        return [places[name] for name in self.of_photos]

    def at(self, positions: Sequence[int]) -> Sessions:
        """Return the sessions of the photos at `positions`; NONE if these belong to fewer than two sessions."""
        return grouped(self.by, [self.of_photos[at] for at in positions] if self.of_photos else [])

    def renamed(self, names: Mapping[str, str]) -> Sessions:
        """Return the sessions under the user's names; HAND if a name changes."""
        given = [names.get(name, name) for name in self.of_photos]
        return self if tuple(given) == self.of_photos else grouped(SessionsBy.HAND, given)


NO_SESSIONS = Sessions(SessionsBy.NONE, ())


def grouped(by: SessionsBy, of_photos: Sequence[str]) -> Sessions:
    """Return sessions by name; NONE for fewer than two."""
    return Sessions(by, tuple(of_photos)) if len(set(of_photos)) >= 2 else NO_SESSIONS


def are_sessions(found: Sessions) -> bool:
    """Return whether a grouping that the user did not request is useful: at least two photos per session on average.

    If nearly every photo is its own session, holding sessions out is the same as leave-one-image-out.
    """
    return found.by is not SessionsBy.NONE and 2 * len(found.names) <= len(found.of_photos)


def names_by_time(moments: Sequence[datetime], gap: timedelta | None = GAP) -> list[str]:
    """Name the session of each photo by its time.

    A new session begins with each calendar day, and within a day after a pause longer than `gap`. So a shift that
    continues past midnight is two sessions.

    Parameters
    ----------
    moments : sequence of datetime
        In any order.
    gap : timedelta or None
        None: days only.

    Returns
    -------
    list of str
        The day ("2026-03-05"). For a day with several sessions, also the time of the first photo ("2026-03-05 14:30").
    """
    order = sorted(range(len(moments)), key=lambda at: moments[at])
    started: dict[int, datetime] = {}
    for before, at in zip([None, *order], order, strict=False):
        new = before is None or _apart(moments[before], moments[at], gap)
        started[at] = moments[at] if before is None or new else started[before]
    days = [start.date() for start in set(started.values())]
    names = []
    for at in range(len(moments)):
        several = days.count(started[at].date()) > 1
        names.append(f"{started[at]:%Y-%m-%d %H:%M}" if several else f"{started[at]:%Y-%m-%d}")
    return names


def _apart(earlier: datetime, later: datetime, gap: timedelta | None) -> bool:
    return earlier.date() != later.date() or (gap is not None and later - earlier > gap)
