"""Which frames of a camera are judged, and when."""

import threading
import time
from dataclasses import replace
from pathlib import Path

import cv2
import pytest

from inspector.core.live.frames import Frame, NewestFrame
from inspector.core.progress import CancelToken
from inspector.core.values import Limits, Verdict
from inspector.storage.photos.images import list_images, read_image
from inspector.workflows.judging.inspect import inspect_image
from inspector.workflows.judging.loaded_bundle import open_bundle
from inspector.workflows.live.live_inspection import LiveInspection
from inspector.workflows.live.moments import LiveMode, LivePhase, LiveSettings
from inspector.workflows.live.recording import judged_part
from tests.line import FPS, Fed, Line, cells

STRICT = 0.3
"""So many units of the trained limit call every cell NG."""


@pytest.fixture(scope="module")
def loaded(trained_bundle):
    return open_bundle(trained_bundle)


@pytest.fixture(scope="module")
def parts(solar_cells):
    return cells(solar_cells.mixed / "good")[:3]


class Run(Fed):
    """A live inspection."""

    def __init__(self, loaded, mode, *, hold=False, limits=None):
        super().__init__()
        self.views, self.parts = [], []
        own = limits or loaded.stored.manifest.limits
        self.live = self.works = LiveInspection(
            loaded, self.frames, LiveSettings(own, mode, hold), self.views.append, self.parts.append
        )

    def until(self, condition):
        """Wait until something is so."""
        deadline = time.monotonic() + 60.0
        while not condition():
            assert time.monotonic() < deadline
            threading.Event().wait(0.005)

    def seen(self):
        """Wait until all frames were looked at."""
        self.live.finish()
        self.ended()

    def states(self):
        return [view.state for view in self.views]


def test_continuously_each_frame_is_judged_and_its_stretch_is_kept_once(loaded, parts):
    line = Line(noise=0.0)
    with Run(loaded, LiveMode.CONTINUOUS) as run:
        run.feed(line.rests(parts[0], 5)).seen()
    assert run.states() == [LivePhase.JUDGING] * 5
    (part,) = run.parts
    assert part.frames == 5
    judged = inspect_image(loaded, parts[0], loaded.stored.path)
    assert part.inspection.score == pytest.approx(judged.score, rel=1e-5)
    assert part.verdict is judged.verdict(loaded.stored.manifest.limits)
    assert part.judged_at.tzinfo is not None


def test_what_was_judged_is_passed_on_when_it_is_cancelled(loaded, parts):
    with Run(loaded, LiveMode.CONTINUOUS) as run:
        run.feed(Line().rests(parts[0], 3))
    assert sum(part.frames for part in run.parts) >= 1


def test_a_part_that_comes_to_rest_is_judged_once_and_the_empty_place_never(loaded, parts):
    line = Line()
    with Run(loaded, LiveMode.ARRIVAL) as run:
        run.live.remember_empty()
        run.feed(line.empty(FPS))
        for part in parts:
            run.feed(line.passes(part, rest=FPS)).feed(line.empty(FPS))
        run.seen()
    assert len(run.parts) == len(parts)
    assert all(part.inspection.score is not None and part.trigger == "arrival" for part in run.parts)
    assert LivePhase.NO_PART in run.states()


def test_what_guards_refuse_is_no_part_while_the_empty_place_is_unknown(loaded, parts):
    line = Line(noise=0.0)
    with Run(loaded, LiveMode.ARRIVAL) as run:
        run.feed(line.rests(cv2.GaussianBlur(parts[1], (0, 0), 4.0), FPS)).seen()
    assert run.parts == []
    shown = [view for view in run.views if view.state is LivePhase.NO_PART]
    assert shown
    assert all("focus" in view.inspection.refusal for view in shown)


def test_a_part_that_may_not_be_judged_counts_once_the_empty_place_is_known(loaded, parts):
    line = Line(noise=0.0)
    blurred = cv2.GaussianBlur(parts[1], (0, 0), 4.0)
    with Run(loaded, LiveMode.ARRIVAL) as run:
        run.live.remember_empty()
        run.feed(line.empty(FPS)).feed(line.passes(blurred, rest=FPS)).feed(line.empty(FPS)).seen()
    assert [part.verdict for part in run.parts] == [Verdict.REFUSED]
    assert "focus" in run.parts[0].inspection.refusal


