"""Which good photos were taken together, found in a thread: dates are read from the photos themselves."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Slot

from inspector.core.good_photos.sessions import NO_SESSIONS, SessionChoice, Sessions, SessionsBy
from inspector.gui.state.faults import tell
from inspector.gui.state.state import State
from inspector.gui.threads.jobs import Job, JobRunner
from inspector.gui.threads.single_job import SingleJob
from inspector.storage.good_photos.taken_together import find_sessions


@dataclass(frozen=True, slots=True)
class _Search:
    folder: Path
    photos: tuple[Path, ...]
    by: SessionsBy

    def __call__(self, _job: Job) -> Sessions:
        return find_sessions(self.folder, self.photos, SessionChoice(self.by))


class SessionFinder(QObject):
    """Finds the sessions of the window's good photos, and again when they are to be found another way.

    Parameters
    ----------
    state : State
        The window's state; receives the groups.
    runner : JobRunner
        Reads the photos' headers.
    """

    def __init__(self, state: State, runner: JobRunner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._single_job = SingleJob(runner, self)
        self._searched: _Search | None = None
        state.good_changed.connect(self._search)
        state.grouping_changed.connect(self._search)
        self._single_job.succeeded.connect(state.set_sessions_found)
        self._single_job.failed.connect(self._on_failed)
        self._single_job.cancelled.connect(self._on_cancelled)

    @Slot()
    def _search(self) -> None:
        good = self._state.good
        wanted = None if good is None else _Search(good.folder, good.photos, self._state.grouping.choice.by)
        if wanted != self._searched:
            self._searched = wanted
            self._single_job.drop()
            if wanted is not None:
                self._single_job.submit(wanted)

    @Slot(object)
    def _on_failed(self, error: Exception) -> None:
        self._on_cancelled()
        tell(self._state, error)

    @Slot()
    def _on_cancelled(self) -> None:
        """Show no sessions of other photos, and search again when asked next."""
        self._state.set_sessions_found(NO_SESSIONS)
        self._searched = None
