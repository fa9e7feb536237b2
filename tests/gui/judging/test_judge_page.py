"""Judging: view, verdict, threshold, keys; each panel in both directions."""

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication

from inspector.core.values import Verdict
from inspector.gui.findings.part_rows import ResultColumn
from inspector.gui.state.state import Step
from inspector.gui.window.main_window import SMALLEST


def extreme(state, best):
    scores = [inspection.score for inspection in state.inspections]
    return scores.index(min(scores) if best else max(scores))


def select_and_wait(window, state, qtbot, index):
    state.select(index)
    qtbot.waitUntil(lambda: window.judge.view.shown == state.selected_inspection.path)


def test_without_a_bundle_the_page_says_what_to_do(window, state):
    state.set_step(Step.JUDGE)
    assert window.judge.empty.isVisible()
    assert not window.judge.threshold.fields.slider.isEnabled()
    assert "Train on good samples" in window.actions_table["inspect"].toolTip() or "Choose photos" in (
        window.actions_table["inspect"].toolTip()
    )


def test_the_worst_part_is_shown_first_once_all_are_inspected(judged, state):
    assert state.selected == extreme(state, best=False)
    assert judged.judge.results.table.row_of(state.selected) == 0
    assert judged.judge.results.view.currentIndex().row() == 0


def test_row_and_selection_follow_each_other(judged, state):
    view, table = judged.judge.results.view, judged.judge.results.table
    view.selectRow(5)
    assert state.selected == table.position_at(5)
    state.select(table.position_at(8))
    assert view.currentIndex().row() == 8


def test_heatmap_and_outlines_by_action_and_by_holding_space(judged, state, qtbot):
    image = judged.judge.view.image
    select_and_wait(judged, state, qtbot, extreme(state, best=False))
    assert image.shows_heatmap
    assert image.shows_outlines
    judged.actions_table["heatmap"].trigger()
    assert not state.overlay.heatmap
    assert not image.shows_heatmap
    assert not judged.judge.view.legend.isVisible()
    judged.actions_table["outlines"].trigger()
    assert not image.shows_outlines
    state.set_overlay(heatmap=True, outlines=True)
    assert judged.actions_table["heatmap"].isChecked()
    for widget in (image, judged.judge.results.view):
        qtbot.keyPress(widget, Qt.Key.Key_Space)
        assert not image.shows_heatmap
        assert not image.shows_outlines
        qtbot.keyRelease(widget, Qt.Key.Key_Space)
        assert image.shows_heatmap


def test_opacity_both_ways(judged, state):
    slider = judged.judge.toolbar.opacity
    slider.setValue(30)
    assert state.overlay.opacity == pytest.approx(0.3)
    state.set_overlay(opacity=0.6)
    assert slider.value() == 60


