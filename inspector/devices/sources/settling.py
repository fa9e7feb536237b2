"""The files that wait in a watched folder until they no longer change.

The cost for each file does not depend on the number of waiting files.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from inspector.storage.photos.photo_list import natural_key

SETTLED_S = 0.2
"""Seconds without a change of size, time and content, after which a file is decoded."""

LONGEST_WAIT_S = 1.0
"""Longest time between two checks of a file that cannot be read yet, in seconds."""

LONGEST_TOLD_WAIT_S = 30.0
"""Longest time between two checks of a file that was reported as unreadable, in seconds."""

AHEAD = 64
"""Number of files that settle while earlier files are judged: at 0.2 s each, enough for 300 a second."""

_Entry: TypeAlias = tuple[float, list[tuple[int, int, str]], int]


@dataclass(slots=True, eq=False)
class Newcomer:
    """A file that was not delivered yet.

    Parameters
    ----------
    name : str
        Name in the folder.
    number : int
        Unique number.
    key : list
        Sort key of the natural order.
    state : tuple or None
        Size, modification time and digest of the content at the last read.
    since : float
        Time at which this state was first seen.
    wait_s : float
        Seconds until the next check.
    tried, told : bool
        Whether the file could not be read in this state, and whether this was reported.
    """

    name: str
    number: int
    key: list[tuple[int, int, str]]
    state: tuple[int, int, bytes] | None = None
    since: float = 0.0
    wait_s: float = SETTLED_S
    tried: bool = False
    told: bool = False

    def changed(self, state: tuple[int, int, bytes], now: float) -> bool:
        """Store the state of the file; return whether it has changed."""
        if state == self.state:
            return False
        self.state, self.since = state, now
        self.wait_s, self.tried, self.told = SETTLED_S, False, False
        return True


@dataclass(slots=True)
class Settling:
    """Files in the order of their checks: natural order, and each no sooner than it is due."""

    newcomers: dict[str, Newcomer] = field(default_factory=dict)
    _by_number: dict[int, Newcomer] = field(default_factory=dict)
    _unseen: list[tuple[list[tuple[int, int, str]], int]] = field(default_factory=list)
    _settling: list[_Entry] = field(default_factory=list)
    _stuck: list[_Entry] = field(default_factory=list)
    _last_number: int = 0

    def add(self, names: Iterable[str]) -> None:
        """Add files that were not checked yet."""
        for name in names:
            self._last_number += 1
            newcomer = Newcomer(name, self._last_number, natural_key(Path(name)))
            self.newcomers[name] = self._by_number[newcomer.number] = newcomer
            heapq.heappush(self._unseen, (newcomer.key, newcomer.number))

    def remove(self, names: Iterable[str]) -> None:
        """Remove files that were delivered or are gone."""
        for name in names:
            del self._by_number[self.newcomers.pop(name).number]

    def take(self, now: float) -> Newcomer | None:
        """Return the next file to check, for which the caller calls `remove` or `wait`; None if no file is due."""
        while True:
            waiting = min((heap for heap in (self._settling, self._stuck) if heap), default=None)
            if waiting is not None and waiting[0][0] <= now:
                number = heapq.heappop(waiting)[2]
            elif self._unseen and len(self._settling) < AHEAD:
                number = heapq.heappop(self._unseen)[1]
            else:
                return None
            if number in self._by_number:  # a removed file has left its entry behind
                return self._by_number[number]

    def wait(self, newcomer: Newcomer, now: float, *, longer: bool = False) -> None:
        """Schedule the next check of a file; with `longer`, intervals grow and do not delay settling files."""
        heap = self._stuck if longer else self._settling
        heapq.heappush(heap, (now + newcomer.wait_s, newcomer.key, newcomer.number))
        if longer:
            newcomer.wait_s = min(2 * newcomer.wait_s, LONGEST_TOLD_WAIT_S if newcomer.told else LONGEST_WAIT_S)

    def next_due(self) -> float:
        """Return the time at which the next file is due, in seconds of the same clock; infinity if none waits."""
        if self._unseen and len(self._settling) < AHEAD:
            return 0.0
        return min((heap[0][0] for heap in (self._settling, self._stuck) if heap), default=float("inf"))
