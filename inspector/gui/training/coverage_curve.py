"""A small plot of the coverage curve: whether more good photos still lower the score of good photos."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from inspector.core.good_photos.enough_photos import CoveragePoint
from inspector.gui.widgets import theme

WIDTH_PX, HEIGHT_PX = 84, 36
MARGIN_PX = 4.0


class CoveragePlot(QWidget):
    """Draws the curve from zero up, so that a level one looks level; hidden without points."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._points: tuple[CoveragePoint, ...] = ()
        self.setFixedSize(WIDTH_PX, HEIGHT_PX)
        self.setAccessibleName(self.tr("Score of good photos against their number"))
        self.hide()

    def show_points(self, points: Sequence[CoveragePoint]) -> None:
        """Show another curve."""
        self._points = tuple(points)
        self.setVisible(bool(points))
        if points:
            words = self.tr("Mean score of held-out good photos, by {few} to {many} others: {high} to {low}")
            first, last = points[0], points[-1]
            self.setToolTip(
                words.format(few=first.goods, many=last.goods, high=f"{first.score:.3g}", low=f"{last.score:.3g}")
            )
        self.update()

    def line(self) -> QPolygonF:
        """Return where the curve runs, in pixels of the widget."""
        inner = QRectF(self.rect()).adjusted(MARGIN_PX, MARGIN_PX, -MARGIN_PX, -MARGIN_PX)
        most, highest = self._points[-1].goods, max(point.score for point in self._points)
        return QPolygonF(
            [
                QPointF(
                    inner.left() + inner.width() * point.goods / most,
                    inner.bottom() - inner.height() * point.score / highest,
                )
                for point in self._points
            ]
        )

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw axes, curve, and a dot at what there is."""
        if not self._points:
            return
        used, line = theme.colours(), self.line()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(used.border), 1))
        frame = QRectF(self.rect()).adjusted(MARGIN_PX, MARGIN_PX, -MARGIN_PX, -MARGIN_PX)
        painter.drawPolyline(QPolygonF([frame.topLeft(), frame.bottomLeft(), frame.bottomRight()]))
        painter.setPen(QPen(QColor(used.accent), 2))
        painter.drawPolyline(line)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(used.accent))
        painter.drawEllipse(line[line.size() - 1], 3.0, 3.0)
