"""Finds the bit depth of the good photos in a thread."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from inspector.core.photo.pixel_depth import StoredRange
from inspector.gui.state.faults import tell
from inspector.gui.threads.jobs import Job, JobRunner
from inspector.gui.threads.single_job import SingleJob
from inspector.storage.good_photos.good_set import stored_ranges

if TYPE_CHECKING:
    from inspector.gui.state.state import State


@dataclass(frozen=True, slots=True)
class _Look:
    photos: tuple[Path, ...]

    def __call__(self, job: Job) -> dict[Path, StoredRange]:
        return stored_ranges(self.photos, token=job.token)


class DepthFinder(QObject):
    """Looks at the good photos whenever others are chosen.

    Parameters
    ----------
    state : State
        The window's state; receives the bit depth.
    runner : JobRunner
        Reads the photos.
    """

    def __init__(self, state: State, runner: JobRunner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._single_job = SingleJob(runner, self)
        state.good_changed.connect(self._look)
        self._single_job.succeeded.connect(state.good_depth.set_ranges)
        self._single_job.failed.connect(self._on_failed)

    @Slot()
    def _look(self) -> None:
        self._single_job.drop()
        if self._state.good is not None:
            self._single_job.submit(_Look(self._state.good.photos))

    @Slot(object)
    def _on_failed(self, error: Exception) -> None:
        tell(self._state, error)
