"""The results table: order, filter, selection, and speed at 10,000 rows."""

import time
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt

from inspector.core.values import Inspection, ScoreMap
from inspector.gui.findings.part_rows import ResultColumn
from inspector.gui.judging.results_table import ResultsTable
from inspector.gui.state.good_photos import PhotoSet
from inspector.gui.state.state import State
from tests.gui.state.test_state import bundle, results

MANY = 10_000
DOWN, UP = Qt.SortOrder.DescendingOrder, Qt.SortOrder.AscendingOrder


@pytest.fixture
def state(qapp):
    made = State()
    made.set_bundle(bundle(2.0))
    yield made
    made.deleteLater()


@pytest.fixture
def table(state, qtmodeltester):
    made = ResultsTable(state)
    yield made
    qtmodeltester.check(made, force_py=True)
    made.deleteLater()


def shown(table, column):
    return [table.index(row, column).data() for row in range(table.rowCount())]


def test_rows_appear_as_results_come(state, table):
    state.add_results(results(1.0, 3.0))
    state.add_results(results(2.0))
    assert shown(table, ResultColumn.SCORE) == ["0.50", "1.50", "1.00"]
    assert shown(table, ResultColumn.VERDICT) == ["OK", "NG", "OK"]


@pytest.mark.parametrize(
    ("column", "order", "expected"),
    [
        (ResultColumn.SCORE, DOWN, ["img10.png", "img2.png", "img1.png", "bad.png"]),
        (ResultColumn.SCORE, UP, ["bad.png", "img1.png", "img2.png", "img10.png"]),
        (ResultColumn.PHOTO, UP, ["bad.png", "img1.png", "img2.png", "img10.png"]),
        (ResultColumn.VERDICT, UP, ["img10.png", "bad.png", "img2.png", "img1.png"]),
        (-1, UP, ["img10.png", "img2.png", "bad.png", "img1.png"]),
    ],
)
def test_sorting(state, table, column, order, expected):
    named = {"img10.png": 5.0, "img2.png": 1.5, "bad.png": None, "img1.png": 1.0}
    state.add_results(
        [Inspection(Path(name), (4, 4), score, error=None if score else "cut") for name, score in named.items()]
    )
    table.sort(column, order)
    if column == ResultColumn.VERDICT:
        assert shown(table, ResultColumn.PHOTO)[0] == expected[0]
        assert shown(table, ResultColumn.VERDICT) == ["NG", "UNREADABLE", "OK", "OK"]
    else:
        assert shown(table, ResultColumn.PHOTO) == expected


def test_the_ng_filter_follows_the_threshold(state, table):
    state.add_results(results(1.0, 3.0, 5.0))
    table.set_filter(only_flagged=True)
    assert shown(table, ResultColumn.PHOTO) == ["3.0.png", "5.0.png"]
    state.set_relative_threshold(2.0)
    assert shown(table, ResultColumn.PHOTO) == ["5.0.png"]
    table.set_filter(only_flagged=False)
    assert table.rowCount() == 3


def test_the_text_filter_looks_at_the_name_below_the_folder(state, table):
    state.set_photos(PhotoSet(Path("p"), (Path("p/Bent/1.png"), Path("p/good/1.png"))))
    state.add_results([Inspection(Path("p/Bent/1.png"), (4, 4), 1.0), Inspection(Path("p/good/1.png"), (4, 4), 1.0)])
    table.set_filter(text="bent")
    assert shown(table, ResultColumn.PHOTO) == ["Bent/1.png"]
    assert table.row_of(1) == -1
    assert table.position_at(0) == 0


def test_regions_are_counted_and_sortable(state, table, qtbot):
    def inspection(name, *peaks):
        grid = np.ones((8, 8), np.float32)
        for place in peaks:
            grid[place, place] = 9.0
        score_map = ScoreMap(grid, (64, 64))
        return Inspection(Path(name), (64, 64), score_map.score, score_map)

    state.add_results([inspection("one", 1), inspection("none"), inspection("two", 1, 6)])
    assert shown(table, ResultColumn.REGIONS) == ["1", "0", "2"]
    state.set_relative_threshold(1.0001)
    table.sort(ResultColumn.REGIONS, DOWN)
    qtbot.waitUntil(lambda: shown(table, ResultColumn.PHOTO) == ["two", "one", "none"])


def test_ten_thousand_rows_follow_the_slider_within_a_frame_or_two(state, table):
    scores = np.random.default_rng(0).uniform(0.5, 4.0, MANY)
    state.add_results([Inspection(Path(f"{n:05}.png"), (4, 4), float(score)) for n, score in enumerate(scores)])
    table.sort(ResultColumn.SCORE, DOWN)
    table.set_filter(only_flagged=True)
    spent = []
    for relative in np.linspace(0.9, 1.1, 9):
        started = time.perf_counter()
        state.set_relative_threshold(float(relative))
        spent.append(time.perf_counter() - started)
    assert sorted(spent)[4] < 0.1  # the median, on a busy machine
    table.set_filter(only_flagged=False)
    assert table.rowCount() == MANY


def named(number, score):
    return Inspection(Path(f"p{number % 7}/img{number}.png"), (4, 4), score, error=None if score else "cut")


@pytest.mark.parametrize("filters", [{}, {"only_flagged": True}, {"text": "3"}])
@pytest.mark.parametrize("order", [UP, DOWN])
@pytest.mark.parametrize("column", [-1, *ResultColumn])
def test_results_that_come_in_land_where_sorting_all_would_put_them(state, column, order, filters, qtbot):
    random = np.random.default_rng(5)
    numbers = random.permutation(120)
    table, other = ResultsTable(state), ResultsTable(state)
    table.sort(column, order)
    table.set_filter(**filters)
    at = 0
    while at < len(numbers):
        size = int(random.integers(1, 12))
        scores = [float(s) if s > 0.7 else None for s in random.choice([0.5, 1.0, 2.5, 2.5, 3.0, 4.0], size)]
        state.add_results([named(int(n), s) for n, s in zip(numbers[at : at + size], scores, strict=False)])
        at += size
    other.set_filter(**filters)
    other.sort(column, order)
    assert shown(table, ResultColumn.PHOTO) == shown(other, ResultColumn.PHOTO)
    assert [table.row_of(table.position_at(row)) for row in range(table.rowCount())] == list(range(table.rowCount()))
    table.deleteLater()
    other.deleteLater()


@pytest.mark.parametrize("filters", [{}, {"only_flagged": True}, {"text": "1"}])
def test_a_batch_asks_each_of_its_own_parts_once_and_no_other(state, table, monkeypatch, filters):
    from inspector.storage.photos import photo_list

    state.add_results([named(number, 3.0) for number in range(2_000)])
    table.sort(ResultColumn.PHOTO, DOWN)
    table.set_filter(**filters)
    asked = {"key": 0, "name": 0}
    key, name = photo_list.natural_key, state.name_of

    def counted_key(path):
        asked["key"] += 1
        return key(path)

    def counted_name(inspection):
        asked["name"] += 1
        return name(inspection)

    monkeypatch.setattr(photo_list, "natural_key", counted_key)
    monkeypatch.setattr(state, "name_of", counted_name)
    state.add_results([named(number, 3.0) for number in range(2_000, 2_010)])
    assert asked["key"] == 10
    assert asked["name"] == (10 if "text" in filters else 0)
