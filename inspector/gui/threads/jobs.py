"""Work off the window's thread: one long-lived thread per role, made once and closed once.

Measured, not guessed: a thread per job with deleteLater crashed or hung within 4000 jobs, one long-lived thread did
not. Results leave the worker through signals between bound methods of QObjects. A lambda connected to a worker's signal
would run in the worker's thread.
"""

from __future__ import annotations

import itertools
import logging
import time
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Qt, QThread, Signal, Slot

from inspector.core.errors import InspectorError
from inspector.core.progress import Cancelled, CancelToken, Progress

TELL_EVERY_S = 0.05
"""Shortest time between two progress reports or deliveries, so that thousands of them cannot flood the event loop."""

STACK_BYTES = 16 * 2**20  # secondary threads get 512 KiB on macOS, too little for numeric libraries
CLOSE_MS = 5000

log = logging.getLogger(__name__)
_job_ids = itertools.count(1)  # unique over all runners, so that an id says which job it is without its runner


class Job:
    """One piece of work, as the work itself sees it.

    Parameters
    ----------
    job_id : int
        Its number.
    work : callable
        Receives this job; its return value is the result.
    """

    def __init__(self, job_id: int, work: Callable[[Job], Any]) -> None:
        self.id = job_id
        self.work = work
        self.token = CancelToken()
        self.begun = False
        self._worker: _Worker | None = None
        self._told_at = 0.0
        self._stage: str | None = None
        self._waiting: list[Any] = []
        self._delivered_at = 0.0

    def report(self, progress: Progress) -> None:
        """Pass progress on, at most every `TELL_EVERY_S`; a new stage and the last step always."""
        now = time.monotonic()
        if progress.stage == self._stage and progress.done < progress.total and now - self._told_at < TELL_EVERY_S:
            return
        self._told_at, self._stage = now, progress.stage
        self._emit_progress(progress)

    def deliver(self, item: Any) -> None:
        """Hand over a part of the result; parts travel in batches."""
        self._waiting.append(item)
        if time.monotonic() - self._delivered_at >= TELL_EVERY_S:
            self.flush()

    def tell(self, item: Any) -> None:
        """Deliver a part of the result at once; for rare parts only."""
        self._waiting.append(item)
        self.flush()

    def flush(self) -> None:
        """Hand over what still waits."""
        if self._waiting and self._worker is not None:
            self._worker.delivered.emit(self.id, tuple(self._waiting))
        self._waiting = []
        self._delivered_at = time.monotonic()

    def bind(self, worker: _Worker) -> None:
        """Say which worker runs this job."""
        self.begun = True  # before the token is read: whoever cancels does it the other way round
        self._worker = worker

    def _emit_progress(self, progress: Progress) -> None:
        if self._worker is not None:
            self._worker.progress.emit(self.id, progress)


class _Worker(QObject):
    """Lives in the thread and runs one job after the other."""

    progress = Signal(int, object)
    delivered = Signal(int, object)
    succeeded = Signal(int, object)
    failed = Signal(int, object)
    cancelled = Signal(int)

    @Slot(object)
    def run(self, job: Job) -> None:
        """Run a job and emit exactly one outcome."""
        job.bind(self)
        try:
            job.token.check()
            try:
                result = job.work(job)
            finally:
                job.flush()  # what came until then is there, however it ends
        except Cancelled:
            self.cancelled.emit(job.id)
        except Exception as error:  # the border of the thread: all that happens must reach the window
            if not isinstance(error, InspectorError):  # here, since whoever wanted it may not wait for it any more
                log.error("unexpected error in the thread %s", QThread.currentThread().objectName(), exc_info=error)
            self.failed.emit(job.id, error)
        else:
            self.succeeded.emit(job.id, result)


