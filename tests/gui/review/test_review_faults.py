"""The review page when the history cannot be read: told, nothing stays loading, no photo of another part is shown."""

import threading

import pytest

from inspector.core.errors import HistoryError
from inspector.core.review.decision import Decision
from inspector.gui.state.state import Step
from inspector.storage.history.store import History

LONG_MS = 60_000
BUG = KeyError("nobody expected this")


@pytest.mark.parametrize("error", [BUG, HistoryError("history", "the disk does not answer; try again")], ids=str)
def test_a_list_that_cannot_be_read_is_told_and_asked_for_again(
    page,
    window,
    state,
    qtbot,
    monkeypatch,
    caught,
    error,
):
    table, history = window.workers.reviewing.table, window.workers.history.get()
    rows = table.rowCount()

    def fail(*_arguments, **_named):
        raise error

    with monkeypatch.context() as broken:
        broken.setattr(history, "page", fail)
        table.reload()
        assert table.loading
        qtbot.waitUntil(lambda: state.problem is not None, timeout=LONG_MS)
    assert not table.loading
    assert table.rowCount() == rows
    assert len(caught) == (error is BUG)
    with qtbot.waitSignal(table.listed, timeout=LONG_MS):
        table.reload()


def test_a_part_that_cannot_be_read_leaves_no_other_photo_in_its_place(
    page,
    window,
    state,
    qtbot,
    monkeypatch,
    caught,
):
    view, reviewing = page.view, window.workers.reviewing
    assert view.shown is not None

    def fail(_number):
        raise BUG

    monkeypatch.setattr(window.workers.history.get(), "get", fail)
    window.workers.reviewing.pictures._parts.clear()
    reviewing.step(1)
    qtbot.waitUntil(lambda: bool(caught), timeout=LONG_MS)
    assert view.shown is None
    assert view.image.shows_nothing
    assert view.notice.isVisibleTo(view)
    assert state.step == Step.REVIEW
    assert "nobody expected this" in state.problem.sentence


def test_decisions_that_wait_for_the_disk_are_written_before_the_window_closes(page, window, state, qtbot, monkeypatch):
    gate, history, reviewing = threading.Event(), window.workers.history.get(), window.workers.reviewing
    real = history.review

    def review(*arguments):
        assert gate.wait(60.0)
        return real(*arguments)

    monkeypatch.setattr(history, "review", review)
    decided = []
    for _ in range(2):
        qtbot.waitUntil(lambda: state.review.details is not None, timeout=LONG_MS)
        decided.append(state.review.selected.id)
        reviewing.decide(Decision.DEFECT)
    assert not window.close()
    assert window.workers.unwritten == 2
    with qtbot.waitSignal(window.closed, timeout=LONG_MS):
        gate.set()
    assert window.workers.close()
    with History.open() as again:
        assert [again.get(number).record.decision for number in decided] == [Decision.DEFECT] * 2