def test_a_trigger_gives_one_part_the_sharpest_of_its_burst(loaded, parts):
    line = Line(noise=0.5)
    blurred = cv2.GaussianBlur(parts[0], (0, 0), 1.5)
    with Run(loaded, LiveMode.TRIGGER) as run:
        run.feed(line.rests(parts[0], 3))
        run.live.trigger()
        run.feed([*line.rests(blurred, 3), line.frame(parts[0]), *line.rests(blurred, 6)]).seen()
    (part,) = run.parts
    assert part.trigger == "trigger"
    assert part.frame.number in (2, 6)  # the trigger may come before the last frame fed is looked at
    assert part.inspection.score is not None
    assert run.states()[0] is LivePhase.WATCHING
    assert LivePhase.PART in run.states()


def test_without_a_trigger_nothing_is_judged(loaded, parts):
    with Run(loaded, LiveMode.TRIGGER) as run:
        run.feed(Line().rests(parts[0], 10)).seen()
    assert run.parts == []
    assert set(run.states()) == {LivePhase.WATCHING}


@pytest.mark.parametrize("mode", [LiveMode.CONTINUOUS, LiveMode.ARRIVAL])
def test_an_ng_part_is_held_until_it_is_acknowledged(loaded, parts, mode):
    line = Line()
    strict = Limits(loaded.stored.manifest.limits.threshold * STRICT)
    with Run(loaded, mode, hold=True, limits=strict) as run:
        run.feed(line.passes(parts[0], FPS)).feed(line.passes(parts[1], FPS)).feed(line.rests(parts[2], 2))
        held = run.live.held
        run.live.acknowledge()
        run.feed(line.passes(parts[2], rest=FPS)).seen()
    assert held
    held_views = [view for view in run.views if view.state is LivePhase.HELD]
    assert len(held_views) == 2  # the first part, and the part after the acknowledgement
    after = run.views[run.views.index(held_views[0]) + 1]
    assert after.frame.number >= 2 * (FPS + 16)  # nothing was shown or judged in between


@pytest.mark.parametrize("mode", list(LiveMode))
def test_a_refused_part_is_held_too(loaded, parts, mode):
    blurred = cv2.GaussianBlur(parts[1], (0, 0), 6.0)
    line = Line(noise=0.0)
    with Run(loaded, mode, hold=True) as run:
        if mode is LiveMode.TRIGGER:
            run.live.trigger()
        run.feed(line.rests(blurred, FPS))
        run.until(lambda: run.live.held)
        run.live.acknowledge()
        run.seen()
    part = run.parts[0]
    assert part.verdict is Verdict.REFUSED
    assert part.inspection.score is not None
    assert part.refused_and_ng == (part.inspection.score > part.limits.threshold)
    assert LivePhase.HELD in run.states()


@pytest.mark.parametrize("mode", [LiveMode.CONTINUOUS, LiveMode.ARRIVAL])
def test_an_unsure_part_is_held_and_an_ok_part_is_not(loaded, parts, mode):
    own = loaded.stored.manifest.limits.threshold
    for limits, held in ((Limits(own, own * STRICT), True), (Limits(own), False)):
        with Run(loaded, mode, hold=True, limits=limits) as run:
            run.feed(Line(noise=0.0).rests(parts[0], FPS)).feed(Line(noise=0.0).rests(parts[0], 2))
            assert run.live.held == held
            run.seen()
        assert run.parts[0].verdict is (Verdict.UNSURE if held else Verdict.OK)


def test_the_threshold_moves_while_it_runs(loaded, parts):
    line = Line(noise=0.0)
    own = loaded.stored.manifest.limits
    with Run(loaded, LiveMode.ARRIVAL, limits=Limits(own.threshold * 50)) as run:
        run.feed(line.passes(parts[0], rest=FPS)).feed(line.slides_in(parts[1]))
        run.live.settings = replace(run.live.settings, limits=Limits(own.threshold * STRICT))
        run.feed(line.rests(parts[1], FPS)).seen()
    assert [part.verdict for part in run.parts] == [Verdict.OK, Verdict.NG]
    assert run.parts[0].limits.threshold > run.parts[1].limits.threshold


def test_frames_that_were_ng_are_kept_as_ng_though_the_limit_was_raised_since(loaded, parts):
    line, own = Line(noise=0.0), loaded.stored.manifest.limits.threshold
    with Run(loaded, LiveMode.CONTINUOUS, limits=Limits(own * STRICT)) as run:
        run.feed(line.rests(parts[0], 2))
        run.until(lambda: len(run.views) == 2)
        run.live.settings = replace(run.live.settings, limits=Limits(own * 50))
        run.feed(line.rests(parts[0], 2)).seen()
    kept = [(part.verdict, part.limits.threshold, part.frames) for part in run.parts]
    assert kept == [(Verdict.NG, own * STRICT, 2), (Verdict.OK, own * 50, 2)]
    assert all(judged_part(part, "", "").verdict is part.verdict for part in run.parts)
    assert bool(judged_part(run.parts[0], "", "").regions)


