"""Opening bundles and inspecting photos, as the window knows it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from inspector.core.progress import Progress
from inspector.core.values import Inspection
from inspector.gui.state.faults import tell
from inspector.gui.state.state import State
from inspector.gui.threads.jobs import Job, JobRunner
from inspector.storage.results.inspection_run import InspectionRun
from inspector.workflows.judging.inspect import inspect_photos
from inspector.workflows.judging.loaded_bundle import LoadedBundle, open_bundle

OPENING = Progress("opening the model", 0, 0)
"""Told while a bundle is opened; it has no steps."""


@dataclass(frozen=True, slots=True)
class _Opening:
    path: Path
    device: str

    def __call__(self, _job: Job) -> LoadedBundle:
        return open_bundle(self.path, device=self.device)


@dataclass(frozen=True, slots=True)
class _Inspecting:
    bundle: LoadedBundle
    photos: tuple[Path, ...]

    def __call__(self, job: Job) -> InspectionRun:
        relay = _Relay(job)
        return inspect_photos(self.bundle, self.photos, on_inspection=relay.deliver, report=job.report, token=job.token)


@dataclass(frozen=True, slots=True)
class _Relay:
    job: Job

    def deliver(self, _index: int, inspection: Inspection) -> None:
        self.job.deliver(inspection)


class Inspecting(QObject):
    """Opens bundles and inspects photos for the state.

    Parameters
    ----------
    state : State
    opener, inspector : JobRunner
        Who opens bundles, and who inspects photos.

    Attributes
    ----------
    progressed : Signal(Progress)
        Where opening or inspecting stands.
    opened : Signal()
        The state has a new bundle.
    finished : Signal()
        All photos are inspected.
    stopped : Signal()
        Inspection was cancelled or failed; the results so far stay.
    """

    progressed = Signal(object)
    opened = Signal()
    finished = Signal()
    stopped = Signal()

    def __init__(self, state: State, opener: JobRunner, inspector: JobRunner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._opener, self._inspector = opener, inspector
        self._opening = 0
        self._inspecting = 0
        inspector.delivered.connect(self._on_delivered)
        for runner in (opener, inspector):
            runner.progress.connect(self._on_progress)
            runner.succeeded.connect(self._on_succeeded)
            runner.failed.connect(self._on_failed)
            runner.cancelled.connect(self._on_cancelled)

    def open(self, path: Path) -> None:
        """Open a model; if that fails, the open model stays."""
        self.stop()
        self._opener.cancel(self._opening)
        self._opening = self._opener.submit(_Opening(path, self._state.device))
        self._state.set_work(opening=True)
        self.progressed.emit(OPENING)

    def inspect(self) -> None:
        """Inspect the photos of the state with its model; do nothing without photos or model."""
        state = self._state
        if state.bundle is None or state.photos is None:
            return
        self.stop()
        state.set_problem(None)
        state.clear_results()
        state.product.judge_photos()
        self._inspecting = self._inspector.submit(_Inspecting(state.bundle, state.photos.photos))
        state.set_work(inspecting=True)

    def stop(self) -> None:
        """Ask a running inspection to stop."""
        self._inspector.cancel(self._inspecting)

    def stop_opening(self) -> None:
        """Cancel the opening; the open model stays."""
        self._opener.cancel(self._opening)
        self._end_opening()

    @Slot(int, object)
    def _on_progress(self, job_id: int, progress: Progress) -> None:
        if job_id in (self._inspecting, self._opening):
            self.progressed.emit(progress)

    @Slot(int, object)
    def _on_delivered(self, job_id: int, inspections: tuple[Inspection, ...]) -> None:
        if job_id == self._inspecting:
            self._state.add_results(inspections)

    @Slot(int, object)
    def _on_succeeded(self, job_id: int, result: object) -> None:
        if job_id == self._opening and isinstance(result, LoadedBundle):
            self._end_opening()
            self._state.set_problem(None)
            self._state.set_bundle(result)
            self.opened.emit()
        elif job_id == self._inspecting:
            self._end_inspecting()
            self.finished.emit()

    @Slot(int, object)
    def _on_failed(self, job_id: int, error: Exception) -> None:
        if job_id == self._opening:
            self._end_opening()
            tell(self._state, error)
        elif job_id == self._inspecting:
            self._end_inspecting()
            self.stopped.emit()
            tell(self._state, error)

    @Slot(int)
    def _on_cancelled(self, job_id: int) -> None:
        if job_id == self._opening:
            self._end_opening()
        elif job_id == self._inspecting:
            self._end_inspecting()
            self.stopped.emit()

    def _end_opening(self) -> None:
        self._opening = 0
        self._state.set_work(opening=False)

    def _end_inspecting(self) -> None:
        self._inspecting = 0
        self._state.set_work(inspecting=False)
