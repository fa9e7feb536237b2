"""A history whose disk is not connected: the window reports it, creates none, and starts a new history only on
request."""

import pytest

from inspector.gui.state.state import Step
from inspector.gui.widgets.dialogs import Dialogs
from inspector.storage.folders import history_folder
from inspector.storage.history.store import History
from tests.gui.conftest import judged as judged_window  # noqa: F401
from tests.gui.review.conftest import WAIT_MS, settled
from tests.storage.history.conftest import judged


@pytest.fixture
def unplugged(tmp_path):
    """A history that was used here, and is not there any more."""
    with History.open() as history:
        history.add(judged(0, 1.5))
    return history_folder().rename(tmp_path / "unplugged")


def test_a_missing_history_is_told_and_begun_anew_only_when_the_user_wants_it(
    unplugged, window, state, qtbot, monkeypatch
):
    answers = [False, True]
    monkeypatch.setattr(Dialogs, "confirm_new_history", classmethod(lambda *_: answers.pop(0)))
    state.set_step(Step.REVIEW)
    qtbot.waitUntil(lambda: state.problem is not None, timeout=WAIT_MS)
    assert state.problem.title == "The history is missing"
    assert state.problem.action == "start_history"
    window.actions_table["start_history"].trigger()  # and thinks better of it
    qtbot.waitUntil(lambda: settled(window), timeout=WAIT_MS)
    assert not history_folder().exists()
    window.actions_table["start_history"].trigger()
    qtbot.waitUntil(lambda: (history_folder() / "history.sqlite").exists() and settled(window), timeout=WAIT_MS)
    with History.open() as history:
        assert history.count() == 0


def test_a_disk_that_is_connected_again_is_found(unplugged, window, state, qtbot):
    state.set_step(Step.REVIEW)
    qtbot.waitUntil(lambda: state.problem is not None and settled(window), timeout=WAIT_MS)
    unplugged.rename(history_folder())
    window.actions_table["refresh_review"].trigger()
    qtbot.waitUntil(lambda: state.review.counts.parts == 1 and settled(window), timeout=WAIT_MS)
