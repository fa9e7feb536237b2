"""Changes to the bundle's file after training: limits, known defects, answers on strays. Written in a thread."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from inspector.core.progress import Progress
from inspector.core.promise.strays import Answer
from inspector.core.values import Limits
from inspector.gui.state.faults import tell
from inspector.gui.state.state import State
from inspector.gui.threads.jobs import Job, JobRunner
from inspector.storage.bundles.bundle import DefectRecord, StoredBundle
from inspector.workflows.judging.limits import keep_defects, keep_limits, score_defects
from inspector.workflows.judging.loaded_bundle import LoadedBundle
from inspector.workflows.training.strays import answer_strays, record_answers


@dataclass(frozen=True, slots=True)
class _Limits:
    stored: StoredBundle
    limits: Limits
    changed_by: str
    note: str

    def __call__(self, _job: Job) -> StoredBundle:
        return keep_limits(self.stored, self.limits, changed_by=self.changed_by or None, note=self.note)


@dataclass(frozen=True, slots=True)
class _Scoring:
    bundle: LoadedBundle
    folder: Path

    def __call__(self, job: Job) -> DefectRecord:
        return score_defects(self.bundle, self.folder, report=job.report, token=job.token)


@dataclass(frozen=True, slots=True)
class _Defects:
    stored: StoredBundle
    defects: DefectRecord | None

    def __call__(self, _job: Job) -> StoredBundle:
        return keep_defects(self.stored, self.defects)


@dataclass(frozen=True, slots=True)
class _Answers:
    stored: StoredBundle
    answers: Mapping[str, Answer]
    good_folder: Path | None
    photos: Mapping[Path, Answer]

    def __call__(self, _job: Job) -> StoredBundle:
        if self.good_folder is not None:
            answer_strays(self.good_folder, self.photos)
        return record_answers(self.stored, self.answers)


class Saving(QObject):
    """Writes into the file of the state's bundle; results and limits in use stay as they are.

    Parameters
    ----------
    state : State
        Whose bundle it is.
    scorer, writer : JobRunner
        Who computes scores, and who waits for the disk.

    Attributes
    ----------
    progressed : Signal(Progress)
        Where scoring stands.
    kept : Signal(Path)
        The model's file has the wanted content.
    """

    progressed = Signal(object)
    kept = Signal(object)

    def __init__(self, state: State, scorer: JobRunner, writer: JobRunner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._scorer = scorer
        self._writer = writer
        self._scoring = self._writing = 0
        self._for: StoredBundle | None = None  # the subject of the running job
        scorer.progress.connect(self._on_progress)
        for runner in (scorer, writer):
            runner.succeeded.connect(self._on_succeeded)
            runner.failed.connect(self._on_failed)
            runner.cancelled.connect(self._on_cancelled)

    def keep_limits(self, changed_by: str, note: str) -> None:
        """Write the limits in use into the bundle's file; an empty name is the system's name of the user."""
        bundle = self._state.bundle
        if bundle is not None:
            self._write(_Limits(bundle.stored, self._state.limits, changed_by.strip(), note.strip()))

    def compare(self, folder: Path) -> None:
        """Score photos of known defects and keep their scores in the bundle's file."""
        bundle = self._state.bundle
        if bundle is not None and not self._busy:
            self._state.set_problem(None)
            self._for = bundle.stored
            self._scoring = self._scorer.submit(_Scoring(bundle, folder))
            self._state.set_work(comparing=True)

    def forget_defects(self) -> None:
        """Remove the known defects from the bundle's file."""
        bundle = self._state.bundle
        if bundle is not None:
            self._write(_Defects(bundle.stored, None))

    def answer(
        self,
        answers: Mapping[str, Answer],
        good_folder: Path | None = None,
        photos: Mapping[Path, Answer] | None = None,
    ) -> None:
        """Write the user's answers on strays into the model's file and into the folder of good photos.

        Parameters
        ----------
        answers : mapping of str to Answer
            By the SHA-256 of the photos.
        good_folder : Path or None
            None where the photos are not at hand; the next training then asks again.
        photos : mapping of Path to Answer
            The same photos in that folder.
        """
        bundle = self._state.bundle
        if bundle is not None:
            self._write(_Answers(bundle.stored, answers, good_folder, photos or {}))

    def cancel(self) -> None:
        """Ask scoring to stop; the bundle's file stays as it is."""
        self._scorer.cancel(self._scoring)

    @property
    def _busy(self) -> bool:
        return bool(self._scoring or self._writing)

    def _write(self, work: _Limits | _Defects | _Answers) -> None:
        if not self._busy:
            self._state.set_problem(None)
            self._for = work.stored
            self._writing = self._writer.submit(work)
            self._state.set_work(saving=True)

    @Slot(int, object)
    def _on_progress(self, job_id: int, progress: Progress) -> None:
        if job_id == self._scoring:
            self.progressed.emit(progress)

    @Slot(int, object)
    def _on_succeeded(self, job_id: int, result: object) -> None:
        if not self._over(job_id):
            return
        bundle = self._state.bundle
        if bundle is None or bundle.stored is not self._for:  # another model was opened in the meantime
            return
        if isinstance(result, DefectRecord):
            self._write(_Defects(bundle.stored, result))
        elif isinstance(result, StoredBundle):
            self._state.replace_stored(result)
            self.kept.emit(result.path)

    @Slot(int, object)
    def _on_failed(self, job_id: int, error: Exception) -> None:
        if self._over(job_id):
            tell(self._state, error)

    @Slot(int)
    def _on_cancelled(self, job_id: int) -> None:
        self._over(job_id)

    def _over(self, job_id: int) -> bool:
        if job_id not in (self._scoring, self._writing):
            return False
        if job_id == self._scoring:
            self._scoring = 0
            self._state.set_work(comparing=False)
        else:
            self._writing = 0
            self._state.set_work(saving=False)
        return True
