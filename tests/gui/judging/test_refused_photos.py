"""A refused photo shows score, heatmap, outlines and the verdict that it would have had; it is not OK anywhere."""

from __future__ import annotations

from dataclasses import replace

import cv2
import pytest

from inspector.core.live.figures import ShiftCount
from inspector.core.values import Verdict
from inspector.gui.live import words as live_words
from inspector.gui.state.live import Unit
from inspector.gui.widgets import wording
from inspector.storage.photos.images import list_images, read_image, write_image


@pytest.fixture
def blurred(window, state, quick_bundle, solar_cells, tmp_path, qtbot):
    """The window after three cells out of focus and a sharp one were inspected."""
    cells = list_images(solar_cells.mixed / "good")
    for index, cell in enumerate(cells[:3]):
        write_image(tmp_path / f"blurred {index}.png", cv2.GaussianBlur(read_image(cell), (0, 0), 6.0))
    write_image(tmp_path / "sharp.png", read_image(cells[3]))
    window.commands.take_bundle(quick_bundle)
    window.commands.take_photos([tmp_path])
    qtbot.waitUntil(lambda: len(state.inspections) == 4 and not state.work.inspecting, timeout=60_000)
    return window


def between(state):
    """Draw the line between the scores of the refused photos: the highest alone would be NG."""
    scores = sorted(one.score for one in state.inspections if one.refusal)
    state.set_relative_threshold((scores[-1] + scores[-2]) / 2 / state.own_limit)
    return next(i for i, one in enumerate(state.inspections) if one.refusal and one.score == scores[-1])


def test_they_are_listed_first_counted_apart_and_among_what_is_not_ok(blurred, state):
    assert state.counts()[Verdict.REFUSED] == 3
    worst = between(state)
    results = blurred.judge.results
    results.sort_worst_first()
    assert results.table.position_at(0) == worst
    words = [results.table.index(row, 2).data() for row in range(4)]
    assert words[0] == "REFUSED, would be NG"
    assert words.count("REFUSED") == 2
    assert results.table.index(0, 1).data() == f"{state.inspections[worst].score / state.own_limit:.2f}"
    assert int(results.table.index(0, 3).data()) >= 1
    assert results.counts.text().startswith("1 REFUSED, would be NG")
    assert results.counts.text().endswith("2 other REFUSED")
    blurred.actions_table["only_flagged"].trigger()
    assert results.table.rowCount() == 4 - state.counts()[Verdict.OK] >= 3


def test_the_next_part_that_is_not_ok_may_be_a_refused_one(blurred, state):
    blurred.judge.results.reset_order()
    state.select(0)
    blurred.actions_table["next_flagged"].trigger()
    assert state.selected == 1
    assert state.inspections[1].refusal


def test_the_view_shows_heatmap_outlines_score_and_would_be_ng_and_follows_the_line(blurred, state, qtbot):
    worst = between(state)
    state.select(worst)
    view = blurred.judge.view
    qtbot.waitUntil(lambda: view.shown == state.inspections[worst].path)
    assert view.legend.isVisible()
    assert blurred.judge.parts.regions()
    assert view.refusal.isVisible()
    assert view.refusal.title.text() == "Refused, would be NG"
    assert not view.refusal.geometry().intersects(view.legend.geometry())
    card = blurred.judge.verdict
    assert card.verdict is Verdict.REFUSED
    assert card.score.text()
    assert card.detail.text().startswith("Would be NG. ")
    view.hide_overlay(True)
    assert not view.refusal.isVisible()
    view.hide_overlay(False)
    assert view.refusal.isVisible()
    state.set_relative_threshold(10.0)
    assert view.refusal.title.text() == "Refused, would be OK"
    assert card.detail.text().startswith("Would be OK. ")


def test_a_shift_counts_them_apart_and_first():
    count = ShiftCount()
    for verdict, is_so in ((Verdict.OK, False), (Verdict.REFUSED, True), (Verdict.REFUSED, False)):
        count = count.with_part(verdict, refused_and_ng=is_so)
    words = live_words.shift(count, Unit.PART)
    assert words.startswith("Parts: 1 REFUSED, would be NG")
    assert words.endswith("1 other REFUSED")
    assert live_words.yield_words(count) == "33.3 %"
    assert "other" not in live_words.shift(replace(count, refused=1, refused_and_ng=0), Unit.PART)


def test_words_for_what_a_refused_photo_would_be():
    assert wording.refused_because("too dark; light it", Verdict.NG) == "would be NG. Too dark; light it"
    assert wording.refused_because("its size differs; see", None) == "its size differs; see"
    assert wording.refused_because("", Verdict.NG) == ""
