"""The state of reviewing. Part of its one mutable state."""

from __future__ import annotations

from dataclasses import dataclass, field

from PySide6.QtCore import QObject, Signal

from inspector.gui.state.review_filter import ReviewFilter
from inspector.storage.history.records import PartDetails, PartRecord
from inspector.workflows.review.reviewing import ReviewCounts

FIRST_CLASSES = ("crack", "scratch", "stain", "missing", "dent")
"""Defect classes to begin with, until the user edits the list."""


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision that can be taken back.

    Parameters
    ----------
    before, after : PartRecord
        The part before the decision and with it.
    row : int
        Where the list showed it.
    listing : int
        The listing of the answer: rows of another listing mean other parts.
    removed : bool
        Whether the decision took it off the list.
    written : list of int
        The review's number, once the history has it.
    """

    before: PartRecord
    after: PartRecord
    row: int
    listing: int
    removed: bool
    written: list[int] = field(default_factory=list, compare=False)


class ReviewState(QObject):
    """Validates, compares, assigns, emits once; belongs to `Session`."""

    filter_changed = Signal()
    selection_changed = Signal()
    details_changed = Signal()
    words_changed = Signal()
    counts_changed = Signal()
    bundles_changed = Signal()
    classes_changed = Signal()
    decided_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._filter = ReviewFilter()
        self._selected: PartRecord | None = None
        self._details: PartDetails | None = None
        self._defect_class = ""
        self._note = ""
        self._reviewer = ""
        self._counts = ReviewCounts()
        self._bundles: tuple[tuple[str, str], ...] = ()
        self._classes = FIRST_CLASSES
        self._decided: list[Decided] = []

    @property
    def filter(self) -> ReviewFilter:
        """The filter of the list."""
        return self._filter

    def set_filter(self, chosen: ReviewFilter) -> None:
        """Set the filter of the list."""
        if chosen != self._filter:
            self._filter = chosen
            self.filter_changed.emit()

    @property
    def selected(self) -> PartRecord | None:
        """The part that is looked at; None also while the list still fetches it."""
        return self._selected

    def select(self, record: PartRecord | None) -> None:
        """Select a part; class and note of the previous part are cleared."""
        if record == self._selected:
            return
        same = record is not None and self._selected is not None and record.id == self._selected.id
        self._selected = record
        if not same:
            self._details = None
            self.set_words("", "")
        self.selection_changed.emit()

    @property
    def details(self) -> PartDetails | None:
        """Everything of the part that is looked at, once its photo is shown or known to be missing."""
        return self._details

    def set_details(self, details: PartDetails) -> None:
        """Set the details of a part; ignored if another part is selected by now."""
        if self._selected is not None and details.record.id == self._selected.id and details != self._details:
            self._details = details
            self.details_changed.emit()

    @property
    def defect_class(self) -> str:
        """Goes with the next decision; empty for none."""
        return self._defect_class

    @property
    def note(self) -> str:
        """Goes with the next decision; may be empty."""
        return self._note

    def set_words(self, defect_class: str | None = None, note: str | None = None) -> None:
        """Set class or note of the next decision; None leaves a value unchanged."""
        words = (
            self._defect_class if defect_class is None else defect_class,
            self._note if note is None else note,
        )
        if words != (self._defect_class, self._note):
            self._defect_class, self._note = words
            self.words_changed.emit()

    @property
    def reviewer(self) -> str:
        """Who reviews."""
        return self._reviewer

    def set_reviewer(self, name: str) -> None:
        """Say who reviews."""
        self._reviewer = name

    @property
    def counts(self) -> ReviewCounts:
        """How it stands with the reviews of the history."""
        return self._counts

    def set_counts(self, counts: ReviewCounts) -> None:
        """Say how it stands."""
        if counts != self._counts:
            self._counts = counts
            self.counts_changed.emit()

    @property
    def bundles(self) -> tuple[tuple[str, str], ...]:
        """SHA-256 and name of each bundle in the history, the latest first."""
        return self._bundles

    def set_bundles(self, bundles: tuple[tuple[str, str], ...]) -> None:
        """Say which bundles judged parts."""
        if bundles != self._bundles:
            self._bundles = bundles
            self.bundles_changed.emit()

    @property
    def classes(self) -> tuple[str, ...]:
        """The user's list of defect classes."""
        return self._classes

    def set_classes(self, classes: tuple[str, ...]) -> None:
        """Edit the list: names are trimmed, empty and repeated ones left out."""
        wanted = tuple(dict.fromkeys(name.strip() for name in classes if name.strip()))
        if wanted != self._classes:
            self._classes = wanted
            self.classes_changed.emit()

    @property
    def decided(self) -> tuple[Decided, ...]:
        """Decisions since the window was opened that can be taken back, oldest first."""
        return tuple(self._decided)

    def add_decided(self, decided: Decided) -> None:
        """Say that a part was decided."""
        self._decided.append(decided)
        self.decided_changed.emit()

    def forget_decided(self, decided: Decided) -> None:
        """Say that a decision was taken back, or could not be written."""
        if decided in self._decided:
            self._decided.remove(decided)
            self.decided_changed.emit()
