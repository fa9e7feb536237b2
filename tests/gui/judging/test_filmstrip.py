"""Results as a strip of photos: order, selection, keys, decoding, and both themes."""

import time
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QImage

from inspector.core.values import Inspection, ScoreMap, Verdict
from inspector.gui.judging.filmstrip import EDGE_PX, NAME_PX, PAD_PX, VERDICT_PX
from inspector.gui.state.state import Step
from inspector.gui.widgets import theme
from inspector.storage.photos.photo_list import list_images
from inspector.storage.settings import load_settings
from tests.gui.state.test_state import bundle

MANY = 10_000


def part(path, score):
    """A real photo with one hot place, as if it had been judged."""
    grid = np.full((16, 16), 0.1, np.float32)
    grid[8, 8] = score
    score_map = ScoreMap(grid, (128, 128))
    return Inspection(path, (300, 300), score_map.score, score_map)


@pytest.fixture
def judged(window, state, solar_cells):
    """The window with twelve parts, the worst first; every third one is NG."""
    state.set_bundle(bundle(2.0))
    state.set_step(Step.JUDGE)
    photos = list_images(solar_cells.mixed)
    state.add_results([part(path, 1.0 + n / 100 + 2 * (n % 3 == 2)) for n, path in enumerate(photos)])
    window.judge.results.sort_worst_first()
    state.select(window.judge.results.table.position_at(0))
    return window


@pytest.fixture
def film(judged, state):
    """The strip, shown instead of the table."""
    judged.actions_table["filmstrip"].trigger()
    assert state.filmstrip
    return judged.judge.results.film


@pytest.fixture
def many(window, state):
    """Parts without photo files: requests count as decodings."""
    state.set_bundle(bundle(2.0))
    state.set_step(Step.JUDGE)
    scores = np.random.default_rng(0).uniform(0.5, 4.0, MANY)
    state.add_results([Inspection(Path(f"{n:05}.png"), (4, 4), float(score)) for n, score in enumerate(scores)])
    return window


def colours_in(film):
    image = film.viewport().grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    return set(np.unique(np.frombuffer(image.constBits(), np.uint32)).tolist())


def test_table_and_strip_take_turns_and_keep_focus(judged, state, film):
    results = judged.judge.results
    assert film.isVisible()
    assert not results.view.isVisible()
    judged.activateWindow()
    results.setFocus()
    assert results.focusProxy() is film
    judged.actions_table["filmstrip"].trigger()
    assert not state.filmstrip
    assert results.view.isVisible()
    assert not film.isVisible()
    assert results.focusProxy() is results.view


def test_the_strip_has_the_tables_order_filter_and_selection(judged, state, film):
    table = judged.judge.results.table
    assert state.selected == table.position_at(0)  # the worst part
    assert film.currentIndex().row() == 0
    film.setCurrentIndex(table.index(5, 0))
    assert state.selected == table.position_at(5)
    state.select(table.position_at(8))
    assert film.currentIndex().row() == 8
    judged.actions_table["filmstrip"].trigger()
    rows = judged.judge.results.view.selectionModel().selectedRows()
    assert [index.row() for index in rows] == [8]  # the whole row, not a cell of it
    judged.actions_table["only_flagged"].trigger()
    assert film.model().rowCount() == state.counts()[Verdict.NG] == 4


def test_all_arrow_keys_go_on_and_space_is_the_pages(judged, state, film, qtbot):
    table = judged.judge.results.table
    for key, row in ((Qt.Key.Key_Right, 1), (Qt.Key.Key_Down, 2), (Qt.Key.Key_Left, 1), (Qt.Key.Key_Up, 0)):
        qtbot.keyClick(film, key)
        assert table.row_of(state.selected) == row
    qtbot.waitUntil(lambda: judged.judge.view.shown == state.selected_inspection.path)
    shown = judged.judge.view.grab().toImage()
    qtbot.keyPress(film, Qt.Key.Key_Space)
    assert judged.judge.view.grab().toImage() != shown
    qtbot.keyRelease(film, Qt.Key.Key_Space)
    assert judged.judge.view.grab().toImage() == shown


@pytest.mark.parametrize("choice", ["light", "dark"])
def test_verdicts_follow_the_threshold_in_both_themes(judged, state, film, choice):
    judged._theme.choose(choice)
    used = {verdict: QColor(theme.colours().of(verdict)).rgb() for verdict in (Verdict.OK, Verdict.NG)}
    state.set_relative_threshold(0.05)
    found = colours_in(film)
    assert used[Verdict.NG] in found
    assert used[Verdict.OK] not in found
    state.set_relative_threshold(20.0)
    found = colours_in(film)
    assert used[Verdict.OK] in found
    assert used[Verdict.NG] not in found


def test_photos_grow_with_the_strip_and_are_whole_at_its_lowest(judged, film):
    results, splitter = judged.judge.results, judged.judge.splitter
    edges = []
    film.setCurrentIndex(film.model().index(11, 0))
    for height in (0, 260, 900):
        splitter.setSizes([1000 - height, height])
        judged.grab()
        edges.append(film.edge)
        needed = film.edge + VERDICT_PX + NAME_PX + 2 * PAD_PX
        assert needed <= film.viewport().height()
        assert film.visualRect(film.model().index(0, 0)).height() == film.viewport().height()
        chosen = film.visualRect(film.currentIndex())
        assert chosen.left() >= 0
        assert chosen.right() <= film.viewport().width()  # Qt scrolls to one pixel before the end
    assert EDGE_PX[0] <= edges[0] < edges[1] < edges[2] <= EDGE_PX[1]
    assert results.height() > 174


def test_only_photos_on_the_screen_are_decoded(many, state, monkeypatch):
    asked = set()
    monkeypatch.setattr(many.workers.photos, "thumbnail", asked.add)
    state.set_filmstrip(True)
    film = many.judge.results.film
    film.viewport().grab()
    assert Path("00000.png") in asked
    assert len(asked) < 20
    asked.clear()
    state.select(5000)
    film.viewport().grab()
    assert Path("05000.png") in asked
    assert len(asked) < 20


def test_ten_thousand_parts_follow_the_slider(many, state):
    state.set_filmstrip(True)
    film = many.judge.results.film
    spent = []
    for relative in np.linspace(0.9, 1.1, 9):
        started = time.thread_time()  # not the clock's: the machine may be busy
        state.set_relative_threshold(float(relative))
        film.viewport().grab()
        spent.append(time.thread_time() - started)
    assert sorted(spent)[4] < 0.1


def test_previous_ng_or_unsure_goes_back_over_the_good_ones(judged, state, film):
    judged.judge.results.reset_order()
    ng = [n for n, one in enumerate(state.inspections) if one.verdict(state.limits) is Verdict.NG]
    state.select(ng[-1])
    seen = []
    for _ in ng:
        seen.append(state.selected)
        judged.actions_table["previous_flagged"].trigger()
    assert seen == ng[::-1]
    assert state.selected == ng[0]  # there is none before it


def test_the_strip_is_remembered(window, state):
    assert not state.filmstrip
    state.set_filmstrip(True)
    assert window.close()
    assert load_settings().filmstrip


def test_the_strip_says_its_name_and_cell_to_screen_readers(film):
    assert film.accessibleName() == "Results as photos"
    index = film.model().index(0, film.modelColumn())
    assert index.data(Qt.ItemDataRole.AccessibleTextRole)
    assert film.itemDelegate().sizeHint(None, index) == film.gridSize() != QSize()
