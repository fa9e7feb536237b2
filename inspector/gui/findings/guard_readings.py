"""The readings of a photo: each value in its allowed range, with marks on those outside."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from inspector.core.guards.readings import range_words, value_words
from inspector.core.values import GuardReading
from inspector.gui.widgets import theme
from inspector.gui.widgets.icons import draw_icon

ROW_PX = 58
BAR_PX = 8
MARGIN_SHARE = 0.5
"""Room beside the allowed range, as a share of it; values farther out stand at the end."""


class GuardReadings(QWidget):
    """A row a reading: name, value with unit and allowed range in words, and a bar with the value's place."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._readings: tuple[GuardReading, ...] = ()
        self.show_readings(())

    def show_readings(self, readings: Sequence[GuardReading]) -> None:
        """Show other readings, those outside their range first."""
        self._readings = tuple(sorted(readings, key=lambda one: not one.outside))
        self.setFixedHeight(ROW_PX * len(self._readings))
        self.setAccessibleName("; ".join(self.lines))
        self.update()

    @property
    def lines(self) -> list[str]:
        """The text of each row."""
        return [f"{one.name}: {reading_words(one)}" for one in self._readings]

    def sizeHint(self) -> QSize:
        """Return the size of all rows."""
        return QSize(280, ROW_PX * len(self._readings))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the rows."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for place, reading in enumerate(self._readings):
            self._draw(painter, QRectF(0, place * ROW_PX, self.width(), ROW_PX), reading)

    def _draw(self, painter: QPainter, box: QRectF, reading: GuardReading) -> None:
        used, outside = theme.colours(), reading.outside
        words = QRectF(box.left(), box.top() + 4, box.width(), 18)
        if outside:
            draw_icon(painter, QRectF(box.left(), box.top() + 6, 14, 14).toRect(), "mdi6.alert", "refused")
            words.setLeft(words.left() + 19)
        painter.setFont(theme.font(theme.SMALL, QFont.Weight.DemiBold if outside else QFont.Weight.Normal))
        painter.setPen(QColor(used.refused if outside else used.text))
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, reading.name)
        right = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        value = tr("{value}, outside") if outside else "{value}"
        painter.drawText(words, right, value.format(value=value_words(reading)))
        painter.setFont(theme.font(11))
        painter.setPen(QColor(used.muted))
        below = QRectF(box.left(), box.top() + 39, box.width(), 15)
        shown = painter.fontMetrics().elidedText(allowed_words(reading), Qt.TextElideMode.ElideRight, int(box.width()))
        painter.drawText(below, right, shown)
        self._draw_bar(painter, QRectF(box.left() + 1, box.top() + 28, box.width() - 2, BAR_PX), reading, outside)

    def _draw_bar(self, painter: QPainter, bar: QRectF, reading: GuardReading, outside: bool) -> None:
        used = theme.colours()
        low, high = shown_range(reading)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(used.sunken))
        painter.drawRoundedRect(bar, 4, 4)

        def x(value: float) -> float:
            return bar.left() + min(max((value - low) / (high - low), 0.0), 1.0) * bar.width()

        start = bar.left() if reading.low is None else x(reading.low)
        end = bar.right() if reading.high is None else x(reading.high)
        painter.setBrush(QColor(used.ok_soft))
        painter.setPen(QPen(QColor(used.ok), 1))
        painter.drawRoundedRect(QRectF(start, bar.top(), max(end - start, 2.0), bar.height()), 4, 4)
        at = min(max(x(reading.value), bar.left() + 2), bar.right() - 2)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(used.refused if outside else used.text))
        painter.drawRoundedRect(QRectF(at - 2, bar.top() - 4, 4, bar.height() + 8), 2, 2)


def shown_range(reading: GuardReading) -> tuple[float, float]:
    """Return the range that a bar covers: the allowed range with a margin, and the value if it is close."""
    low = min(reading.value, 0.0) if reading.low is None else reading.low
    high = max(reading.value, low) if reading.high is None else reading.high
    room = max(high - low, 1e-9) * MARGIN_SHARE
    return low - (0.0 if reading.low is None else room), high + room


def allowed_words(reading: GuardReading) -> str:
    """Return the allowed range: "allowed up to 0.36 px"."""
    if reading.low is None and reading.high is None:
        return tr("not guarded")
    return tr("allowed {range}").format(range=range_words(reading))


def reading_words(reading: GuardReading) -> str:
    """Return a guard's reading and its allowed range: "0.42 px, outside: allowed up to 0.36 px"."""
    words = tr("{value}, outside: {allowed}") if reading.outside else tr("{value}, {allowed}")
    return words.format(value=value_words(reading), allowed=allowed_words(reading))


def tr(text: str) -> str:
    """Return a text in the language of the window."""
    return QCoreApplication.translate("guard_readings", text)
