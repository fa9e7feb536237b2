"""Whether the open model was trained on the good photos chosen, found in a thread: their content is compared."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Slot

from inspector.core.errors import ImageError
from inspector.gui.state.faults import tell
from inspector.gui.state.state import State
from inspector.gui.threads.jobs import Job, JobRunner
from inspector.gui.threads.single_job import SingleJob
from inspector.storage.good_photos.good_set import photos_sha256


@dataclass(frozen=True, slots=True)
class _Reading:
    folder: Path
    photos: tuple[Path, ...]

    def __call__(self, job: Job) -> str:
        return photos_sha256(self.folder, self.photos, job.token)


class ProductFinder(QObject):
    """Sets the product of the state from its good photos, if a model of the same number of photos is open.

    Parameters
    ----------
    state : State
        The window's state.
    runner : JobRunner
        Reads the photos' files.
    """

    def __init__(self, state: State, runner: JobRunner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._single_job = SingleJob(runner, self)
        self._read: _Reading | None = None
        for signal in (state.good_changed, state.left_out_changed, state.bundle_changed):
            signal.connect(self._ask)
        self._single_job.succeeded.connect(state.product.recognise_good)
        self._single_job.failed.connect(self._on_failed)

    @Slot()
    def _ask(self) -> None:
        wanted = self._wanted()
        if wanted != self._read:
            self._single_job.drop()
            self._read = wanted
            if wanted is not None:
                self._single_job.submit(wanted)

    def _wanted(self) -> _Reading | None:
        state = self._state
        if state.good is None or state.manifest is None or state.product.trained_here:
            return None
        photos = tuple(photo for photo in state.good.photos if photo not in state.left_out)
        return _Reading(state.good.folder, photos) if len(photos) == state.manifest.goods.count else None

    @Slot(object)
    def _on_failed(self, error: Exception) -> None:
        if not isinstance(error, ImageError):  # training reports a photo that cannot be read
            tell(self._state, error)
