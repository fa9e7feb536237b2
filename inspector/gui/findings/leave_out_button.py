"""The button that leaves a photo out of the next training."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QPushButton, QWidget

from inspector.gui.state.state import State


class LeaveOutButton(QPushButton):
    """Leaves a photo out of the next training, or takes it back in."""

    def __init__(self, state: State, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._path: Path | None = None
        self.clicked.connect(self._turn)
        state.left_out_changed.connect(self._render)
        self._render()

    def show_photo(self, path: Path | None) -> None:
        """Say which photo it is about."""
        self._path = path
        self._render()

    @Slot()
    def _render(self) -> None:
        out = self._path in self._state.left_out
        self.setText(self.tr("Put back") if out else self.tr("Leave out"))
        self.setEnabled(self._path is not None)
        no_photo, next_time = self.tr("Select a photo first."), self.tr("The next training does not use this photo.")
        self.setToolTip(no_photo if self._path is None else "" if out else next_time)

    @Slot()
    def _turn(self) -> None:
        if self._path is not None:
            self._state.leave_out(self._state.left_out ^ {self._path})
