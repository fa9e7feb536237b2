"""Agreement over time as the window knows it: asked of the history in a thread, while somebody looks at it."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal, Slot

from inspector.core.agreement import AgreementCurve
from inspector.gui.faults import tell
from inspector.gui.jobs import Job, JobRunner
from inspector.gui.review.archive import HistoryHandle
from inspector.gui.session import Session
from inspector.workflows.reviewing import agreement_over_time


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

    def __init__(
        self, session: Session, handle: HistoryHandle, runner: JobRunner, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._session, self._handle, self._runner = session, handle, runner
        self._job = 0
        self._wanted = self._again = False
        self.curves: tuple[AgreementCurve, ...] = ()
        runner.succeeded.connect(self._on_succeeded)
        runner.failed.connect(self._on_failed)
        runner.cancelled.connect(self._on_cancelled)
        session.review.counts_changed.connect(self._ask)

    @property
    def busy(self) -> bool:
        """Whether an answer is on its way."""
        return self._job != 0

    @Slot(bool)
    def want(self, wanted: bool) -> None:
        """Say whether somebody looks at it."""
        self._wanted = wanted
        self._ask()

    @Slot()
    def _ask(self) -> None:
        if not self._wanted or not self._handle.exists():
            return
        if self._job:
            self._again = True  # what is being counted may lack what was said since
        else:
            self._job = self._runner.submit(_Question(self._handle))

    @Slot(int, object)
    def _on_succeeded(self, job_id: int, curves: tuple[AgreementCurve, ...]) -> None:
        if job_id != self._job:
            return
        self._end()
        if curves != self.curves:
            self.curves = curves
            self.changed.emit()

    @Slot(int, object)
    def _on_failed(self, job_id: int, error: Exception) -> None:
        if job_id == self._job:
            self._again = False
            self._end()
            tell(self._session, error)

    @Slot(int)
    def _on_cancelled(self, job_id: int) -> None:
        if job_id == self._job:
            self._again = False
            self._end()

    def _end(self) -> None:
        self._job = 0
        if self._again:
            self._again = False
            self._ask()
