"""A missed defect, marked by key: the limit that would catch it is shown beside it."""

import hashlib
from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt

from inspector.core.review.decision import Decision, Review
from inspector.core.values import Limits, Verdict
from inspector.gui.state.review_filter import Judged, PartsList, Reviewed, ReviewFilter
from inspector.gui.state.state import Step
from inspector.storage.history.records import Order, PartFilter
from inspector.storage.history.store import History
from inspector.storage.photos.images import list_images
from inspector.workflows.judging.inspect import inspect_photos
from inspector.workflows.judging.loaded_bundle import open_bundle
from inspector.workflows.judging.record_results import record_run
from inspector.workflows.review.missed_defects import Untold
from tests.gui.review.conftest import WAIT_MS
from tests.storage.history.conftest import NOON

GOODS_CALLED_GOOD = 3


@pytest.fixture(scope="module")
def inspected(quick_bundle, solar_cells):
    """New cells, all of which a limit that is too high calls OK."""
    loaded = open_bundle(quick_bundle)
    run = inspect_photos(loaded, list_images(solar_cells.mixed))
    return loaded, replace(run, limits=Limits(100 * run.limits.threshold))


@pytest.fixture
def cells(inspected, user_folders):
    """These in the history, three good ones called good; escapes as the bundle's own limit has them."""
    loaded, run = inspected
    with History.open() as history:
        record_run(run, history, "early shift")
        goods = [one for one in history.page(order=Order.WORST) if one.source.endswith("good")]
        for one in goods[:GOODS_CALLED_GOOD]:
            history.review(one.id, Review(Decision.FALSE_ALARM, "Kim", NOON))
        parts = history.page(order=Order.WORST)
    limit, lowest = loaded.stored.manifest.limits.threshold, min(loaded.stored.manifest.good_scores)
    return [one for one in parts if one.decision is None and one.score and lowest < one.score <= limit]


@pytest.fixture
def ready(cells, window, state, inspected, qtbot):
    """The review page with the OK parts listed and the model open; the first part that the model judges OK is shown."""
    state.set_bundle(inspected[0])
    state.set_step(Step.REVIEW)
    state.review.set_filter(ReviewFilter(Judged.OK, Reviewed.NOT_YET))
    shown(window, qtbot)
    return window.review


def shown(window, qtbot, condition=lambda: True):
    busy = window.workers._runners
    qtbot.waitUntil(
        lambda: (
            not any(busy[role].busy for role in ("history", "pictures", "judge"))
            and window.state.review.details is not None
            and condition()
        ),
        timeout=WAIT_MS,
    )


def look_at(window, qtbot, part):
    table = window.workers.reviewing.table
    qtbot.waitUntil(lambda: table.row_of(part.id) >= 0, timeout=WAIT_MS)
    window.workers.reviewing.show_row(table.row_of(part.id))
    shown(window, qtbot, lambda: window.state.review.details.record.id == part.id)


def test_a_marked_escape_tells_its_limit_while_the_next_part_is_shown(ready, window, state, cells, qtbot):
    part, catching, panel = cells[-1], window.workers.catching, ready.missed
    look_at(window, qtbot, part)
    assert not panel.isVisible()
    digest = hashlib.sha256(state.bundle.stored.path.read_bytes()).digest()
    qtbot.keyClick(window, Qt.Key.Key_D)
    shown(window, qtbot, lambda: catching.found is not None)
    assert state.review.selected.id != part.id
    assert panel.isVisible()
    assert panel.name.text() == part.name
    assert "would catch it" in panel.words.text()
    assert f"of {GOODS_CALLED_GOOD} parts with a false alarm would be NG, too" in panel.words.text()
    with History.open() as history:
        (said,) = history.get(part.id).reviews
        assert (said.decision, history.get(part.id).record.verdict) == (Decision.DEFECT, Verdict.OK)

    # The good parts that it would cost are there to be looked at, though the list does not hold them.
    assert panel.strip.shown == catching.found.also_ng
    assert panel.strip.shown
    left = state.review.selected
    qtbot.mouseClick(panel.strip, Qt.MouseButton.LeftButton, pos=QPoint(10, 10))
    shown(window, qtbot)
    assert state.review.selected == catching.found.also_ng[0]
    qtbot.keyClick(window, Qt.Key.Key_N)
    assert state.review.selected == left

    # The limit becomes a proposal on the Judge page; nothing is written.
    panel.propose.click()
    assert state.step == Step.JUDGE
    assert state.limits.verdict_of(part.score) is Verdict.NG
    assert state.limits.threshold == catching.found.missed.threshold
    assert window.actions_table["keep_limits"].isEnabled()
    assert hashlib.sha256(state.bundle.stored.path.read_bytes()).digest() == digest

    # Taken back, it is no missed defect any more.
    state.set_step(Step.REVIEW)
    shown(window, qtbot)
    qtbot.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert not panel.isVisible()
    shown(window, qtbot)


