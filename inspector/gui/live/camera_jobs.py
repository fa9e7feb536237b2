"""The work of the camera's threads; a runner takes each, and each reports through its job."""

from __future__ import annotations

from dataclasses import dataclass

from inspector.core.address_secrets import has_secrets
from inspector.core.errors import HistoryError, SecretMissing, SourceEmpty
from inspector.core.live.frames import Frame, NewestFrame
from inspector.core.photo.pixel_depth import PixelDepth
from inspector.core.photo.resizing import shrunk
from inspector.devices.addresses import open_source
from inspector.devices.camera_secrets import keep_secret, recall_secret
from inspector.gui.state.live import LiveOptions, LivePicture
from inspector.gui.threads.jobs import Job
from inspector.workflows.live.capture import SettingRequests, capture
from inspector.workflows.live.moments import LiveMoment
from inspector.workflows.live.recording import OpenStore, Recorder

SHOWN_EDGE = 1600
"""Larger frames are shrunk before they go to the window.

A screen shows no more pixels, and the event loop would wait.
"""
HAND_OVER_S = 0.1


@dataclass(frozen=True, slots=True)
class Capturing:
    """Reads the source; delivers each `CaptureState`."""

    options: LiveOptions
    frames: NewestFrame
    requests: SettingRequests
    depth: PixelDepth | None

    def __call__(self, job: Job) -> None:
        """Read until the job is cancelled, or nothing more comes."""
        address = self._address(job)
        try:
            self._capture(address, job)
        except SourceEmpty:  # it fills over time
            watched = f"watch:{address}"
            job.tell(Watched(watched))
            self._capture(watched, job)

    def _capture(self, address: str, job: Job) -> None:
        source = open_source(address, self.depth)
        put = self.frames.put if source.live else _Patient(self.frames, job)
        capture(source, put, job.tell, job.token, requests=self.requests)

    def _address(self, job: Job) -> str:
        """Return the whole address; the keyring stores its password, or supplies it."""
        address = self.options.address
        if not self.options.secret_is_missing:
            if has_secrets(address):
                keep_secret(address)
            return address
        found = recall_secret(address, job.token)
        if found is None:
            raise SecretMissing(
                address, "its user and password are not stored on this computer", action="type them again"
            )
        return found


@dataclass(frozen=True, slots=True)
class Watched:
    """An empty folder is watched: the address by which this is done."""

    address: str


@dataclass(frozen=True, slots=True)
class _Patient:
    """Delivers each frame after the previous frame was taken, so that no frame of a file or folder is dropped."""

    frames: NewestFrame
    job: Job

    def __call__(self, frame: Frame) -> None:
        while not self.frames.hand_over(frame, HAND_OVER_S):
            self.job.token.check()


@dataclass(frozen=True, slots=True)
class Kept:
    """The history took a part; its message about the disk, empty without a problem."""

    words: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """The error that keeps parts from being written; None after writing works again."""

    error: HistoryError | None


class Recording:
    """Records judged parts until its recorder is told to finish; delivers `Kept` and `Trouble`."""

    def __init__(self, open_store: OpenStore) -> None:
        self.recorder = Recorder(open_store, self._on_kept, self._on_trouble)
        self._job: Job | None = None

    def __call__(self, job: Job) -> int:
        """Return how many parts were kept."""
        self._job = job
        return self.recorder.run(job.token)

    def _on_kept(self, _count: int, words: str) -> None:
        assert self._job is not None
        self._job.tell(Kept(words))

    def _on_trouble(self, error: HistoryError | None) -> None:
        assert self._job is not None
        self._job.tell(Trouble(error))


def make_ready(view: LiveMoment, dropped: int) -> LivePicture:
    """Do for a picture what need not be done in the window's thread."""
    score_map = None if view.inspection is None else view.inspection.score_map
    dense = None if score_map is None else score_map.dense()
    return LivePicture(view, shrunk(view.frame.image_rgb, SHOWN_EDGE), dense, dropped)