class JobRunner(QObject):
    """Runs jobs one after the other in a thread of its own.

    Parameters
    ----------
    name : str
        Of the thread, for debuggers.
    parent : QObject or None
        Owner.

    Attributes
    ----------
    progress : Signal(int, Progress)
        Job id and where it stands; rate-limited.
    delivered : Signal(int, tuple)
        Job id and parts of the result, in order.
    succeeded : Signal(int, object)
        Job id and the return value of the work.
    failed : Signal(int, Exception)
        Job id and the exception.
    cancelled : Signal(int)
        Job id.
    """

    progress = Signal(int, object)
    delivered = Signal(int, object)
    succeeded = Signal(int, object)
    failed = Signal(int, object)
    cancelled = Signal(int)
    _posted = Signal(object)
    _taken_out = Signal(int)

    def __init__(self, name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs: dict[int, Job] = {}
        self._closed = False
        self._thread = QThread()
        self._thread.setObjectName(name)
        self._thread.setStackSize(STACK_BYTES)
        self._worker = _Worker()
        self._worker.moveToThread(self._thread)
        self._posted.connect(self._worker.run, Qt.ConnectionType.QueuedConnection)
        self._taken_out.connect(self._on_cancelled, Qt.ConnectionType.QueuedConnection)
        self._worker.progress.connect(self._on_progress)
        self._worker.delivered.connect(self._on_delivered)
        self._worker.succeeded.connect(self._on_succeeded)
        self._worker.failed.connect(self._on_failed)
        self._worker.cancelled.connect(self._on_cancelled)
        self._thread.start()

    @property
    def busy(self) -> bool:
        """Whether a job is running or waiting."""
        return bool(self._jobs)

    def submit(self, work: Callable[[Job], Any]) -> int:
        """Queue work and return the job's id.

        Parameters
        ----------
        work : callable
            Called in the worker's thread with its `Job`, whose `report`, `deliver` and `token` it may use.

        Returns
        -------
        int
            Comes back with exactly one of `succeeded`, `failed` and `cancelled`.
        """
        if self._closed:
            raise RuntimeError("the job runner is closed")
        job = Job(next(_job_ids), work)
        self._jobs[job.id] = job
        self._posted.emit(job)
        return job.id

    def cancel(self, job_id: int) -> None:
        """Ask a job to stop; harmless when it is over. One that still waits is over without its turn."""
        job = self._jobs.get(job_id)
        if job is not None:
            job.token.cancel()
            if not job.begun:
                self._taken_out.emit(job_id)  # queued: whoever cancels hears of it later, as of any other job

    def cancel_all(self) -> None:
        """Ask every job to stop."""
        for job_id in tuple(self._jobs):
            self.cancel(job_id)

    def close(self, wait_ms: int = CLOSE_MS) -> bool:
        """Ask everything to stop and end the thread.

        Returns
        -------
        bool
            Whether the thread ended in time. If not, the process must not go on to destroy it.
        """
        self._closed = True
        self.cancel_all()
        self._thread.quit()
        ended = self._thread.wait(wait_ms)
        self._jobs.clear()
        return ended

    def finish(self, wait_ms: int | None = None) -> bool:
        """Take no more jobs, and end the thread once all there are, are over; none is asked to stop.

        Parameters
        ----------
        wait_ms : int or None
            None waits without a limit.

        Returns
        -------
        bool
            Whether the thread ended in time, as with `close`.
        """
        self._closed = True
        self._posted.emit(Job(0, _end_thread))  # behind all others
        ended = self._thread.wait() if wait_ms is None else self._thread.wait(wait_ms)
        self._jobs.clear()
        return ended

    @Slot(int, object)
    def _on_progress(self, job_id: int, progress: Progress) -> None:
        if job_id in self._jobs:
            self.progress.emit(job_id, progress)

    @Slot(int, object)
    def _on_delivered(self, job_id: int, items: tuple[Any, ...]) -> None:
        if job_id in self._jobs:
            self.delivered.emit(job_id, items)

    @Slot(int, object)
    def _on_succeeded(self, job_id: int, result: object) -> None:
        if self._jobs.pop(job_id, None) is not None:
            self.succeeded.emit(job_id, result)

    @Slot(int, object)
    def _on_failed(self, job_id: int, error: Exception) -> None:
        if self._jobs.pop(job_id, None) is not None:
            self.failed.emit(job_id, error)

    @Slot(int)
    def _on_cancelled(self, job_id: int) -> None:
        if self._jobs.pop(job_id, None) is not None:
            self.cancelled.emit(job_id)


def _end_thread(_job: Job) -> None:
    QThread.currentThread().quit()
