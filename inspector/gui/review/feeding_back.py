"""False alarms fed back into the open bundle, off the window's thread: proposed, then accepted, then perhaps undone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from inspector.core.errors import DatasetError
from inspector.core.progress import Progress
from inspector.core.review import Decision
from inspector.gui.faults import tell
from inspector.gui.jobs import Job, JobRunner
from inspector.gui.review.archive import HistoryHandle
from inspector.gui.session import Session
from inspector.storage.bundle import StoredBundle
from inspector.storage.bundle_versions import restore_version
from inspector.workflows.feedback import Proposal, accept, judged_by, propose, reviewed_in
from inspector.workflows.inspect import LoadedBundle

MOST_PARTS = 200
"""False alarms fed back at a time, the newest first: for more, train again with them among the good photos."""


@dataclass(frozen=True, slots=True)
class _Proposing:
    loaded: LoadedBundle
    handle: HistoryHandle

    def __call__(self, job: Job) -> Proposal:
        reviewed = list(reviewed_in(self.handle.get(), partial(judged_by, self.loaded.stored)))
        alarms = [part for part in reviewed if part.decision is Decision.FALSE_ALARM][:MOST_PARTS]
        if not alarms:
            raise DatasetError(
                "review", "no part that this bundle judged was called a false alarm yet; decide about some first"
            )
        return propose(self.loaded, alarms, reviewed, report=job.report, token=job.token)


@dataclass(frozen=True, slots=True)
class _Accepting:
    proposal: Proposal
    reviewer: str

    def __call__(self, _job: Job) -> StoredBundle:
        return accept(self.proposal, changed_by=self.reviewer or None)


@dataclass(frozen=True, slots=True)
class _Restoring:
    bundle: Path
    sha256: str

    def __call__(self, _job: Job) -> StoredBundle:
        return restore_version(self.bundle, self.sha256)


class FeedingBack(QObject):
    """Proposes, accepts and undoes.

    Attributes
    ----------
    changed : Signal()
        `busy`, `proposal` or `undoable` is another one.
    progressed : Signal(Progress)
        Where the proposal stands.
    bundle_written : Signal(Path)
        The bundle's file is another version now: it must be opened again.
    """

    changed = Signal()
    progressed = Signal(object)
    bundle_written = Signal(object)

    def __init__(
        self, session: Session, handle: HistoryHandle, runner: JobRunner, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._session, self._handle, self._runner = session, handle, runner
        self._job = 0
        self._before = ""
        self.proposal: Proposal | None = None
        self.undoable = ""
        runner.progress.connect(self._on_progress)
        runner.succeeded.connect(self._on_succeeded)
        runner.failed.connect(self._on_failed)
        runner.cancelled.connect(self._on_cancelled)
        session.bundle_changed.connect(self._on_bundle)

    @property
    def busy(self) -> bool:
        """Whether something is being computed or written."""
        return self._job != 0

    @Slot()
    def propose(self) -> None:
        """Find out what feeding back the confirmed false alarms would change; nothing is written."""
        bundle = self._session.bundle
        if bundle is not None and not self.busy:
            self._session.set_problem(None)
            self.proposal = None
            self._submit(_Proposing(bundle, self._handle))

    @Slot()
    def accept(self) -> None:
        """Write what was proposed, as a new version of the bundle."""
        if self.proposal is not None and not self.busy:
            self._before = self.proposal.stored.sha256
            self._submit(_Accepting(self.proposal, self._session.review.reviewer))

    @Slot()
    def leave(self) -> None:
        """Drop what was proposed, or stop computing it."""
        self._runner.cancel(self._job)
        self.proposal = None
        self.changed.emit()

    @Slot()
    def undo(self) -> None:
        """Bring the version before the last acceptance back."""
        bundle = self._session.bundle
        if bundle is not None and self.undoable and not self.busy:
            self._before, wanted = "", self.undoable
            self._submit(_Restoring(bundle.stored.path, wanted))

    def _submit(self, work: _Proposing | _Accepting | _Restoring) -> None:
        self._job = self._runner.submit(work)
        self.changed.emit()

    @Slot(int, object)
    def _on_progress(self, job_id: int, progress: Progress) -> None:
        if job_id == self._job:
            self.progressed.emit(progress)

    @Slot(int, object)
    def _on_succeeded(self, job_id: int, result: object) -> None:
        if job_id != self._job:
            return
        self._job = 0
        if isinstance(result, Proposal):
            self.proposal = result
        elif isinstance(result, StoredBundle):
            self.proposal, self.undoable = None, self._before
            self.bundle_written.emit(result.path)
        self.changed.emit()

    @Slot(int, object)
    def _on_failed(self, job_id: int, error: Exception) -> None:
        if job_id == self._job:
            self._job = 0
            self.changed.emit()
            tell(self._session, error)

    @Slot(int)
    def _on_cancelled(self, job_id: int) -> None:
        if job_id == self._job:
            self._job = 0
            self.changed.emit()

    @Slot()
    def _on_bundle(self) -> None:
        """Forget a proposal for another bundle, and an undo that is of another file."""
        bundle = self._session.bundle
        if self.proposal is not None and (bundle is None or bundle.stored.sha256 != self.proposal.stored.sha256):
            self.proposal = None
        self.changed.emit()
