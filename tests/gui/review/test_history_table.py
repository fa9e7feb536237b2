"""The table over a history of many parts: painting fetches pages, in the order of the history."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from benchmarks.speed.history import fill
from inspector.core.review.decision import Decision, Review
from inspector.gui.review import anchors, history_table
from inspector.gui.review.history_table import KEPT_ROWS, MAX_WAITING, PAGE, RECORD_ROLE, HistoryTable
from inspector.gui.state.review import ReviewState
from inspector.gui.state.review_filter import Judged, Reviewed, ReviewFilter
from inspector.gui.threads.history_access import HistoryAccess, HistoryHandle
from inspector.gui.threads.jobs import JobRunner
from inspector.storage.history.records import Order
from inspector.storage.history.store import History
from tests.storage.history.conftest import NOON

PARTS = 21_000
WAIT_MS = 60_000
ALL = ReviewFilter(Judged.ANY, Reviewed.ANY, order=Order.OLDEST)


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    folder = tmp_path_factory.mktemp("many parts")
    fill(f"sqlite:///{folder / 'history.sqlite'}", PARTS)
    return folder


@pytest.fixture
def history(filled):
    with History.open(filled) as opened:
        yield opened


@pytest.fixture
def table(history, qtbot, qapp):
    runner = JobRunner("rows")
    review = ReviewState()
    made = HistoryTable(review, HistoryAccess(HistoryHandle(lambda: history), runner))
    with qtbot.waitSignal(made.listed, timeout=WAIT_MS):
        review.set_filter(ALL)
    yield made
    assert runner.close()


def wait_for(table, qtbot, row):
    qtbot.waitUntil(lambda: table.record(row) is not None, timeout=WAIT_MS)
    return table.record(row)


@pytest.mark.parametrize("row", [0, PAGE - 1, PAGE, 10_000, PARTS - 1])
def test_each_row_holds_the_part_of_its_place(table, qtbot, history, row):
    assert table.rowCount() == PARTS
    expected = history.page(ALL.part_filter(NOON), Order.OLDEST, offset=row, limit=1)
    assert (wait_for(table, qtbot, row),) == expected


NEAR = 1000


@pytest.fixture
def near_anchors(monkeypatch):
    for module in (anchors, history_table):
        monkeypatch.setattr(module, "APART", NEAR)


@pytest.fixture
def skipped(monkeypatch):
    """How many parts the history had to skip for each answer."""
    offsets, page = [], History.page

    def counted(self, *arguments, offset=0, **words):
        offsets.append(offset)
        return page(self, *arguments, offset=offset, **words)

    monkeypatch.setattr(History, "page", counted)
    return offsets


def all_anchors_laid(table):
    return table._anchors.last(table.rowCount()) is None


@pytest.mark.parametrize("order", Order)
def test_a_jump_into_a_long_list_skips_few_parts(near_anchors, skipped, table, qtbot, history, order):
    table._review.set_filter(replace(ALL, judged=Judged.OK, order=order))
    qtbot.waitUntil(lambda: not table.loading and all_anchors_laid(table), timeout=WAIT_MS)
    rows = table.rowCount()
    assert rows > 10_000
    for row in random.sample(range(rows), 10):
        wait_for(table, qtbot, row)
    assert max(skipped) <= NEAR
    for row in random.sample(list(table._known), 20):
        meant = table._filter.part_filter(NOON)
        assert (table.record(row),) == history.page(meant, order, offset=row, limit=1)


@pytest.mark.parametrize("order", Order)
def test_before_anchors_lie_the_end_is_reached_from_the_end(near_anchors, skipped, table, qtbot, history, order):
    table._anchors.end()
    table._review.set_filter(replace(ALL, order=order))
    qtbot.waitUntil(lambda: not table.loading, timeout=WAIT_MS)
    table._anchors.clear()
    table._anchors.end()
    skipped.clear()
    last = wait_for(table, qtbot, PARTS - 1)
    assert max(skipped) <= NEAR
    assert (last,) == history.page(order=order.reverse, limit=1)
    assert table.record(PARTS - 2) == history.page(order=order.reverse, offset=1, limit=1)[0]


def test_what_is_not_fetched_yet_is_an_empty_cell(table):
    index = table.index(PARTS - 1, 0)
    assert index.data(RECORD_ROLE) is None
    assert index.data() is None


def test_who_scrolls_fast_waits_for_the_last_pages_only(table, qtbot):
    for row in range(0, PARTS, PAGE):
        table.record(row)
    assert len(table._waiting) <= MAX_WAITING
    wait_for(table, qtbot, PARTS - 1)
    assert table._known.get(PARTS // 2) is None


def test_rows_far_away_are_forgotten(table, qtbot):
    for row in range(0, KEPT_ROWS + 3 * PAGE, PAGE):
        wait_for(table, qtbot, row)
    assert len(table._known) <= KEPT_ROWS + PAGE


def test_a_part_taken_off_the_list_and_put_back_leaves_no_gap_and_no_double(filled, table, qtbot, history):
    review = table._review
    wanted = ReviewFilter(Judged.FLAGGED, Reviewed.NOT_YET)
    with qtbot.waitSignal(table.listed, timeout=WAIT_MS):
        review.set_filter(wanted)
    rows = table.rowCount()
    assert rows > PAGE
    removed = [table.record(0) for _ in range(1)]
    # A page that was asked for before the row went counts otherwise, and is asked for again.
    table.record(PAGE)
    number = history.review(removed[0].id, Review(Decision.DEFECT, "Kim", NOON))
    assert number > 0
    table.remove(0)
    wait_for(table, qtbot, rows - 2)
    qtbot.waitUntil(lambda: all(table.record(row) is not None for row in range(rows - 1)), timeout=WAIT_MS)
    ids = [table.record(row).id for row in range(rows - 1)]
    expected = [one.id for one in history.page(wanted.part_filter(NOON), Order.WORST, limit=rows)]
    assert ids == expected
    history.undo_review(removed[0].id, "Kim", NOON)
    table.put_back(0, removed[0])
    assert table.rowCount() == rows
    assert [table.record(row).id for row in (0, 1)] == [removed[0].id, ids[0]]


def test_a_list_that_became_shorter_behind_its_back_is_read_anew(table, qtbot, history):
    wanted = ReviewFilter(Judged.FLAGGED, Reviewed.NOT_YET)
    with qtbot.waitSignal(table.listed, timeout=WAIT_MS):
        table._review.set_filter(wanted)
    rows = table.rowCount()
    last = history.page(wanted.part_filter(NOON), Order.BEST, limit=1)[0]
    history.review(last.id, Review(Decision.DEFECT, "somebody else", NOON))
    with qtbot.waitSignal(table.listed, timeout=WAIT_MS):
        table.record(rows - 1)
    assert table.rowCount() == rows - 1
    history.undo_review(last.id, "somebody else", NOON)


def test_only_the_listing_asked_for_last_is_shown(table, qtbot):
    seen = []
    table.listed.connect(lambda: seen.append(table.rowCount()))
    for chosen in (ReviewFilter(Judged.NG), ReviewFilter(Judged.REFUSED, Reviewed.ANY), ALL):
        table._review.set_filter(chosen)
    qtbot.waitUntil(lambda: not table.loading, timeout=WAIT_MS)
    assert seen == [PARTS]
