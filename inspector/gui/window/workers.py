"""Everything that works for the window in threads: one long-lived runner a role, made once, closed once."""

from __future__ import annotations

import logging
import time

from PySide6.QtCore import QObject, Slot

from inspector.gui.follow_up.catching import Catching
from inspector.gui.follow_up.explaining import Explaining
from inspector.gui.follow_up.feeding_back import FeedingBack
from inspector.gui.good_photos.depth_finder import DepthFinder
from inspector.gui.good_photos.left_out_keeper import LeftOutKeeper
from inspector.gui.good_photos.product_finder import ProductFinder
from inspector.gui.good_photos.session_finder import SessionFinder
from inspector.gui.judging.inspecting import Inspecting
from inspector.gui.limits.saving import Saving
from inspector.gui.live.camera import Camera
from inspector.gui.reports.counting import Counting
from inspector.gui.reports.exporting import Exporting
from inspector.gui.review.agreeing import Agreeing
from inspector.gui.review.selecting import Selecting
from inspector.gui.state.faults import tell
from inspector.gui.state.state import State
from inspector.gui.threads.decoder import Decoder
from inspector.gui.threads.garbage import GarbageCollector
from inspector.gui.threads.history_access import HistoryAccess, HistoryHandle
from inspector.gui.threads.jobs import CLOSE_MS, JobRunner
from inspector.gui.threads.part_decoder import PartDecoder
from inspector.gui.threads.photo_listing import PhotoListing
from inspector.gui.training.forecasting import Forecasting
from inspector.gui.training.training import Training

ROLES = (
    "train", "forecast", "open", "judge", "compare", "explain", "feed back", "catch", "photos", "list goods",
    "list photos", "sessions", "content", "depth", "export", "save", "snapshot", "cameras", "capture", "watch",
    "record", "history", "pictures", "agreement", "counts",
)  # fmt: skip
"""A thread for each kind of work: none waits for another kind. Detectors judge in several threads at once."""
WRITERS = ("record", "history", "save", "snapshot")
"""Threads that write what exists nowhere else: nothing of theirs is cancelled when the window closes."""
log = logging.getLogger(__name__)


class Workers(QObject):
    """The runners and who gives them work.

    Parameters
    ----------
    state : State
        Whom they work for.
    """

    def __init__(self, state: State, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._garbage = GarbageCollector(self)  # before the threads, which must not collect
        self._runners = {role: JobRunner(role, self) for role in ROLES}
        self.history = HistoryHandle()
        self.forecasting = Forecasting(state, self._runners["forecast"], self)
        self.training = Training(state, self._runners["train"], self.forecasting, self)
        self.judging = Inspecting(state, self._runners["open"], self._runners["judge"], self)
        self.depth_finder = DepthFinder(state, self._runners["depth"], self)
        self.photos = Decoder(self._runners["photos"], self)
        self.photos.depth_of = state.good_depth.of
        self.photos.failed.connect(self._on_failed)
        self.sources = PhotoListing(state, self._runners["list goods"], self._runners["list photos"], self)
        self.session_finder = SessionFinder(state, self._runners["sessions"], self)
        self.left_out_keeper = LeftOutKeeper(state, self._runners["save"], self)
        self.product_finder = ProductFinder(state, self._runners["content"], self)
        self.exports = Exporting(state, self._runners["export"], self.history, self)
        self.camera = Camera(state, *(self._runners[role] for role in ("capture", "watch", "record")), parent=self)
        self.saving = Saving(state, self._runners["compare"], self._runners["save"], self)

        # Rows and pictures have a thread each: a decision is not written after the photos that are decoded ahead.
        self._history_access = history_access = HistoryAccess(self.history, self._runners["history"], self)
        self._abandoned = False
        pictures = PartDecoder(self.history, self._runners["pictures"], self)
        self.reviewing = Selecting(state, self.history, history_access, pictures, self)
        self.explaining = Explaining(state, self.history, self._runners["explain"], self)
        self.feeding_back = FeedingBack(state, self.history, self._runners["feed back"], self)
        self.catching = Catching(state, self.history, self._runners["catch"], self)
        # Counting over years takes a while; pages of the list must not wait for it.
        self.agreeing = Agreeing(state, self.history, self._runners["agreement"], self)
        self.counting = Counting(state, self.history, self._runners["counts"], self)
        self.reviewing.said.connect(self.catching.on_said)
        self.exports.kept.connect(self.reviewing.refresh)

    @Slot(object)
    def _on_failed(self, error: Exception) -> None:
        tell(self._state, error)

    @property
    def snapshots(self) -> JobRunner:
        """The thread that writes pictures of the camera."""
        return self._runners["snapshot"]

    @property
    def cameras(self) -> JobRunner:
        """The thread that looks for cameras."""
        return self._runners["cameras"]

    @property
    def unwritten(self) -> int:
        """How many judged parts and reviews are not in the history yet."""
        return self.camera.unwritten + self._history_access.unwritten

    @property
    def trouble(self) -> str:
        """Why judged parts cannot be written, as a sentence; empty if they are."""
        return self.camera.trouble

    @property
    def writing(self) -> bool:
        """Whether a part is judged, or something is written that exists nowhere else; not once abandoned."""
        busy = any(self._runners[role].busy for role in ("watch", "record", "save", "snapshot"))
        return not self._abandoned and (busy or bool(self._history_access.unwritten))

    def abandon(self) -> None:
        """Lose the judged parts that are not written yet."""
        self._abandoned = True
        log.error("closed without writing %d judged parts and reviews", self.unwritten)
        self.camera.abandon()

    def go_on(self) -> None:
        """Wait again for all that is written: the window stays open, and parts of later runs are not abandoned."""
        self._abandoned = False

    def cancel_all(self) -> None:
        """Ask everything to stop but what writes."""
        self.camera.stop()
        self.forecasting.stop()
        self._history_access.drop_questions()
        for role, runner in self._runners.items():
            if role not in WRITERS:
                runner.cancel_all()

    def close(self, within_ms: int = CLOSE_MS) -> bool:
        """Stop all jobs and end the threads; judged parts and reviews are written first, unless the user abandons them.

        Parameters
        ----------
        within_ms : int
            For all work except writing, which has no limit; writing is abandoned if it is impossible.

        Returns
        -------
        bool
            Whether all ended in time, counted over all of them.
        """
        until = time.monotonic() + within_ms / 1000
        self.cancel_all()
        ended = True
        for role, runner in self._runners.items():
            began = time.monotonic()
            left = max(int((until - began) * 1000), 1)
            if role == "record":
                self.camera.finish_recorders()  # nobody hands over parts any more
                ended &= runner.finish(left if self._abandoned else None)
            elif role == "history":
                ended &= runner.finish(None if self._history_access.unwritten and not self._abandoned else left)
            else:
                ended &= runner.finish(left) if role in WRITERS else runner.close(left)
            if role in WRITERS:
                until += time.monotonic() - began
        if self.camera.unwritten and not self._abandoned:
            log.error("%d judged parts could not be written", self.camera.unwritten)
        if ended:
            self.history.close()
            self._garbage.stop()
        return ended
