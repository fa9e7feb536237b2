"""A short job never waits for an unrelated long one; what waits is shown and can be cancelled."""

import shutil
import threading
from pathlib import Path

import pytest

from inspector.gui.live import actions
from inspector.gui.threads.photo_listing import _Listing
from inspector.storage.bundles.bundle import load_bundle


class Hold:
    """Work that is held up like a write to a disk that does not answer."""

    def __init__(self):
        self.begun, self.free = threading.Event(), threading.Event()

    def __call__(self, *_args, **_named):
        self.begun.set()
        assert self.free.wait(60)


@pytest.fixture
def hold():
    made = Hold()
    yield made
    made.free.set()


@pytest.fixture
def exporting(judged, state, hold, dialogs, tmp_path, monkeypatch, qtbot):
    """The window while results are saved to a disk that does not answer."""
    monkeypatch.setattr("inspector.gui.reports.exporting.save_results", hold)
    dialogs.folder = tmp_path / "results"
    judged.actions_table["save_results"].trigger()
    qtbot.waitUntil(hold.begun.is_set)
    return judged


def test_folders_are_chosen_while_an_export_is_held_up(exporting, state, solar_cells, hold, qtbot):
    with qtbot.waitSignal(state.good_changed):
        exporting.commands.take_good(solar_cells.good)
    with qtbot.waitSignal(exporting.workers.sources.photos_chosen):
        exporting.commands.take_photos([solar_cells.mixed / "good"])
    qtbot.waitUntil(lambda: len(state.inspections) == 6 and not state.work.inspecting, timeout=60_000)
    assert state.work.exporting
    hold.free.set()
    qtbot.waitUntil(lambda: not state.work.exporting)


def test_limits_are_kept_pictures_saved_and_cameras_found_while_an_export_is_held_up(
    exporting, state, quick_bundle, tmp_path, qtbot, monkeypatch
):
    copy = shutil.copy(quick_bundle, tmp_path / "own.inspector")
    with qtbot.waitSignal(exporting.workers.judging.opened, timeout=60_000):
        exporting.commands.take_bundle(copy)
    state.set_relative_threshold(1.3)
    with qtbot.waitSignal(exporting.workers.saving.kept, timeout=30_000):
        exporting.workers.saving.keep_limits("A. Person", "")
    assert load_bundle(copy).manifest.limits == state.limits
    monkeypatch.setattr(actions, "_find", lambda _job: ())
    with qtbot.waitSignal(exporting.live_commands.cameras_found):
        exporting.actions_table["find_cameras"].trigger()
    written = tmp_path / "picture.png"
    job = exporting.workers.snapshots.submit(lambda _job: written.write_bytes(b"x"))
    assert job
    qtbot.waitUntil(written.exists)
    assert state.work.exporting


def test_a_search_for_cameras_holds_up_no_picture(window, hold, qtbot, monkeypatch, tmp_path):
    monkeypatch.setattr(actions, "_find", lambda _job: hold())
    window.actions_table["find_cameras"].trigger()
    qtbot.waitUntil(hold.begun.is_set)
    assert window.activity.text.text() == "Looking for cameras…"
    with qtbot.waitSignal(window.workers.snapshots.succeeded):
        window.workers.snapshots.submit(lambda _job: tmp_path)


def test_a_model_is_opened_while_an_inspection_does_not_end(judged, state, quick_bundle, hold, qtbot, monkeypatch):
    monkeypatch.setattr("inspector.gui.judging.inspecting.inspect_photos", hold)
    judged.actions_table["inspect"].trigger()
    qtbot.waitUntil(hold.begun.is_set)
    with qtbot.waitSignal(judged.workers.judging.opened, timeout=60_000):
        judged.commands.take_bundle(quick_bundle)


