"""Training in the window: start, progress, cancel, outcome."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from inspector.core.errors import GoodSetUnusable
from inspector.core.good_photos.sessions import SessionChoice
from inspector.core.photo.pixel_depth import Bits
from inspector.core.progress import Progress
from inspector.core.training.forecast import Forecast, Stage
from inspector.core.training.plan import Recipe
from inspector.gui.state.faults import tell
from inspector.gui.state.state import State
from inspector.gui.threads.jobs import Job, JobRunner
from inspector.gui.threads.single_job import SingleJob
from inspector.gui.training.forecasting import Forecasting
from inspector.workflows.computer.machine import load_libraries
from inspector.workflows.training.forecast import check_memory, forecast_training
from inspector.workflows.training.train import TrainingOutcome, train

FORECASTING = "measuring what training will take"


@dataclass(frozen=True, slots=True)
class _Order:
    """All input of a training, fixed at the click: later changes by the user do not reach the worker."""

    good: Path
    target: Path
    recipe: Recipe
    device: str
    leave_out: frozenset[Path]
    sessions: SessionChoice
    depth_bits: Bits | None
    forecast: Forecast | None
    anyway: bool

    def __call__(self, job: Job) -> TrainingOutcome:
        forecast = self.forecast or self._forecast(job)
        if forecast is not None:
            if not self.anyway:
                check_memory(forecast, self.good)
            job.tell((forecast.stages, time.monotonic()))
        return train(
            self.good,
            self.target,
            self.recipe,
            device=self.device,
            leave_out=self.leave_out,
            sessions=self.sessions,
            depth_bits=self.depth_bits,
            report=job.report,
            token=job.token,
        )

    def _forecast(self, job: Job) -> Forecast | None:
        """Return the forecast that the page had not got yet; None where photos are in the way, which training lists."""
        job.report(Progress(FORECASTING, 0, 0))
        try:
            return forecast_training(
                self.good,
                self.recipe,
                device=self.device,
                leave_out=self.leave_out,
                sessions=self.sessions,
                depth_bits=self.depth_bits,
                token=job.token,
            )
        except GoodSetUnusable:
            return None


def _load(_job: Job) -> None:
    load_libraries()


class Training(QObject):
    """Trains with the settings of the state, and sets the outcome there.

    Attributes
    ----------
    expected : Signal(tuple of Stage, float)
        The forecast times of the stages, and the start of the first by the monotonic clock.
    started, stopped : Signal()
        Training began; it was cancelled or failed, and nothing was written.
    progressed : Signal(Progress)
        Where it stands.
    succeeded : Signal(TrainingOutcome)
        The bundle is on disk.
    """

    started = Signal()
    expected = Signal(object, float)
    progressed = Signal(object)
    stopped = Signal()
    succeeded = Signal(object)

    def __init__(
        self, state: State, runner: JobRunner, forecasting: Forecasting, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._state = state
        self._forecasting = forecasting
        self._single_job = SingleJob(runner, self)
        self._preparing = SingleJob(runner, self)
        self._prepared = False
        state.good_changed.connect(self._prepare)
        self._single_job.progressed.connect(self.progressed)
        self._single_job.delivered.connect(self._on_delivered)
        self._single_job.succeeded.connect(self._on_succeeded)
        self._single_job.failed.connect(self._on_failed)
        self._single_job.cancelled.connect(self._on_cancelled)
        self._preparing.failed.connect(self._on_unprepared)

    def start(self) -> None:
        """Train on the state's good photos; does nothing while training or without them."""
        state = self._state
        if self._single_job.busy or state.good is None or state.target is None:
            return
        state.set_problem(None)
        state.set_unusable(())
        state.set_outcome(None)
        order = _Order(
            state.good.folder,
            state.target,
            state.recipe,
            state.device,
            state.left_out,
            state.grouping.choice,
            state.good_depth.chosen,
            self._forecasting.forecast,
            self._forecasting.anyway,
        )
        self._single_job.submit(order)
        state.set_work(training=True)
        self.started.emit()

    def cancel(self) -> None:
        """Ask training to stop."""
        self._single_job.cancel()

    @Slot()
    def _prepare(self) -> None:
        # Whoever chose good photos is about to train: torch is loaded while they look at them, not after the click.
        if not self._prepared and self._state.good is not None:
            self._prepared = True
            self._preparing.submit(_load)

    @Slot(object)
    def _on_unprepared(self, error: Exception) -> None:
        self._prepared = False
        tell(self._state, error)

    @Slot(object)
    def _on_delivered(self, items: tuple[tuple[tuple[Stage, ...], float], ...]) -> None:
        self.expected.emit(*items[-1])

    @Slot(object)
    def _on_succeeded(self, outcome: TrainingOutcome) -> None:
        self._state.set_work(training=False)
        self._state.set_outcome(outcome)
        self.succeeded.emit(outcome)

    @Slot(object)
    def _on_failed(self, error: Exception) -> None:
        self._on_cancelled()
        tell(self._state, error)

    @Slot()
    def _on_cancelled(self) -> None:
        self._state.set_work(training=False)
        self.stopped.emit()
