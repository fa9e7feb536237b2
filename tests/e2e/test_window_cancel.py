"""Cancelling and closing in the middle of real training: nothing is left, and the window stays usable."""

import time

import pytest

from inspector.core.training.plan import Recipe
from tests.gui.conftest import QUICK, dialogs, nothing_left, session, window  # noqa: F401


@pytest.fixture
def training(window, session, solar_cells, tmp_path, qtbot):  # noqa: F811
    """The window, well into training by the default recipe."""
    window.commands.take_good(solar_cells.good)
    qtbot.waitUntil(lambda: session.good is not None)
    session.set_recipe(Recipe())
    session.set_target(tmp_path / "cells.inspector")
    window.actions_table["train"].trigger()
    stages = window.train.stages
    qtbot.waitUntil(lambda: len(stages.stages) >= 3 or not session.work.training, timeout=120_000)
    assert session.work.training
    return window


def test_cancel_leaves_no_file_and_a_usable_window(training, session, tmp_path, qtbot):  # noqa: F811
    started = time.monotonic()
    training.train.cancel.click()
    qtbot.waitUntil(lambda: not session.work.training, timeout=10_000)
    assert time.monotonic() - started < 5
    assert list(tmp_path.iterdir()) == []
    assert session.bundle is None
    assert session.problem is None
    assert "no file was written" in training.activity.text.text()

    session.set_recipe(QUICK)
    assert training.train.train.isEnabled()
    training.train.train.click()
    qtbot.waitUntil(lambda: session.bundle is not None, timeout=120_000)
    assert [path.name for path in tmp_path.iterdir()] == ["cells.inspector"]


def test_closing_asks_then_stops_within_five_seconds(training, session, dialogs, tmp_path, qtbot):  # noqa: F811
    started = time.monotonic()
    with qtbot.waitSignal(training.closed, timeout=6_000):
        training.close()
    assert training.workers.close()
    assert time.monotonic() - started < 5
    assert dialogs.asked == ["close"]
    assert list(tmp_path.iterdir()) == []
