"""Closing the window: judged parts are written first, whatever would be lost is named once, and nobody is trapped."""

import logging
import shutil
import threading
from pathlib import Path

import pytest
from PySide6.QtCore import Qt

from inspector.core.errors import HistoryError
from inspector.core.progress import CancelToken
from inspector.gui.limits import saving
from inspector.gui.state.live import Purpose
from inspector.gui.widgets.dialogs import Dialogs
from inspector.gui.window.closing import losses
from inspector.storage.bundles.bundle import load_bundle
from inspector.storage.history.store import History
from tests.storage.history.conftest import judged as judged_part

LONG_MS = 60_000
WAITING = 60


@pytest.fixture
def gate():
    """Closed until a test opens it: the disk takes nothing meanwhile."""
    made = threading.Event()
    yield made
    made.set()


@pytest.fixture
def slow(window, gate):
    """Parts that wait for a slow disk, of two cameras used one after the other."""

    class Slow(History):
        def add(self, part):
            assert gate.wait(60.0)
            return super().add(part)

    return waiting(window, Slow.open)


def waiting(window, open_store):
    camera = window.workers.camera
    camera.open_store = open_store
    for first in (0, WAITING // 2):
        recorder = camera._start_recorder()
        for number in range(first, first + WAITING // 2):
            recorder.add(judged_part(number % 6, 0.5, part_id=f"part {number:02d}"), CancelToken())
        recorder.finish()
    return window


@pytest.fixture
def asked(monkeypatch):
    """The losses that were named before closing; the answer is no while `asked.no` is set."""

    class Asked(list):
        no = False

    found = Asked()

    def confirm(_parent, lost):
        found.append(list(lost))
        return not found.no

    monkeypatch.setattr(Dialogs, "confirm_close", confirm)
    return found


def kept():
    with History.open() as history:
        return sorted(part.part_id for part in history.page(limit=100))


def names():
    return [f"part {number:02d}" for number in range(WAITING)]


def test_all_60_parts_are_written_though_that_takes_longer_than_threads_may(slow, gate):
    threading.Timer(0.1, gate.set).start()
    slow.workers.close(within_ms=1)
    assert kept() == names()


def test_the_window_waits_for_60_parts_says_how_many_and_then_closes_by_itself(slow, gate, qtbot, dialogs):
    assert not slow.close()
    qtbot.waitUntil(lambda: slow.closing.dialog is not None, timeout=LONG_MS)
    dialog = slow.closing.dialog
    assert dialog.isVisible()
    assert dialog.count.text().startswith("60 parts")
    assert not slow.close()  # pressed again it neither asks nor closes
    with qtbot.waitSignal(slow.closed, timeout=LONG_MS):
        gate.set()
    assert not slow.isVisible()
    assert dialogs.asked == []  # nothing was lost
    assert slow.workers.close()
    assert kept() == names()


def test_on_a_full_disk_one_can_close_anyway_and_is_told_what_that_loses(window, qtbot, caplog):
    class Full(History):
        def add(self, part):
            raise HistoryError("history", "the disk is full; make room")

    waiting(window, Full.open)
    assert not window.close()
    qtbot.waitUntil(lambda: window.closing.dialog is not None, timeout=LONG_MS)
    dialog = window.closing.dialog
    qtbot.waitUntil(lambda: "disk is full" in dialog.why.text(), timeout=LONG_MS)
    assert "60" in dialog.give_up.text()
    with qtbot.waitSignal(window.closed, timeout=LONG_MS), caplog.at_level(logging.ERROR, "inspector"):
        qtbot.mouseClick(dialog.give_up, Qt.MouseButton.LeftButton)
    assert "60" in caplog.text
    assert window.workers.close()
    assert kept() == []


def test_one_can_close_anyway_while_the_disk_does_not_answer(slow, gate, qtbot):
    assert not slow.close()
    qtbot.waitUntil(lambda: slow.closing.dialog is not None, timeout=LONG_MS)
    with qtbot.waitSignal(slow.closed, timeout=LONG_MS):
        slow.closing.dialog.give_up.click()
    assert not slow.workers.close(within_ms=50)  # so that the program ends without this thread
    gate.set()


def test_one_can_keep_the_window_open_and_parts_are_written_all_the_same(slow, gate, qtbot):
    assert not slow.close()
    qtbot.waitUntil(lambda: slow.closing.dialog is not None, timeout=LONG_MS)
    slow.closing.dialog.stay.click()
    assert slow.closing.dialog is None
    gate.set()
    qtbot.waitUntil(lambda: not slow.workers.writing, timeout=LONG_MS)
    assert slow.isVisible()
    assert kept() == names()
    assert slow.close()


def test_parts_judged_after_one_kept_the_window_open_are_waited_for_though_others_were_given_up(
    slow, gate, state, asked, monkeypatch, qtbot
):
    monkeypatch.setattr("inspector.gui.window.closing.STOP_WITHIN_S", 60.0)
    state.set_work(training=True)  # it has not stopped yet, so the dialog still stands
    assert not slow.close()
    qtbot.waitUntil(lambda: slow.closing.dialog is not None, timeout=LONG_MS)
    slow.closing.dialog.give_up.click()
    qtbot.waitUntil(lambda: slow.closing._stopping, timeout=LONG_MS)
    slow.closing.dialog.stay.click()
    gate.set()
    qtbot.waitUntil(lambda: not slow.workers._runners["record"].busy, timeout=LONG_MS)
    state.set_work(training=False)
    gate.clear()
    waiting(slow, slow.workers.camera.open_store)
    assert slow.workers.writing
    assert not slow.close()
    with qtbot.waitSignal(slow.closed, timeout=LONG_MS):
        gate.set()
    assert slow.workers.close()
    assert set(kept()) == set(names())


def test_a_disk_that_stays_full_does_not_hold_up_a_program_without_a_window(window, caplog):
    class Full(History):
        def add(self, part):
            raise HistoryError("history", "the disk is full; make room")

    waiting(window, Full.open)
    with caplog.at_level(logging.ERROR, "inspector"):
        assert window.workers.close()
    assert "60 judged parts could not be written" in caplog.text


def test_unsaved_results_and_limits_are_named_until_they_are_saved(judged, state, asked, tmp_path, qtbot):
    assert list(losses(state, judged.workers)) == ["Results of 12 photos are not saved."]
    with qtbot.waitSignal(judged.workers.exports.written, timeout=LONG_MS):
        judged.workers.exports.save_results(tmp_path / "results")
    assert list(losses(state, judged.workers)) == []
    state.set_relative_threshold(1.5)  # other verdicts than those saved
    limits, results = losses(state, judged.workers)
    assert "limits in use are not saved" in limits
    assert "Results of 12 photos" in results
    asked.no = True
    assert not judged.close()
    assert asked == [[limits, results]]
    assert judged.isVisible()
    asked.no = False
    assert judged.close()


def test_results_kept_in_the_history_are_saved(judged, state, qtbot):
    with qtbot.waitSignal(judged.workers.exports.kept, timeout=LONG_MS):
        judged.workers.exports.keep_results()
    assert list(losses(state, judged.workers)) == []


@pytest.mark.parametrize(
    ("work", "word"),
    [
        ("training", "Training"),
        ("inspecting", "Inspection stops"),
        ("comparing", "Known defects"),
        ("exporting", "export"),
    ],
)
def test_whatever_runs_is_named(window, state, work, word):
    state.set_work(**{work: True})
    (named,) = losses(state, window.workers)
    assert word in named
    state.set_work(**{work: False})


def test_everything_is_named_in_one_question(window, state, asked, monkeypatch):
    state.set_work(training=True)
    state.live.set_running(True)
    state.live.set_held(True)
    monkeypatch.setattr(window.workers.feeding_back, "proposal", object())
    asked.no = True
    assert not window.close()
    (named,) = asked
    for word in ("Training", "Live inspection", "held", "Feedback"):
        assert sum(word in one for one in named) == 1, word
    state.set_work(training=False)
    assert state.live.running  # no stops nothing


def test_a_limit_that_is_being_saved_is_written_before_the_window_closes(
    judged, state, asked, monkeypatch, gate, qtbot, tmp_path
):
    with qtbot.waitSignal(judged.workers.judging.opened, timeout=LONG_MS):
        judged.workers.judging.open(Path(shutil.copy(state.bundle.stored.path, tmp_path)))
    qtbot.waitUntil(lambda: not state.work.inspecting, timeout=LONG_MS)
    real = saving.keep_limits

    def slowly(*arguments, **named):
        assert gate.wait(60.0)
        return real(*arguments, **named)

    monkeypatch.setattr(saving, "keep_limits", slowly)
    state.set_relative_threshold(1.5)
    judged.workers.saving.keep_limits("Kim", "")
    assert not judged.close()
    assert not any("limits" in one for one in asked[0])
    with qtbot.waitSignal(judged.closed, timeout=LONG_MS):
        gate.set()
    assert load_bundle(state.bundle.stored.path).manifest.limits == state.limits


def test_taking_good_photos_is_named_as_such(window, state):
    state.live.set_options(state.live.options.__class__(purpose=Purpose.TAKE_GOOD))
    state.live.set_running(True)
    (named,) = losses(state, window.workers)
    assert "Good photos" in named
