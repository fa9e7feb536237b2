"""The files that wait in a watched folder, each until it has come to rest.

What one of them costs does not depend on how many wait.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from inspector.storage.photos.photo_list import natural_key

SETTLED_S = 0.2
"""A file whose size, time and content have not changed for so long is tried."""

LONGEST_WAIT_S = 1.0
"""Between two looks at a file that cannot be read yet."""

LONGEST_TOLD_WAIT_S = 30.0
"""Between two looks at a file that was told as unreadable."""

AHEAD = 64
"""Files that settle while those before them are judged: at 0.2 s each, enough for 300 a second."""

_Entry: TypeAlias = tuple[float, list[tuple[int, int, str]], int]


@dataclass(slots=True, eq=False)
class Newcomer:
    """A file that has not been delivered.

    Parameters
    ----------
    name : str
        In the folder.
    number : int
        Unique.
    key : list
        Where it comes in natural order.
    state : tuple or None
        Size, time of change and digest of the content, when it was last read.
    since : float
        When it was first seen in this state.
    wait_s : float
        Until it is looked at again.
    tried, told : bool
        Whether it could not be read in this state, and whether that was told.
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
        """Note the state of the file; return whether it is another one than before."""
        if state == self.state:
            return False
        self.state, self.since = state, now
        self.wait_s, self.tried, self.told = SETTLED_S, False, False
        return True


@dataclass(slots=True)
class Settling:
    """Newcomers in the order in which they are to be looked at: natural order, and each no sooner than it is due."""

    newcomers: dict[str, Newcomer] = field(default_factory=dict)
    _by_number: dict[int, Newcomer] = field(default_factory=dict)
    _unseen: list[tuple[list[tuple[int, int, str]], int]] = field(default_factory=list)
    _settling: list[_Entry] = field(default_factory=list)
    _stuck: list[_Entry] = field(default_factory=list)
    _last_number: int = 0

    def add(self, names: Iterable[str]) -> None:
        """Let files wait that nobody has looked at."""
        for name in names:
            self._last_number += 1
            newcomer = Newcomer(name, self._last_number, natural_key(Path(name)))
            self.newcomers[name] = self._by_number[newcomer.number] = newcomer
            heapq.heappush(self._unseen, (newcomer.key, newcomer.number))

    def remove(self, names: Iterable[str]) -> None:
        """Forget files that are delivered or gone."""
        for name in names:
            del self._by_number[self.newcomers.pop(name).number]

    def take(self, now: float) -> Newcomer | None:
        """Return the next file to look at, which must then be removed or made to wait again; None if none is due."""
        while True:
            waiting = min((heap for heap in (self._settling, self._stuck) if heap), default=None)
            if waiting is not None and waiting[0][0] <= now:
                number = heapq.heappop(waiting)[2]
            elif self._unseen and len(self._settling) < AHEAD:
                number = heapq.heappop(self._unseen)[1]
            else:
                return None
            if number in self._by_number:  # a file that went away has left its entry behind
                return self._by_number[number]

    def wait(self, newcomer: Newcomer, now: float, *, longer: bool = False) -> None:
        """Look at a file again after a while; `longer` each time, beside those that settle."""
        heap = self._stuck if longer else self._settling
        heapq.heappush(heap, (now + newcomer.wait_s, newcomer.key, newcomer.number))
        if longer:
            newcomer.wait_s = min(2 * newcomer.wait_s, LONGEST_TOLD_WAIT_S if newcomer.told else LONGEST_WAIT_S)

    def next_due(self) -> float:
        """Return when the next file is due, in seconds of the same clock; infinity if none waits."""
        if self._unseen and len(self._settling) < AHEAD:
            return 0.0
        return min((heap[0][0] for heap in (self._settling, self._stuck) if heap), default=float("inf"))
