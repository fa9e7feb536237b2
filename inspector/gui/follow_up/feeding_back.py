"""False alarms fed back into the open bundle, off the window's thread: proposed, then accepted, then perhaps undone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from inspector.core.errors import DatasetError
from inspector.core.review.decision import Decision
from inspector.gui.state.faults import tell
from inspector.gui.state.state import State
from inspector.gui.threads.history_access import HistoryHandle
from inspector.gui.threads.jobs import Job, JobRunner
from inspector.gui.threads.single_job import SingleJob
from inspector.storage.bundles.bundle import StoredBundle
from inspector.storage.bundles.versions import restore_version
from inspector.workflows.judging.loaded_bundle import LoadedBundle
from inspector.workflows.review.feedback import Proposal, accept, propose
from inspector.workflows.review.reviewed_parts import judged_by, reviewed_in

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
                "review",
                "no part of this model was reviewed as a false alarm yet",
                action="decide about some first",
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
        `busy`, `proposal` or `undoable` changed.
    progressed : Signal(Progress)
        Where the proposal stands.
    bundle_written : Signal(Path)
        The bundle's file is another version now: it must be opened again.
    """

    changed = Signal()
    progressed = Signal(object)
    bundle_written = Signal(object)

    def __init__(self, state: State, handle: HistoryHandle, runner: JobRunner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._state, self._handle = state, handle
        self._single_job = SingleJob(runner, self)
        self._before = ""
        self._undoable: dict[Path, str] = {}  # of each bundle's file, the version before the last acceptance
        self.proposal: Proposal | None = None
        self._single_job.progressed.connect(self.progressed)
        self._single_job.succeeded.connect(self._on_succeeded)
        self._single_job.failed.connect(self._on_failed)
        self._single_job.cancelled.connect(self.changed)
        state.bundle_changed.connect(self._on_bundle)

    @property
    def busy(self) -> bool:
        """Whether something is being computed or written."""
        return self._single_job.busy

    @property
    def undoable(self) -> str:
        """SHA-256 of the version before the last accepted change of the open model; empty without such a version."""
        bundle = self._state.bundle
        return "" if bundle is None else self._undoable.get(bundle.stored.path.absolute(), "")

    @Slot()
    def propose(self) -> None:
        """Find out what feeding back the confirmed false alarms would change; nothing is written."""
        bundle = self._state.bundle
        if bundle is not None and not self.busy:
            self._state.set_problem(None)
            self.proposal = None
            self._submit(_Proposing(bundle, self._handle))

    @Slot()
    def accept(self) -> None:
        """Save the proposal as a new version of the model."""
        if self.proposal is not None and not self.busy:
            self._before = self.proposal.stored.sha256
            self._submit(_Accepting(self.proposal, self._state.review.reviewer))

    @Slot()
    def leave(self) -> None:
        """Discard the proposal, or stop its computation."""
        self._single_job.cancel()
        self.proposal = None
        self.changed.emit()

    @Slot()
    def undo(self) -> None:
        """Restore the version before the last acceptance."""
        bundle = self._state.bundle
        if bundle is not None and self.undoable and not self.busy:
            self._before, wanted = "", self.undoable
            self._submit(_Restoring(bundle.stored.path, wanted))

    def _submit(self, work: _Proposing | _Accepting | _Restoring) -> None:
        self._single_job.submit(work)
        self.changed.emit()

    @Slot(object)
    def _on_succeeded(self, result: object) -> None:
        if isinstance(result, Proposal):
            self.proposal = result
        elif isinstance(result, StoredBundle):
            self.proposal = None
            self._undoable[result.path.absolute()] = self._before
            self.bundle_written.emit(result.path)
        self.changed.emit()

    @Slot(object)
    def _on_failed(self, error: Exception) -> None:
        self.changed.emit()
        tell(self._state, error)

    @Slot()
    def _on_bundle(self) -> None:
        """Forget a proposal for another bundle, and an undo that is of another file."""
        bundle = self._state.bundle
        if self.proposal is not None and (bundle is None or bundle.stored.sha256 != self.proposal.stored.sha256):
            self.proposal = None
        self.changed.emit()
