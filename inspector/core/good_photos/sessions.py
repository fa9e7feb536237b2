"""Sessions: good photos that were taken together, and therefore may be alike in what the next session is not.

Parts photographed on one day share light, focus and lot. A photo that is scored with the rest of its own session in the
memory is judged by its own light; the parts of the next day will not be. So sessions are held out whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

GAP = timedelta(hours=4)
"""Photos of one day that are farther apart belong to two sessions: a pause in which light, lens and lot may change."""


class SessionsBy(StrEnum):
    """How good photos are grouped, or were."""

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
    """How the good photos are to be grouped.

    Parameters
    ----------
    by : SessionsBy
        AUTO lets training find what makes scores rise, or else takes what there is: folders, else dates taken, else
        file times. Not HAND: that comes of `renamed`.
    renamed : tuple of (str, str)
        Sessions found by the name, and the name that the user gave each; two with one name are held out together.
    """

    by: SessionsBy = SessionsBy.AUTO
    renamed: tuple[tuple[str, str], ...] = ()


ANY_SESSIONS = SessionChoice()
"""What is taken where the user says nothing."""


@dataclass(frozen=True, slots=True)
class Sessions:
    """The good photos by session.

    Parameters
    ----------
    by : SessionsBy
        How they were found; NONE where there is nothing to tell photos apart by.
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
        """How many photos each session has, in the order of `names`."""
        return tuple(self.of_photos.count(name) for name in self.names)

    def labels(self) -> list[int]:
        """Return the number of each photo's session, counted from 0 in the order of `names`."""
        places = {name: place for place, name in enumerate(self.names)}
        return [places[name] for name in self.of_photos]

    def at(self, positions: Sequence[int]) -> Sessions:
        """Return the sessions of some of the photos; NONE where fewer than two sessions have one among them."""
        return grouped(self.by, [self.of_photos[at] for at in positions] if self.of_photos else [])

    def renamed(self, names: Mapping[str, str]) -> Sessions:
        """Return the sessions under the names that the user gave them; HAND where that changes any."""
        given = [names.get(name, name) for name in self.of_photos]
        return self if tuple(given) == self.of_photos else grouped(SessionsBy.HAND, given)


NO_SESSIONS = Sessions(SessionsBy.NONE, ())


def grouped(by: SessionsBy, of_photos: Sequence[str]) -> Sessions:
    """Return sessions by name; NONE for fewer than two."""
    return Sessions(by, tuple(of_photos)) if len(set(of_photos)) >= 2 else NO_SESSIONS


def are_sessions(found: Sessions) -> bool:
    """Return whether a grouping that nobody asked for says anything: at least two photos a session on average.

    Where nearly every photo is a session of its own, holding it out is what leave-one-image-out does anyway.
    """
    return found.by is not SessionsBy.NONE and 2 * len(found.names) <= len(found.of_photos)


def names_by_time(moments: Sequence[datetime], gap: timedelta | None = GAP) -> list[str]:
    """Name the session of each photo by when it was taken.

    A new session begins with each calendar day, and within a day after a pause longer than `gap`. So a shift that goes
    on past midnight is two sessions.

    Parameters
    ----------
    moments : sequence of datetime
        In any order.
    gap : timedelta or None
        None: days only.

    Returns
    -------
    list of str
        The day ("2026-03-05"), and for a day with several sessions the time of the first photo too ("2026-03-05
        14:30").
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
