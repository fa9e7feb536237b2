"""A history that fails while parts are judged: reported in the bar and the log, without a busy loop or a loss."""

import errno
import logging
import sqlite3
from dataclasses import replace

import pytest

from inspector.core.errors import HistoryError
from inspector.gui.state.state import Step
from inspector.storage.history.store import History
from inspector.storage.photos.images import list_images

LONG_MS = 60_000
PASSING = [
    HistoryError("history", "the disk is full; make room"),
    OSError(errno.EIO, "Input/output error"),
    sqlite3.OperationalError("database or disk is full"),
]


class Faulty(History):
    """Fails the given number of times."""

    failures = 0
    error: Exception = PASSING[0]

    def add(self, part):
        if Faulty.failures:
            Faulty.failures -= 1
            raise Faulty.error
        return super().add(part)


@pytest.fixture
def start(window, state, quick_bundle, solar_cells, qtbot, monkeypatch):
    """Judge the photos of a folder into a history that fails."""
    monkeypatch.setattr("inspector.workflows.live.recording.RETRY_S", 0.05)

    def start(error, failures):
        monkeypatch.setattr(Faulty, "error", error)
        monkeypatch.setattr(Faulty, "failures", failures)
        window.workers.camera.open_store = Faulty.open
        window.commands.take_bundle(quick_bundle)
        qtbot.waitUntil(lambda: state.bundle is not None, timeout=LONG_MS)
        state.set_step(Step.LIVE)
        state.live.set_options(replace(state.live.options, address=str(solar_cells.mixed)))
        window.actions_table["camera_on"].trigger()

    return start


def idle(window):
    return not any(window.workers._runners[role].busy for role in ("capture", "watch", "record"))


@pytest.mark.parametrize("error", PASSING, ids=lambda error: type(error).__name__)
def test_what_may_pass_is_told_until_it_is_over_and_every_part_is_kept(
    start, window, state, solar_cells, qtbot, caplog, error
):
    with caplog.at_level(logging.INFO, "inspector"):
        start(error, 10**6)
        qtbot.waitUntil(lambda: state.problem is not None, timeout=LONG_MS)
        assert "history" in state.problem.sentence
        assert window.problem.isVisible()
        qtbot.waitUntil(lambda: not state.live.running, timeout=LONG_MS)  # all are judged, and wait
        assert window.workers.camera.unwritten == len(list_images(solar_cells.mixed))
        Faulty.failures = 0
        qtbot.waitUntil(lambda: idle(window), timeout=LONG_MS)
    assert state.problem is None
    assert caplog.text.count("judged parts wait") == 1
    with History.open() as history:
        assert history.count() == len(list_images(solar_cells.mixed))


def test_a_mistake_stops_judging_and_is_told_with_the_parts_lost(
    start, window, state, solar_cells, qtbot, caplog, caught
):
    with caplog.at_level(logging.INFO, "inspector"):
        start(KeyError("nobody expected this"), 1)
        qtbot.waitUntil(lambda: bool(caught) and idle(window), timeout=LONG_MS)
    assert not state.live.running
    assert "nobody expected this" in caplog.text
    assert "could not be written" in state.problem.sentence
    lost = int(state.problem.sentence.split(" judged")[0].split()[-1])
    assert window.problem.isVisible()
    assert window.workers.camera.unwritten == 0
    with History.open() as history:  # the parts behind the lost part are written, and no more are judged
        assert lost >= 1
        assert history.count() + lost <= len(list_images(solar_cells.mixed))


def test_another_problem_is_not_put_away_because_the_history_works_again(window, state):
    camera = window.workers.camera
    camera._tell_trouble(PASSING[0])
    other = replace(state.problem, title="Another problem")
    state.set_problem(other)
    camera._tell_trouble(None)
    assert state.problem == other
