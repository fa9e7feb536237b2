"""Good photos, taken with a camera straight into a folder."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from inspector.core.good_photos.fit_to_others import FitToOthers, fit_to_others
from inspector.core.guards.readings import refusal, size_refusal
from inspector.core.live.arrivals import Arrivals, Scene
from inspector.core.live.frames import BURST_S, Frame, NewestFrame, Shutter
from inspector.core.photo.measures import PhotoMeasures, measure_photo
from inspector.core.photo.resizing import shrunk
from inspector.core.progress import CancelToken
from inspector.core.values import ImageRGB
from inspector.storage.photos.photo_series import PhotoSeries
from inspector.workflows.judging.loaded_bundle import LoadedBundle
from inspector.workflows.live.live_inspection import SHOWN_S, WAIT_S, OnView
from inspector.workflows.live.moments import LiveMoment, LivePhase


@dataclass(frozen=True, slots=True, eq=False)
class TakenGood:
    """A good photo that was taken.

    Parameters
    ----------
    path : Path
        Its file.
    count : int
        How many were taken so far, with it.
    fit : FitToOthers
        How it compares with those before.
    duplicate_of : Path or None
        The earlier photo that shows the same thing.
    refusal : str or None
        The refusal of the photo by the guards of the bundle in use.
    small_rgb : ndarray of uint8 or None
        The photo, its longer edge at most `SMALL_EDGE` pixels.
    """

    path: Path
    count: int
    fit: FitToOthers
    duplicate_of: Path | None = None
    refusal: str | None = None
    small_rgb: ImageRGB | None = None


SMALL_EDGE = 440
OnTaken = Callable[[TakenGood], None]


class GoodTaking:
    """Takes photos of good parts from frames of any source.

    Photos of a folder are one part each. Each photo is shown for `SHOWN_S`, and a photo of a watched folder until the
    next photo; meanwhile it can be taken. Where parts are taken by themselves, all photos are.

    `run` belongs to one thread; all else may be called from another.

    Parameters
    ----------
    folder : Path
        Folder of the photos, named ``good-0001.png`` and so on; existing files stay. Created with the first photo.
    frames : NewestFrame
        Source of the frames.
    on_view, on_taken
        Receive each view, and each photo taken.
    bundle : LoadedBundle or None
        A bundle of the same part, whose guards check each photo.
    """

    def __init__(
        self, folder: Path, frames: NewestFrame, on_view: OnView, on_taken: OnTaken, bundle: LoadedBundle | None = None
    ) -> None:
        self.automatic = False
        self._photos, self._frames, self._bundle = PhotoSeries(folder, "good"), frames, bundle
        self._on_view, self._on_taken = on_view, on_taken
        self._taken: list[tuple[Path, PhotoMeasures]] = []
        self._shutter = Shutter()
        self._undo = threading.Event()
        self._arrivals = Arrivals()
        self._seen_at = 0.0
        self._photo: Frame | None = None
        self._photo_until = 0.0
        self._finishing = threading.Event()

    def take(self) -> None:
        """Take the part that is before the camera now: the sharpest of the next few frames."""
        self._shutter.press()

    def forget_trigger(self) -> None:
        """Take nothing for a key pressed before: the part that it was pressed for may be gone."""
        self._shutter.forget()

    def take_back(self) -> None:
        """Delete the last photo that was taken."""
        self._undo.set()

    def finish(self) -> None:
        """End once the frames that wait were seen."""
        self._finishing.set()

    def run(self, token: CancelToken) -> None:
        """Take photos until `finish`.

        Raises
        ------
        Cancelled
            If `token` was cancelled. Photos taken are kept.
        ResultsError
            A photo cannot be written.
        """
        while True:
            token.check()
            if self._undo.is_set():
                self._undo.clear()
                self._delete_last()
            finishing = self._finishing.is_set()
            if self._looks_at_photo():
                continue
            frame = self._frames.take(WAIT_S)
            if frame is None:
                if finishing or time.monotonic() - self._seen_at > BURST_S:
                    self._keep_best()
                if finishing:
                    return
            elif frame.name:
                self._see_photo(frame)
            else:
                self._see(frame)

    def _see_photo(self, frame: Frame) -> None:
        """Show a photo of a folder; an earlier request was meant for another photo and is dropped."""
        self._shutter.forget()
        self._on_view(LiveMoment(frame, LivePhase.WATCHING))
        self._photo, self._photo_until = frame, time.monotonic() + SHOWN_S

    def _looks_at_photo(self) -> bool:
        """Take the photo that is shown if that is asked for; whether it is to be shown for longer."""
        if self._photo is None:
            return False
        if self.automatic or self._shutter.wait(max(0.0, min(WAIT_S, self._photo_until - time.monotonic()))):
            photo, self._photo = self._photo, None
            self._keep(photo)
            return False
        return time.monotonic() < self._photo_until

    def _keep_best(self) -> None:
        """Take the sharpest frame so far where no more come: the source is slow, or has ended."""
        best = self._shutter.end()
        if best is not None:
            self._keep(best)

    def _see(self, frame: Frame) -> None:
        self._seen_at = time.monotonic()
        scene = self._arrivals.see(frame)
        self._on_view(LiveMoment(frame, LivePhase.WATCHING))
        best = self._shutter.see(frame)
        if best is not None:
            self._keep(best)
        elif self.automatic and scene is Scene.ARRIVED and not self._shutter.busy:
            self._keep(self._arrivals.sharpest or frame)

    def _keep(self, frame: Frame) -> None:
        self._arrivals.judged()
        measures = measure_photo(frame.image_rgb)
        fit = fit_to_others(measures, [one for _, one in self._taken])
        path = self._photos.add(frame.image_rgb)
        self._taken.append((path, measures))
        same = None if fit.duplicate_of is None else self._taken[fit.duplicate_of][0]
        small_rgb = shrunk(frame.image_rgb, SMALL_EDGE)
        self._on_taken(TakenGood(path, len(self._taken), fit, same, self._refusal(frame), small_rgb))

    def _refusal(self, frame: Frame) -> str | None:
        if self._bundle is None:
            return None
        good_hw = self._bundle.stored.manifest.goods.photo_hw
        refused = size_refusal((frame.image_rgb.shape[0], frame.image_rgb.shape[1]), good_hw)
        if refused is not None or self._bundle.guards is None:
            return refused
        return refusal(self._bundle.guards.check(measure_photo(frame.image_rgb, good_hw)))

    def _delete_last(self) -> None:
        if self._taken:
            path, _ = self._taken.pop()
            self._photos.remove(path)
