"""Good photos: chosen, dropped, shown, refused."""

import shutil

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent

from inspector.gui.state.state import Step


def drop(widget, zone, *paths):
    """Drop paths on a zone, as the window system would."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    buttons, keys, copy = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, Qt.DropAction.CopyAction
    enter = QDragEnterEvent(widget.rect().center(), copy, mime, buttons, keys)
    widget.dragEnterEvent(enter)
    assert enter.isAccepted()
    at = QPointF(zone.geometry().center())
    widget.drop_zones.dropEvent(QDropEvent(at, copy, mime, buttons, keys))


def test_the_first_page_offers_the_first_step_and_the_demo(window, state):
    assert state.step == Step.GOOD
    assert window.source.welcome.isVisible()
    assert not window.actions_table["train"].isEnabled()
    assert "step 1" in window.actions_table["train"].toolTip()


def test_a_chosen_folder_is_shown_with_its_count_and_thumbnails(window, state, dialogs, solar_cells, qtbot):
    dialogs.folder = solar_cells.good
    window.actions_table["choose_good"].trigger()
    qtbot.waitUntil(lambda: state.good is not None)
    assert window.source.count.text() == "30 good photos"
    assert window.source.name.text() == solar_cells.good.name
    first = state.good.photos[0]
    qtbot.waitUntil(lambda: window.workers.photos.thumbnail(first) is not None)
    assert not window.workers.photos.thumbnail(first).isNull()
    assert window.actions_table["train"].isEnabled()


def test_a_folder_dropped_on_the_good_side_becomes_the_good_photos(window, state, solar_cells, qtbot):
    drop(window, window.drop_zones.good, solar_cells.good)
    qtbot.waitUntil(lambda: state.good is not None)
    assert state.photos is None
    assert not window.drop_zones.isVisible()


def test_a_folder_dropped_on_the_other_side_waits_to_be_inspected(window, state, solar_cells, qtbot):
    drop(window, window.drop_zones.photos, solar_cells.mixed)
    qtbot.waitUntil(lambda: state.photos is not None)
    assert len(state.photos) == 12
    assert state.good is None
    assert state.step == Step.JUDGE


def test_heatmaps_saved_among_the_photos_are_not_inspected(
    window, state, dialogs, quick_bundle, solar_cells, tmp_path, qtbot
):
    photos = shutil.copytree(solar_cells.mixed / "good", tmp_path / "photos")
    window.commands.take_bundle(quick_bundle)
    window.commands.take_photos([photos])
    qtbot.waitUntil(lambda: len(state.inspections) == 6 and not state.work.inspecting, timeout=60_000)
    dialogs.folder = photos
    with qtbot.waitSignal(window.workers.exports.written, timeout=60_000):
        window.actions_table["save_results"].trigger()
    assert len(list((photos / "heatmaps").iterdir())) == 6
    with qtbot.waitSignal(window.workers.sources.photos_chosen) as chosen:
        window.commands.take_photos([photos])
    assert len(chosen.args[0]) == len(state.photos) == 6
    qtbot.waitUntil(lambda: len(state.inspections) == 6 and not state.work.inspecting, timeout=60_000)


def test_results_of_an_earlier_run_are_replaced_only_when_asked_for(judged, dialogs, tmp_path, qtbot):
    (tmp_path / "results.json").write_text("{}")
    dialogs.folder, dialogs.replace = tmp_path, False
    judged.actions_table["save_results"].trigger()
    assert not judged.state.work.exporting
    assert (tmp_path / "results.json").read_text() == "{}"
    dialogs.replace = True
    with qtbot.waitSignal(judged.workers.exports.written, timeout=60_000):
        judged.actions_table["save_results"].trigger()
    assert (tmp_path / "results.json").stat().st_size > 100


def test_a_dropped_bundle_is_opened(window, state, quick_bundle, qtbot):
    drop(window, window.drop_zones.bundle, quick_bundle)
    qtbot.waitUntil(lambda: state.bundle is not None, timeout=60_000)
    assert window.header.bundle.text() == quick_bundle.name


def test_several_photos_can_be_inspected_but_not_trained_on(window, state, solar_cells, qtbot):
    photos = sorted((solar_cells.mixed / "good").glob("*.png"))[:2]
    drop(window, window.drop_zones.good, *photos)
    assert not window.drop_zones.good.is_open
    drop(window, window.drop_zones.photos, *photos)
    qtbot.waitUntil(lambda: state.photos is not None)
    assert state.photos.photos == tuple(photos)
    assert state.good is None


@pytest.mark.parametrize("name", ["empty", "not there"])
def test_a_folder_without_photos_is_told_and_the_former_one_stays(window, state, solar_cells, tmp_path, qtbot, name):
    window.commands.take_good(solar_cells.good)
    qtbot.waitUntil(lambda: state.good is not None)
    (tmp_path / "empty").mkdir()
    window.commands.take_good(tmp_path / name)
    qtbot.waitUntil(lambda: state.problem is not None)
    assert state.problem.title == "No photos here"
    assert window.problem.isVisible()
    assert state.good.folder == solar_cells.good
    window.problem.dismiss.click()
    assert state.problem is None
    assert not window.problem.isVisible()


def test_cancelled_dialogs_change_nothing(window, state, dialogs):
    for key in ("choose_good", "choose_photos", "open_bundle"):
        window.actions_table[key].trigger()
    assert dialogs.asked == ["folder", "folder", "bundle"]
    assert state.good is None
    assert window.workers.sources.parent() is not None


def test_the_demo_fills_both_folders(window, state, qtbot, monkeypatch, solar_cells):
    monkeypatch.setattr("inspector.workflows.measuring.demo.prepare_demo_data", lambda _folder: solar_cells)
    window.actions_table["try_demo"].trigger()
    qtbot.waitUntil(lambda: state.photos is not None)
    assert (len(state.good), len(state.photos)) == (30, 12)
    assert state.step == Step.GOOD


@pytest.fixture
def chosen(window, state, solar_cells, qtbot):
    window.commands.take_good(solar_cells.good)
    qtbot.waitUntil(lambda: state.good is not None)
    return window.source


def test_a_good_photo_opens_large_and_is_left_out(chosen, state, qtbot):
    assert not chosen.look.isEnabled()
    assert not chosen.leave_out.isEnabled()
    chosen.gallery.setCurrentIndex(chosen.gallery.photos.index(3))
    qtbot.mouseClick(chosen.look, Qt.MouseButton.LeftButton)
    assert chosen.large.isVisible()
    assert chosen.large.name.text() == state.good.photos[3].name
    assert chosen.large.figure.text() == "4 of 30"
    qtbot.waitUntil(lambda: chosen.large.image.has_photo)
    chosen.large.next.click()
    assert chosen.large.name.text() == state.good.photos[4].name
    assert not chosen.large.image.has_photo  # the photo before is gone at once
    chosen.large.leave_out.click()
    assert state.left_out == {state.good.photos[4]}
    qtbot.keyClick(chosen.large, Qt.Key.Key_Escape)
    assert chosen.gallery.isVisible()
    assert chosen.gallery.currentIndex().row() == 4
    assert chosen.leave_out.text() == "Put back"
    chosen.leave_out.click()
    assert not state.left_out


def test_other_good_photos_leave_the_large_view(chosen, window, state, solar_cells, qtbot):
    chosen.gallery.setCurrentIndex(chosen.gallery.photos.index(0))
    chosen.gallery.activated.emit(chosen.gallery.currentIndex())
    assert chosen.large.isVisible()
    window.commands.take_good(solar_cells.mixed / "good")
    qtbot.waitUntil(lambda: len(state.good) == 6)
    assert not chosen.large.isVisible()
    assert not chosen.look.isEnabled()


def test_skipped_files_are_counted_with_their_reason(window, state, dialogs, solar_cells, tmp_path, qtbot):
    folder = tmp_path / "goods"
    shutil.copytree(solar_cells.good, folder)
    shutil.copytree(solar_cells.mixed / "defective", folder / "#recycle")
    (folder / "<b>part.heic").touch()
    dialogs.folder = folder
    window.actions_table["choose_good"].trigger()
    qtbot.waitUntil(lambda: state.good is not None)
    assert window.source.count.text() == "30 good photos"
    assert window.source.skipped.text().splitlines() == [
        "1 trash or system folder ignored: #recycle",
        "1 file skipped: Inspector reads no HEIC pictures; save the photo as PNG, TIFF or JPEG",
    ]
    dialogs.folder = solar_cells.good
    window.actions_table["choose_good"].trigger()
    qtbot.waitUntil(lambda: state.good.folder == solar_cells.good)
    assert not window.source.skipped.isVisible()


def test_skipped_files_are_counted_beside_the_results(window, state, quick_bundle, solar_cells, tmp_path, qtbot):
    photos = shutil.copytree(solar_cells.mixed / "good", tmp_path / "photos")
    (photos / "$RECYCLE.BIN").mkdir()
    (photos / "part.heic").touch()
    window.commands.take_bundle(quick_bundle)
    window.commands.take_photos([photos])
    qtbot.waitUntil(lambda: len(state.inspections) == 6 and not state.work.inspecting, timeout=60_000)
    shown = window.judge.results.skipped
    assert shown.text() == "2 skipped"
    assert "1 trash or system folder ignored: $RECYCLE.BIN" in shown.toolTip()
    assert "1 file skipped: Inspector reads no HEIC pictures" in shown.toolTip()
