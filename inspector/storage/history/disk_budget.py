"""The disk budget for pictures of the history, and the state that the window shows."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from inspector.core.errors import Message
from inspector.core.values import Verdict

GB = 1_000_000_000
_SLACK = 50  # each deletion frees this share of the budget in addition, so that not every new part deletes another


class Room(Enum):
    """State of the disk space for pictures."""

    AMPLE = "there is room"
    DELETING = "pictures of the oldest OK parts are deleted for new ones"
    FULL = "only pictures that nobody may delete silently are left"
    NONE = "no pictures are kept"


@dataclass(frozen=True, slots=True)
class DiskBudget:
    """The disk space that pictures may use.

    Parameters
    ----------
    limit_bytes : int
        Maximum size of all pictures of one history on this computer.
    floor_bytes : int
        Space that must stay free on the disk, whichever program fills it.
    """

    limit_bytes: int = 20 * GB
    floor_bytes: int = 1 * GB

    def shortage(self, kept: int, free: int, size: int) -> int:
        """Return the number of bytes to delete before `size` more fit; 0 if they fit."""
        return max(kept + size - self.limit_bytes, self.floor_bytes + size - free, 0)

    def fits_disk(self, free: int, size: int) -> bool:
        """Whether the disk has space for `size` more bytes, regardless of the limit."""
        return free - size >= self.floor_bytes

    @property
    def slack_bytes(self) -> int:
        """Bytes to delete in addition whenever pictures must be deleted."""
        return self.limit_bytes // _SLACK


@dataclass(frozen=True, slots=True)
class HistoryState:
    """State of the disk space, for the window to show.

    Parameters
    ----------
    room : Room
        State after the last part that was added.
    kept_bytes : int
        Size of all kept pictures.
    free_bytes : int
        Free space on the disk.
    budget : DiskBudget
        The budget for pictures.
    disk_is_short : bool
        Whether the disk is short of space, as opposed to the budget being used up.
    trouble : str
        Why nothing can be written, as a sentence; empty if the history can be written.
    """

    room: Room
    kept_bytes: int
    free_bytes: int
    budget: DiskBudget
    disk_is_short: bool = False
    trouble: str = ""

    @property
    def sentence(self) -> str:
        """The message for the user; empty while there is space."""
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
                "raise the budget, or delete pictures that are not needed.",
            )
        return Message(f"{cause}: no pictures are kept any more, only results", "free some space on the disk.")

    def _cause(self) -> str:
        if self.disk_is_short:
            return f"The disk has hardly more than {size_words(self.budget.floor_bytes)} left"
        return f"The disk budget of {size_words(self.budget.limit_bytes)} for pictures is used up"


def size_words(size: int) -> str:
    """Return a number of bytes with a readable unit."""
    for unit, name in ((GB, "GB"), (1_000_000, "MB")):
        if size >= unit:
            return f"{size / unit:.3g} {name}"
    return f"{size / 1000:.3g} kB"


def may_go(verdict: Verdict, *, refused_and_ng: bool, reviewed: bool) -> int | None:
    """Return the deletion rank of a part's pictures: the lowest goes first; None means never deleted automatically.

    OK parts go first, then photos that were refused and would not be NG. Pictures of flagged or reviewed parts stay
    until a person deletes them.
    """
    if reviewed or refused_and_ng:
        return None
    return {Verdict.OK: 0, Verdict.REFUSED: 1, Verdict.UNREADABLE: 1}.get(verdict)
