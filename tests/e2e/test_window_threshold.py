"""The threshold in the window, on real photos: drag the line, read the sentence, see parts flip, keep it, reopen."""

import shutil

import cv2
import numpy as np
import pytest
from PySide6.QtGui import QImage

from inspector.core.promise.threshold import promise_at
from inspector.core.promise.words import significant
from inspector.core.values import Verdict
from inspector.gui.findings.part_rows import ResultColumn
from inspector.gui.widgets.limit_lines import THRESHOLD, UNSURE
from inspector.storage.photos.images import read_image, write_image
from tests.gui.conftest import dialogs, drag, nothing_left, state, window  # noqa: F401


@pytest.fixture
def bundle(trained_bundle, tmp_path):
    """A bundle of the default method that this test may write to."""
    return shutil.copy(trained_bundle, tmp_path / "cells.inspector")


@pytest.fixture
def inspected(window, state, bundle, solar_cells, qtbot):  # noqa: F811
    window.commands.take_bundle(bundle)
    window.commands.take_photos([solar_cells.mixed])
    qtbot.waitUntil(lambda: len(state.inspections) == 12 and not state.work.inspecting, timeout=120_000)
    return window


def verdicts_in_the_table(window):  # noqa: F811
    table = window.judge.results.table
    return [table.index(row, ResultColumn.VERDICT).data() for row in range(table.rowCount())]


def line_between(state, below):  # noqa: F811
    """Return a place in units of the trained limit with about that many results below it, to a pixel."""
    scores = np.sort(state.column.scores) / state.own_limit
    return float((scores[below - 1] + scores[below]) / 2)


def test_drag_read_see_flips_keep_and_find_it_again(inspected, state, bundle, drag, qtbot):  # noqa: F811
    panel = inspected.judge.threshold
    before = verdicts_in_the_table(inspected)
    sentence = panel.promise.promise.text()
    assert panel.flips.strip.shown == []

    drag(panel.histogram, 1.0, line_between(state, below=4))
    promise = promise_at(state.manifest.good_scores, state.threshold, chosen=True)
    assert panel.promise.promise.text() != sentence
    assert promise.rate == 1.0 or significant(100 * promise.rate) in panel.promise.promise.text()
    assert promise.rate == 1.0 or "whichever limit is chosen" in panel.promise.promise.text()
    after = verdicts_in_the_table(inspected)
    turned = [index for index, score in enumerate(state.column.scores) if state.threshold < score <= state.own_limit]
    assert after.count("NG") - before.count("NG") == len(turned) > 0
    assert sorted(panel.flips.strip._indices) == turned
    assert f"{len(turned)} become" in panel.flips.text.text()
    with qtbot.waitSignal(inspected.workers.photos.thumbnail_ready, timeout=30_000, raising=False):
        inspected.judge.grab()
    path = state.inspections[panel.flips.strip.shown[0]].path
    qtbot.waitUntil(lambda: inspected.workers.photos.thumbnail(path) is not None, timeout=30_000)
    assert not inspected.workers.photos.thumbnail(path).isNull()

    moved = state.relative_threshold
    inspected.actions_table["keep_limits"].trigger()
    panel.keep.note.setText("scratches matter")
    with qtbot.waitSignal(inspected.workers.saving.kept, timeout=30_000):
        panel.keep.keep.click()
    assert panel.flips.strip.shown == []
    assert verdicts_in_the_table(inspected) == after

    opened = state.bundle
    inspected.commands.take_bundle(bundle)
    qtbot.waitUntil(lambda: state.bundle is not opened, timeout=120_000)
    assert state.relative_threshold == pytest.approx(moved)
    assert panel.histogram.lines.value(THRESHOLD) == pytest.approx(moved)
    assert "scratches matter" in panel.history.lines[0]
    inspected.actions_table["reset_threshold"].trigger()
    assert state.relative_threshold == 1.0


