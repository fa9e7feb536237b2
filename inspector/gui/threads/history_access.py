"""The history as the window knows it: opened in a thread at the first question, asked there, answers brought back."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QObject, Signal, Slot

from inspector.core.progress import Cancelled
from inspector.gui.threads.jobs import Job, JobRunner
from inspector.storage.folders import history_folder
from inspector.storage.history.known import known_history
from inspector.storage.settings import load_settings
from inspector.workflows.live.recording import OpenStore

if TYPE_CHECKING:
    from inspector.storage.history.store import History

_T = TypeVar("_T")


def open_history(anew: bool = False) -> History:
    """Open the history in the user's data, with the disk that the user allows it; `anew` as `History.open`."""
    from inspector.storage.history.disk_budget import GB, DiskBudget  # imports SQLAlchemy
    from inspector.storage.history.store import History

    return History.open(budget=DiskBudget(round(load_settings().history_gb * GB)), anew=anew)


class HistoryHandle:
    """One open history for several threads; opened by the first that needs it.

    Parameters
    ----------
    open_store : callable
        Opens it.
    """

    def __init__(self, open_store: OpenStore = open_history) -> None:
        self.open_store = open_store
        self._lock = threading.Lock()
        self._history: History | None = None
        self._anew = False

    def get(self) -> History:
        """Return the history.

        Raises
        ------
        HistoryError
            It cannot be opened; the next call tries again.
        """
        with self._lock:
            if self._history is None:
                self._history = open_history(anew=True) if self._anew else self.open_store()
                self._anew = False
            return self._history

    def begin_anew(self) -> None:
        """Let the next opening begin a new history where the one of before is gone: the user wants it."""
        with self._lock:
            self._anew = self.open_store is open_history

    def close(self) -> None:
        """Close it if it is open; no thread may use it any more."""
        with self._lock:
            history, self._history = self._history, None
        if history is not None:
            history.close()

    def exists(self) -> bool:
        """Whether there is one, or was one that should be there: to look at an empty page makes none."""
        folder = history_folder()
        if self.open_store is not open_history or self._anew or folder.is_dir():
            return True
        return known_history(str(folder.absolute())) is not None


@dataclass(frozen=True, slots=True)
class _Question:
    handle: HistoryHandle
    work: Callable[[History], object]

    def __call__(self, _job: Job) -> object:
        return self.work(self.handle.get())


@dataclass(frozen=True, slots=True)
class _Asked:
    then: Callable[..., None]
    otherwise: Callable[[Exception], None] | None
    writes: bool


class HistoryAccess(QObject):
    """Asks the history in a thread, one question after the other in the order in which they were asked.

    Parameters
    ----------
    handle : HistoryHandle
    runner : JobRunner

    Attributes
    ----------
    failed : Signal(Exception)
        A question had no answer, and who asked does not want to know by itself.
    """

    failed = Signal(object)

    def __init__(self, handle: HistoryHandle, runner: JobRunner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._handle = handle
        self._runner = runner
        self._asked: dict[int, _Asked] = {}
        runner.succeeded.connect(self._on_succeeded)
        runner.failed.connect(self._on_failed)
        runner.cancelled.connect(self._on_cancelled)

    def ask(
        self,
        work: Callable[[History], _T],
        then: Callable[[_T], None],
        otherwise: Callable[[Exception], None] | None = None,
        *,
        writes: bool = False,
    ) -> int:
        """Put a question.

        Parameters
        ----------
        work : callable
            Receives the history in the worker's thread; returns the answer.
        then : callable
            Receives the answer in the window's thread.
        otherwise : callable or None
            Receives the error instead, or `Cancelled` if the question was dropped; with None, `failed` reports it.
        writes : bool
            Whether it writes what would be lost if it were not done.

        Returns
        -------
        int
            The job's number.
        """
        job = self._runner.submit(_Question(self._handle, work))
        self._asked[job] = _Asked(then, otherwise, writes)
        return job

    @property
    def unwritten(self) -> int:
        """How much is to be written and is not yet."""
        return sum(asked.writes for asked in self._asked.values())

    def drop_questions(self) -> None:
        """Ask nothing any more; what writes is still done."""
        for job, asked in self._asked.items():
            if not asked.writes:
                self._runner.cancel(job)

    @Slot(int, object)
    def _on_succeeded(self, job_id: int, answer: object) -> None:
        asked = self._asked.pop(job_id, None)
        if asked is not None:
            asked.then(answer)

    @Slot(int, object)
    def _on_failed(self, job_id: int, error: Exception) -> None:
        asked = self._asked.pop(job_id, None)
        if asked is None:
            return
        if asked.otherwise is None:
            self.failed.emit(error)
        else:
            asked.otherwise(error)

    @Slot(int)
    def _on_cancelled(self, job_id: int) -> None:
        self._on_failed(job_id, Cancelled())  # who waits for an answer must not wait for ever