def test_questions_about_parts_do_not_wait_for_each_other(judged, hold, qtbot):
    workers = judged.workers
    runners = [workers.explaining, workers.feeding_back, workers.catching, workers.agreeing, workers.counting]
    owned = [one._single_job._runner for one in runners] + [workers.judging._opener, workers.judging._inspector]
    owned += [workers.saving._scorer, workers.saving._writer, workers.exports._single_job._runner]
    owned += [workers.sources._goods._runner, workers.sources._photos._runner, workers.snapshots, workers.cameras]
    assert len(set(owned)) == len(owned)
    owned[0].submit(lambda _job: hold())
    for runner in owned[1:]:
        with qtbot.waitSignal(runner.succeeded):
            runner.submit(lambda _job: None)


def slow_folder(monkeypatch, hold, name):
    """Let folders of a name be listed as slowly as on a share that does not answer."""
    real = _Listing.__call__
    monkeypatch.setattr(
        _Listing, "__call__", lambda self, job: (self._paths[0].name == name and hold(), real(self, job))[1]
    )


def test_a_folder_that_is_listed_is_shown_and_can_be_cancelled(window, state, solar_cells, hold, qtbot, monkeypatch):
    slow_folder(monkeypatch, hold, solar_cells.good.name)
    window.commands.take_good(solar_cells.good)
    qtbot.waitUntil(hold.begun.is_set)
    assert window.activity.text.text() == f"Looking for photos in {solar_cells.good.name}"
    assert window.activity.cancel.isVisible()
    with qtbot.waitSignal(window.workers.sources.photos_chosen):  # the other folder does not wait for it
        window.commands.take_photos([solar_cells.mixed])
    assert state.work.listing
    window.activity.cancel.click()
    assert not state.work.listing
    assert not window.activity.cancel.isVisible()
    hold.free.set()
    with qtbot.waitSignal(state.good_changed):
        window.commands.take_good(solar_cells.mixed / "good")
    assert state.good.folder == solar_cells.mixed / "good"  # and the cancelled one did not come late


def test_the_folder_chosen_last_counts(window, state, solar_cells, hold, qtbot, monkeypatch):
    slow_folder(monkeypatch, hold, solar_cells.good.name)
    window.commands.take_good(solar_cells.good)
    qtbot.waitUntil(hold.begun.is_set)
    window.commands.take_good(solar_cells.mixed / "good")
    assert window.activity.text.text() == "Looking for photos in good"
    chosen = []
    state.good_changed.connect(lambda: chosen.append(state.good.folder))
    hold.free.set()
    qtbot.waitUntil(lambda: not state.work.listing)
    assert chosen == [solar_cells.mixed / "good"]


def test_what_was_begun_last_is_shown_and_cancelled_and_the_rest_is_named(exporting, state, hold, qtbot, monkeypatch):
    judging = Hold()
    monkeypatch.setattr("inspector.gui.judging.inspecting.inspect_photos", judging)
    bar = exporting.activity
    assert bar.shown == "exporting"
    exporting.actions_table["inspect"].trigger()
    qtbot.waitUntil(judging.begun.is_set)
    assert (bar.shown, bar.others.text()) == ("inspecting", "Also: export")
    judging.free.set()
    qtbot.waitUntil(lambda: bar.shown == "exporting")
    assert bar.text.text() == "Export"
    assert not bar.others.isVisible()
    bar.cancel.click()
    hold.free.set()
    qtbot.waitUntil(lambda: not state.work.exporting)


def test_opening_can_be_cancelled_and_the_open_model_stays(judged, state, hold, qtbot, monkeypatch):
    monkeypatch.setattr("inspector.gui.judging.inspecting.open_bundle", hold)
    before = state.bundle
    judged.commands.take_bundle(Path("slow.inspector"))
    qtbot.waitUntil(hold.begun.is_set)
    assert judged.activity.shown == "opening"
    judged.activity.cancel.click()
    assert not state.work.opening
    hold.free.set()
    qtbot.waitUntil(lambda: not judged.workers.judging._opener.busy)
    assert state.bundle is before
