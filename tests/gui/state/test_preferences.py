"""Where the window opens: inside a screen, whatever geometry was saved."""

import pytest
from PySide6.QtCore import QRect
from PySide6.QtWidgets import QWidget

from inspector.core.errors import ResultsError
from inspector.gui.state.preferences import bring_on_screen
from inspector.storage.settings import load_settings


@pytest.mark.parametrize(
    "saved",
    [
        QRect(5000, 4000, 640, 480),  # of a second screen that is gone
        QRect(-900, -700, 640, 480),
        QRect(100, 80, 9000, 7000),  # of the same screen at a smaller scaling
    ],
)
def test_a_window_saved_elsewhere_opens_on_the_screen(qtbot, saved):
    window = QWidget()
    qtbot.addWidget(window)
    window.setGeometry(saved)
    bring_on_screen(window)
    room = window.screen().availableGeometry()
    assert room.contains(window.geometry())
    assert window.width() == min(saved.width(), room.width())


def test_a_window_on_the_screen_stays_where_it_was(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    window.setGeometry(QRect(20, 30, 400, 300))
    bring_on_screen(window)
    assert window.geometry() == QRect(20, 30, 400, 300)


def test_the_window_opens_signed_models_only_where_that_is_chosen(window, state, quick_bundle, qtbot):
    chosen = window.actions_table["only_signed"]
    assert not chosen.isChecked()
    chosen.trigger()
    assert load_settings().only_signed
    window.commands.take_bundle(quick_bundle)
    qtbot.waitUntil(lambda: state.problem is not None, timeout=60_000)
    assert "sign" in state.problem.sentence
    assert state.bundle is None
    chosen.trigger()
    assert not load_settings().only_signed
    window.commands.take_bundle(quick_bundle)
    qtbot.waitUntil(lambda: state.bundle is not None, timeout=60_000)


def test_a_choice_that_cannot_be_written_is_told_and_does_not_hold(window, state, monkeypatch):
    def full(**_changes):
        raise ResultsError("settings.json", "the preferences cannot be saved: the disk is full")

    monkeypatch.setattr("inspector.gui.state.preferences.change_settings", full)
    window.actions_table["only_signed"].trigger()
    assert "disk is full" in state.problem.sentence
    assert not window.actions_table["only_signed"].isChecked()
    monkeypatch.undo()
