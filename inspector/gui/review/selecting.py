"""Reviewing in the window: the selected part, its decision, and decisions that were withdrawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from inspector.core.review.decision import Decision, Review
from inspector.gui.review.history_table import HistoryTable
from inspector.gui.state.faults import tell
from inspector.gui.state.review import Decided
from inspector.gui.state.state import State, Step
from inspector.gui.threads.history_access import HistoryAccess, HistoryHandle
from inspector.gui.threads.part_decoder import PartDecoder
from inspector.workflows.computer.machine import user_name
from inspector.workflows.review.reviewing import ReviewCounts, review_counts, take_back

if TYPE_CHECKING:
    from inspector.storage.history.records import PartDetails, PartRecord
    from inspector.storage.history.store import History

AHEAD, BEHIND = 3, 1
"""Neighbours whose photos are decoded before they are asked for."""


class Selecting(QObject):
    """Writes decisions and goes on to the next part; nothing waits for the disk.

    Parameters
    ----------
    state : State
    handle : HistoryHandle
    history_access : HistoryAccess
    pictures : PartDecoder

    Attributes
    ----------
    row_changed : Signal(int)
        The list's row that is looked at; -1 for none.
    said : Signal(PartRecord)
        Somebody said something of a part, or took it back: the part as it is with that.
    """

    row_changed = Signal(int)
    said = Signal(object)

    def __init__(
        self,
        state: State,
        handle: HistoryHandle,
        history_access: HistoryAccess,
        pictures: PartDecoder,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._state, self._review = state, state.review
        self._handle, self._history_access, self.pictures = handle, history_access, pictures
        self.table = HistoryTable(state.review, history_access, self)
        self.row = -1
        self._left_row = 0  # where the list was when a part was shown that is not in it
        self.editing = False  # rows come and go; a current row that a view chooses by itself is no choice of the user
        self._counting = self._count_again = False
        self._select_after: PartRecord | None = None
        self._review.set_reviewer(user_name())
        self.table.listed.connect(self._on_listed)
        self.table.fetched.connect(self._on_fetched)
        history_access.failed.connect(self._on_failed)
        pictures.failed.connect(self._on_failed)
        state.step_changed.connect(self._on_step)
        state.live.kept_changed.connect(self._on_kept)

    # --- which part ---

    def show_row(self, row: int) -> None:
        """Look at the part in a row; it is fetched first where that is needed."""
        row = row if 0 <= row < self.table.rowCount() else -1
        moved, self.row = row != self.row, row
        record = self.table.record(row)
        self._review.select(record)
        if record is not None:
            self.pictures.request(record.id, self._neighbours(row))
        if moved:
            self.row_changed.emit(row)

    def step(self, by: int) -> None:
        """Look at the next (+1) or previous (-1) part of the list."""
        if self.table.rowCount():
            row = self._left_row if self.row < 0 else self.row + by
            self.show_row(min(max(row, 0), self.table.rowCount() - 1))

    @Slot(object)
    def show_part(self, record: PartRecord) -> None:
        """Select a part, listed or not; the next step returns to the former place in the list."""
        row = self.table.row_of(record.id)
        if row >= 0:
            self.show_row(row)
            return
        if self.row >= 0:
            self._left_row = self.row
        self.row = -1
        self._review.select(record)
        self.pictures.request(record.id)
        self.row_changed.emit(-1)

    def _neighbours(self, row: int) -> list[int]:
        rows = [*range(row + 1, row + 1 + AHEAD), *range(row - 1, row - 1 - BEHIND, -1)]
        found = [self.table.record(at) for at in rows if 0 <= at < self.table.rowCount()]
        return [record.id for record in found if record is not None]

    # --- decisions ---

    def decide(self, decision: Decision) -> None:
        """Save the reviewer's decision, and show the next part to review."""
        review, before = self._review, self._review.selected
        if before is None or review.details is None:
            return
        # A good part has no kind of defect, whatever was chosen before.
        defect_class = "" if decision is Decision.FALSE_ALARM else review.defect_class
        said = Review(decision, review.reviewer or user_name(), datetime.now().astimezone(), defect_class, review.note)
        after = replace(before, decision=decision, defect_class=defect_class)
        row = self.table.row_of(before.id)
        removed = row >= 0 and not review.filter.keeps(after)
        decided = Decided(before, after, row, self.table.listing, removed)
        review.add_decided(decided)
        review.set_words("", "")
        written = _Written(self, decided)
        self._history_access.ask(_Say(before.id, said, decided.written), written.told, written.lost, writes=True)
        self.pictures.forget(before.id)
        self.said.emit(after)
        self._go_on(decided)

    def _go_on(self, decided: Decided) -> None:
        row = decided.row
        if row < 0:
            self.show_row(min(self._left_row, self.table.rowCount() - 1))
        elif decided.removed:
            self._edit(self.table.remove, row)
            self.show_row(min(row, self.table.rowCount() - 1))
        else:
            self.table.update(row, decided.after)
            following = self.table.next_to_review(row)
            self.show_row(following if following >= 0 else min(row + 1, self.table.rowCount() - 1))

    def _edit(self, change: Callable[..., None], *arguments: object) -> None:
        self.editing = True
        change(*arguments)
        self.editing = False
        self.row = -1

    def undo(self) -> None:
        """Withdraw the last decision, by a new row in the history, and show the part again."""
        if not self._review.decided:
            return
        decided = self._review.decided[-1]
        self._review.forget_decided(decided)
        now = datetime.now().astimezone()
        take_back = _TakeBack(decided.before.id, decided.written, self._review.reviewer, now)
        self._history_access.ask(take_back, self._on_taken_back, self._on_not_taken_back, writes=True)
        self.pictures.forget(decided.before.id)
        self.said.emit(decided.before)
        if decided.listing != self.table.listing or decided.row < 0:
            self._select_after = decided.before  # the list is another one by now: find it there, or show it alone
            self.table.reload()
            return
        if decided.removed:
            self._edit(self.table.put_back, decided.row, decided.before)
        else:
            self.table.update(decided.row, decided.before)
        self.row = -1
        self.show_row(decided.row)

    def on_written(self, decided: Decided) -> None:
        """Go on after a decision was written."""
        self._history_access.ask(_Details(decided.before.id), self._review.set_details)
        self.count()

    def on_lost(self, decided: Decided, error: Exception) -> None:
        """Report that a decision could not be written, and show the list as it is."""
        self._review.forget_decided(decided)
        self._select_after = decided.before
        self.said.emit(decided.before)
        tell(self._state, error)
        self.table.reload()

    @Slot(object)
    def _on_taken_back(self, part_number: int) -> None:
        self._history_access.ask(_Details(part_number), self._review.set_details)
        self.count()

    def _on_not_taken_back(self, error: Exception) -> None:
        tell(self._state, error)
        self.refresh()

    # --- how it stands ---

    def count(self) -> None:
        """Count again; asked while it is counted, once more after that."""
        if self._counting:
            self._count_again = True
            return
        self._counting = True
        self._history_access.ask(_count, self._on_counted, self._on_uncounted)

    @Slot()
    @Slot(object)
    def refresh(self, _why: object = None) -> None:
        """Ask for list, counts and bundles anew, if there is a history."""
        if self._handle.exists():
            self.table.reload()
            self.count()

    def begin_anew(self) -> None:
        """Begin a new history where the one of before is gone."""
        self._handle.begin_anew()
        self.refresh()

    @Slot()
    def begin(self) -> None:
        """Count what there is to review, if there is a history."""
        if self._handle.exists():
            self.count()

    def _on_counted(self, found: tuple[ReviewCounts, tuple[tuple[str, str], ...]]) -> None:
        counts, bundles = found
        self._review.set_counts(counts)
        self._review.set_bundles(bundles)
        self._counting = False
        if self._count_again:
            self._count_again = False
            self.count()

    def _on_uncounted(self, error: Exception) -> None:
        self._counting = self._count_again = False
        tell(self._state, error)

    @Slot()
    def _on_step(self) -> None:
        if self._state.step == Step.REVIEW:
            self.refresh()

    @Slot()
    def _on_kept(self) -> None:
        self.count()
        if self._state.step == Step.REVIEW and not self.table.rowCount() and not self.table.loading:
            self.table.reload()

    # --- what comes back ---

    @Slot()
    def _on_listed(self) -> None:
        found_again, self._select_after = self._select_after, None
        wanted = found_again or self._review.selected
        row = -1 if wanted is None else self.table.row_of(wanted.id)
        if row < 0 and found_again is not None:
            self.show_part(found_again)
            return
        self.row = -1
        self.show_row(max(row, 0))

    @Slot(int, int)
    def _on_fetched(self, first: int, count: int) -> None:
        if first <= self.row < first + count and self._review.selected is None:
            self.show_row(self.row)

    @Slot(object)
    def _on_failed(self, error: Exception) -> None:
        tell(self._state, error)


@dataclass(frozen=True, slots=True)
class _Written:
    reviewing: Selecting
    decided: Decided

    def told(self, _number: int) -> None:
        self.reviewing.on_written(self.decided)

    def lost(self, error: Exception) -> None:
        self.reviewing.on_lost(self.decided, error)


@dataclass(frozen=True, slots=True)
class _Say:
    part_number: int
    review: Review
    written: list[int]

    def __call__(self, history: History) -> int:
        self.written.append(history.review(self.part_number, self.review))
        return self.written[-1]


@dataclass(frozen=True, slots=True)
class _TakeBack:
    part_number: int
    written: list[int]  # empty if the decision, which was asked for before this, could not be written
    reviewer: str
    at: datetime

    def __call__(self, history: History) -> int:
        if self.written:
            take_back(history, self.part_number, self.written[-1], self.reviewer, self.at)
        return self.part_number


@dataclass(frozen=True, slots=True)
class _Details:
    part_number: int

    def __call__(self, history: History) -> PartDetails:
        return history.get(self.part_number)


def _count(history: History) -> tuple[ReviewCounts, tuple[tuple[str, str], ...]]:
    return review_counts(history), history.bundles()
