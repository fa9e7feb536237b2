"""Reports and result folders, written in a thread."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from inspector.core.letterhead import Letterhead
from inspector.gui.reports.report_dialog import ReportWish
from inspector.gui.state.faults import tell
from inspector.gui.state.state import State
from inspector.gui.threads.history_access import HistoryHandle
from inspector.gui.threads.jobs import Job, JobRunner
from inspector.gui.threads.single_job import SingleJob
from inspector.storage.reports import write_report
from inspector.storage.results.inspection_run import InspectionRun, save_results
from inspector.workflows.computer.machine import user_name
from inspector.workflows.judging.record_results import RecordedRun, record_run
from inspector.workflows.reports.writing import report_on_history, scope_words


@dataclass(frozen=True, slots=True)
class _Report:
    run: InspectionRun
    path: Path
    letterhead: Letterhead

    def __call__(self, job: Job) -> Path:
        write_report(self.run, self.path, report=job.report, token=job.token, letterhead=self.letterhead)
        return self.path


@dataclass(frozen=True, slots=True)
class _HistoryReport:
    handle: HistoryHandle
    wish: ReportWish
    bundles: tuple[Path, ...]

    def __call__(self, job: Job) -> Path:
        wish = self.wish
        # The history is read through connections of its own: nobody who writes or asks waits for a report.
        report_on_history(
            self.handle.get(),
            wish.scope,
            wish.path,
            scope_words=scope_words(wish.scope),
            bundles=self.bundles,
            letterhead=wish.letterhead,
            report=job.report,
            token=job.token,
        )
        return wish.path


@dataclass(frozen=True, slots=True)
class _Results:
    run: InspectionRun
    folder: Path

    def __call__(self, job: Job) -> Path:
        save_results(self.run, self.folder, heatmaps=True, report=job.report, token=job.token)
        return self.folder


@dataclass(frozen=True, slots=True)
class _Keep:
    run: InspectionRun
    handle: HistoryHandle

    def __call__(self, job: Job) -> RecordedRun:
        return record_run(self.run, self.handle.get(), user_name(), report=job.report, token=job.token)


class Exporting(QObject):
    """Writes the state's results at its present threshold.

    Parameters
    ----------
    state : State
    runner : JobRunner
    handle : HistoryHandle
        Where results are kept.

    Attributes
    ----------
    progressed : Signal(Progress)
        Where writing stands.
    written : Signal(Path)
        The report or folder is there.
    kept : Signal(RecordedRun)
        The results are in the history.
    """

    progressed = Signal(object)
    written = Signal(object)
    kept = Signal(object)

    def __init__(self, state: State, runner: JobRunner, handle: HistoryHandle, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._handle = handle
        self._state = state
        self._single_job = SingleJob(runner, self)
        self._single_job.progressed.connect(self.progressed)
        self._single_job.succeeded.connect(self._on_succeeded)
        self._single_job.failed.connect(self._on_failed)
        self._single_job.cancelled.connect(self._on_cancelled)
        self._writing: InspectionRun | None = None
        self._saved: tuple[object, ...] | None = None

    @property
    def unsaved(self) -> int:
        """How many results were neither exported nor kept in the history with the limits in use."""
        run = self._state.run()
        return 0 if run is None or _state(run) == self._saved else len(run.inspections)

    def write_report(self, path: Path, letterhead: Letterhead) -> None:
        """Write a report; the suffix says which kind."""
        run = self._state.run()
        if run is not None:
            self._submit(_Report(run, path, letterhead))

    def report_history(self, wish: ReportWish) -> None:
        """Write a report of parts of the history; the open model supplies the promise of its limit."""
        bundle = self._state.bundle
        self._submit(_HistoryReport(self._handle, wish, () if bundle is None else (bundle.stored.path,)))

    def save_results(self, folder: Path) -> None:
        """Write the results and the heatmaps into a folder."""
        run = self._state.run()
        if run is not None:
            self._submit(_Results(run, folder))

    def keep_results(self) -> None:
        """Keep the results in the history, with the limits in use."""
        run = self._state.run()
        if run is not None:
            self._submit(_Keep(run, self._handle))

    def cancel(self) -> None:
        """Ask writing to stop; nothing half-written stays."""
        self._single_job.cancel()

    def _submit(self, work: _Report | _HistoryReport | _Results | _Keep) -> None:
        if not self._single_job.busy:
            self._state.set_problem(None)
            self._writing = None if isinstance(work, _HistoryReport) else work.run
            self._single_job.submit(work)
            self._state.set_work(exporting=True)

    @Slot(object)
    def _on_succeeded(self, result: object) -> None:
        self._state.set_work(exporting=False)
        if self._writing is not None:
            self._saved = _state(self._writing)
        (self.kept if isinstance(result, RecordedRun) else self.written).emit(result)

    @Slot(object)
    def _on_failed(self, error: Exception) -> None:
        self._state.set_work(exporting=False)
        tell(self._state, error)

    @Slot()
    def _on_cancelled(self) -> None:
        self._state.set_work(exporting=False)


def _state(run: InspectionRun) -> tuple[object, ...]:
    return run.inspected_at, len(run.inspections), run.limits
