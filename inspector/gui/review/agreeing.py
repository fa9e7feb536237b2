"""Agreement over time as the window knows it: asked of the history in a thread, while somebody looks at it."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal, Slot

from inspector.core.review.agreement import AgreementCurve
from inspector.gui.state.faults import tell
from inspector.gui.state.state import State
from inspector.gui.threads.history_access import HistoryHandle
from inspector.gui.threads.jobs import Job, JobRunner
from inspector.gui.threads.single_job import SingleJob
from inspector.workflows.review.reviewing import agreement_over_time


@dataclass(frozen=True, slots=True)
class _Question:
    handle: HistoryHandle

    def __call__(self, _job: Job) -> tuple[AgreementCurve, ...]:
        return agreement_over_time(self.handle.get())


class Agreeing(QObject):
    """Asks when it is first looked at, and again after reviews; one question at a time.

    Attributes
    ----------
    changed : Signal()
        `curves` are others.
    """

    changed = Signal()

    def __init__(self, state: State, handle: HistoryHandle, runner: JobRunner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._state, self._handle = state, handle
        self._single_job = SingleJob(runner, self)
        self._wanted = self._again = False
        self.curves: tuple[AgreementCurve, ...] = ()
        self._single_job.succeeded.connect(self._on_succeeded)
        self._single_job.failed.connect(self._on_failed)
        self._single_job.cancelled.connect(self._on_cancelled)
        state.review.counts_changed.connect(self._ask)

    @property
    def busy(self) -> bool:
        """Whether an answer is on its way."""
        return self._single_job.busy

    @Slot(bool)
    def want(self, wanted: bool) -> None:
        """Say whether somebody looks at it."""
        self._wanted = wanted
        self._ask()

    @Slot()
    def _ask(self) -> None:
        if not self._wanted or not self._handle.exists():
            return
        if self._single_job.busy:
            self._again = True  # the running count may lack the latest reviews
        else:
            self._single_job.submit(_Question(self._handle))

    @Slot(object)
    def _on_succeeded(self, curves: tuple[AgreementCurve, ...]) -> None:
        if self._again:
            self._again = False
            self._ask()
        if curves != self.curves:
            self.curves = curves
            self.changed.emit()

    @Slot(object)
    def _on_failed(self, error: Exception) -> None:
        self._again = False
        tell(self._state, error)

    @Slot()
    def _on_cancelled(self) -> None:
        self._again = False
