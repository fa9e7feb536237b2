"""The camera's page, panel by panel: texts and changes."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inspector.core.good_photos.fit_to_others import FitToOthers
from inspector.core.live.figures import Pace, ShiftCount
from inspector.core.live.frames import Frame
from inspector.core.values import Inspection, Verdict
from inspector.devices.sources.frame_source import CameraInfo, SourceSetting
from inspector.gui.live import actions, words
from inspector.gui.live.camera_jobs import SHOWN_EDGE, make_ready
from inspector.gui.state.live import Purpose, ScorePoint, Unit
from inspector.gui.state.state import Step
from inspector.gui.threads.history_access import open_history
from inspector.storage.photos.images import list_images, read_image
from inspector.storage.settings import Settings, save_settings
from inspector.workflows.judging.inspect import inspect_photo
from inspector.workflows.judging.loaded_bundle import open_bundle
from inspector.workflows.live.capture import CaptureState
from inspector.workflows.live.good_taking import TakenGood
from inspector.workflows.live.moments import LiveMode, LiveMoment, LivePhase
from tests.gui.conftest import window  # noqa: F401

STREAMING = CaptureState("streaming")


@pytest.fixture
def live(state):
    return state.live


@pytest.fixture
def page(window, state):  # noqa: F811
    state.set_step(Step.LIVE)
    return window.live


@pytest.fixture
def judged(quick_bundle, solar_cells, state):
    """A real cell, judged by the model that the window has open."""
    loaded = open_bundle(quick_bundle)
    state.set_bundle(loaded)
    path = list_images(solar_cells.mixed / "defective")[0]
    return Frame(read_image(path), 5, 1.0), inspect_photo(loaded, path)


def show(live, view):
    live.set_running(True)
    live.set_connection(STREAMING)
    live.set_picture(make_ready(view, 3))


def test_before_a_camera_is_used_the_page_says_what_to_do(page, window):  # noqa: F811
    assert "Choose a source" in page.banner.words[2]
    assert not window.actions_table["camera_on"].isEnabled()
    page.source.address.setEditText("camera:0")
    assert window.actions_table["camera_on"].isEnabled()
    assert window.state.live.options.address == "camera:0"


def test_a_camera_from_the_list_is_used_by_its_address(page, live):
    page.source.offer([CameraInfo("camera:0", "Built-in"), CameraInfo("genicam:A1", "Line 2", "serial A1")])
    page.source.address.setCurrentIndex(1)
    assert live.options.address == "genicam:A1"
    assert "serial A1" in page.source.address.currentText()


def test_looking_for_cameras_says_what_was_found(page, window, qtbot, monkeypatch):  # noqa: F811
    found: tuple[CameraInfo, ...] = ()
    monkeypatch.setattr(actions, "list_genicam_cameras", lambda: ())
    monkeypatch.setattr(actions, "list_cameras", lambda: found)
    with qtbot.waitSignal(window.live_commands.told, timeout=20_000):
        window.actions_table["find_cameras"].trigger()
    assert "No camera found" in window.activity.text.text()
    found = (CameraInfo("camera:2", "Microscope"),)
    with qtbot.waitSignal(window.live_commands.told, timeout=20_000):
        window.actions_table["find_cameras"].trigger()
    assert page.source.address.itemData(0) == "camera:2"


@pytest.mark.parametrize("mode", list(LiveMode))
def test_the_mode_is_chosen_and_shown(page, live, mode):
    page.source.mode.setCurrentIndex(page.source.mode.findData(mode))
    assert live.options.mode is mode
    live.set_options(replace(live.options, mode=LiveMode.CONTINUOUS))
    assert page.source.mode.currentData() == LiveMode.CONTINUOUS


def test_the_verdict_is_that_of_the_threshold_in_use(page, live, state, judged):
    frame, inspection = judged
    show(live, LiveMoment(frame, LivePhase.JUDGING, inspection))
    state.set_relative_threshold(0.05)
    assert page.banner.verdict is Verdict.NG
    assert page.view.image.shows_outlines
    state.set_relative_threshold(20.0)
    assert page.banner.verdict is Verdict.OK
    assert not page.view.image.shows_outlines


@pytest.mark.parametrize("phase", [LivePhase.PART, LivePhase.HELD])
def test_a_part_shows_the_verdict_it_was_given_though_the_limit_was_moved_since(page, live, state, judged, phase):
    frame, inspection = judged
    state.set_relative_threshold(0.05)
    show(live, LiveMoment(frame, phase, inspection, state.limits))
    score = page.banner.words[1]
    state.set_relative_threshold(20.0)
    assert page.banner.verdict is Verdict.NG
    assert page.banner.words[1] == score
    assert page.view.image.shows_outlines


def test_what_must_not_be_judged_says_why(page, live, judged):
    frame, _ = judged
    refused = Inspection(Path("frame 5"), (300, 300), refusal="too dark: exposure -1.2 stops; check the light")
    show(live, LiveMoment(frame, LivePhase.NO_PART, refused))
    assert page.banner.verdict is None
    assert "too dark" in page.banner.words[2].lower()


def test_a_picture_from_before_a_loss_is_not_taken_for_a_live_one(page, live, judged):
    frame, inspection = judged
    show(live, LiveMoment(frame, LivePhase.JUDGING, inspection))
    assert live.streaming
    live.set_connection(CaptureState("lost", "the camera does not answer; check it", 0.5))
    assert page.banner.verdict is None
    assert "Trying again in 0.5 s" in page.banner.words[2]
    live.set_connection(STREAMING)
    assert not live.streaming  # connected, but no new picture yet
    assert page.banner.verdict is None
    live.set_picture(make_ready(LiveMoment(frame, LivePhase.JUDGING, inspection), 0))
    assert live.streaming
    assert page.banner.verdict is not None


def test_frames_and_parts_are_counted_apart_and_a_new_shift_forgets_both(page, live):
    live.add_points([ScorePoint(0.5, Verdict.OK, Unit.FRAME)] * 9 + [ScorePoint(1.5, Verdict.NG, Unit.PART)])
    assert page.figures.yield_share.text() == "0.0 %"  # photos of a folder are parts, whatever the mode
    live.set_options(replace(live.options, mode=LiveMode.ARRIVAL))
    live.set_options(replace(live.options, mode=LiveMode.CONTINUOUS))
    assert page.figures.yield_share.text() == "100.0 %"
    live.set_options(replace(live.options, mode=LiveMode.TRIGGER))
    assert page.figures.yield_share.text() == "0.0 %"
    assert len(live.points) == 10
    live.new_shift()
    assert live.count == ShiftCount()
    assert live.points == ()


def test_the_settings_of_a_source_are_offered_and_asked_for(page, live, qtbot):
    assert not page.source.settings_button.isEnabled()
    exposure = SourceSetting("exposure", 8000.0, 20.0, 100_000.0, "us")
    live.set_running(True)
    live.set_connection(CaptureState("streaming", settings=(exposure, SourceSetting("gain", 3.0))))
    assert page.source.settings_button.isEnabled()
    field = page.settings.fields["exposure"]
    assert (field.minimum(), field.maximum(), field.value()) == (20.0, 100_000.0, 8000.0)
    with qtbot.waitSignal(page.settings.wanted) as wanted:
        field.setValue(5000.0)
    assert wanted.args == ["exposure", 5000.0]
    live.set_connection(CaptureState("streaming", settings=(replace(exposure, value=5001.0),)))
    assert list(page.settings.fields) == ["exposure"]
    assert page.settings.fields["exposure"].value() == 5001.0


def test_good_photos_taken_are_counted_and_what_is_odd_is_said(page, live, solar_cells):
    live.set_options(replace(live.options, purpose=Purpose.TAKE_GOOD))
    paths = list_images(solar_cells.good)
    live.add_good(TakenGood(paths[0], 1, FitToOthers()))
    assert page.goods.count.text() == "1 good photo"
    assert page.goods.remark.text() == ""
    odd = FitToOthers(stops=-0.8, odd_light=True, duplicate_of=0)
    live.add_good(TakenGood(paths[1], 2, odd, duplicate_of=paths[0]))
    assert "0.8 stops darker" in page.goods.remark.text()
    assert paths[0].name in page.goods.remark.text()
    live.add_good(TakenGood(paths[2], 2, FitToOthers()))  # the second was taken back
    assert len(live.goods) == 2


def test_a_large_frame_is_shrunk_for_the_screen_but_kept_whole(judged):
    _, inspection = judged
    frame = Frame(np.zeros((2000, 4000, 3), np.uint8), 0, 0.0)
    ready = make_ready(LiveMoment(frame, LivePhase.JUDGING, inspection), 0)
    assert max(ready.shown_rgb.shape) == SHOWN_EDGE
    assert ready.view.frame.image_rgb.shape == (2000, 4000, 3)
    assert ready.dense.max() == pytest.approx(inspection.score)


def test_words():
    assert "24 frames/s" in words.pace(Pace(24.2, 61.0, 88.0), 312)
    assert "312 skipped" in words.pace(Pace(24.2, 61.0, 88.0), 312)
    assert words.pace(Pace(0.0, 0.0, 0.0), 0) == "No frames"
    assert words.shift(ShiftCount(ok=3, refused=1), Unit.PART).startswith("Parts: 3 OK")
    assert "NG" in words.shift(ShiftCount(ok=3), Unit.PART)


def test_the_disk_that_the_history_may_take_is_the_users_to_set():
    save_settings(Settings(history_gb=0.25))
    with open_history() as history:
        assert history.state.budget.limit_bytes == 250_000_000
