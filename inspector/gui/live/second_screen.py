"""Verdict and picture alone, over a whole screen: for those who stand at the line."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QGuiApplication, QKeyEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from inspector.gui.actions.action import TABLE
from inspector.gui.live.banner import Banner
from inspector.gui.live.live_view import LiveView
from inspector.gui.state.live import LiveState
from inspector.gui.state.state import State


class SecondScreen(QWidget):
    """A window of its own without frame; Escape closes it.

    Parameters
    ----------
    state : State
    live : LiveState
    window : QWidget
        The program's window, which receives all keys except Escape and those of the review page. An operator at this
        screen does not see the part that a review key would decide.

    Attributes
    ----------
    acknowledged : Signal()
        A was pressed while the window shows the review page, where it means something else.
    """

    acknowledged = Signal()

    def __init__(self, state: State, live: LiveState, window: QWidget) -> None:
        super().__init__(window, Qt.WindowType.Window)
        self.setWindowTitle(self.tr("Inspector, live"))
        self.banner = Banner(state, live, large=True)
        self.view = LiveView(state, live)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.banner)
        layout.addWidget(self.view, 1)
        others = {row.key for row in TABLE if row.only_on is not None} | {"cancel"}  # Escape closes this window
        self.addActions([one for one in window.actions() if one.objectName() not in others])  # the keys work here too

    @Slot()
    def open(self) -> None:
        """Cover the second monitor, or the only one."""
        home = self.parentWidget().screen()
        others = [screen for screen in QGuiApplication.screens() if screen is not home]
        self.setGeometry((others[0] if others else home).geometry())
        self.showFullScreen()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Close with Escape."""
        if event.key() == Qt.Key.Key_Escape:
            self.close()
        elif event.key() == Qt.Key.Key_A:
            self.acknowledged.emit()
        else:
            super().keyPressEvent(event)
