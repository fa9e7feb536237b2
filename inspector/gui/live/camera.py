"""The camera in the window: starts and stops the threads that read, judge and record, and takes their results."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Qt, Signal, SignalInstance, Slot

from inspector.core.errors import HistoryError, InspectorError, SecretMissing, as_sentence
from inspector.core.live.figures import PaceMeter
from inspector.core.live.frames import NewestFrame
from inspector.core.live.newest import Newest
from inspector.core.photo.pixel_depth import PixelDepth
from inspector.core.values import Inspection, Limits
from inspector.devices.addresses import holds_photos
from inspector.gui.live import words as live_words
from inspector.gui.live.camera_jobs import Capturing, Kept, Recording, Trouble, Watched, make_ready
from inspector.gui.state.faults import tell
from inspector.gui.state.live import LivePicture, Purpose, ScorePoint, Unit
from inspector.gui.state.messages import Problem, describe
from inspector.gui.state.state import State
from inspector.gui.threads.history_access import open_history
from inspector.gui.threads.jobs import Job, JobRunner
from inspector.workflows.computer.machine import user_name
from inspector.workflows.live.capture import CaptureState, SettingRequests
from inspector.workflows.live.good_taking import GoodTaking, TakenGood
from inspector.workflows.live.live_inspection import LiveInspection
from inspector.workflows.live.moments import LiveMode, LiveMoment, LivePart, LivePhase, LiveSettings
from inspector.workflows.live.recording import OpenStore, Recorder, judged_part

PACE_EVERY_S = 0.5
log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Watch:
    """A job of the judging thread: its work, and the receiver of its results.

    Lives in that thread alone once it runs.
    """

    frames: NewestFrame
    pictures: Newest[LivePicture]
    pictures_wait: SignalInstance
    recorder: Recorder | None
    source: str
    work: LiveInspection | GoodTaking | None = None
    job: Job | None = None

    def __call__(self, job: Job) -> None:
        self.job = job
        assert self.work is not None
        try:
            self.work.run(job.token)
        finally:
            if self.recorder is not None:
                self.recorder.finish()

    def show(self, view: LiveMoment) -> None:
        """Prepare a picture; notify the window unless a notification is under way."""
        assert self.job is not None
        found, limits = view.inspection, view.limits
        if view.counted and found is not None and limits is not None:
            self.job.deliver(_point(found, limits, Unit.FRAME))
        if self.pictures.put(make_ready(view, self.frames.dropped)):
            self.pictures_wait.emit()

    def take_part(self, part: LivePart) -> None:
        """Hand a part to the history, then to the window."""
        assert self.job is not None
        if self.recorder is not None:
            self.recorder.add(judged_part(part, self.source, user_name()), self.job.token)
        if part.trigger != LiveMode.CONTINUOUS:  # its frames were counted one by one
            self.job.tell(_point(part.inspection, part.limits, Unit.PART))

    def take_good(self, good: TakenGood) -> None:
        """Hand a good photo to the window."""
        assert self.job is not None
        self.job.tell(good)


def _point(found: Inspection, limits: Limits, unit: Unit) -> ScorePoint:
    score = found.relative_score(limits.threshold)
    return ScorePoint(score, found.verdict(limits), unit, found.refused_and_ng(limits))


class Camera(QObject):
    """Runs one source at a time for the state.

    Attributes
    ----------
    secret_wanted : Signal()
        The password of the source's address is unknown.

    Parameters
    ----------
    state : State
    capturing, watching, recording : JobRunner
        Three threads: one reads, one judges, one writes.
    """

    secret_wanted = Signal()
    _picture_waits = Signal()

    def __init__(
        self,
        state: State,
        capturing: JobRunner,
        watching: JobRunner,
        recording: JobRunner,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._state, self._live_session = state, state.live
        self._runners = {"capture": capturing, "watch": watching, "record": recording}
        self._jobs = {"capture": 0, "watch": 0}
        self._recorders: dict[int, Recorder] = {}  # results of the judging job, by job
        self._recordings: dict[int, Recording] = {}  # results of the writing job, by job
        self._trouble: Problem | None = None
        self._frames = NewestFrame()
        self._pictures: Newest[LivePicture] = Newest()
        self._requests = SettingRequests()
        self._live: LiveInspection | None = None
        self._depth: PixelDepth | None = None  # of the photos of a folder, while it is a source
        self._goods: GoodTaking | None = None
        self._judging = False  # whether `_live` has a bundle
        self._meter = PaceMeter()
        self._paced_at = 0.0
        self._seen, self._left_out, self._remark = 0, list[str](), ""
        self.open_store: OpenStore = open_history
        # Emitted by the judging thread; queued, and never while one is on its way: the slot takes the newest.
        self._picture_waits.connect(self._take_picture, Qt.ConnectionType.QueuedConnection)
        for runner in self._runners.values():
            runner.delivered.connect(self._on_delivered)
            runner.succeeded.connect(self._on_succeeded)
            runner.failed.connect(self._on_failed)
            runner.cancelled.connect(self._on_cancelled)
        state.bundle_changed.connect(self._on_bundle)
        state.threshold_changed.connect(self._apply_settings)
        state.live.options_changed.connect(self._apply_settings)

    # --- actions of the operator ---

    def start(self) -> None:
        """Use the source that the options name, for the purpose that they name; one in use before is left."""
        self.stop()
        self._state.set_problem(None)
        live = self._live_session
        live.set_picture(None)
        live.forget_goods()
        live.begin_run()
        self._seen, self._left_out, self._remark = 0, list[str](), ""
        self._frames, self._requests, self._meter = NewestFrame(), SettingRequests(), PaceMeter()
        # A folder's photos are judged by the model's depth; good photos may be those of another product.
        bundle = None if live.options.purpose is Purpose.TAKE_GOOD else self._state.bundle
        self._depth = None if bundle is None else bundle.depth
        self._jobs["capture"] = self._runners["capture"].submit(
            Capturing(live.options, self._frames, self._requests, self._depth)
        )
        live.set_running(True)
        self._watch()

    def stop(self) -> None:
        """Leave the source; parts that were judged are still written."""
        for role, job in self._jobs.items():
            self._runners[role].cancel(job)
            self._jobs[role] = 0
        self._live = self._goods = None
        self._live_session.set_running(False)

    def trigger(self) -> None:
        """Judge the part before the camera now, or take its photo."""
        if self._live is not None:
            self._live.trigger()
        if self._goods is not None:
            self._goods.take()

    def _forget_trigger(self) -> None:
        for work in (self._live, self._goods):
            if work is not None:
                work.forget_trigger()

    def acknowledge(self) -> None:
        """Go on after a part that is held."""
        if self._live is not None:
            self._live.acknowledge()
        self._live_session.set_held(False)

    def remember_empty(self) -> None:
        """Say that no part is before the camera now."""
        if self._live is not None:
            self._live.remember_empty()

    def take_back(self) -> None:
        """Delete the good photo that was taken last."""
        if self._goods is not None and self._live_session.goods:
            self._goods.take_back()
            self._live_session.forget_goods(len(self._live_session.goods) - 1)

    def change_setting(self, name: str, value: float) -> None:
        """Ask the source for another exposure, gain, size or frame rate."""
        self._requests.ask(name, value)

    @property
    def unwritten(self) -> int:
        """How many judged parts are not in the history yet."""
        return sum(recording.recorder.waiting for recording in self._recordings.values())

    @property
    def trouble(self) -> str:
        """Why judged parts cannot be written, as a sentence; empty if they are."""
        return "" if self._trouble is None else f"{self._trouble.sentence} {self._trouble.advice}"

    def finish_recorders(self) -> None:
        """Finish writing, or end at the first error; the judging thread must have ended."""
        for recording in self._recordings.values():
            recording.recorder.finish()
            recording.recorder.hurry()

    def abandon(self) -> None:
        """Write nothing more; parts that wait are lost."""
        for recording in self._recordings.values():
            recording.recorder.abandon()

    # --- what runs ---

    def _watch(self) -> None:
        """Start what makes something of the frames."""
        options, bundle = self._live_session.options, self._state.bundle
        taking = options.purpose is Purpose.TAKE_GOOD
        recorder = None if taking or bundle is None else self._start_recorder()
        self._pictures = Newest()  # a job that still ends keeps its own, so that no old picture comes late
        watch = _Watch(self._frames, self._pictures, self._picture_waits, recorder, options.address)
        self._live = self._goods = None
        self._judging = bundle is not None
        if taking:
            assert options.good_folder is not None
            watch.work = self._goods = GoodTaking(
                options.good_folder, self._frames, watch.show, watch.take_good, bundle
            )
        else:
            watch.work = self._live = LiveInspection(
                bundle, self._frames, self._settings(), watch.show, watch.take_part
            )
        self._jobs["watch"] = self._runners["watch"].submit(watch)
        if recorder is not None:
            self._recorders[self._jobs["watch"]] = recorder
        self._apply_settings()

    def _start_recorder(self) -> Recorder:
        recording = Recording(self.open_store)
        self._recordings[self._runners["record"].submit(recording)] = recording
        return recording.recorder

    def _settings(self) -> LiveSettings:
        options = self._live_session.options
        return LiveSettings(self._state.limits, options.mode, options.hold_on_ng)

    @Slot()
    def _apply_settings(self) -> None:
        bundle = self._state.bundle
        if self._live is not None and self._judging and bundle is not None:
            self._live.change_bundle(bundle, self._settings())  # limits travel with the bundle that they are for
        elif self._live is not None:
            self._live.settings = self._settings()
        if self._goods is not None:
            self._goods.automatic = self._live_session.options.automatic

    @Slot()
    def _on_bundle(self) -> None:
        """Judge with the new model from the next frame on, also a source that was only shown so far.

        A folder of photos is read anew where the bundle asks for another bit depth.
        """
        bundle, address = self._state.bundle, self._live_session.options.address
        if self._live is not None and bundle is not None and bundle.depth != self._depth and holds_photos(address):
            self.start()
        elif self._live is not None and not self._judging:
            self._runners["watch"].cancel(self._jobs["watch"])
            self._watch()
        else:
            self._apply_settings()

    # --- what comes back ---

    @Slot()
    def _take_picture(self) -> None:
        picture = self._pictures.take()
        live = self._live_session
        if picture is None or not live.running:
            return
        self._see(picture)
        now = time.monotonic()
        if picture.view.state not in (LivePhase.HELD, LivePhase.PART):
            self._meter.show(picture.view.frame.taken_at, now)
        if now - self._paced_at >= PACE_EVERY_S:
            self._paced_at = now
            live.set_pace(self._meter.pace(now))

    def _see(self, picture: LivePicture) -> None:
        self._seen = max(self._seen, picture.view.frame.number + 1)
        self._live_session.set_held(picture.view.state is LivePhase.HELD)
        self._live_session.set_picture(picture)

    @Slot(int, object)
    def _on_delivered(self, job_id: int, items: tuple[object, ...]) -> None:
        points = [item for item in items if isinstance(item, ScorePoint)]
        if points:
            self._live_session.add_points(points)
        for item in items:
            self._take(job_id, item)

    def _take(self, job_id: int, item: object) -> None:
        live = self._live_session
        if isinstance(item, Kept):
            live.set_kept(live.kept + 1, item.words)
        elif isinstance(item, Trouble):
            self._tell_trouble(item.error)
        elif isinstance(item, TakenGood) and job_id == self._jobs["watch"]:
            live.add_good(item)
        elif isinstance(item, Watched) and job_id == self._jobs["capture"]:
            live.set_options(replace(live.options, address=item.address))
        elif isinstance(item, CaptureState) and job_id == self._jobs["capture"]:
            live.set_connection(item)
            if item.kind == "lost":
                self._forget_trigger()
            work = self._live or self._goods
            if item.kind == "streaming" and item.sentence:
                self._left_out.append(item.sentence)
            if item.kind == "ended" and work is not None:
                self._remark = item.sentence
                work.finish()

    def _tell_trouble(self, error: HistoryError | None) -> None:
        """Show that parts cannot be written as long as that is so; another problem is left as it is."""
        told, self._trouble = self._trouble, None if error is None else describe(error)
        if error is not None:
            if told != self._trouble:
                log.warning("judged parts wait: %s", error)
            self._state.set_problem(self._trouble)
        elif told is not None:
            log.info("judged parts are written again")
            if self._state.problem == told:
                self._state.set_problem(None)

    @Slot(int, object)
    def _on_succeeded(self, job_id: int, _result: object) -> None:
        self._end(job_id)
        if job_id == self._jobs["watch"]:  # the file or the folder is through
            summary = self._summary()
            self.stop()
            self._live_session.set_summary(summary)

    def _summary(self) -> str:
        last = self._pictures.take()  # it may wait to be shown
        if last is not None:
            self._see(last)
        live = self._live_session
        if live.options.purpose is Purpose.TAKE_GOOD:
            words = live_words.ended_goods(self._seen, len(live.goods))
        else:
            words = live_words.ended(self._seen, live.run_count, live.unit)
        unreadable = len([sentence for sentence in self._left_out if sentence != self._remark])
        return " ".join(filter(None, (words, live_words.left_out(unreadable), as_sentence(self._remark))))

    @Slot(int, object)
    def _on_failed(self, job_id: int, error: Exception) -> None:
        recording = self._recordings.get(job_id)
        self._end(job_id)
        ours = job_id in self._jobs.values()
        mistake = not isinstance(error, InspectorError)
        if ours or (recording is not None and recording.recorder in self._recorders.values()):
            self.stop()  # whatever is judged from now on would be lost
        if recording is not None and mistake and recording.recorder.waiting:
            self._recordings[self._runners["record"].submit(recording)] = recording  # the parts behind the lost part
        if ours or mistake or isinstance(error, HistoryError):
            tell(self._state, error)
        if ours and isinstance(error, SecretMissing):
            self.secret_wanted.emit()

    @Slot(int)
    def _on_cancelled(self, job_id: int) -> None:
        self._end(job_id)

    def _end(self, job_id: int) -> None:
        """Let the recorder of a job that judged come to its end; forget one that has."""
        self._recordings.pop(job_id, None)
        recorder = self._recorders.pop(job_id, None)
        if recorder is not None:
            recorder.finish()  # also where the job was cancelled before it began
