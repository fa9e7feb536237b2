"""Pages on which Space, while it is held, shows the bare photo."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget


class HidesOverlay(Protocol):
    """A view that draws something over a photo."""

    def hide_overlay(self, hidden: bool) -> None:
        """Show the bare photo, or show the heatmap and outlines again."""
        ...


class BarePhotoPage(QWidget):
    """A page with a `view`; those who derive from it set it."""

    view: HidesOverlay

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Show the bare photo while Space is held."""
        if event.key() == Qt.Key.Key_Space:
            self.view.hide_overlay(True)
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """Draw heatmap and outlines again."""
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self.view.hide_overlay(False)
        else:
            super().keyReleaseEvent(event)
