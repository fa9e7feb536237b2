"""The camera in the window, on a real MJPEG stream: train from it, judge, hold on NG, snapshot; lose it and
continue."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inspector.core.values import Verdict
from inspector.gui.state.live import Purpose
from inspector.gui.state.state import Step
from inspector.storage.history.store import History
from inspector.storage.photos.images import list_images, read_image
from inspector.workflows.live.moments import LiveMode, LivePhase
from tests.gui.conftest import QUICK, dialogs, nothing_left, quick_bundle, state, window  # noqa: F401
from tests.streams import read_number

LONG_MS = 120_000
GOODS = 12


@pytest.fixture
def live(state):  # noqa: F811
    return state.live


@pytest.fixture
def camera(start_mjpeg, solar_cells):
    """A camera that shows good cells, five a second."""
    return start_mjpeg([read_image(path) for path in list_images(solar_cells.good)[:GOODS]], 5.0, (320, 320))


def options(live, **changes):
    live.set_options(replace(live.options, **changes))


def start(window, qtbot, camera, **changes):  # noqa: F811
    """Start the camera as an operator does, and wait for the first picture."""
    live = window.state.live
    window.state.set_step(Step.LIVE)
    options(live, address=camera.url, **changes)
    window.actions_table["camera_on"].trigger()
    qtbot.waitUntil(lambda: live.picture is not None, timeout=LONG_MS)


def stop(window, qtbot):  # noqa: F811
    """Stop the camera and wait until all that was judged is written."""
    window.actions_table["camera_on"].trigger()
    qtbot.waitUntil(lambda: not any(runner.busy for runner in window.workers._runners.values()), timeout=LONG_MS)


def strict(state):  # noqa: F811
    """Make everything NG."""
    state.set_relative_threshold(0.05)


def test_train_from_the_camera_judge_hold_on_ng_and_save_a_picture(window, qtbot, live, camera, dialogs, tmp_path):  # noqa: F811
    state, actions = window.state, window.actions_table  # noqa: F811
    state.set_recipe(QUICK)
    folder = tmp_path / "line 2" / "good"
    folder.mkdir(parents=True)
    dialogs.folder = folder

    # Good photos, straight into a folder.
    actions["take_goods"].trigger()
    start(window, qtbot, camera)
    assert dialogs.asked == ["folder"]
    for number in range(GOODS):
        actions["take_part"].trigger()
        qtbot.waitUntil(lambda wanted=number + 1: len(live.goods) == wanted, timeout=LONG_MS)
    assert window.live.goods.count.text() == f"{GOODS} good photos"
    actions["take_back"].trigger()
    qtbot.waitUntil(lambda: len(list_images(folder)) == GOODS - 1, timeout=LONG_MS)
    assert len(live.goods) == GOODS - 1

    # Trained on like any other good photos.
    with qtbot.waitSignal(state.good_changed, timeout=LONG_MS):
        actions["use_goods"].trigger()
    assert not live.running
    assert len(state.good) == GOODS - 1
    with qtbot.waitSignal(state.bundle_changed, timeout=LONG_MS):
        actions["train"].trigger()

    # Judged with the new model.
    start(window, qtbot, camera, purpose=Purpose.INSPECT, mode=LiveMode.CONTINUOUS)
    qtbot.waitUntil(lambda: live.count.parts >= 5, timeout=LONG_MS)
    picture = live.picture
    assert picture.view.inspection.score is not None
    assert window.live.view.image.shows_heatmap
    assert window.live.banner.verdict is picture.view.inspection.verdict(state.limits)

    # The threshold works while it runs, and an NG part stays until someone has seen it.
    options(live, hold_on_ng=True)
    strict(state)
    qtbot.waitUntil(lambda: live.held, timeout=LONG_MS)
    held = live.picture
    assert window.live.banner.verdict is Verdict.NG
    assert "Press A" in window.live.banner.words[2]
    assert actions["acknowledge"].isEnabled()
    with qtbot.waitSignal(window.live_commands.snapshot_written, timeout=LONG_MS) as written:
        actions["snapshot"].trigger()
    assert np.array_equal(read_image(written.args[0]), held.view.frame.image_rgb)
    assert live.picture is held
    with qtbot.waitSignal(live.picture_changed, timeout=LONG_MS):
        actions["acknowledge"].trigger()
    qtbot.waitUntil(lambda: live.picture.view.frame.number > held.view.frame.number, timeout=LONG_MS)
    stop(window, qtbot)

    # Recorded with its findings.
    with History.open() as history:
        parts = history.page()
        assert {part.verdict for part in parts} >= {Verdict.NG}
        (one,) = history.page(limit=1)
        assert history.photo(one.id).shape == (320, 320, 3)
        assert history.score_map(one.id).score == pytest.approx(one.score)


def test_a_camera_that_goes_away_is_told_and_comes_back_by_itself(window, qtbot, live, camera, quick_bundle):  # noqa: F811
    state = window.state  # noqa: F811
    window.commands.take_bundle(quick_bundle)
    qtbot.waitUntil(lambda: state.bundle is not None, timeout=LONG_MS)
    start(window, qtbot, camera, mode=LiveMode.TRIGGER)
    window.actions_table["take_part"].trigger()
    qtbot.waitUntil(lambda: live.count.parts == 1, timeout=LONG_MS)
    first = live.picture.view.frame.number
    camera.kill()
    qtbot.waitUntil(lambda: live.connection.kind == "lost", timeout=2_000)
    assert window.live.banner.verdict is None
    assert "No signal" in window.live.banner.words[0]
    assert "Trying again" in window.live.banner.words[2]
    assert not window.actions_table["take_part"].isEnabled()
    camera.restart()
    qtbot.waitUntil(lambda: live.streaming and live.picture.view.state is LivePhase.WATCHING, timeout=LONG_MS)
    assert live.picture.view.frame.number > first
    window.actions_table["take_part"].trigger()
    qtbot.waitUntil(lambda: live.count.parts == 2, timeout=LONG_MS)
    stop(window, qtbot)
    with History.open() as history:
        assert history.count() == 2
        assert {part.trigger for part in history.page()} == {"trigger"}


def test_frozen_the_picture_stands_still_and_parts_are_judged_all_the_same(window, qtbot, live, camera, quick_bundle):  # noqa: F811
    state = window.state  # noqa: F811
    window.commands.take_bundle(quick_bundle)
    qtbot.waitUntil(lambda: state.bundle is not None, timeout=LONG_MS)
    start(window, qtbot, camera, mode=LiveMode.CONTINUOUS)
    window.actions_table["freeze"].trigger()
    still, judged = live.picture, live.count.parts
    qtbot.waitUntil(lambda: live.count.parts >= judged + 5, timeout=LONG_MS)
    assert live.picture is still
    # The second screen shows the same.
    window.actions_table["full_screen"].trigger()
    screen = window.live_commands.second_screen
    qtbot.waitUntil(screen.isVisible)
    assert screen.banner.words == window.live.banner.words
    screen.close()
    window.actions_table["freeze"].trigger()
    qtbot.waitUntil(lambda: live.picture is not still, timeout=LONG_MS)
    number = read_number(live.picture.view.frame.image_rgb)
    assert number is not None
    stop(window, qtbot)


def test_photos_of_a_folder_are_judged_each_once(window, qtbot, live, solar_cells, quick_bundle):  # noqa: F811
    state = window.state  # noqa: F811
    window.commands.take_bundle(quick_bundle)
    qtbot.waitUntil(lambda: state.bundle is not None, timeout=LONG_MS)
    options(live, address=str(solar_cells.mixed), mode=LiveMode.TRIGGER)
    window.actions_table["camera_on"].trigger()
    photos = list_images(solar_cells.mixed)
    qtbot.waitUntil(lambda: live.count.parts == len(photos) and not live.running, timeout=LONG_MS)
    qtbot.waitUntil(lambda: live.kept == len(photos), timeout=LONG_MS)
    with History.open() as history:
        assert [part.part_id for part in reversed(history.page())] == [
            path.relative_to(solar_cells.mixed).as_posix() for path in photos
        ]


def test_a_held_part_stays_held_while_its_limit_is_saved(window, qtbot, live, solar_cells, quick_bundle, tmp_path):  # noqa: F811
    state, workers = window.state, window.workers  # noqa: F811
    window.commands.take_bundle(Path(shutil.copy(quick_bundle, tmp_path)))
    qtbot.waitUntil(lambda: state.bundle is not None, timeout=LONG_MS)
    strict(state)
    options(live, address=str(solar_cells.mixed), hold_on_ng=True)
    window.actions_table["camera_on"].trigger()
    qtbot.waitUntil(lambda: live.held, timeout=LONG_MS)

    with qtbot.waitSignal(workers.saving.kept, timeout=LONG_MS):  # a limit is saved
        workers.saving.keep_limits("Kim", "")
    with qtbot.waitSignal(workers.judging.opened, timeout=LONG_MS):  # as after feedback was accepted
        workers.judging.open(state.bundle.stored.path)
    assert live.held
    assert live.count.parts == 1

    state.set_relative_threshold(20.0)
    window.actions_table["acknowledge"].trigger()
    photos = list_images(solar_cells.mixed)
    qtbot.waitUntil(lambda: live.kept == len(photos) and not live.running, timeout=LONG_MS)
    with History.open() as history:
        kept = list(reversed(history.page()))
        assert [part.part_id for part in kept] == [path.relative_to(solar_cells.mixed).as_posix() for path in photos]
        assert [part.verdict for part in kept] == [Verdict.NG] + [Verdict.OK] * (len(photos) - 1)
        assert len({part.bundle_sha256 for part in kept}) == 2


@pytest.mark.parametrize("address", ["camera:7", "/no/such/video.mp4", "rtsp:/typo"])
def test_a_source_that_is_not_there_is_told_in_a_sentence(window, qtbot, live, address):  # noqa: F811
    state = window.state  # noqa: F811
    options(live, address=address)
    window.actions_table["camera_on"].trigger()

    def told():
        return state.problem is not None or (live.connection is not None and live.connection.kind == "lost")

    qtbot.waitUntil(told, timeout=LONG_MS)
    sentence = state.problem.sentence if state.problem else live.connection.sentence
    assert len(sentence) > 10
    if live.running:
        stop(window, qtbot)