def test_a_stretch_that_is_still_open_at_the_end_keeps_the_limits_it_was_judged_at(loaded, parts):
    own = loaded.stored.manifest.limits.threshold
    with Run(loaded, LiveMode.CONTINUOUS, limits=Limits(own * STRICT)) as run:
        run.feed(Line(noise=0.0).rests(parts[0], 2))
        run.until(lambda: len(run.views) == 2)
        run.live.settings = replace(run.live.settings, limits=Limits(own * 50))
        run.seen()
    assert [(part.verdict, part.limits.threshold) for part in run.parts] == [(Verdict.NG, own * STRICT)]


def saved_again(loaded, factor=1.0, path=None):
    """The bundle as it is after a limit was saved in its file, or with another file's name."""
    manifest = loaded.stored.manifest.model_copy(update={"limits": loaded.stored.manifest.limits})
    stored = replace(loaded.stored, sha256="another", manifest=manifest, path=path or loaded.stored.path)
    return replace(loaded, stored=stored), Limits(loaded.stored.manifest.limits.threshold * factor)


@pytest.mark.parametrize(
    ("mode", "path"),
    [(LiveMode.CONTINUOUS, None), (LiveMode.ARRIVAL, None), (LiveMode.ARRIVAL, Path("another product.inspector"))],
)
def test_a_part_stays_held_though_a_limit_is_saved_or_another_bundle_opened(loaded, parts, mode, path):
    line = Line()
    strict = Limits(loaded.stored.manifest.limits.threshold * STRICT)
    with Run(loaded, mode, hold=True, limits=strict) as run:
        run.feed(line.rests(parts[0], FPS)).feed(line.slides_out(parts[0]))
        run.until(lambda: run.live.held)
        again, high = saved_again(loaded, 50.0, path)
        run.live.change_bundle(again, replace(run.live.settings, limits=high))
        run.feed(line.passes(parts[1], FPS))
        assert run.live.held
        assert run.states()[-1] is LivePhase.HELD
        # Otherwise a frame of a part that slides in would be held next: it is refused.
        run.live.settings = replace(run.live.settings, hold_on_ng=False)
        run.live.acknowledge()
        run.feed(line.passes(parts[2], FPS)).seen()
    held = [part for part in run.parts if part.bundle is loaded][-1]
    after = [part for part in run.parts if part.bundle is again]
    assert (held.verdict, held.limits) == (Verdict.NG, strict)
    assert Verdict.OK in {part.verdict for part in after}
    assert all(part.limits == high for part in after)


def test_the_empty_place_and_what_rests_there_are_still_known_after_a_limit_was_saved(loaded, parts):
    line = Line()
    with Run(loaded, LiveMode.ARRIVAL) as run:
        run.live.remember_empty()
        run.feed(line.empty(FPS)).feed(line.slides_in(parts[0])).feed(line.rests(parts[0], FPS))
        again, high = saved_again(loaded, 50.0)
        run.live.change_bundle(again, replace(run.live.settings, limits=high))
        run.feed(line.rests(parts[0], FPS)).feed(line.slides_out(parts[0])).feed(line.empty(FPS)).seen()
    assert [part.bundle for part in run.parts] == [loaded]  # neither judged again nor the empty place judged


def test_a_part_at_rest_is_judged_again_by_the_bundle_of_another_file(loaded, parts):
    line = Line()
    with Run(loaded, LiveMode.ARRIVAL) as run:
        run.live.remember_empty()
        run.feed(line.empty(FPS)).feed(line.slides_in(parts[0])).feed(line.rests(parts[0], FPS))
        other, high = saved_again(loaded, 50.0, Path("another product.inspector"))
        run.live.change_bundle(other, replace(run.live.settings, limits=high))
        run.feed(line.rests(parts[0], FPS)).feed(line.slides_out(parts[0])).feed(line.empty(FPS)).seen()
    assert [part.bundle for part in run.parts] == [loaded, other]


def test_frames_being_judged_while_the_bundle_changes_are_kept_as_the_former_ones(loaded, parts):
    line = Line(noise=0.0)
    strict = Limits(loaded.stored.manifest.limits.threshold * STRICT)
    with Run(loaded, LiveMode.CONTINUOUS, limits=strict) as run:
        run.feed(line.rests(parts[0], 3))
        again, high = saved_again(loaded, 50.0)
        run.live.change_bundle(again, replace(run.live.settings, limits=high))
        run.feed(line.rests(parts[0], 3)).seen()
    assert sum(part.frames for part in run.parts) == 6
    for part in run.parts:
        assert part.limits == (high if part.bundle is again else strict)
        assert part.verdict is (Verdict.OK if part.bundle is again else Verdict.NG)


