"""Everything that works for the window in threads: one long-lived runner a role, made once, closed once."""

from __future__ import annotations

import time

from PySide6.QtCore import QObject

from inspector.gui.exports import Exports
from inspector.gui.forecasting import Forecasting
from inspector.gui.good_depth import DepthFinder
from inspector.gui.jobs import CLOSE_MS, JobRunner
from inspector.gui.judging import Judging
from inspector.gui.keeping import Keeping
from inspector.gui.live.camera import Camera
from inspector.gui.photo_loader import PhotoLoader
from inspector.gui.product_finder import ProductFinder
from inspector.gui.review.agreeing import Agreeing
from inspector.gui.review.archive import Archive, HistoryHandle
from inspector.gui.review.catching import Catching
from inspector.gui.review.counting import Counting
from inspector.gui.review.explaining import Explaining
from inspector.gui.review.feeding_back import FeedingBack
from inspector.gui.review.part_pictures import PartPictures
from inspector.gui.review.reviewing import Reviewing
from inspector.gui.session import Session
from inspector.gui.session_finder import SessionFinder
from inspector.gui.sources import Sources
from inspector.gui.training import Training


class Crew(QObject):
    """The runners and who gives them work.

    Parameters
    ----------
    session : Session
        Whom they work for.
    """

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        roles = (
            "train", "judge", "photos", "files", "capture", "watch", "record", "history", "pictures", "figures",
            "forecast", "content",
        )  # fmt: skip
        self._runners = {role: JobRunner(role, self) for role in roles}
        self.history = HistoryHandle()
        self.forecasting = Forecasting(session, self._runners["forecast"], self)
        self.training = Training(session, self._runners["train"], self.forecasting, self)
        self.judging = Judging(session, self._runners["judge"], self)
        self.depth_finder = DepthFinder(session, self._runners["forecast"], self)
        self.photos = PhotoLoader(self._runners["photos"], self)
        self.photos.depth_of = session.good_depth.of
        # Listing folders and writing reports share a thread: both wait for the disk, and neither is often.
        self.sources = Sources(session, self._runners["files"], self)
        self.session_finder = SessionFinder(session, self._runners["files"], self)
        self.product_finder = ProductFinder(session, self._runners["content"], self)
        self.exports = Exports(session, self._runners["files"], self.history, self)
        self.camera = Camera(session, *(self._runners[role] for role in ("capture", "watch", "record")), parent=self)
        # Known defects are scored by the detector that judges, so never at the same time as it does.
        self.keeping = Keeping(session, self._runners["judge"], self._runners["files"], self)

        # Rows and pictures have a thread each: a decision is not written after the photos that are decoded ahead.
        archive = Archive(self.history, self._runners["history"], self)
        pictures = PartPictures(self.history, self._runners["pictures"], self)
        self.reviewing = Reviewing(session, self.history, archive, pictures, self)
        self.explaining = Explaining(session, self.history, self._runners["judge"], self)
        self.feeding_back = FeedingBack(session, self.history, self._runners["judge"], self)
        self.catching = Catching(session, self.history, self._runners["judge"], self)
        # Counting over years takes a while; pages of the list must not wait for it.
        self.agreeing = Agreeing(session, self.history, self._runners["figures"], self)
        self.counting = Counting(session, self.history, self._runners["figures"], self)
        self.reviewing.said.connect(self.catching.on_said)
        self.exports.kept.connect(self.reviewing.refresh)

    @property
    def files(self) -> JobRunner:
        """The thread that waits for the disk."""
        return self._runners["files"]

    def cancel_all(self) -> None:
        """Ask everything to stop."""
        self.camera.stop()
        self.forecasting.stop()
        for runner in self._runners.values():
            runner.cancel_all()

    def close(self, within_ms: int = CLOSE_MS) -> bool:
        """Stop everything and end the threads.

        Returns
        -------
        bool
            Whether all ended in time, counted over all of them.
        """
        until = time.monotonic() + within_ms / 1000
        self.cancel_all()
        ended = True
        for role, runner in self._runners.items():
            if role == "record":
                self.camera.finish_recorders()  # nobody hands over parts any more
            ended &= runner.close(max(int((until - time.monotonic()) * 1000), 1))
        if ended:
            self.history.close()
        return ended
