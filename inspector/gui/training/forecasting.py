"""The forecast of training, made in a thread whenever good photos or recipe change."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from inspector.core.errors import InspectorError
from inspector.core.good_photos.sessions import SessionChoice
from inspector.core.photo.pixel_depth import Bits
from inspector.core.training.forecast import Forecast
from inspector.core.training.plan import Recipe
from inspector.gui.state.faults import tell
from inspector.gui.state.state import State
from inspector.gui.state.window import Step
from inspector.gui.threads.jobs import Job, JobRunner
from inspector.gui.threads.single_job import SingleJob
from inspector.workflows.computer.machine import load_libraries
from inspector.workflows.training.forecast import forecast_training

SETTLE_MS = 400
"""A form is changed in several clicks: only what stands for this long is probed."""


@dataclass(frozen=True, slots=True)
class _Question:
    """The settings of a possible training."""

    good: Path
    count: int
    recipe: Recipe
    device: str
    leave_out: frozenset[Path]
    sessions: SessionChoice
    depth_bits: Bits | None = None

    def __call__(self, job: Job) -> Forecast:
        load_libraries()
        job.token.check()
        return forecast_training(
            self.good,
            self.recipe,
            device=self.device,
            leave_out=self.leave_out,
            sessions=self.sessions,
            depth_bits=self.depth_bits,
            token=job.token,
        )


class Forecasting(QObject):
    """Asks what training would take, and holds the answer while it is true.

    Parameters
    ----------
    state : State
        Supplies these settings.
    runner : JobRunner
        Probes.

    Attributes
    ----------
    changed : Signal()
        `forecast` or `asking` changed.
    """

    changed = Signal()

    def __init__(self, state: State, runner: JobRunner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._single_job = SingleJob(runner, self)
        self._asked: _Question | None = None
        self._forecast: Forecast | None = None
        self._anyway = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SETTLE_MS)
        self._timer.timeout.connect(self._ask)
        for signal in (state.good_changed, state.left_out_changed, state.grouping_changed,
                       state.recipe_changed, state.work_changed, state.step_changed,
                       state.good_depth.changed):  # fmt: skip
            signal.connect(self._look)
        self._single_job.succeeded.connect(self._on_succeeded)
        self._single_job.failed.connect(self._on_failed)
        self._single_job.cancelled.connect(self.changed)

    @property
    def forecast(self) -> Forecast | None:
        """The forecast of training; None until it is known."""
        return self._forecast

    @property
    def asking(self) -> bool:
        """Whether the answer is on its way."""
        return self._single_job.busy or self._timer.isActive()

    @property
    def anyway(self) -> bool:
        """Whether the user wants to train although memory will not do."""
        return self._anyway

    def accept(self) -> None:
        """Train although memory will not do; holds until something else would be trained."""
        self._anyway = True

    def stop(self) -> None:
        """Ask nothing any more: the window closes."""
        self._timer.stop()

    def _question(self) -> _Question | None:
        state = self._state
        if state.good is None:
            return None
        return _Question(
            state.good.folder, len(state.good), state.recipe, state.device, state.left_out,
            state.grouping.choice, state.good_depth.chosen,
        )  # fmt: skip

    @Slot()
    def _look(self) -> None:
        """Ask anew where something else would be trained; not beside a training, which needs the processor."""
        question, working = self._question(), self._state.work.training
        if question != self._asked:
            self._single_job.drop()
            self._asked, self._forecast, self._anyway = None, None, False
        if working:  # the trained settings need no forecast afterwards
            self._single_job.drop()
            self._asked = question
        if question is not None and self._asked is None and self._state.step is Step.TRAIN:
            self._timer.start()
        else:
            self._timer.stop()
        self.changed.emit()

    @Slot()
    def _ask(self) -> None:
        self._asked = self._question()
        if self._asked is not None:
            self._single_job.submit(self._asked)
        self.changed.emit()

    @Slot(object)
    def _on_succeeded(self, forecast: Forecast) -> None:
        self._forecast = forecast
        self.changed.emit()

    @Slot(object)
    def _on_failed(self, error: Exception) -> None:
        self.changed.emit()
        # Training reports all problems of the user's data at the click. A bug is a bug.
        if not isinstance(error, InspectorError):
            tell(self._state, error)
