"""Photos that the user takes out of the good set, or puts back, are remembered in its folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Slot

from inspector.gui.state.faults import tell
from inspector.gui.state.good_photos import PhotoSet
from inspector.gui.state.state import State
from inspector.gui.threads.jobs import Job, JobRunner
from inspector.storage.good_photos.left_out import keep_left_out


@dataclass(frozen=True, slots=True)
class _Keeping:
    good: PhotoSet
    left_out: frozenset[Path]
    ranked: frozenset[Path]

    def __call__(self, _job: Job) -> None:
        keep_left_out(self.good.folder, self.good.photos, self.left_out, self.ranked)


class LeftOutKeeper(QObject):
    """Writes the state's choice whenever it changes.

    Parameters
    ----------
    state : State
        The window's state.
    runner : JobRunner
        Writes in the order of the requests.
    """

    def __init__(self, state: State, runner: JobRunner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._state, self._runner = state, runner
        self._kept: _Keeping | None = None
        self._jobs: set[int] = set()
        state.left_out_changed.connect(self._keep)
        runner.succeeded.connect(self._on_over)
        runner.cancelled.connect(self._on_over)
        runner.failed.connect(self._on_failed)

    @Slot()
    def _keep(self) -> None:
        good = self._state.good
        if good is None:
            return
        ranked = frozenset(one.path for one in self._state.suspects)
        wanted = _Keeping(good, self._state.left_out, ranked)
        before = self._kept.left_out if self._kept is not None and self._kept.good is good else good.left_out
        self._kept = wanted
        if wanted.left_out != before:
            self._jobs.add(self._runner.submit(wanted))

    @Slot(int)
    @Slot(int, object)
    def _on_over(self, job_id: int, _result: object = None) -> None:
        self._jobs.discard(job_id)

    @Slot(int, object)
    def _on_failed(self, job_id: int, error: Exception) -> None:
        if job_id in self._jobs:
            self._jobs.discard(job_id)
            tell(self._state, error)
