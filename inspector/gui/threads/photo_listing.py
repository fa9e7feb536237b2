"""Folders that the user chooses become sets of photos; listed in a thread, since a network share can be slow."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from inspector.core.progress import Progress
from inspector.gui.state.faults import tell
from inspector.gui.state.good_photos import PhotoSet
from inspector.gui.state.state import State
from inspector.gui.threads.jobs import Job, JobRunner
from inspector.gui.threads.single_job import SingleJob
from inspector.storage.good_photos.left_out import find_left_out
from inspector.storage.photos.photo_list import find_images
from inspector.storage.photos.skipped_files import skipped_words
from inspector.workflows.measuring import demo

log = logging.getLogger(__name__)


class PhotoListing(QObject):
    """Finds photos for the state.

    Parameters
    ----------
    state : State
        Receives the sets of photos.
    goods, photos : JobRunner
        Who lists folders of good photos, and of photos to inspect.

    Attributes
    ----------
    progressed : Signal(Progress)
        Where listing stands.
    photos_chosen : Signal(PhotoSet)
        The state has new photos to inspect.
    """

    progressed = Signal(object)
    photos_chosen = Signal(object)

    def __init__(self, state: State, goods: JobRunner, photos: JobRunner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._goods, self._photos = SingleJob(goods, self), SingleJob(photos, self)
        self._goods.succeeded.connect(self._on_goods)
        self._photos.succeeded.connect(self._on_photos)
        for single_job in (self._goods, self._photos):
            single_job.progressed.connect(self.progressed)
            single_job.failed.connect(self._on_failed)
            single_job.cancelled.connect(self._render)

    def choose_good(self, folder: Path) -> None:
        """Make a folder the good set."""
        self._submit(self._goods, _Listing((folder,), of_goods=True), folder)

    def choose_photos(self, paths: Sequence[Path]) -> None:
        """Make a folder, or some photos, the photos to inspect."""
        self._submit(self._photos, _Listing(tuple(paths)), paths[0])

    def prepare_demo(self, folder: Path) -> None:
        """Lay out the demonstration's solar cells below a folder, and choose them."""
        self._submit(self._goods, _Demo(folder), folder)

    def cancel(self) -> None:
        """Choose nothing; a disk that does not answer is not waited for."""
        for single_job in (self._goods, self._photos):
            single_job.drop()
        self._render()

    def _submit(self, single_job: SingleJob, work: Callable[[Job], object], folder: Path) -> None:
        single_job.drop()  # the folder chosen last counts
        single_job.submit(work)
        self._render()
        self.progressed.emit(Progress(self.tr("looking for photos in {name}").format(name=folder.name), 0, 0))

    @Slot(object)
    def _on_goods(self, found: object) -> None:
        self._render()
        self._state.set_problem(None)
        if isinstance(found, PhotoSet):
            self._state.set_good(found)
            return
        good, mixed = found  # type: ignore[misc]
        self._state.set_good(good)
        self._on_photos(mixed)

    @Slot(object)
    def _on_photos(self, found: PhotoSet) -> None:
        self._render()
        self._state.set_problem(None)
        self._state.set_photos(found)
        self.photos_chosen.emit(found)

    @Slot(object)
    def _on_failed(self, error: Exception) -> None:
        self._render()
        tell(self._state, error)

    @Slot()
    def _render(self) -> None:
        self._state.set_work(listing=self._goods.busy or self._photos.busy)


class _Listing:
    def __init__(self, paths: tuple[Path, ...], *, of_goods: bool = False) -> None:
        self._paths = paths
        self._of_goods = of_goods

    def __call__(self, job: Job) -> PhotoSet:
        found = [find_images(path, report=job.report, token=job.token) for path in self._paths]
        for folder in (folder for one in found for folder in one.left_out):
            log.info("left out %s, which holds heatmaps of an inspection", folder)
        photos = [photo for one in found for photo in one.photos]
        skipped = tuple(each for one in found for each in one.skipped)
        for words in skipped_words(skipped):
            log.info("%s: %s", self._paths[0], words)
        first = self._paths[0]
        folder = first if first.is_dir() else first.parent
        left_out = find_left_out(folder, photos) if self._of_goods else frozenset[Path]()
        return PhotoSet(folder, tuple(photos), skipped, left_out)


class _Demo:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self, job: Job) -> tuple[PhotoSet, PhotoSet]:
        data = demo.prepare_demo_data(self._folder)
        return _Listing((data.good,), of_goods=True)(job), _Listing((data.mixed,))(job)
