"""The limits: lines, numbers, rate and switch are one state; promise, counts and thumbnails follow it."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt

from inspector.core.promise.threshold import threshold_from_good_scores
from inspector.core.values import Inspection, Limits, Verdict
from inspector.gui.findings.part_rows import ResultColumn
from inspector.gui.state.good_photos import PhotoSet
from inspector.gui.widgets.limit_lines import THRESHOLD, UNSURE
from tests.gui.conftest import move_pointer

MANY = 10_000
ON_THE_SCREEN = 200
"""More cells than a window shows; far fewer than there are results."""


@pytest.fixture
def panel(judged):
    return judged.judge.threshold


def test_slider_spin_box_and_line_are_one_number(judged, state, panel, drag):
    panel.fields.slider.setValue(120)
    assert state.relative_threshold == pytest.approx(1.2)
    assert panel.fields.value.value() == pytest.approx(1.2)
    panel.fields.value.setValue(0.9)
    assert state.relative_threshold == pytest.approx(0.9)
    assert panel.fields.slider.value() == 90
    drag(panel.histogram, 0.9, 1.3)
    assert state.relative_threshold == pytest.approx(1.3, abs=0.02)  # a pixel is a hundredth or so
    assert panel.fields.slider.value() == pytest.approx(130, abs=2)
    state.set_relative_threshold(0.8)
    assert panel.histogram.lines.value(THRESHOLD) == pytest.approx(0.8)
    judged.actions_table["reset_threshold"].trigger()
    assert state.threshold == state.own_limit
    assert panel.fields.slider.value() == 100


def test_a_press_beside_the_lines_moves_nothing(state, panel, drag):
    drag(panel.histogram, 0.4, 1.7)
    assert state.relative_threshold == 1.0


def test_a_line_cannot_be_dragged_out_of_the_picture(state, panel, drag):
    drag(panel.histogram, 1.0, -3.0)
    assert state.relative_threshold == pytest.approx(0.05)
    drag(panel.histogram, 0.05, 99.0)
    assert state.relative_threshold == pytest.approx(panel.histogram.top)


def test_the_switch_adds_a_second_line_and_takes_it_away(judged, state, panel):
    assert panel.histogram.lines.value(UNSURE) is None
    assert not panel.unsure.value.isVisibleTo(panel)
    panel.unsure.switch.click()
    assert state.relative_unsure == pytest.approx(0.9)
    assert panel.histogram.lines.value(UNSURE) == pytest.approx(0.9)
    assert judged.actions_table["ask_person"].isChecked()
    panel.unsure.value.setValue(0.7)
    assert state.relative_unsure == pytest.approx(0.7)
    state.set_relative_unsure(0.6)
    assert panel.unsure.value.value() == pytest.approx(0.6)
    judged.actions_table["ask_person"].trigger()
    assert state.limits.unsure_threshold is None
    assert not panel.unsure.switch.isChecked()


def test_each_line_is_dragged_by_itself_and_the_lower_one_stays_below(state, panel, drag):
    state.set_limits(Limits(state.own_limit, state.own_limit * 0.7))
    drag(panel.histogram, 0.7, 0.5)
    assert state.relative_unsure == pytest.approx(0.5, abs=0.02)
    assert state.relative_threshold == 1.0
    drag(panel.histogram, state.relative_unsure, 1.6)
    assert state.relative_unsure == 1.0  # no further than the upper one
    drag(panel.histogram, 0.99, 0.6)  # taken from its own side although they lie upon each other
    assert state.relative_unsure == pytest.approx(0.6, abs=0.02)
    assert state.relative_threshold == 1.0
    drag(panel.histogram, 1.0, 0.4)
    assert state.relative_threshold == pytest.approx(0.4, abs=0.02)
    assert state.relative_unsure == state.relative_threshold


def test_words_and_verdicts_follow_the_lines(judged, state, panel):
    state.select(int(np.argmax(state.column.scores)))
    card = judged.judge.verdict
    assert card.verdict is Verdict.NG
    promise = panel.promise.promise.text()
    state.set_relative_threshold(5.0)
    assert card.verdict is Verdict.OK
    assert judged.judge.results.counts.text() == "12 OK  \N{MIDDLE DOT}  0 NG"
    state.set_relative_threshold(0.2)
    assert card.verdict is Verdict.NG
    assert judged.judge.results.counts.text().startswith("0 OK")
    assert panel.promise.promise.text() != promise


def test_good_parts_that_a_person_gets_are_counted(state, panel):
    assert not panel.promise.unsure.isVisibleTo(panel)
    goods = sorted(state.manifest.good_scores)
    state.set_limits(Limits(goods[-1], goods[-4]))
    # Three good scores lie above the lower line and not above the upper one: 3 places of n + 1.
    expected = 100 * 3 / (len(goods) + 1)
    assert f"{expected:.1f} more" in panel.promise.unsure.text()
    state.set_relative_unsure(None)
    assert not panel.promise.unsure.isVisibleTo(panel)


def test_the_rate_moves_the_line_to_what_the_good_photos_justify(state, panel):
    goods = state.manifest.good_scores
    panel.rate.rate.setValue(20.0)
    assert state.threshold == threshold_from_good_scores(goods, 0.2).value
    assert state.threshold < max(goods)
    assert panel.rate.answer.text() == "With 30 good photos this limit is here."
    assert not panel.rate.move_there.isVisibleTo(panel)
    state.set_relative_threshold(1.4)
    assert "trained limit" in panel.rate.answer.text()
    panel.rate.move_there.click()
    assert state.threshold == threshold_from_good_scores(goods, 0.2).value
    state.aim_at(0.3)
    assert panel.rate.rate.value() == pytest.approx(30.0)


def test_a_rate_out_of_reach_gets_the_best_line_and_says_so(state, panel):
    panel.rate.rate.setValue(0.1)
    assert state.threshold == max(state.manifest.good_scores)
    state.set_relative_threshold(0.5)
    assert "This takes 969 more good photos" in panel.rate.answer.text()  # 1 in 1000 takes 999


def test_flipping_parts_are_shown_nearest_first_and_can_be_chosen(state, panel, qtbot):
    state.set_relative_threshold(5.0)
    strip = panel.flips.strip
    assert "become OK" in panel.flips.text.text()
    kept = state.kept_limits.threshold
    turned = np.flatnonzero(state.column.scores > kept)
    assert sorted(strip._indices) == turned.tolist()
    assert strip._indices == sorted(turned, key=lambda index: state.threshold - state.column.scores[index])
    last = strip.shown[-1]
    qtbot.mouseClick(strip, Qt.MouseButton.LeftButton, pos=strip._frame(len(strip.shown) - 1).center())
    assert state.selected == last
    state.set_limits(state.kept_limits)
    assert strip.shown == []
    assert panel.flips.text.text() == "As saved in the model"


def test_the_pointer_says_where_a_line_can_be_taken(panel):
    def hover(relative):
        move_pointer(panel.histogram.viewport(), QPoint(panel.histogram.x_of(relative), 40))
        return panel.histogram.viewport().cursor().shape()

    assert hover(0.3) == Qt.CursorShape.ArrowCursor
    assert hover(1.0) == Qt.CursorShape.SplitHCursor


def test_a_move_asks_no_more_of_ten_thousand_results_than_of_those_on_the_screen(judged, state, monkeypatch):
    scores = np.random.default_rng(0).uniform(0.3, 1.8, MANY) * state.own_limit
    state.set_photos(PhotoSet(Path("many"), tuple(Path(f"many/{n:05}.png") for n in range(MANY))))
    state.add_results(
        [Inspection(path, (4, 4), float(score)) for path, score in zip(state.photos.photos, scores, strict=True)]
    )
    judged.actions_table["only_flagged"].trigger()
    state.set_relative_unsure(0.9)
    asked = []
    verdict = Inspection.verdict
    monkeypatch.setattr(Inspection, "verdict", lambda one, limits: (asked.append(one.path), verdict(one, limits))[1])
    for relative in (1.01, 1.05, 0.97):
        asked.clear()
        state.set_relative_threshold(relative)
        judged.judge.grab()  # visible items are painted as well
        assert 0 < len(set(asked)) < ON_THE_SCREEN
        assert len(asked) < 3 * ON_THE_SCREEN
    assert state.counts()[Verdict.NG] == (scores > state.threshold).sum()
    assert judged.judge.results.table.rowCount() == (scores > state.limits.unsure_threshold).sum()


def test_one_unit_on_the_page_where_the_limit_was_moved(judged, state, panel, qtbot):
    table, own = judged.judge.results.table, state.own_limit
    state.select(0)
    qtbot.waitUntil(lambda: judged.judge.view.shown == state.selected_inspection.path)
    scores = [inspection.score / own for inspection in state.inspections]

    def listed():
        return [float(table.index(row, ResultColumn.SCORE).data()) for row in range(table.rowCount())]

    def in_rows():
        return [scores[table.position_at(row)] for row in range(table.rowCount())]

    def heading():
        return table.headerData(ResultColumn.SCORE, Qt.Orientation.Horizontal)

    assert heading() == "Score, the limit is 1.00"
    assert judged.judge.verdict.score.text() == f"{scores[0]:.2f} \N{MULTIPLICATION SIGN} limit"
    changed = []
    table.headerDataChanged.connect(lambda *_: changed.append(heading()))
    state.set_relative_threshold(0.86)
    state.set_relative_unsure(0.5)
    assert changed[0] == "Score, the limit is 0.86"
    assert listed() == pytest.approx(in_rows(), abs=0.0051)  # as on the axis of the histogram, not by 0.86
    qtbot.waitUntil(lambda: len(panel.histogram._sets["results"]) == len(scores))  # it is redrawn ten times a second
    assert sorted(panel.histogram._sets["results"]) == pytest.approx(sorted(scores))
    assert judged.judge.verdict.score.text() == f"{scores[0]:.2f}, limit 0.86"
    legend = judged.judge.view.legend
    assert "clear below 0.43, limit at 0.86, darkest at 1.72 or more, review band from 0.50" in legend.accessibleName()
    for row in range(table.rowCount()):
        over = scores[table.position_at(row)] > 0.86
        assert (table.verdict_at(row) is Verdict.NG) == over
    state.set_relative_threshold(1.0)
    assert "limit at 1.0," in legend.accessibleName()
