"""A heading that shows or hides its content."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QToolButton, QVBoxLayout, QWidget

from inspector.gui.widgets.icons import dress


class Fold(QWidget):
    """Closed until it is asked for.

    Parameters
    ----------
    title : str
        Of the heading.
    body : QWidget
        The content.
    """

    def __init__(self, title: str, body: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.button = QToolButton()
        self.button.setText(title)
        self.button.setAccessibleName(title)
        self.button.setCheckable(True)
        self.button.setProperty("role", "fold")
        self.button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.body = body
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.button, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addWidget(body)
        self.button.toggled.connect(self._toggle)
        self._toggle(False)

    def set_title(self, title: str) -> None:
        """Change the heading."""
        self.button.setText(title)
        self.button.setAccessibleName(title)

    @property
    def is_open(self) -> bool:
        """Whether the body is shown."""
        return self.button.isChecked()

    def open(self) -> None:
        """Show the body."""
        self.button.setChecked(True)

    @Slot(bool)
    def _toggle(self, shown: bool) -> None:
        self.body.setVisible(shown)
        dress(self.button, "mdi6.chevron-down" if shown else "mdi6.chevron-right")
