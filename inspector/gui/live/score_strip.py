"""Scores of the last parts as a strip: one bar a part, the limit as a line."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Slot
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from inspector.gui.state.live import POINTS, LiveState, ScorePoint
from inspector.gui.widgets import theme

HEIGHT_PX = 68
TOP = 2.0
"""Highest score drawn, in units of the limit. Higher scores are cut, so the line at 1 keeps its place."""
LEFT_PX = 44
BAR_PX = 5.0


class ScoreStrip(QWidget):
    """Renders the last parts, the newest at the right; bars are in threshold units of the time they were judged."""

    def __init__(self, live: LiveState) -> None:
        super().__init__()
        self._live = live
        self.setFixedHeight(HEIGHT_PX)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Scores of the last parts"))
        self.setToolTip(self.tr("Scores of the last {count} parts; the line is the limit").format(count=POINTS))
        live.parts_changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """Return a wide strip."""
        return QSize(600, HEIGHT_PX)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.update()

    @Slot()
    def update(self) -> None:
        """Draw anew."""
        super().update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw bars, line and scale."""
        used = theme.colours()
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(used.surface))
        frame = QRectF(LEFT_PX, 10, self.width() - LEFT_PX - 12, self.height() - 20)
        points = self._live.points[-int(frame.width() // BAR_PX) :]
        for place, point in enumerate(reversed(points)):
            self._draw_bar(painter, frame, place, point, used)
        limit = frame.bottom() - frame.height() / TOP
        painter.setPen(QPen(QColor(used.text), 1.5))
        painter.drawLine(QPointF(frame.left(), limit), QPointF(frame.right(), limit))
        painter.setPen(QColor(used.muted))
        painter.setFont(theme.font(theme.SMALL))
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for value in (0.0, 1.0, TOP):
            middle = frame.bottom() - frame.height() * value / TOP
            painter.drawText(QRectF(0, middle - 9, LEFT_PX - 8, 18), int(right), f"{value:.0f}\N{MULTIPLICATION SIGN}")
        if not points:
            above = QRectF(frame.left(), frame.top(), frame.width(), frame.height() / TOP)
            painter.drawText(above, int(Qt.AlignmentFlag.AlignCenter), self.tr("Scores appear here"))

    def _draw_bar(self, painter: QPainter, frame: QRectF, place: int, point: ScorePoint, used: theme.Colours) -> None:
        left = frame.right() - (place + 1) * BAR_PX
        share = 0.04 if point.relative is None else min(max(point.relative / TOP, 0.02), 1.0)
        height = frame.height() * share
        painter.fillRect(QRectF(left, frame.bottom() - height, BAR_PX - 1.5, height), used.of(point.verdict))
