"""The key of the histogram: a sign and a word for each kind of bar that is shown."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from inspector.gui.widgets import theme

SIGN_PX, GAP_PX, BETWEEN_PX = 11, 5, 10


class HistogramKey(QWidget):
    """One line below the heading."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(18)
        self.show_sets(defects=False)

    def show_sets(self, *, defects: bool) -> None:
        """Say whether known defects are drawn."""
        self._defects = defects
        self.setAccessibleName(", ".join(word for word, _ in self._entries()))
        self.update()

    def sizeHint(self) -> QSize:
        """Return the size of a line."""
        return QSize(280, 18)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw signs and words."""
        used = theme.colours()
        painter = QPainter(self)
        painter.setFont(theme.font(theme.SMALL))
        x = 0
        for word, brushes in self._entries():
            for brush in brushes:
                sign = QRect(x, (self.height() - SIGN_PX) // 2, SIGN_PX, SIGN_PX)
                painter.setPen(QColor(used.text) if brush.style() != Qt.BrushStyle.SolidPattern else Qt.PenStyle.NoPen)
                painter.setBrush(brush)
                painter.drawRect(sign)
                x += SIGN_PX + 2
            x += GAP_PX - 2
            painter.setPen(QColor(used.muted))
            width = painter.fontMetrics().horizontalAdvance(word)
            painter.drawText(QRect(x, 0, width + 2, self.height()), Qt.AlignmentFlag.AlignVCenter, word)
            x += width + BETWEEN_PX

    def _entries(self) -> list[tuple[str, list[QBrush]]]:
        used = theme.colours()
        grey = QColor(used.faint)
        grey.setAlpha(110)
        found = [
            (self.tr("good photos"), [QBrush(grey)]),
            (self.tr("inspected"), [QBrush(QColor(used.ok)), QBrush(QColor(used.ng))]),
        ]
        if self._defects:
            found.append((self.tr("known defects"), [QBrush(QColor(used.text), Qt.BrushStyle.BDiagPattern)]))
        return found