def test_between_two_lines_parts_go_to_a_person(inspected, state, drag):  # noqa: F811
    panel = inspected.judge.threshold
    panel.unsure.switch.click()
    drag(panel.histogram, 1.0, line_between(state, below=9))
    drag(panel.histogram, state.relative_unsure, line_between(state, below=6))
    lower, upper = panel.histogram.lines.value(UNSURE), panel.histogram.lines.value(THRESHOLD)
    relative = state.column.scores / state.own_limit
    between = int(((relative > lower) & (relative <= upper)).sum())
    assert between > 0
    assert state.counts()[Verdict.NG] == (relative > upper).sum() > 0
    assert state.counts()[Verdict.UNSURE] == between
    assert verdicts_in_the_table(inspected).count("UNSURE") == between
    assert "UNSURE" in panel.promise.unsure.text()
    inspected.actions_table["only_flagged"].trigger()
    assert sorted(set(verdicts_in_the_table(inspected))) == ["NG", "UNSURE"]
    unsure = next(i for i, one in enumerate(state.inspections) if one.verdict(state.limits) is Verdict.UNSURE)
    state.select(unsure)
    assert inspected.judge.verdict.word.text() == "UNSURE"
    assert "a person decides" in inspected.judge.verdict.detail.text()


def test_a_refused_photo_shows_why(window, state, bundle, solar_cells, tmp_path, qtbot):  # noqa: F811
    folder = tmp_path / "photos"
    folder.mkdir()
    good = next((solar_cells.mixed / "good").glob("*.png"))
    shutil.copy(good, folder / "a cell.png")
    assert QImage(str(good)).copy(0, 40, 300, 180).save(str(folder / "cut off.png"))
    window.commands.take_bundle(bundle)
    window.commands.take_photos([folder])
    qtbot.waitUntil(lambda: len(state.inspections) == 2 and not state.work.inspecting, timeout=120_000)
    state.select(1)
    view, card = window.judge.view, window.judge.verdict
    assert card.word.text() == "REFUSED"
    assert "300 x 180" in card.detail.text()
    assert view.refusal.isVisible()
    assert "300 x 180" in view.refusal.problem.text()
    assert view.refusal.action.text() == "Photograph it as the good parts were."
    assert verdicts_in_the_table(window).count("REFUSED") == 1


def blurred(image_rgb):
    return cv2.GaussianBlur(image_rgb, (0, 0), 4.0)


def brighter_by_a_stop(image_rgb):
    return np.clip(image_rgb.astype(np.int32) * 2, 0, 255).astype(np.uint8)


@pytest.mark.parametrize(("spoil", "guard"), [(blurred, "blur"), (brighter_by_a_stop, "exposure")])
def test_a_spoilt_photo_shows_what_was_measured_against_what_is_allowed(
    window, state, bundle, solar_cells, tmp_path, qtbot, spoil, guard  # noqa: F811
):  # fmt: skip
    folder = tmp_path / "photos"
    folder.mkdir()
    good = read_image(min((solar_cells.good).glob("*.png")))
    write_image(folder / "a as it was.png", good)
    write_image(folder / "b spoilt.png", spoil(good))
    window.commands.take_bundle(bundle)
    window.commands.take_photos([folder])
    qtbot.waitUntil(lambda: len(state.inspections) == 2 and not state.work.inspecting, timeout=120_000)
    state.select(1)
    assert state.selected_inspection.verdict(state.limits) is Verdict.REFUSED
    card, panel = window.judge.view.refusal, window.judge.threshold
    assert card.isVisible()
    assert guard in card.problem.text()
    assert card.action.text().startswith("Check")
    outside = [line for line in card.readings.lines if "outside" in line]
    assert card.readings.lines[: len(outside)] == outside  # first
    assert any(line.startswith(f"{guard}: ") for line in outside)
    assert panel.checks.isVisibleTo(panel)

    state.select(0)
    assert not card.isVisible()
    panel.checks.open()
    assert len(panel.checks.readings.lines) > 1
    assert not any("outside" in line for line in panel.checks.readings.lines)
