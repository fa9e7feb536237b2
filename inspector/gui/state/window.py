"""The part of the window's state without photos: page, overlay, running work, problem."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum

from PySide6.QtCore import QObject, Signal

from inspector.gui.state.messages import Problem
from inspector.gui.state.work import Work


class Step(IntEnum):
    """The pages, in the order of the rail."""

    GOOD = 0
    TRAIN = 1
    JUDGE = 2
    LIVE = 3
    REVIEW = 4


@dataclass(frozen=True, slots=True)
class Overlay:
    """The overlay of the photo."""

    heatmap: bool = True
    outlines: bool = True
    opacity: float = 0.8


class WindowState(QObject):
    """Validates, compares, assigns, emits once; `Session` adds photos, bundle and results."""

    step_changed = Signal()
    overlay_changed = Signal()
    filmstrip_changed = Signal()
    work_changed = Signal()
    problem_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._step = Step.GOOD
        self._overlay = Overlay()
        self._filmstrip = False
        self._work = Work()
        self._problem: Problem | None = None

    @property
    def step(self) -> Step:
        """The page shown."""
        return self._step

    def set_step(self, step: Step) -> None:
        """Show a page."""
        if step != self._step:
            self._step = Step(step)
            self.step_changed.emit()

    @property
    def overlay(self) -> Overlay:
        """The overlay of the photo."""
        return self._overlay

    def set_overlay(
        self, *, heatmap: bool | None = None, outlines: bool | None = None, opacity: float | None = None
    ) -> None:
        """Change the overlay of the photo; None leaves a value unchanged."""
        overlay = replace(
            self._overlay,
            heatmap=self._overlay.heatmap if heatmap is None else heatmap,
            outlines=self._overlay.outlines if outlines is None else outlines,
            opacity=self._overlay.opacity if opacity is None else min(max(opacity, 0.0), 1.0),
        )
        if overlay != self._overlay:
            self._overlay = overlay
            self.overlay_changed.emit()

    @property
    def filmstrip(self) -> bool:
        """Whether results are shown as a strip of photos instead of a table."""
        return self._filmstrip

    def set_filmstrip(self, shown: bool) -> None:
        """Show results as a strip of photos, or as a table."""
        if shown != self._filmstrip:
            self._filmstrip = shown
            self.filmstrip_changed.emit()

    @property
    def work(self) -> Work:
        """The running work."""
        return self._work

    def set_work(self, **changes: bool) -> None:
        """Set the running work."""
        work = replace(self._work, **changes)
        if work != self._work:
            self._work = work
            self.work_changed.emit()

    @property
    def problem(self) -> Problem | None:
        """The problem shown in the bar."""
        return self._problem

    def set_problem(self, problem: Problem | None) -> None:
        """Show a problem, or none."""
        if problem != self._problem:
            self._problem = problem
            self.problem_changed.emit()
