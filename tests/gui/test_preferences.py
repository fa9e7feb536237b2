"""Where the window opens: inside a screen, whatever geometry was saved."""

import pytest
from PySide6.QtCore import QRect
from PySide6.QtWidgets import QWidget

from inspector.gui.preferences import bring_on_screen


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
