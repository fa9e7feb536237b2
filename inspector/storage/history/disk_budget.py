"""How much disk the pictures of the history may take, and what to tell when it runs out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from inspector.core.errors import Message
from inspector.core.values import Verdict

GB = 1_000_000_000
_SLACK = 50  # once something must go, this part of the budget goes too, so that not every part deletes another


class Room(Enum):
    """How it stands with the disk."""

    AMPLE = "there is room"
    DELETING = "pictures of the oldest OK parts go for new ones"
    FULL = "only pictures that nobody may delete silently are left"
    NONE = "no pictures are kept"


@dataclass(frozen=True, slots=True)
class DiskBudget:
    """What pictures may take.

    Parameters
    ----------
    limit_bytes : int
        Of all pictures of one history on this computer.
    floor_bytes : int
        What must stay free on the disk, whoever fills it.
    """

    limit_bytes: int = 20 * GB
    floor_bytes: int = 1 * GB

    def shortage(self, kept: int, free: int, size: int) -> int:
        """Return how many bytes must go before `size` more fit; 0 if they fit."""
        return max(kept + size - self.limit_bytes, self.floor_bytes + size - free, 0)

    def fits_disk(self, free: int, size: int) -> bool:
        """Whether the disk has room for `size` more, the limit set aside."""
        return free - size >= self.floor_bytes

    @property
    def slack_bytes(self) -> int:
        """How much more than needed goes when something must go."""
        return self.limit_bytes // _SLACK


@dataclass(frozen=True, slots=True)
class HistoryState:
    """How it stands with the disk, for the window to show.

    Parameters
    ----------
    room : Room
        After the last part that was added.
    kept_bytes : int
        What pictures take.
    free_bytes : int
        What the disk has left.
    budget : DiskBudget
        What they may take.
    disk_is_short : bool
        Whether it is the disk that has no room, and not the budget.
    trouble : str
        Why nothing can be written at all, as a sentence; else empty.
    """

    room: Room
    kept_bytes: int
    free_bytes: int
    budget: DiskBudget
    disk_is_short: bool = False
    trouble: str = ""

    @property
    def sentence(self) -> str:
        """What to tell the user; empty while there is room."""
        if self.trouble:
            return self.trouble
        if self.room is Room.AMPLE:
            return ""
        cause = self._cause()
        if self.room is Room.DELETING:
            return f"{cause}: pictures of the oldest OK parts are deleted to make room for new ones."
        if self.room is Room.FULL:
            return Message(
                f"{cause}, and what is left are pictures of flagged or reviewed parts: pictures of OK parts are not "
                "kept any more, their results are",
                "raise the budget, or delete pictures that nobody needs.",
            )
        return Message(f"{cause}: no pictures are kept any more, only results", "free some space on the disk.")

    def _cause(self) -> str:
        if self.disk_is_short:
            return f"The disk has hardly more than {size_words(self.budget.floor_bytes)} left"
        return f"The disk budget of {size_words(self.budget.limit_bytes)} for pictures is used up"


def size_words(size: int) -> str:
    """Return a number of bytes as people read it."""
    for unit, name in ((GB, "GB"), (1_000_000, "MB")):
        if size >= unit:
            return f"{size / unit:.3g} {name}"
    return f"{size / 1000:.3g} kB"


def may_go(verdict: Verdict, *, refused_and_ng: bool, reviewed: bool) -> int | None:
    """Return when a part's pictures may be deleted to make room: the lowest number first, None for never by itself.

    OK parts go first, then photos that were refused and would not be NG. What was flagged, and what a person has said
    something about, stays until a person deletes it.
    """
    if reviewed or refused_and_ng:
        return None
    return {Verdict.OK: 0, Verdict.REFUSED: 1, Verdict.UNREADABLE: 1}.get(verdict)
