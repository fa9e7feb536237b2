"""Cancelling and closing in the middle of real training: nothing is left, and the window stays usable."""

import time

import pytest

from inspector.core.training.plan import Recipe
from tests.gui.conftest import QUICK, dialogs, nothing_left, state, window  # noqa: F401


@pytest.fixture
def training(window, state, solar_cells, tmp_path, qtbot):  # noqa: F811
    """The window, well into training by the default recipe."""
    window.commands.take_good(solar_cells.good)
    qtbot.waitUntil(lambda: state.good is not None)
    state.set_recipe(Recipe())
    state.set_target(tmp_path / "cells.inspector")
    window.actions_table["train"].trigger()
    stages = window.train.stages
    qtbot.waitUntil(lambda: len(stages.stages) >= 3 or not state.work.training, timeout=120_000)
    assert state.work.training
    return window


def test_cancel_leaves_no_file_and_a_usable_window(training, state, tmp_path, qtbot):  # noqa: F811
    started = time.monotonic()
    training.train.cancel.click()
    qtbot.waitUntil(lambda: not state.work.training, timeout=10_000)
    assert time.monotonic() - started < 5
    assert list(tmp_path.iterdir()) == []
    assert state.bundle is None
    assert state.problem is None
    assert "No file was written" in training.activity.text.text()

    state.set_recipe(QUICK)
    assert training.train.train.isEnabled()
    training.train.train.click()
    qtbot.waitUntil(lambda: state.bundle is not None, timeout=120_000)
    assert [path.name for path in tmp_path.iterdir()] == ["cells.inspector"]


def test_closing_asks_then_stops_within_five_seconds(training, state, dialogs, tmp_path, qtbot):  # noqa: F811
    started = time.monotonic()
    with qtbot.waitSignal(training.closed, timeout=6_000):
        training.close()
    assert training.workers.close()
    assert time.monotonic() - started < 5
    assert dialogs.asked == ["close"]
    assert list(tmp_path.iterdir()) == []
