"""One job at a time of a runner that others use too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Signal, Slot

from inspector.core.progress import Progress
from inspector.gui.threads.jobs import Job, JobRunner


class SingleJob(QObject):
    """The job that its owner waits for; results of other jobs of the runner are not passed on.

    Parameters
    ----------
    runner : JobRunner
        Runs it.
    parent : QObject
        Owner.

    Attributes
    ----------
    progressed : Signal(Progress)
        Where the job stands.
    delivered : Signal(tuple)
        Parts of the result, in order.
    succeeded : Signal(object)
        The job is over, and this came of it.
    failed : Signal(Exception)
        It is over, since this happened.
    cancelled : Signal()
        It is over, since it was asked to stop.
    """

    progressed = Signal(object)
    delivered = Signal(object)
    succeeded = Signal(object)
    failed = Signal(object)
    cancelled = Signal()

    def __init__(self, runner: JobRunner, parent: QObject) -> None:
        super().__init__(parent)
        self._runner = runner
        self._job = 0
        runner.progress.connect(self._on_progress)
        runner.delivered.connect(self._on_delivered)
        runner.succeeded.connect(self._on_succeeded)
        runner.failed.connect(self._on_failed)
        runner.cancelled.connect(self._on_cancelled)

    @property
    def busy(self) -> bool:
        """Whether a job is waited for."""
        return self._job != 0

    def submit(self, work: Callable[[Job], Any]) -> None:
        """Wait for this work from now on. The result of an earlier job is dropped, but the job is not cancelled."""
        self._job = self._runner.submit(work)

    def cancel(self) -> None:
        """Ask the job to stop, and wait for its end."""
        self._runner.cancel(self._job)

    def drop(self) -> None:
        """Ask the job to stop, and wait for it no longer."""
        self._runner.cancel(self._job)
        self._job = 0

    @Slot(int, object)
    def _on_progress(self, job_id: int, progress: Progress) -> None:
        if job_id == self._job:
            self.progressed.emit(progress)

    @Slot(int, object)
    def _on_delivered(self, job_id: int, items: tuple[Any, ...]) -> None:
        if job_id == self._job:
            self.delivered.emit(items)

    @Slot(int, object)
    def _on_succeeded(self, job_id: int, result: object) -> None:
        if self._over(job_id):
            self.succeeded.emit(result)

    @Slot(int, object)
    def _on_failed(self, job_id: int, error: Exception) -> None:
        if self._over(job_id):
            self.failed.emit(error)

    @Slot(int)
    def _on_cancelled(self, job_id: int) -> None:
        if self._over(job_id):
            self.cancelled.emit()

    def _over(self, job_id: int) -> bool:
        if job_id != self._job:
            return False
        self._job = 0  # first, so that a receiver may submit the next job
        return True
