"""Photos and score maps out of the history, decoded in a thread: the large one, its neighbours ahead, thumbnails."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QImage, QPixmap

from inspector.core.errors import InspectorError, PictureMissing
from inspector.core.photo.resizing import shrunk
from inspector.core.values import FloatArray
from inspector.gui.state.messages import describe, mistake
from inspector.gui.threads.decoder import KEPT_THUMBNAILS, MAX_WAITING, THUMBNAIL_PX, keep, to_qimage
from inspector.gui.threads.history_access import HistoryHandle
from inspector.gui.threads.jobs import Job, JobRunner
from inspector.storage.history.records import PartDetails

if TYPE_CHECKING:
    from inspector.storage.history.store import History

KEPT_PARTS = 8
SHOWN_EDGE = 4000
"""Larger photos are shrunk before they go to the window: they would take a frame to upload."""


@dataclass(frozen=True, slots=True, eq=False)
class ShownPart:
    """Everything of a part that the screen needs.

    Parameters
    ----------
    details : PartDetails
    image : QImage
        The photo, perhaps with fewer pixels; null if it is not there.
    dense : ndarray of float32, shape (H, W), or None
        Raw scores; None for a part that was not judged.
    missing : str
        Why there is no photo, as a sentence; empty if there is one.
    """

    details: PartDetails
    image: QImage
    dense: FloatArray | None
    missing: str


@dataclass(frozen=True, slots=True)
class _Thumbnail:
    part_number: int
    image: QImage


class PartDecoder(QObject):
    """Decodes visible parts first, then the next parts, then thumbnails, the newest request first.

    Parameters
    ----------
    handle : HistoryHandle
    runner : JobRunner
        Does the decoding.

    Attributes
    ----------
    part_ready : Signal(ShownPart)
        The part that was requested.
    thumbnail_ready : Signal(int)
        `thumbnail` now has it; the part's number.
    part_failed : Signal(int, str)
        Why the part that was requested cannot be shown; its number first.
    failed : Signal(Exception)
        The history cannot be read.
    """

    part_ready = Signal(object)
    thumbnail_ready = Signal(int)
    part_failed = Signal(int, str)
    failed = Signal(object)

    def __init__(self, handle: HistoryHandle, runner: JobRunner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._handle = handle
        self._runner = runner
        self._lock = threading.Lock()
        self._wanted: int | None = None
        self._decoding: int | None = None
        self._ahead: list[int] = []
        self._waiting: OrderedDict[int, None] = OrderedDict()
        self._parts: OrderedDict[int, ShownPart] = OrderedDict()
        self._thumbnails: OrderedDict[int, QPixmap] = OrderedDict()
        self._requested: int | None = None
        self._job = 0
        runner.delivered.connect(self._on_delivered)
        runner.succeeded.connect(self._on_over)
        runner.cancelled.connect(self._on_over)
        runner.failed.connect(self._on_failed)

    def request(self, part_number: int, ahead: Iterable[int] = ()) -> None:
        """Fetch a part, and then those that are likely to be wanted next.

        Parameters
        ----------
        part_number : int
            The part; an earlier wish that was not begun is dropped.
        ahead : iterable of int
            Numbers of its neighbours, likeliest first.
        """
        self._requested = part_number
        known = self._parts.get(part_number)
        with self._lock:
            self._wanted = None if known is not None or part_number == self._decoding else part_number
            self._ahead = [number for number in ahead if number not in self._parts]
        self._start()
        if known is not None:
            self._parts.move_to_end(part_number)
            self.part_ready.emit(known)

    def thumbnail(self, part_number: int) -> QPixmap | None:
        """Return a thumbnail, or None and fetch it; an empty pixmap means that there will be none."""
        pixmap = self._thumbnails.get(part_number)
        if pixmap is not None:
            self._thumbnails.move_to_end(part_number)
            return pixmap
        with self._lock:
            self._waiting[part_number] = None
            self._waiting.move_to_end(part_number)
            while len(self._waiting) > MAX_WAITING:
                self._waiting.popitem(last=False)
        self._start()
        return None

    def forget(self, part_number: int) -> None:
        """Drop the kept details of a part after a review of it."""
        self._parts.pop(part_number, None)

    def _start(self) -> None:
        with self._lock:
            wishes = self._wanted is not None or self._ahead or self._waiting
        if wishes and not self._job:
            self._job = self._runner.submit(self._work)

    def _work(self, job: Job) -> None:
        history = self._handle.get()
        while (wish := self._next()) is not None:
            job.token.check()
            number, large = wish
            if large:
                job.tell(_shown(history, number))  # the user waits for this part
            else:
                job.deliver(_Thumbnail(number, _thumbnail(history, number)))

    def _next(self) -> tuple[int, bool] | None:
        with self._lock:
            self._decoding = None
            if self._wanted is None and self._ahead:
                self._wanted = self._ahead.pop(0)
            if self._wanted is not None:
                self._decoding, self._wanted = self._wanted, None
                return self._decoding, True
            if self._waiting:
                return self._waiting.popitem(last=True)[0], False
        return None

    @Slot(int, object)
    def _on_delivered(self, job_id: int, items: tuple[ShownPart | _Thumbnail, ...]) -> None:
        if job_id != self._job:
            return
        for item in items:
            if isinstance(item, _Thumbnail):
                keep(self._thumbnails, item.part_number, QPixmap.fromImage(item.image), KEPT_THUMBNAILS)
                self.thumbnail_ready.emit(item.part_number)
            else:
                number = item.details.record.id
                keep(self._parts, number, item, KEPT_PARTS)
                if number == self._requested:
                    self.part_ready.emit(item)

    @Slot(int)
    @Slot(int, object)
    def _on_over(self, job_id: int, _result: object = None) -> None:
        if job_id == self._job:
            self._job = 0
            self._start()

    @Slot(int, object)
    def _on_failed(self, job_id: int, error: Exception) -> None:
        if job_id != self._job:
            return
        self._job = 0
        with self._lock:  # the next wish tries again; those that wait would fail one after the other
            self._wanted = self._decoding = None
            self._ahead.clear()
            self._waiting.clear()
        requested = self._requested
        if requested is not None and requested not in self._parts:
            told = describe(error) if isinstance(error, InspectorError) else mistake(error)
            self.part_failed.emit(requested, told.sentence)
        self.failed.emit(error)


def _shown(history: History, part_number: int) -> ShownPart:
    details = history.get(part_number)
    try:
        image = to_qimage(shrunk(history.photo(part_number), SHOWN_EDGE))
        score_map = history.score_map(part_number)
    except PictureMissing as error:
        return ShownPart(details, QImage(), None, error.sentence)
    return ShownPart(details, image, None if score_map is None else score_map.dense(), "")


def _thumbnail(history: History, part_number: int) -> QImage:
    try:
        return to_qimage(shrunk(history.photo(part_number), THUMBNAIL_PX))
    except PictureMissing:
        return QImage()
