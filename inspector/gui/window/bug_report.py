"""Shows unexpected errors, from whatever thread they come, one at a time."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtWidgets import QWidget

from inspector.gui.widgets.dialogs import Dialogs


class BugReport(QObject):
    """Brings a traceback into the window's thread.

    Parameters
    ----------
    window : QWidget
        Parent of the dialog.
    """

    _reported = Signal(str)

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._open = False
        # Queued, since a dialog must not open in the middle of a paint event or of another thread.
        self._reported.connect(self._show, Qt.ConnectionType.QueuedConnection)

    def report(self, trace: str) -> None:
        """Show a traceback; callable from any thread."""
        self._reported.emit(trace)

    @Slot(str)
    def _show(self, trace: str) -> None:
        if self._open:  # a fault in a repeated event would pile up dialogs
            return
        self._open = True
        try:
            Dialogs.show_bug(self._window, trace)
        finally:
            self._open = False
