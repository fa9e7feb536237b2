"""Photos for the screen, decoded in a thread: thumbnails and the large photo."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Literal, TypeVar

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QImage, QPixmap

from inspector.core.errors import ImageError
from inspector.core.photo.pixel_depth import FORMER_DEPTH, PixelDepth
from inspector.core.photo.resizing import resize_image
from inspector.core.values import ImageRGB
from inspector.gui.state.messages import mistake
from inspector.gui.threads.jobs import Job, JobRunner
from inspector.storage.photos.images import read_image

THUMBNAIL_PX = 208
KEPT_THUMBNAILS = 800
KEPT_PHOTOS = 4
MAX_WAITING = 120  # more than fit on a screen; what scrolled away is asked for again when it is painted again
MAX_SHOWN_PIXELS = 24_000_000  # more does not help the eye and costs a frame to upload

Kind = Literal["photo", "thumbnail"]
_Shown = tuple[Path, PixelDepth]
_K = TypeVar("_K")
_T = TypeVar("_T")


class Decoder(QObject):
    """Decodes visible photos, the newest request first.

    Parameters
    ----------
    runner : JobRunner
        Does the decoding.

    Attributes
    ----------
    depth_of : callable
        Tells by which depth a photo of more than 8 bits is shown. Another depth is another picture.
    thumbnail_ready : Signal(Path)
        `thumbnail` now has it.
    photo_ready : Signal(Path, QImage)
        The large photo.
    photo_failed : Signal(Path, str)
        Why there is no large photo.
    failed : Signal(Exception)
        An error that nobody expected; the photo in hand is left out, the others are still decoded.
    """

    thumbnail_ready = Signal(object)
    photo_ready = Signal(object, object)
    photo_failed = Signal(object, str)
    failed = Signal(object)

    def __init__(self, runner: JobRunner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._runner = runner
        self._lock = threading.Lock()
        self.depth_of: Callable[[Path], PixelDepth] = lambda _path: FORMER_DEPTH
        self._waiting: OrderedDict[_Shown, None] = OrderedDict()
        self._wanted_photo: _Shown | None = None
        self._in_hand: tuple[Kind, _Shown] | None = None
        self._under_way: set[_Shown] = set()  # thumbnails that are decoded, or were, and have not arrived yet
        self._thumbnails: OrderedDict[_Shown, QPixmap] = OrderedDict()
        self._photos: OrderedDict[_Shown, QImage] = OrderedDict()
        self._job = 0
        runner.delivered.connect(self._on_delivered)
        runner.succeeded.connect(self._on_over)
        runner.cancelled.connect(self._on_over)
        runner.failed.connect(self._on_failed)

    def thumbnail(self, path: Path) -> QPixmap | None:
        """Return a thumbnail, or None and fetch it; an empty pixmap means that there will be none."""
        shown = path, self.depth_of(path)
        pixmap = self._thumbnails.get(shown)
        if pixmap is not None:
            self._thumbnails.move_to_end(shown)
            return pixmap
        with self._lock:
            if shown in self._under_way:
                return None
            self._waiting[shown] = None
            self._waiting.move_to_end(shown)
            while len(self._waiting) > MAX_WAITING:
                self._waiting.popitem(last=False)
        self._start()
        return None

    def request_photo(self, path: Path) -> None:
        """Fetch a large photo; an earlier wish that was not begun is dropped."""
        shown = path, self.depth_of(path)
        image = self._photos.get(shown)
        if image is not None:
            self._photos.move_to_end(shown)
            self.photo_ready.emit(path, image)
            return
        with self._lock:
            self._wanted_photo = shown
        self._start()

    def forget(self) -> None:
        """Drop everything kept: the files may have changed."""
        with self._lock:
            self._under_way.clear()
        self._thumbnails.clear()
        self._photos.clear()

    def _start(self) -> None:
        if not self._job:
            self._job = self._runner.submit(self._work)

    def _work(self, job: Job) -> None:
        while not job.token.cancelled and (wish := self._next()) is not None:
            kind, shown = wish
            job.deliver((kind, shown, *_decoded(kind, shown)))
            if kind == "photo":
                job.flush()  # the user waits for this photo

    def _next(self) -> tuple[Kind, _Shown] | None:
        with self._lock:
            self._in_hand = None
            if self._wanted_photo is not None:
                self._in_hand, self._wanted_photo = ("photo", self._wanted_photo), None
            elif self._waiting:
                self._in_hand = "thumbnail", self._waiting.popitem(last=True)[0]
                self._under_way.add(self._in_hand[1])
            return self._in_hand

    @Slot(int, object)
    def _on_delivered(self, job_id: int, items: tuple[tuple[Kind, _Shown, QImage, str], ...]) -> None:
        if job_id != self._job:
            return
        for kind, shown, image, sentence in items:
            self._hand_over(kind, shown, image, sentence)

    def _hand_over(self, kind: Kind, shown: _Shown, image: QImage, sentence: str) -> None:
        path = shown[0]
        if kind == "thumbnail":
            with self._lock:
                self._under_way.discard(shown)
            keep(self._thumbnails, shown, QPixmap.fromImage(image), KEPT_THUMBNAILS)
            self.thumbnail_ready.emit(path)
        elif sentence:
            self.photo_failed.emit(path, sentence)
        else:
            keep(self._photos, shown, image, KEPT_PHOTOS)
            self.photo_ready.emit(path, image)

    @Slot(int, object)
    def _on_failed(self, job_id: int, error: Exception) -> None:
        if job_id != self._job:
            return
        with self._lock:
            failed, self._in_hand = self._in_hand, None
        if failed is not None:  # otherwise the former photo would stay, or this photo would be requested for ever
            self._hand_over(*failed, QImage(), mistake(error).sentence)
        self._on_over(job_id)
        self.failed.emit(error)

    @Slot(int)
    @Slot(int, object)
    def _on_over(self, job_id: int, _result: object = None) -> None:
        if job_id != self._job:
            return
        self._job = 0
        with self._lock:
            self._under_way.clear()
            more = bool(self._waiting) or self._wanted_photo is not None
        if more:
            self._start()


def keep(kept: OrderedDict[_K, _T], key: _K, value: _T, limit: int) -> None:
    """Keep a value as the newest; beyond `limit` the oldest go."""
    kept[key] = value
    kept.move_to_end(key)
    while len(kept) > limit:
        kept.popitem(last=False)


def _decoded(kind: Kind, shown: _Shown) -> tuple[QImage, str]:
    try:
        image_rgb = read_image(*shown)
    except ImageError as error:
        return QImage(), error.sentence
    limit = THUMBNAIL_PX**2 if kind == "thumbnail" else MAX_SHOWN_PIXELS
    return to_qimage(_shrunk(image_rgb, limit)), ""


def _shrunk(image_rgb: ImageRGB, max_pixels: int) -> ImageRGB:
    height, width = image_rgb.shape[:2]
    factor = (max_pixels / (height * width)) ** 0.5
    if factor >= 1.0:
        return image_rgb
    return resize_image(image_rgb, (max(round(height * factor), 1), max(round(width * factor), 1)))


def to_qimage(image_rgb: ImageRGB) -> QImage:
    """Return a uint8 RGB array of shape (H, W, 3) as a QImage that owns its pixels."""
    height, width = image_rgb.shape[:2]
    # The stride must be passed. Without the copy, the QImage would read freed memory after the array is gone.
    return QImage(image_rgb.data, width, height, image_rgb.strides[0], QImage.Format.Format_RGB888).copy()
