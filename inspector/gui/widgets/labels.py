"""Labels and other small parts that every panel is made of."""

from __future__ import annotations

import html

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

FIELD_NAME_PX = 92
FIELD_MARGINS = (8, 0, 0, 0)
"""Text margins of spin boxes: style sheets do not reach the field inside them."""


def label(text: str = "", kind: str = "", *, wrap: bool = False) -> QLabel:
    """Return a label in a type of the style sheet: title, heading, strong, small, danger, muted, caption, key."""
    made = QLabel(text)
    made.setProperty("type", kind)
    made.setWordWrap(wrap)
    made.setTextFormat(Qt.TextFormat.PlainText)  # file names are shown, never interpreted
    return made


def plain(text: str) -> str:
    """Return a tool tip that shows a text as it is: Qt takes what looks like markup for markup, file names too."""
    if not Qt.mightBeRichText(text):
        return text
    return f'<p style="white-space: pre-wrap">{html.escape(text)}</p>'


def unmarked(text: str) -> str:
    """Return a text for a button or a menu as it stands: a single ``&`` would mark a key."""
    return text.replace("&", "&&")


def field_name(text: str) -> QLabel:
    """Return the label left of a field in a form: as high as the field, and as wide as its neighbours."""
    made = label(text, "muted")
    made.setFixedWidth(FIELD_NAME_PX)
    made.setMinimumHeight(34)
    return made


def line() -> QFrame:
    """Return a hairline."""
    made = QFrame()
    made.setObjectName("line")
    return made


def card(margin: int = 20, spacing: int = 12) -> tuple[QFrame, QVBoxLayout]:
    """Return a card and the column inside it."""
    made = QFrame()
    made.setObjectName("card")
    column = QVBoxLayout(made)
    column.setContentsMargins(margin, margin, margin, margin)
    column.setSpacing(spacing)
    return made, column


def column(*items: QWidget, spacing: int = 8, margin: int = 0) -> QVBoxLayout:
    """Return widgets in a column."""
    made = QVBoxLayout()
    made.setContentsMargins(margin, margin, margin, margin)
    made.setSpacing(spacing)
    for item in items:
        made.addWidget(item)
    return made


def row(*items: QWidget | int, spacing: int = 8) -> QHBoxLayout:
    """Return widgets in a row; a number is a stretch of that strength."""
    made = QHBoxLayout()
    made.setContentsMargins(0, 0, 0, 0)
    made.setSpacing(spacing)
    for item in items:
        if isinstance(item, int):
            made.addStretch(item)
        else:
            made.addWidget(item)
    return made


def scrolled(widget: QWidget) -> QScrollArea:
    """Return a frameless area that scrolls content higher than a small window."""
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(widget)
    return area


class ElidedLabel(QLabel):
    """A line that shrinks: text that does not fit is cut with an ellipsis, and the tool tip has the whole text.

    Parameters
    ----------
    kind : str
        Type of the style sheet.
    mode : Qt.TextElideMode
        Where to cut; paths are cut in the middle.
    """

    def __init__(self, kind: str = "", mode: Qt.TextElideMode = Qt.TextElideMode.ElideMiddle) -> None:
        super().__init__()
        self._mode = mode
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("type", kind)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def setText(self, text: str) -> None:
        """Show a text."""
        super().setText(text)
        self.setAccessibleName(text)
        self._tell_all()

    def minimumSizeHint(self) -> QSize:
        """Return a size that any layout can give."""
        return QSize(24, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Offer the whole text as tool tip once it does not fit."""
        super().resizeEvent(event)
        self._tell_all()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the text, cut to the width."""
        painter = QPainter(self)
        shown = self.fontMetrics().elidedText(self.text(), self._mode, self.width())
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(self.rect(), int(self.alignment() | Qt.AlignmentFlag.AlignVCenter), shown)

    def _tell_all(self) -> None:
        fits = self.fontMetrics().horizontalAdvance(self.text()) <= self.width()
        self.setToolTip("" if fits else plain(self.text()))


def link(text: str) -> QPushButton:
    """Return a quiet button in the colour of the accent."""
    made = QPushButton(text)
    made.setProperty("role", "link")
    made.setCursor(Qt.CursorShape.PointingHandCursor)
    return made
