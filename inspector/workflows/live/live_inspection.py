"""Frames in, verdicts out, without lag: which frames of a camera are judged, and when."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from inspector.core.live.arrivals import Arrivals, Scene
from inspector.core.live.frames import Frame, NewestFrame, Shutter
from inspector.core.live.stretches import Stretch, Stretches
from inspector.core.progress import CancelToken
from inspector.core.review.judged_part import FROM_A_FILE
from inspector.core.values import Inspection, Verdict
from inspector.workflows.judging.inspect import inspect_image
from inspector.workflows.judging.loaded_bundle import LoadedBundle
from inspector.workflows.live.moments import LiveMode, LiveMoment, LivePart, LivePhase, LiveSettings

WAIT_S = 0.1
"""How long one waits for a frame before looking whether to stop."""
MOST_AT_ONCE = 2
"""Frames judged at once in the mode that judges every frame, each with its share of the cores.

A single frame leaves a core idle in each step that uses one core.
"""
SHOWN_S = 2.0
"""How long a part that was triggered stays on the screen before the live picture comes back."""


@dataclass(frozen=True, slots=True)
class _Orders:
    """Bundle and limits of a frame: limits are valid only with the bundle of their scores."""

    bundle: LoadedBundle | None
    settings: LiveSettings


OnView = Callable[[LiveMoment], None]
OnPart = Callable[[LivePart], None]
"""Both are called in the thread that judges, and must return soon."""


class LiveInspection:
    """Judges the newest frame, as the mode says, one at a time.

    `run` belongs to one thread; all else may be called from another.

    Parameters
    ----------
    bundle : LoadedBundle or None
        The bundle that judges; None shows frames only.
    frames : NewestFrame
        Where they come from.
    settings : LiveSettings
    on_view, on_part
        Receive each view, and each judged part.
    """

    def __init__(
        self,
        bundle: LoadedBundle | None,
        frames: NewestFrame,
        settings: LiveSettings,
        on_view: OnView,
        on_part: OnPart,
    ) -> None:
        self._orders = self._now = _Orders(bundle, settings)
        """The orders that were given last, and those that the frame at hand is judged by."""
        self._frames = frames
        self._on_view = on_view
        self._on_part = on_part
        self._arrivals = Arrivals()
        self._stretches = Stretches()
        self._shutter = Shutter()
        self._show_until = 0.0
        self._beside: Executor | None = None
        self._judges: Executor | None = None
        self._at_once = 1
        self._in_flight = deque[tuple[Frame, _Orders, Future[Inspection]]]()
        self._no_part: LiveMoment | None = None
        self._free = threading.Event()
        self._free.set()
        self._again = threading.Event()
        self._empty = threading.Event()
        self._finishing = threading.Event()

    @property
    def settings(self) -> LiveSettings:
        """The settings that were given last; the next frame is judged by them."""
        return self._orders.settings

    @settings.setter
    def settings(self, settings: LiveSettings) -> None:
        if settings.mode is not self._orders.settings.mode:
            self.forget_trigger()
        self._orders = _Orders(self._orders.bundle, settings)

    def change_bundle(self, bundle: LoadedBundle, settings: LiveSettings) -> None:
        """Judge by another bundle, or by the same one written anew, from the next frame on.

        A part that is held stays held, and the empty place stays known. A part at rest that was judged is judged again
        only by the bundle of another file.

        Parameters
        ----------
        bundle : LoadedBundle
            In place of the former one; there must have been one.
        settings : LiveSettings
            With limits for its scores.
        """
        if self._orders.bundle is None:
            raise RuntimeError("no model is open")
        self._orders = _Orders(bundle, settings)

    @property
    def held(self) -> bool:
        """Whether a part waits to be acknowledged."""
        return not self._free.is_set()

    def trigger(self) -> None:
        """Judge the part before the camera now; only in the mode by key, and while no part is held."""
        orders = self._orders
        if not self.held and orders.bundle is not None and orders.settings.mode is LiveMode.TRIGGER:
            self._shutter.press()

    def forget_trigger(self) -> None:
        """Judge nothing for a key pressed before: the part that it was pressed for may be gone."""
        self._shutter.forget()

    def acknowledge(self) -> None:
        """Go on after a part that is held."""
        self._show_until = 0.0
        self._shutter.forget()
        self._free.set()

    def judge_again(self) -> None:
        """Judge the resting part again."""
        self._again.set()

    def remember_empty(self) -> None:
        """Say that the place before the camera is empty now, so that all else that rests there is a part."""
        self._empty.set()

    def finish(self) -> None:
        """End once the frames that wait are judged."""
        self._finishing.set()

    def run(self, token: CancelToken) -> None:
        """Judge until `finish`.

        Raises
        ------
        Cancelled
            If `token` was cancelled. All parts judged until then were passed on.
        """
        try:
            self._work(token)
        finally:
            try:
                self._pass_on(all_of_them=True)
            finally:
                self._end_stretch()

    def _work(self, token: CancelToken) -> None:
        if self._orders.bundle is None:
            self._watch(token)
            return
        from inspector.engine.threads import leave_a_core, photos_at_once, share_cores  # imports torch

        leave_a_core()
        self._at_once = photos_at_once(MOST_AT_ONCE)
        with (
            ThreadPoolExecutor(1, "guards") as self._beside,
            ThreadPoolExecutor(self._at_once, "judges", share_cores, (self._at_once,)) as self._judges,
        ):
            self._watch(token)

    def _watch(self, token: CancelToken) -> None:
        while True:
            token.check()
            finishing = self._finishing.is_set()
            frame = self._frames.take(WAIT_S, self._first_is_judged)
            self._pass_on(all_of_them=False)
            if frame is not None:
                self._see(frame, token)
            elif finishing and not self._in_flight:
                return

    def _first_is_judged(self) -> bool:
        return bool(self._in_flight) and self._in_flight[0][2].done()

    def _see(self, frame: Frame, token: CancelToken) -> None:
        if frame.name:
            self._wait_for_release(token)  # first: changes in the meantime hold for this photo
        self._take_orders()
        mode = self._now.settings.mode
        if mode is not LiveMode.CONTINUOUS or frame.name or self.held:
            self._pass_on(all_of_them=True)
        if mode is not LiveMode.CONTINUOUS:
            self._end_stretch()
        if self._now.bundle is None:
            self._on_view(LiveMoment(frame, LivePhase.WATCHING))
        elif frame.name:
            self._judge_part(frame, self._inspect(frame), FROM_A_FILE)
        elif mode is LiveMode.ARRIVAL:
            self._see_arrival(frame)
        elif self.held:
            return
        elif mode is LiveMode.TRIGGER:
            self._see_triggered(frame)
        else:
            self._see_continuous(frame)

    def _take_orders(self) -> None:
        """Judge with the latest settings; frames already judged keep their verdict by the former settings."""
        former, orders = self._now, self._orders
        if orders.bundle is not former.bundle:
            self._pass_on(all_of_them=True)
            self._end_stretch()
        self._now = orders
        if former.bundle is None or orders.bundle is None or orders.bundle is former.bundle:
            return
        refused = self._no_part is not None and orders.bundle.detector is not former.bundle.detector
        if refused or orders.bundle.stored.path != former.bundle.stored.path:
            self._arrivals.forget()

    # --- the modes ---

    def _see_continuous(self, frame: Frame) -> None:
        """Begin to judge a frame; pass earlier frames on first if the maximum is being judged."""
        assert self._judges is not None
        assert self._now.bundle is not None
        judged = self._judges.submit(inspect_image, self._now.bundle, frame.image_rgb, _path_of(frame))
        judged.add_done_callback(lambda _: self._frames.look_up())
        self._in_flight.append((frame, self._now, judged))
        if len(self._in_flight) >= self._at_once:
            self._pass_on_first()

    def _pass_on(self, *, all_of_them: bool) -> None:
        """Pass on, in order, frames that were judged meanwhile, or all, once they are."""
        while self._in_flight and (all_of_them or self._first_is_judged()):
            self._pass_on_first()

    def _pass_on_first(self) -> None:
        frame, orders, judged = self._in_flight.popleft()
        inspection = judged.result()
        if not self.held:  # otherwise it would be judged before the part that is held
            self._show_continuous(frame, inspection, orders.settings)

    def _show_continuous(self, frame: Frame, inspection: Inspection, settings: LiveSettings) -> None:
        limits = settings.limits
        self._keep_stretch(self._stretches.see(frame, inspection, limits, datetime.now().astimezone()))
        if inspection.verdict(limits) is not Verdict.OK and settings.hold_on_ng:
            self._free.clear()
            self._end_stretch()
        state = LivePhase.HELD if self.held else LivePhase.JUDGING
        self._on_view(LiveMoment(frame, state, inspection, limits, counted=True))

    def _see_triggered(self, frame: Frame) -> None:
        best = self._shutter.see(frame)
        if best is not None:
            self._show_until = time.monotonic() + SHOWN_S
            self._judge_part(best, self._inspect(best), LiveMode.TRIGGER)
        elif not self._shutter.busy and frame.taken_at >= self._show_until:
            self._on_view(LiveMoment(frame, LivePhase.WATCHING))

    def _see_arrival(self, frame: Frame) -> None:
        if self._again.is_set():
            self._again.clear()
            self._arrivals.forget()
        scene = self._arrivals.see(frame)
        if self._empty.is_set():
            self._empty.clear()
            self._arrivals.remember_empty()
        if self.held:
            return
        if scene in (Scene.MOVING, Scene.SETTLING):
            self._no_part = None
            self._on_view(LiveMoment(frame, LivePhase.MOVING))
        elif scene is Scene.ARRIVED:
            self._judge_arrived(self._arrivals.sharpest or frame)
        elif self._no_part is not None:
            self._on_view(LiveMoment(frame, LivePhase.NO_PART, self._no_part.inspection))

    def _judge_arrived(self, frame: Frame) -> None:
        self._arrivals.judged()
        if self._arrivals.shows_empty:
            self._show_no_part(LiveMoment(frame, LivePhase.NO_PART))
            return
        inspection = self._inspect(frame)
        if inspection.refusal is None or self._arrivals.knows_empty or self._now.settings.hold_on_ng:
            self._judge_part(frame, inspection, LiveMode.ARRIVAL)
            return
        # An empty place, a hand, a part that lies wrongly: guards know good parts only. Refused pictures are shown with
        # their reason. They count as parts only if the empty station is known, or if only OK parts may pass.
        self._show_no_part(LiveMoment(frame, LivePhase.NO_PART, inspection))

    def _show_no_part(self, view: LiveMoment) -> None:
        self._no_part = view
        self._on_view(view)

    # --- shared steps ---

    def _inspect(self, frame: Frame) -> Inspection:
        assert self._now.bundle is not None
        limit = self._now.settings.limits.threshold
        return inspect_image(self._now.bundle, frame.image_rgb, _path_of(frame), self._beside, limit=limit)

    def _judge_part(self, frame: Frame, inspection: Inspection, trigger: str) -> None:
        assert self._now.bundle is not None
        settings = self._now.settings
        part = LivePart(frame, inspection, settings.limits, self._now.bundle, datetime.now().astimezone(), trigger)
        if part.verdict is not Verdict.OK and settings.hold_on_ng:
            self._free.clear()
        self._on_part(part)
        self._on_view(LiveMoment(frame, LivePhase.HELD if self.held else LivePhase.PART, inspection, part.limits))

    def _end_stretch(self) -> None:
        self._keep_stretch(self._stretches.end())

    def _keep_stretch(self, stretch: Stretch | None) -> None:
        """Pass on a stretch that has ended.

        The bundle in use judged it, because a change of the bundle ends the stretch first.
        """
        if stretch is not None:
            assert self._now.bundle is not None
            judged = (stretch.frame, stretch.inspection, stretch.limits, self._now.bundle, stretch.judged_at)
            self._on_part(LivePart(*judged, LiveMode.CONTINUOUS, stretch.frames))

    def _wait_for_release(self, token: CancelToken) -> None:
        """Let the next photo of a folder wait while a part is held: none is left unjudged."""
        while not self._free.wait(WAIT_S):
            token.check()


def _path_of(frame: Frame) -> Path:
    return Path(frame.name or f"frame {frame.number}")