def test_each_photo_of_a_folder_is_one_part_and_waits_while_one_is_held(loaded, solar_cells):
    paths = list_images(solar_cells.mixed / "good")[:3]
    photos = [Frame(read_image(path), number, number / FPS, path.name) for number, path in enumerate(paths)]
    strict = Limits(loaded.stored.manifest.limits.threshold * STRICT)
    with Run(loaded, LiveMode.CONTINUOUS, hold=True, limits=strict) as run:
        feeding = threading.Thread(target=lambda: run.feed(photos))
        feeding.start()
        while len(run.parts) < len(photos):
            if run.live.held:
                run.live.acknowledge()
            run.token.check()
        feeding.join(60.0)
        run.seen()
    assert [part.frame.name for part in run.parts] == [path.name for path in paths]
    assert all(part.trigger == "photo" for part in run.parts)


def test_without_a_bundle_the_picture_is_shown_and_nothing_judged(parts):
    views, frames = [], NewestFrame()
    live = LiveInspection(None, frames, LiveSettings(Limits(1.0)), views.append, pytest.fail)
    live.finish()
    frames.put(Line().frame(parts[0]))
    live.run(CancelToken())
    assert [view.state for view in views] == [LivePhase.WATCHING]


def test_a_frame_of_another_shape_is_refused_with_the_reason(loaded, parts):
    line = Line()
    with Run(loaded, LiveMode.CONTINUOUS) as run:
        run.feed([line.frame(parts[0][:150])]).seen()
    (part,) = run.parts
    assert part.verdict is Verdict.REFUSED
    assert part.inspection.refusal


def test_frames_judged_at_once_are_passed_on_in_order_and_no_more_than_two_wait(loaded, parts, monkeypatch):
    first_may_end, running, most = threading.Event(), [], []

    def slow_at_first(bundle, image_rgb, path, beside=None):
        running.append(path)
        most.append(len(running))
        if path.name == "frame 0":
            assert first_may_end.wait(30)
        elif path.name == "frame 1":
            first_may_end.set()
        running.remove(path)
        return inspect_image(bundle, image_rgb, path)

    monkeypatch.setattr("inspector.engine.threads.photos_at_once", lambda _most: 2)
    monkeypatch.setattr("inspector.workflows.live.live_inspection.inspect_image", slow_at_first)
    with Run(loaded, LiveMode.CONTINUOUS) as run:
        run.feed(Line(noise=0.0).rests(parts[0], 6)).seen()
    assert [view.frame.number for view in run.views] == list(range(6))
    assert max(most) == 2


def test_a_frame_that_was_judged_is_shown_though_no_other_one_comes(loaded, parts):
    shown = threading.Event()
    with Run(loaded, LiveMode.CONTINUOUS) as run:
        run.live._on_view = lambda _view: shown.set()
        run.feed(Line(noise=0.0).rests(parts[0], 1))
        assert shown.wait(30)


def test_nothing_is_shown_after_the_frame_that_is_held(loaded, parts):
    with Run(loaded, LiveMode.CONTINUOUS, hold=True, limits=Limits(1e-6)) as run:
        run.feed(Line(noise=0.0).rests(parts[0], 4)).seen()
    assert run.states() == [LivePhase.HELD]
    assert sum(part.frames for part in run.parts) == 1


@pytest.mark.parametrize("meanwhile", [LiveMode.CONTINUOUS, LiveMode.ARRIVAL])
def test_a_key_pressed_in_another_mode_or_before_gives_no_part_later(loaded, parts, meanwhile):
    line = Line()
    with Run(loaded, meanwhile) as run:
        run.live.trigger()  # the mode takes no key
        run.live.settings = replace(run.live.settings, mode=LiveMode.TRIGGER)
        run.feed(line.rests(parts[0], 8)).seen()
    assert run.parts == []
    with Run(loaded, LiveMode.TRIGGER) as run:
        run.live.trigger()
        run.live.settings = replace(run.live.settings, mode=meanwhile)
        run.live.settings = replace(run.live.settings, mode=LiveMode.TRIGGER)
        run.feed(Line().rests(parts[0], 8)).seen()
    assert run.parts == []


def test_a_key_pressed_before_the_source_was_lost_gives_no_part_later(loaded, parts):
    line = Line()
    with Run(loaded, LiveMode.TRIGGER) as run:
        run.live.trigger()
        run.feed(line.rests(parts[0], 2))
        run.live.forget_trigger()
        run.feed(line.rests(parts[0], 8)).seen()
    assert run.parts == []
