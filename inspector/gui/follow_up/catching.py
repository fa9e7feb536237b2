"""Finds, in a thread, the limit at which the open model catches a missed defect."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal, Slot

from inspector.gui.state.faults import tell
from inspector.gui.state.state import THRESHOLD_RANGE, State, Step
from inspector.gui.threads.history_access import HistoryHandle
from inspector.gui.threads.jobs import Job, JobRunner
from inspector.gui.threads.single_job import SingleJob
from inspector.storage.history.records import PartRecord
from inspector.workflows.judging.loaded_bundle import LoadedBundle
from inspector.workflows.review.missed_defects import Catch, catch, is_missed


@dataclass(frozen=True, slots=True)
class _Question:
    loaded: LoadedBundle
    handle: HistoryHandle
    record: PartRecord

    def __call__(self, job: Job) -> Catch:
        history = self.handle.get()
        return catch(self.loaded, history, self.record, on_first=job.tell, report=job.report, token=job.token)


class Catching(QObject):
    """Asks about the part that was just marked as a missed defect, or that is looked at and is one.

    An answer that comes too late is dropped.

    Attributes
    ----------
    changed : Signal()
        `subject`, `found` or `busy` changed.
    progressed : Signal(Progress)
        Where the question stands.
    """

    changed = Signal()
    progressed = Signal(object)

    def __init__(self, state: State, handle: HistoryHandle, runner: JobRunner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._state, self._handle = state, handle
        self._single_job = SingleJob(runner, self)
        self._just_marked = False
        self.subject: PartRecord | None = None
        self.found: Catch | None = None
        self._single_job.progressed.connect(self.progressed)
        self._single_job.delivered.connect(self._on_delivered)
        self._single_job.succeeded.connect(self._on_succeeded)
        self._single_job.failed.connect(self._on_failed)
        self._single_job.cancelled.connect(self.changed)
        state.review.selection_changed.connect(self._on_selection)
        state.review.filter_changed.connect(self._on_filter)
        state.bundle_changed.connect(self._ask)

    @property
    def busy(self) -> bool:
        """Whether an answer is on its way, or the rest of one."""
        return self._single_job.busy

    @property
    def proposable(self) -> bool:
        """Whether the limit that was found is one that the Judge page takes."""
        state, found = self._state, self.found
        if state.bundle is None or found is None or found.missed is None:
            return False
        low, high = THRESHOLD_RANGE
        return low <= found.missed.threshold / state.own_limit <= high

    @Slot(object)
    def on_said(self, record: PartRecord) -> None:
        """Ask about a part that was called a defect just now; forget one of which that was taken back."""
        if is_missed(record):
            self._just_marked = True
            self._take(record)
        elif self.subject is not None and record.id == self.subject.id:
            self._take(None)

    @Slot()
    def stop(self) -> None:
        """Stop the search; results so far stay."""
        self._single_job.cancel()

    @Slot()
    def propose_limit(self) -> None:
        """Draw verdicts on the Judge page at the limit that would catch the part; the bundle's file keeps its own."""
        found = self.found
        if self.proposable and found is not None and found.missed is not None:
            # The raw score itself: a value rounded for the fields could lie on the other side of the part.
            self._state.set_limits(self._state.limits.with_threshold(found.missed.threshold))
            self._state.set_step(Step.JUDGE)

    @Slot()
    def _on_selection(self) -> None:
        selected = self._state.review.selected
        if selected is not None and is_missed(selected):
            self._just_marked = False
            self._take(selected)
        elif not self._just_marked:
            self._take(None)  # one that was just marked stays while the next part is looked at

    @Slot()
    def _on_filter(self) -> None:
        self._just_marked = False

    def _take(self, record: PartRecord | None) -> None:
        if record != self.subject:
            self.subject = record
            self._just_marked &= record is not None
            self._ask()

    @Slot()
    def _ask(self) -> None:
        self._single_job.drop()
        self.found = None
        bundle = self._state.bundle
        if self.subject is not None and bundle is not None:
            self._single_job.submit(_Question(bundle, self._handle, self.subject))
        self.changed.emit()

    @Slot(object)
    def _on_delivered(self, answers: tuple[Catch, ...]) -> None:
        self._on_succeeded(answers[-1])

    @Slot(object)
    def _on_succeeded(self, answer: Catch) -> None:
        self.found = answer
        self.changed.emit()

    @Slot(object)
    def _on_failed(self, error: Exception) -> None:
        self.changed.emit()
        tell(self._state, error)
