"""Reports and result folders, written in a thread."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from inspector.core.progress import Progress
from inspector.gui.faults import tell
from inspector.gui.jobs import Job, JobRunner
from inspector.gui.session import Session
from inspector.storage.reports import write_report
from inspector.storage.results import InspectionRun, save_results


@dataclass(frozen=True, slots=True)
class _Report:
    run: InspectionRun
    path: Path

    def __call__(self, job: Job) -> Path:
        write_report(self.run, self.path, report=job.report, token=job.token)
        return self.path


@dataclass(frozen=True, slots=True)
class _Results:
    run: InspectionRun
    folder: Path

    def __call__(self, job: Job) -> Path:
        save_results(self.run, self.folder, heatmaps=True, report=job.report, token=job.token)
        return self.folder


class Exports(QObject):
    """Writes the session's results at its present threshold.

    Attributes
    ----------
    progressed : Signal(Progress)
        Where writing stands.
    written : Signal(Path)
        The report or folder is there.
    """

    progressed = Signal(object)
    written = Signal(object)

    def __init__(self, session: Session, runner: JobRunner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._runner = runner
        self._job = 0
        runner.progress.connect(self._on_progress)
        runner.succeeded.connect(self._on_succeeded)
        runner.failed.connect(self._on_failed)
        runner.cancelled.connect(self._on_cancelled)

    def write_report(self, path: Path) -> None:
        """Write a report; the suffix says which kind."""
        run = self._session.run()
        if run is not None:
            self._submit(_Report(run, path))

    def save_results(self, folder: Path) -> None:
        """Write the results and the heatmaps into a folder."""
        run = self._session.run()
        if run is not None:
            self._submit(_Results(run, folder))

    def cancel(self) -> None:
        """Ask writing to stop; nothing half-written stays."""
        self._runner.cancel(self._job)

    def _submit(self, work: _Report | _Results) -> None:
        if not self._job:
            self._session.set_problem(None)
            self._job = self._runner.submit(work)
            self._session.set_work(exporting=True)

    @Slot(int, object)
    def _on_progress(self, job_id: int, progress: Progress) -> None:
        if job_id == self._job:
            self.progressed.emit(progress)

    @Slot(int, object)
    def _on_succeeded(self, job_id: int, path: object) -> None:
        if self._over(job_id):
            self.written.emit(path)

    @Slot(int, object)
    def _on_failed(self, job_id: int, error: Exception) -> None:
        if self._over(job_id):
            tell(self._session, error)

    @Slot(int)
    def _on_cancelled(self, job_id: int) -> None:
        self._over(job_id)

    def _over(self, job_id: int) -> bool:
        if job_id != self._job:
            return False
        self._job = 0
        self._session.set_work(exporting=False)
        return True
