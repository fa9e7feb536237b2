"""Buttons that mirror an action, so that an unavailable action is disabled everywhere and states the reason."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QPushButton, QToolButton

from inspector.gui.widgets.icons import dress


class ActionButton(QPushButton):
    """A push button for an action.

    Parameters
    ----------
    action : QAction
        The action; text, enabled state and tool tip follow it.
    role : {"", "primary", "flat", "link"}
        How it looks; one primary button a page.
    text : str or None
        Instead of the action's own.
    icon : str
        Name of an icon; none if empty.
    large : bool
        Whether it is the main action of an empty page.
    """

    def __init__(self, action: QAction, role: str = "", text: str | None = None, icon: str = "", large: bool = False):
        super().__init__()
        self._action = action
        self._text = text
        self.setProperty("role", role)
        self.setProperty("scale", "large" if large else "")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        if icon:
            dress(self, icon, "on_accent" if role == "primary" else "accent" if role == "link" else "muted")
            self.setIconSize(QSize(18, 18))
        action.changed.connect(self._follow)
        self.clicked.connect(self._trigger)
        self._follow()

    def set_text(self, text: str) -> None:
        """Show another text than the action's own."""
        self._text = text
        self._follow()

    @Slot()
    def _trigger(self) -> None:
        self._action.trigger()

    @Slot()
    def _follow(self) -> None:
        text = self._action.text() if self._text is None else self._text
        self.setText(f" {text}" if self.property("icon_name") else text)  # Qt leaves too little room beside the icon
        self.setAccessibleName(text.rstrip("…"))
        self.setEnabled(self._action.isEnabled())
        self.setToolTip(self._action.toolTip())


def tool_button(action: QAction, *, words: bool = False) -> QToolButton:
    """Return a flat button for an action, as an icon or with its text beside it."""
    button = QToolButton()
    button.setDefaultAction(action)
    button.setProperty("role", "flat")
    button.setIconSize(QSize(18, 18))
    button.setMinimumSize(34, 34)
    if words:
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    button.setAccessibleName(action.text().rstrip("…"))
    return button
