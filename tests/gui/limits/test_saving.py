"""Limits and known defects are kept in the bundle's file: off the window's thread, under the results, on record."""

import shutil
from datetime import datetime

import pytest
from PySide6.QtCore import Qt

from inspector.core.promise.operating_point import Costs, cheapest_threshold, escapes_at, expected_cost
from inspector.core.values import Limits
from inspector.gui.limits import words
from inspector.storage.bundles.bundle import DefectRecord, load_bundle
from inspector.workflows.computer.machine import user_name
from inspector.workflows.judging.limits import keep_defects, keep_limits


@pytest.fixture
def own_bundle(quick_bundle, tmp_path):
    """A copy that a test may write to."""
    return shutil.copy(quick_bundle, tmp_path / "line 2.inspector")


@pytest.fixture
def opened(window, state, own_bundle, solar_cells, qtbot):
    window.commands.take_bundle(own_bundle)
    window.commands.take_photos([solar_cells.mixed])
    qtbot.waitUntil(lambda: len(state.inspections) == 12 and not state.work.inspecting, timeout=60_000)
    return window


@pytest.fixture
def panel(opened):
    return opened.judge.threshold


def keep(opened, state, qtbot, note=""):
    opened.actions_table["keep_limits"].trigger()
    opened.judge.threshold.keep.note.setText(note)
    with qtbot.waitSignal(opened.workers.saving.kept, timeout=30_000):
        opened.judge.threshold.keep.keep.click()


def test_a_kept_limit_is_in_the_file_with_who_and_why_and_the_results_stay(opened, state, panel, own_bundle, qtbot):
    state.set_relative_threshold(1.2)
    state.set_relative_unsure(0.8)
    state.select(4)
    assert panel.flips.strip._indices
    opened.actions_table["keep_limits"].trigger()
    assert panel.keep.isVisibleTo(panel)
    assert panel.keep.who.text() == user_name()
    assert "1.20" in panel.keep.text.text()
    assert "line 2.inspector" in panel.keep.text.text()
    panel.keep.who.setText("A. Person")
    keep(opened, state, qtbot, note="night shift")
    change = load_bundle(own_bundle).manifest.changes[-1]
    assert (change.changed_by, change.note) == ("A. Person", "night shift")
    assert change.after == state.limits == state.kept_limits
    assert (datetime.now().astimezone() - change.changed_at).total_seconds() < 600
    assert not panel.keep.isVisibleTo(panel)
    assert (len(state.inspections), state.selected) == (12, 4)
    assert panel.flips.strip._indices == []  # they are the kept verdicts now
    assert opened.activity.text.text() == "Saved in line 2.inspector"
    assert not opened.actions_table["keep_limits"].isEnabled()


def test_the_changes_are_listed_the_last_one_first(opened, state, panel, qtbot):
    assert not panel.history.isVisibleTo(panel)
    for relative, note in ((1.3, "first"), (0.9, "second")):
        state.set_relative_threshold(relative)
        keep(opened, state, qtbot, note)
    panel.history.open()
    assert "Changes of the limit (2)" in panel.history.button.text()
    assert ["second" in line for line in panel.history.lines] == [True, False]
    assert "from 1.30" in panel.history.lines[0]
    assert "to 0.90" in panel.history.lines[0]
    assert user_name() in panel.history.lines[1]


def test_a_kept_limit_is_what_the_bundle_opens_with_and_the_trained_one_is_not_lost(
    opened, state, own_bundle, qtbot
):  # fmt: skip
    state.set_limits(Limits(1.1 * state.own_limit, 0.7 * state.own_limit))
    keep(opened, state, qtbot)
    before = state.bundle
    opened.commands.take_bundle(own_bundle)
    qtbot.waitUntil(lambda: state.bundle is not before, timeout=60_000)
    assert state.relative_threshold == pytest.approx(1.1)
    assert state.relative_unsure == pytest.approx(0.7)
    opened.actions_table["reset_threshold"].trigger()
    assert state.relative_threshold == 1.0
    assert opened.actions_table["keep_limits"].isEnabled()  # going back can be kept too


def test_keeping_asks_only_for_what_is_not_kept_yet(opened, state, panel, qtbot):
    action = opened.actions_table["keep_limits"]
    assert not action.isEnabled()
    assert "already" in action.toolTip()
    state.set_relative_threshold(1.4)
    assert action.isEnabled()
    action.trigger()
    assert panel.keep.isVisibleTo(panel)
    qtbot.keyClick(panel.keep.note, Qt.Key.Key_Escape)
    assert not panel.keep.isVisibleTo(panel)
    action.trigger()
    state.set_relative_threshold(1.0)  # moved back: there is nothing to ask
    assert not panel.keep.isVisibleTo(panel)


def test_a_bundle_that_somebody_else_changed_is_not_overwritten(opened, state, panel, own_bundle, qtbot):
    others = keep_limits(load_bundle(own_bundle), Limits(99.0), changed_by="somebody else")
    state.set_relative_threshold(1.2)
    opened.actions_table["keep_limits"].trigger()
    panel.keep.keep.click()
    qtbot.waitUntil(lambda: state.problem is not None, timeout=30_000)
    assert "changed since it was opened" in state.problem.sentence
    assert load_bundle(own_bundle).sha256 == others.sha256
    assert state.relative_threshold == pytest.approx(1.2)
    assert len(state.inspections) == 12


