"""Folders that the user points at become sets of photos; listed in a thread, since a network share can be slow."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from inspector.gui.faults import tell
from inspector.gui.jobs import Job, JobRunner
from inspector.gui.session import PhotoSet, Session
from inspector.storage.photo_list import find_images
from inspector.storage.skipped_files import skipped_words
from inspector.workflows import demo

log = logging.getLogger(__name__)


class Sources(QObject):
    """Finds photos for the session.

    Parameters
    ----------
    session : Session
        Receives what is found.
    runner : JobRunner
        Lists folders.

    Attributes
    ----------
    photos_chosen : Signal(PhotoSet)
        The session has new photos to inspect.
    """

    photos_chosen = Signal(object)

    def __init__(self, session: Session, runner: JobRunner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._runner = runner
        self._accept: dict[int, Callable[[object], None]] = {}
        runner.succeeded.connect(self._on_succeeded)
        runner.failed.connect(self._on_failed)
        runner.cancelled.connect(self._on_cancelled)

    def choose_good(self, folder: Path) -> None:
        """Make a folder the good set."""
        self._submit(_Listing((folder,)), self._accept_good)

    def choose_photos(self, paths: Sequence[Path]) -> None:
        """Make a folder, or some photos, the photos to inspect."""
        self._submit(_Listing(tuple(paths)), self._accept_photos)

    def prepare_demo(self, folder: Path) -> None:
        """Lay out the demonstration's solar cells below a folder, and choose them."""
        self._submit(_Demo(folder), self._accept_demo)

    def _submit(self, work: Callable[[Job], object], accept: Callable[[object], None]) -> None:
        self._accept[self._runner.submit(work)] = accept

    def _accept_good(self, found: object) -> None:
        assert isinstance(found, PhotoSet)
        self._session.set_problem(None)
        self._session.set_good(found)

    def _accept_photos(self, found: object) -> None:
        assert isinstance(found, PhotoSet)
        self._session.set_problem(None)
        self._session.set_photos(found)
        self.photos_chosen.emit(found)

    def _accept_demo(self, data: object) -> None:
        good, mixed = data  # type: ignore[misc]
        self._accept_good(good)
        self._accept_photos(mixed)

    @Slot(int, object)
    def _on_succeeded(self, job_id: int, result: object) -> None:
        accept = self._accept.pop(job_id, None)
        if accept is not None:
            accept(result)

    @Slot(int, object)
    def _on_failed(self, job_id: int, error: Exception) -> None:
        if self._accept.pop(job_id, None) is not None:
            tell(self._session, error)

    @Slot(int)
    def _on_cancelled(self, job_id: int) -> None:
        self._accept.pop(job_id, None)


class _Listing:
    def __init__(self, paths: tuple[Path, ...]) -> None:
        self._paths = paths

    def __call__(self, job: Job) -> PhotoSet:
        found = [find_images(path, report=job.report, token=job.token) for path in self._paths]
        for folder in (folder for one in found for folder in one.left_out):
            log.info("left out %s, which holds heatmaps of an inspection", folder)
        photos = [photo for one in found for photo in one.photos]
        skipped = tuple(each for one in found for each in one.skipped)
        for words in skipped_words(skipped):
            log.info("%s: %s", self._paths[0], words)
        first = self._paths[0]
        return PhotoSet(first if first.is_dir() else first.parent, tuple(photos), skipped)


class _Demo:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self, job: Job) -> tuple[PhotoSet, PhotoSet]:
        data = demo.prepare_demo_data(self._folder)
        return _Listing((data.good,))(job), _Listing((data.mixed,))(job)