def test_zoom_by_wheel_and_keys_and_fit(judged, state, qtbot):
    image = judged.judge.view.image
    select_and_wait(judged, state, qtbot, 0)
    fitted = image.zoom
    place = QPointF(image.viewport().rect().center())
    wheel = QWheelEvent(
        place, image.viewport().mapToGlobal(place), QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(image.viewport(), wheel)
    assert image.zoom > fitted
    judged.actions_table["zoom_in"].trigger()
    zoomed = image.zoom
    select_and_wait(judged, state, qtbot, 1)
    assert image.zoom == pytest.approx(zoomed)  # the same place on the next part
    judged.actions_table["zoom_out"].trigger()
    judged.actions_table["fit"].trigger()
    assert image.zoom == pytest.approx(fitted)
    for _ in range(60):
        image.zoom_in()
    assert image.zoom <= 40.0


def test_arrow_keys_in_the_photo_go_through_the_parts(judged, state, qtbot):
    table = judged.judge.results.table
    state.select(table.position_at(3))
    qtbot.keyClick(judged.judge.view.image, Qt.Key.Key_Down)
    assert state.selected == table.position_at(4)
    qtbot.keyClick(judged.judge.view.image, Qt.Key.Key_Left)
    assert state.selected == table.position_at(3)
    judged.actions_table["next_part"].trigger()
    judged.actions_table["previous_part"].trigger()
    assert state.selected == table.position_at(3)


def test_next_ng_or_unsure_skips_the_good_ones(judged, state):
    judged.judge.results.reset_order()
    state.select(0)
    judged.actions_table["next_flagged"].trigger()
    assert state.selected_inspection.verdict(state.limits) is Verdict.NG


def test_all_that_is_not_ok_is_one_filter_and_its_name_says_so(judged, state):
    table, action = judged.judge.results.table, judged.actions_table["only_flagged"]
    assert action.text() == judged.judge.results.only_flagged.text() == "Not OK only"
    action.trigger()
    ng = table.rowCount()
    state.set_relative_unsure(0.05)
    assert table.rowCount() == 12 > ng  # every part scores above so low a line
    state.set_relative_unsure(None)
    assert table.rowCount() == ng


def test_parts_between_the_lines_are_unsure_wherever_they_are_told(judged, state):
    state.set_relative_threshold(5.0)
    state.set_relative_unsure(0.05)
    state.select(3)
    assert judged.judge.verdict.verdict is Verdict.UNSURE
    assert judged.judge.verdict.word.text() == "UNSURE"
    assert judged.judge.results.counts.text() == "0 OK  ·  12 UNSURE  ·  0 NG"
    assert judged.rail.steps[Step.JUDGE].status == "0 NG, 12 unsure"
    judged.judge.results.reset_order()
    state.select(0)
    judged.actions_table["next_flagged"].trigger()
    assert state.selected == 1
    assert judged.actions_table["next_flagged"].text() == "Next part that is not OK"


def test_only_ng_and_find_filter_the_table(judged, state):
    table = judged.judge.results.table
    judged.actions_table["only_flagged"].trigger()
    assert 0 < table.rowCount() < 12
    judged.actions_table["only_flagged"].trigger()
    judged.judge.results.filter.setText("defective")
    assert table.rowCount() == 6
    judged.judge.results.filter.clear()
    assert table.rowCount() == 12


def test_unreadable_and_odd_photos_are_results_that_say_why(window, state, quick_bundle, solar_cells, tmp_path, qtbot):
    from PySide6.QtGui import QImage

    good = next((solar_cells.mixed / "good").glob("*.png"))
    (tmp_path / "a good.png").write_bytes(good.read_bytes())
    (tmp_path / "b cut.png").write_bytes(good.read_bytes()[:200])
    assert QImage(300, 90, QImage.Format.Format_RGB888).save(str(tmp_path / "c wide.png"))
    window.commands.take_bundle(quick_bundle)
    window.commands.take_photos([tmp_path])
    qtbot.waitUntil(lambda: len(state.inspections) == 3 and not state.work.inspecting, timeout=60_000)
    card = window.judge.verdict
    state.select(1)
    assert card.verdict is Verdict.UNREADABLE
    assert window.judge.view.notice.isVisible()
    assert "cut short" in card.detail.text() or "damaged" in card.detail.text()
    state.select(2)
    assert card.verdict is Verdict.REFUSED
    assert "300 x 90" in card.detail.text()
    assert "1 REFUSED  \N{MIDDLE DOT}  1 UNREADABLE" in window.judge.results.counts.text()


def test_inspection_can_be_stopped_and_keeps_what_it_has(window, state, quick_bundle, solar_cells, qtbot):
    window.commands.take_bundle(quick_bundle)
    qtbot.waitUntil(lambda: state.bundle is not None, timeout=60_000)
    photos = sorted(solar_cells.good.glob("*.png")) * 20
    window.commands.take_photos(photos)
    qtbot.waitUntil(lambda: len(state.inspections) > 0, timeout=60_000)
    assert not window.actions_table["export_report"].isEnabled()
    window.actions_table["cancel"].trigger()
    qtbot.waitUntil(lambda: not state.work.inspecting)
    assert 0 < len(state.inspections) < len(photos)
    assert "Stopped after" in window.activity.text.text()
    assert window.actions_table["export_report"].isEnabled()


@pytest.mark.parametrize("content", [b"", b"no bundle at all", None])
def test_a_bad_bundle_is_told_and_the_open_one_stays(judged, state, tmp_path, qtbot, content):
    before = state.bundle
    path = tmp_path / "bad.inspector"
    if content is not None:
        path.write_bytes(content)
    judged.commands.take_bundle(path)
    qtbot.waitUntil(lambda: state.problem is not None)
    assert "model" in state.problem.title.lower()
    assert state.bundle is before
    assert len(state.inspections) == 12
    assert judged.problem.action.text() == "Open a model…"


def test_the_place_is_that_of_the_list_as_it_is_sorted_and_filtered(judged, state):
    page, table = judged.judge, judged.judge.results.table
    state.select(table.position_at(1))
    assert page.toolbar.place.text() == f"2 of {len(state.inspections)}"
    page.results.reset_order()
    assert page.toolbar.place.text() == f"{state.selected + 1} of {len(state.inspections)}"
    name = state.name_of(state.selected_inspection)
    page.results.filter.setText(name)
    assert page.toolbar.place.text() == "1 of 1"
    page.results.filter.setText("no such part")
    assert page.toolbar.place.text() == ""
    assert page.toolbar.name.text() == name


def test_the_search_field_hands_the_keyboard_back_to_the_list(judged, state, qtbot):
    results = judged.judge.results
    for key, text in ((Qt.Key.Key_Return, "good"), (Qt.Key.Key_Down, "good"), (Qt.Key.Key_Escape, "")):
        results.filter.setFocus()
        results.filter.setText("good")
        qtbot.keyClick(results.filter, key)
        assert not results.filter.hasFocus()
        assert results.filter.text() == text
    at = state.selected
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Down)
    assert state.selected != at


def test_an_empty_list_says_why(judged, state):
    results = judged.judge.results
    results.filter.setText("no such part")
    assert "No matching parts" in results.view.empty_text
    results.view.empty_text = ""
    without = results.view.grab().toImage()
    results._render_counts()
    assert results.view.grab().toImage() != without


def test_the_smallest_window_leaves_names_their_room(judged, qtbot):
    results, slider = judged.judge.results, judged.judge.toolbar.opacity
    for size, roomy in ((SMALLEST, False), ((1360, 860), True)):
        judged.resize(*size)
        qtbot.waitUntil(lambda roomy=roomy: results.view.isColumnHidden(ResultColumn.REGIONS) is not roomy)
        assert slider.isVisible() is roomy  # otherwise it lies under the signs for zooming
        assert results.view.columnWidth(ResultColumn.PHOTO) > 140
    judged.resize(1280, 720)
    qtbot.waitUntil(lambda: results.only_flagged.width() >= results.only_flagged.sizeHint().width())
