"""The part of the window's state that knows the camera."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from inspector.core.live.figures import Pace, ShiftCount
from inspector.core.values import FloatArray, ImageRGB, Limits, Verdict
from inspector.workflows.live.capture import CaptureState
from inspector.workflows.live.good_taking import TakenGood
from inspector.workflows.live.moments import LiveMode, LiveMoment, LivePhase

COMING = ("streaming", "ended")
"""States in which frames come: of a source that has ended, the last ones are still to be seen."""

POINTS = 240
"""Frames or parts that the strip chart shows."""


class Purpose(Enum):
    """The purpose of the camera: judging parts, or taking good photos."""

    INSPECT = auto()
    TAKE_GOOD = auto()


@dataclass(frozen=True, slots=True, eq=False)
class LivePicture:
    """The picture to show, prepared by the thread that judged it.

    Parameters
    ----------
    view : LiveMoment
    shown_rgb : ndarray of uint8, shape (h, w, 3)
        The frame, no larger than a screen needs.
    dense : ndarray of float32 or None
        The dense score map.
    dropped : int
        Frames that were replaced by newer ones before anyone judged them.
    """

    view: LiveMoment
    shown_rgb: ImageRGB
    dense: FloatArray | None
    dropped: int

    def limits(self, in_use: Limits) -> Limits:
        """Return the limits to show it at.

        A part keeps the verdict that the history has. A live picture follows the limits in use.
        """
        given = self.view.limits
        return given if given is not None and self.view.state in (LivePhase.PART, LivePhase.HELD) else in_use


class Unit(Enum):
    """The counted unit: frames in the mode that judges every frame, otherwise parts."""

    FRAME = auto()
    PART = auto()


_UNITS = {LiveMode.CONTINUOUS: Unit.FRAME, LiveMode.TRIGGER: Unit.PART, LiveMode.ARRIVAL: Unit.PART}


@dataclass(frozen=True, slots=True)
class ScorePoint:
    """A bar of the strip chart: a score in units of the limit at that time, None without a score."""

    relative: float | None
    verdict: Verdict
    unit: Unit
    refused_and_ng: bool = False


@dataclass(frozen=True, slots=True)
class LiveOptions:
    """The options of the operator."""

    address: str = field(default="", repr=False)
    """May hold a password; `shown_address` is for people."""
    secret_is_missing: bool = False
    """Whether the address comes from the preferences, which keep no secrets."""
    purpose: Purpose = Purpose.INSPECT
    mode: LiveMode = LiveMode.CONTINUOUS
    hold_on_ng: bool = False
    automatic: bool = False
    """Whether good photos are taken by themselves when a part has come to rest."""
    good_folder: Path | None = None
    """Where good photos go."""


class LiveState(QObject):
    """Validates, compares, assigns, emits once; belongs to `Session`."""

    options_changed = Signal()
    connection_changed = Signal()
    running_changed = Signal()
    picture_changed = Signal()
    showing_changed = Signal()
    """There is a picture now, or none any more."""
    frozen_changed = Signal()
    held_changed = Signal()
    pace_changed = Signal()
    parts_changed = Signal()
    goods_changed = Signal()
    kept_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._options = LiveOptions()
        self._running = False
        self._connection: CaptureState | None = None
        self._picture: LivePicture | None = None
        self._current = False
        self._frozen = False
        self._held = False
        self._pace = Pace(0.0, 0.0, 0.0)
        self._counts = {unit: ShiftCount() for unit in Unit}
        self._unit = Unit.FRAME
        self._points: deque[ScorePoint] = deque(maxlen=POINTS)
        self._goods: list[TakenGood] = []
        self._run_counts = {unit: ShiftCount() for unit in Unit}
        self._summary = ""
        self._kept = 0
        self._kept_words = ""

    @property
    def options(self) -> LiveOptions:
        """The options of the operator."""
        return self._options

    def set_options(self, options: LiveOptions) -> None:
        """Choose."""
        if options != self._options:
            if options.mode is not self._options.mode:
                self._unit = _UNITS[options.mode]
            self._options = options
            self.options_changed.emit()

    @property
    def running(self) -> bool:
        """Whether a source is in use, connected or not."""
        return self._running

    def set_running(self, running: bool) -> None:
        """Say whether a source is in use."""
        if running == self._running:
            return
        self._running = running
        if not running:
            self._connection = None
            self.set_held(False)
            self.set_frozen(False)
            self.set_pace(Pace(0.0, 0.0, 0.0))
            self.connection_changed.emit()
        self.running_changed.emit()

    @property
    def connection(self) -> CaptureState | None:
        """How it stands with the source, or None without one."""
        return self._connection

    @property
    def streaming(self) -> bool:
        """Whether frames come, and the picture is one of them: not one from before the source was lost."""
        return self._current and self._connection is not None and self._connection.kind in COMING

    def set_connection(self, state: CaptureState) -> None:
        """Say how it stands with the source."""
        if state != self._connection:
            self._connection = state
            self._current &= state.kind in COMING
            self.connection_changed.emit()

    @property
    def picture(self) -> LivePicture | None:
        """The content of the screen."""
        return self._picture

    def set_picture(self, picture: LivePicture | None) -> None:
        """Show a picture; not while the screen is frozen."""
        first, self._current = picture is not None and not self._current, picture is not None
        if not self._frozen:
            was, self._picture = self._picture, picture
            self.picture_changed.emit()
            if (was is None) != (picture is None):
                self.showing_changed.emit()
        if first:
            self.connection_changed.emit()

    @property
    def frozen(self) -> bool:
        """Whether the picture stands still; parts are judged all the same."""
        return self._frozen

    def set_frozen(self, frozen: bool) -> None:
        """Let the picture stand still, or go on."""
        if frozen != self._frozen:
            self._frozen = frozen
            self.frozen_changed.emit()

    @property
    def held(self) -> bool:
        """Whether a part that is not OK waits to be acknowledged."""
        return self._held

    def set_held(self, held: bool) -> None:
        """Say whether a part that is not OK waits to be acknowledged."""
        if held != self._held:
            self._held = held
            self.held_changed.emit()

    @property
    def pace(self) -> Pace:
        """Frames a second, and their age when shown."""
        return self._pace

    def set_pace(self, pace: Pace) -> None:
        """Say how fast it goes."""
        if pace != self._pace:
            self._pace = pace
            self.pace_changed.emit()

    @property
    def unit(self) -> Unit:
        """The counted unit, by the mode. Photos of a folder are parts in each mode."""
        return self._unit

    @property
    def count(self) -> ShiftCount:
        """Frames or parts of this shift by verdict, whichever `unit` says."""
        return self._counts[self.unit]

    @property
    def points(self) -> tuple[ScorePoint, ...]:
        """The last frames or parts, oldest first."""
        return tuple(self._points)

    def add_points(self, points: Sequence[ScorePoint]) -> None:
        """Count frames or parts that were judged."""
        for point in points:
            for counts in (self._counts, self._run_counts):
                counts[point.unit] = counts[point.unit].with_part(point.verdict, refused_and_ng=point.refused_and_ng)
            self._unit = point.unit
        self._points.extend(points)
        self.parts_changed.emit()

    def new_shift(self) -> None:
        """Restart the counts; judged parts stay in the history."""
        self._counts = {unit: ShiftCount() for unit in Unit}
        self._points.clear()
        self.parts_changed.emit()

    def begin_run(self) -> None:
        """Forget the run before: a source is used anew."""
        self._run_counts = {unit: ShiftCount() for unit in Unit}
        self._summary = ""

    @property
    def run_count(self) -> ShiftCount:
        """Frames or parts since the source was started, whichever `unit` says."""
        return self._run_counts[self.unit]

    @property
    def summary(self) -> str:
        """A summary of a source that ended by itself; empty while a source is in use, or after a stop."""
        return self._summary

    def set_summary(self, summary: str) -> None:
        """Set the summary of a source that ended."""
        if summary != self._summary:
            self._summary = summary
            self.connection_changed.emit()

    @property
    def goods(self) -> tuple[TakenGood, ...]:
        """Good photos taken since the source was started, oldest first."""
        return tuple(self._goods)

    def add_good(self, good: TakenGood) -> None:
        """Say that a good photo was taken; those that were taken back are forgotten."""
        self._goods = [*self._goods[: good.count - 1], good]
        self.goods_changed.emit()

    def forget_goods(self, keep: int = 0) -> None:
        """Forget all good photos but the first ones."""
        self._goods = self._goods[:keep]
        self.goods_changed.emit()

    @property
    def kept(self) -> int:
        """How many parts the history took since the window was opened."""
        return self._kept

    @property
    def kept_words(self) -> str:
        """A problem of the history; empty without a problem."""
        return self._kept_words

    def set_kept(self, kept: int, words: str) -> None:
        """Say how it stands with the history."""
        if (kept, words) != (self._kept, self._kept_words):
            self._kept, self._kept_words = kept, words
            self.kept_changed.emit()
