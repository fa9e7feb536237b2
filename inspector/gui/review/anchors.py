"""Known places in a long list: a jump begins at the nearest place and skips few parts instead of half the list."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace

from inspector.storage.history.records import PartRecord

APART = 10_000
"""Rows from one anchor to the next. A database skips so many within a few milliseconds, and 100 lie in a million."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """A place between two rows.

    Parameters
    ----------
    rows : int
        How many rows lie before it.
    record : PartRecord or None
        The last of these; None at the beginning of the list.
    """

    rows: int = 0
    record: PartRecord | None = None


BEGINNING = Anchor()


class Anchors:
    """The anchors of one listing, laid one after the other from its beginning."""

    def __init__(self) -> None:
        self._laid: list[Anchor] = [BEGINNING]
        self._ended = False

    def clear(self) -> None:
        """Forget all: there is another listing."""
        self._laid = [BEGINNING]
        self._ended = False

    def end(self) -> None:
        """Report that there is no place for another anchor."""
        self._ended = True

    def lay(self, record: PartRecord) -> None:
        """Add the next anchor, `APART` rows behind the last."""
        self._laid.append(Anchor(self._laid[-1].rows + APART, record))

    def last(self, count: int) -> Anchor | None:
        """Return the anchor behind which the next anchor is laid, or None if a list of `count` rows has all."""
        last = self._laid[-1]
        return None if self._ended or last.rows + APART >= count else last

    def before(self, row: int) -> Anchor:
        """Return the nearest anchor that a row lies behind."""
        return self._laid[bisect_right(self._laid, row, key=lambda anchor: anchor.rows) - 1]

    def removed(self, row: int) -> None:
        """Follow a row that was taken off the list. An anchor's own part may be gone: its place stays known."""
        self._laid = [one if one.rows <= row else replace(one, rows=one.rows - 1) for one in self._laid]

    def put_back(self, row: int, record: PartRecord) -> None:
        """Move the anchors behind a row that was inserted again by one row.

        An anchor at the same place is dropped: it could belong before or behind the row.
        """
        kept = [one for one in self._laid if one == BEGINNING or one.rows != row or _is_of(one, record)]
        self._laid = [replace(one, rows=one.rows + 1) if one.rows > row or _is_of(one, record) else one for one in kept]


def _is_of(anchor: Anchor, record: PartRecord) -> bool:
    return anchor.record is not None and anchor.record.id == record.id