def test_missed_defects_and_parts_near_the_limit_are_lists_of_their_own(ready, window, state, cells, qtbot):
    with History.open() as history:
        for part in cells[:2]:
            history.review(part.id, Review(Decision.DEFECT, "Kim", NOON))
    window.workers.reviewing.count()
    qtbot.waitUntil(lambda: ready.figures.escapes.text() == "2 missed defects", timeout=WAIT_MS)
    answers = []
    window.workers.catching.changed.connect(lambda: answers.append(window.workers.catching.found))
    ready.figures.escapes.click()
    shown(window, qtbot, lambda: window.workers.catching.found is not None)
    assert state.review.filter == PartsList.MISSED.value
    assert ready.list.count.text() == "2 parts"
    assert ready.missed.isVisible()

    # In sequence, faster than answers come: only the last answer is shown.
    answers.clear()
    window.workers.reviewing.step(1)
    window.workers.reviewing.step(-1)
    window.workers.reviewing.step(1)
    shown(window, qtbot, lambda: window.workers.catching.found is not None)
    assert {one.record.id for one in answers if one is not None} == {state.review.selected.id}

    qtbot.keyClick(window, Qt.Key.Key_2, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: not window.workers.reviewing.table.loading, timeout=WAIT_MS)
    assert state.review.filter == PartsList.NEAR_LIMIT.value
    meant = PartsList.NEAR_LIMIT.value.part_filter(NOON)
    assert meant == PartFilter(verdicts=frozenset({Verdict.OK}), decisions=frozenset({None}), lowest=0.8)
    qtbot.waitUntil(lambda: not ready.missed.isVisible(), timeout=WAIT_MS)
    window.workers.catching.changed.disconnect()
    window.workers.catching.changed.connect(ready.missed._render)


def test_where_it_cannot_be_told_it_says_why(ready, window, state, cells, qtbot):
    catching, panel = window.workers.catching, ready.missed
    lowest = min(state.bundle.stored.manifest.good_scores)
    missed = replace(cells[0], decision=Decision.DEFECT)
    for part, untold, word in (
        (replace(missed, bundle_name="boards", bundle_sha256="c" * 64), Untold.OTHER_BUNDLE, "Open boards"),
        (replace(missed, score=0.5 * lowest), Untold.INSEPARABLE, "No limit separates it"),
    ):
        catching.on_said(part)
        qtbot.waitUntil(lambda: catching.found is not None, timeout=WAIT_MS)
        assert catching.found.untold is untold
        assert word in panel.words.text()
        assert not panel.propose.isVisible()
    catching.propose_limit()
    assert state.step == Step.REVIEW


def test_without_a_bundle_it_says_which_one_to_open(window, state, cells, qtbot):
    state.set_step(Step.REVIEW)
    window.workers.catching.on_said(replace(cells[0], decision=Decision.DEFECT))
    assert window.review.missed.isVisible()
    assert "Open the model cells" in window.review.missed.words.text()
    assert not window.review.missed.propose.isVisible()
    qtbot.waitUntil(lambda: not window.workers._runners["history"].busy, timeout=WAIT_MS)