def test_known_defects_are_scored_kept_and_counted_as_the_line_moves(
    opened, state, panel, dialogs, own_bundle, solar_cells, qtbot
):  # fmt: skip
    assert not panel.promise.escapes.isVisibleTo(panel)
    panel.defects.open()
    assert not panel.defects.curve.isVisibleTo(panel)
    dialogs.folder = solar_cells.mixed / "defective"
    with qtbot.waitSignal(opened.workers.saving.kept, timeout=60_000):
        panel.defects.compare.click()
    record = load_bundle(own_bundle).manifest.defects
    assert len(record.scores) == 6
    assert len(state.inspections) == 12
    for relative in (0.3, 1.0, 9.0):
        state.set_relative_threshold(relative)
        passed = escapes_at(record.scores, state.threshold)
        assert panel.promise.escapes.text().startswith(f"{passed.count} of 6 known defects would escape")
        found = state.manifest.detection_at(state.limits)
        assert round(6 * found.at_limit) == 6 - passed.count
        assert found.at_limit <= found.attainable
        assert panel.defects.found.text() == words.detection(found)
    assert "6 of 6" in panel.promise.escapes.text()
    assert panel.defects.found.text().startswith(
        "0\N{NO-BREAK SPACE}% of the known defects are NG. The best limit with "
    )
    state.set_relative_unsure(0.05)  # an UNSURE defect does not escape
    assert "are NG, 100\N{NO-BREAK SPACE}% NG or UNSURE. The best limit" in panel.defects.found.text()
    assert "0 of 6" in panel.promise.escapes.text()
    state.set_relative_unsure(None)
    opened.actions_table["forget_defects"].trigger()
    qtbot.waitUntil(lambda: state.manifest.defects is None, timeout=30_000)
    assert load_bundle(own_bundle).manifest.defects is None
    assert not panel.promise.escapes.isVisibleTo(panel)
    assert panel.defects.compare.isVisibleTo(panel)
    assert not panel.defects.found.isVisibleTo(panel)


def test_comparing_can_be_cancelled_and_leaves_the_bundle_alone(
    opened, state, own_bundle, solar_cells, tmp_path, qtbot
):  # fmt: skip
    before = load_bundle(own_bundle).sha256
    many = tmp_path / "many"
    many.mkdir()
    for copy in range(20):
        for photo in (solar_cells.mixed / "defective").glob("*.png"):
            shutil.copy(photo, many / f"{copy} {photo.name}")
    opened.workers.saving.compare(many)
    assert state.work.comparing
    assert not opened.actions_table["compare_defects"].isEnabled()
    opened.actions_table["cancel"].trigger()
    qtbot.waitUntil(lambda: not state.work.comparing, timeout=30_000)
    assert state.manifest.defects is None
    assert load_bundle(own_bundle).sha256 == before


@pytest.fixture
def with_defects(opened, state):
    goods = sorted(state.manifest.good_scores)
    # One defect that hides among the good ones, the others well above them.
    scores = [goods[20], *(goods[-1] * (1.2 + 0.1 * n) for n in range(9))]
    state.replace_stored(keep_defects(state.bundle.stored, DefectRecord(folder="bent", scores=scores, not_judged=1)))
    opened.judge.threshold.defects.open()
    return scores


def test_the_curve_has_a_point_that_moves_with_the_line(state, panel, with_defects):
    curve = panel.defects.curve
    assert curve.isVisibleTo(panel)
    assert "bent" in panel.defects.text.text()
    assert "1 could not be judged" in panel.defects.text.text()
    goods = state.manifest.good_scores
    for threshold in (min(goods) / 2, state.own_limit, 9 * max(goods)):
        state.set_limits(Limits(threshold))
        (x,), (y,) = curve._points["threshold"].getData()
        assert x == pytest.approx(100 * sum(score > threshold for score in goods) / len(goods))
        assert y == pytest.approx(100 * sum(score > threshold for score in with_defects) / len(with_defects))
    assert len(curve._points["unsure"].getData()[0]) == 0
    state.set_relative_unsure(0.5)
    assert len(curve._points["unsure"].getData()[0]) == 1


def test_costs_suggest_the_cheapest_line_and_say_what_it_saves(state, panel, with_defects):
    box, goods = panel.defects.costs, state.manifest.good_scores
    box.escape.setValue(10_000.0)
    box.defects.setValue(50.0)
    costs = Costs(10_000.0, 1.0, 0.05)
    best = cheapest_threshold(goods, with_defects, costs)
    assert best.threshold < min(with_defects)  # so dear an escape is not risked
    now = expected_cost(goods, with_defects, state.threshold, costs)
    assert f"{now:,.0f}" in box.answer.text()
    assert f"{best.threshold / state.own_limit:.2f}" in box.answer.text()
    box.suggest.click()
    assert state.threshold == best.threshold
    assert "No other limit costs less" in box.answer.text()
    box.escape.setValue(0.0)
    box.suggest.click()
    assert state.threshold == max(goods)  # where only false alarms cost
    box.false_alarm.setValue(0.0)
    assert not box.suggest.isEnabled()
