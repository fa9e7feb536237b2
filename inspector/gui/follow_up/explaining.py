"""Why the part that is reviewed was flagged, asked of the open bundle in a thread."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal, Slot

from inspector.core.errors import PictureMissing
from inspector.core.judging.explanation import Box
from inspector.core.values import ImageRGB, Verdict
from inspector.gui.state.faults import tell
from inspector.gui.state.state import State
from inspector.gui.threads.history_access import HistoryHandle
from inspector.gui.threads.jobs import Job, JobRunner
from inspector.gui.threads.single_job import SingleJob
from inspector.storage.history.records import PartRecord
from inspector.workflows.judging.explain import WhyFlagged, why_flagged
from inspector.workflows.judging.loaded_bundle import LoadedBundle

SURROUNDINGS = 7.0
"""Size of the shown cut-out relative to the patch, in width and height."""


def is_explained(record: PartRecord) -> bool:
    """Whether the reason for the flag can be explained: a place of the part scores over the limit."""
    return record.verdict in (Verdict.NG, Verdict.UNSURE) or record.refused_and_ng


@dataclass(frozen=True, slots=True, eq=False)
class Crop:
    """A cut-out of a photo, and the box of a patch in pixels of the cut-out."""

    image_rgb: ImageRGB
    box: Box


@dataclass(frozen=True, slots=True, eq=False)
class Explained:
    """Why a part was flagged, ready to be drawn.

    Parameters
    ----------
    part_number : int
    why : WhyFlagged
    found : Crop
        The strangest patch of the part.
    nearest : Crop or None
        The nearest normal patch; None where the bundle keeps no picture of it.
    same_bundle : bool
        Whether the open model judged the part.
    """

    part_number: int
    why: WhyFlagged
    found: Crop
    nearest: Crop | None
    same_bundle: bool


@dataclass(frozen=True, slots=True)
class _Question:
    loaded: LoadedBundle
    handle: HistoryHandle
    record: PartRecord

    def __call__(self, job: Job) -> Explained | None:
        photo_rgb = self.handle.get().photo(self.record.id)
        job.token.check()
        why = why_flagged(self.loaded, photo_rgb, threshold=self.record.limits.threshold)
        if why is None:
            return None
        near = why.nearest
        known = near is not None and near.picture_rgb is not None and near.box is not None
        return Explained(
            self.record.id,
            why,
            crop(photo_rgb, why.found.box),
            crop(near.picture_rgb, near.box) if known else None,  # type: ignore[union-attr,arg-type]
            self.record.bundle_sha256 == self.loaded.stored.sha256,
        )


def crop(image_rgb: ImageRGB, box: Box) -> Crop:
    """Return a patch with its surroundings."""
    height, width = image_rgb.shape[:2]
    seen = box.around(SURROUNDINGS, (height, width))
    piece = image_rgb[seen.y : seen.y + seen.h, seen.x : seen.x + seen.w].copy()
    return Crop(piece, Box(box.x - seen.x, box.y - seen.y, box.w, box.h))


class Explaining(QObject):
    """Asks the open bundle about each flagged part that is looked at; an answer that comes too late is dropped.

    Attributes
    ----------
    explained : Signal(Explained or None)
        None while there is no answer, or none to be had.
    """

    explained = Signal(object)

    def __init__(self, state: State, handle: HistoryHandle, runner: JobRunner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._state, self._handle = state, handle
        self._single_job = SingleJob(runner, self)
        self._single_job.succeeded.connect(self._on_succeeded)
        self._single_job.failed.connect(self._on_failed)
        state.review.details_changed.connect(self.ask)
        state.review.selection_changed.connect(self.ask)
        state.bundle_changed.connect(self.ask)

    @Slot()
    def ask(self) -> None:
        """Ask about the part that is looked at, once its photo is on the screen."""
        self._single_job.drop()
        self.explained.emit(None)
        details, bundle = self._state.review.details, self._state.bundle
        if details is None or bundle is None or not is_explained(details.record):
            return
        self._single_job.submit(_Question(bundle, self._handle, details.record))

    @Slot(object)
    def _on_succeeded(self, found: Explained | None) -> None:
        if found is not None:
            self.explained.emit(found)

    @Slot(object)
    def _on_failed(self, error: Exception) -> None:
        if not isinstance(error, PictureMissing):  # the view says already why a photo is missing
            tell(self._state, error)
