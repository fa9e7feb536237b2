"""What was measured on a photo before it was judged: each value in its allowed range, those outside marked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from PySide6.QtCore import QCoreApplication, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from inspector.gui import theme
from inspector.gui.icons import draw_icon

ROW_PX = 46
BAR_PX = 8
MARGIN_SHARE = 0.5
"""Room beside the allowed range, as a share of it; values farther out stand at the end."""


class Reading(Protocol):
    """What a guard measured; a limit that is None is none."""

    name: str
    value: float
    low: float | None
    high: float | None
    unit: str


class GuardReadings(QWidget):
    """A row a reading: name, value with unit and allowed range in words, and a bar with the value's place."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._readings: tuple[Reading, ...] = ()
        self.show_readings(())

    def show_readings(self, readings: Sequence[Reading]) -> None:
        """Show other readings, those outside their range first."""
        self._readings = tuple(sorted(readings, key=lambda one: not is_outside(one)))
        self.setFixedHeight(ROW_PX * len(self._readings))
        self.setAccessibleName("; ".join(self.lines))
        self.update()

    @property
    def lines(self) -> list[str]:
        """What each row says."""
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

    def _draw(self, painter: QPainter, box: QRectF, reading: Reading) -> None:
        used, outside = theme.colours(), is_outside(reading)
        words = QRectF(box.left(), box.top() + 4, box.width(), 18)
        if outside:
            draw_icon(painter, QRectF(box.left(), box.top() + 6, 14, 14).toRect(), "mdi6.alert", "refused")
            words.setLeft(words.left() + 19)
        painter.setFont(theme.font(theme.SMALL, QFont.Weight.DemiBold if outside else QFont.Weight.Normal))
        painter.setPen(QColor(used.refused if outside else used.text))
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, reading.name)
        painter.setPen(QColor(used.refused if outside else used.muted))
        right = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        painter.drawText(words, right, reading_words(reading))
        self._draw_bar(painter, QRectF(box.left() + 1, box.top() + 28, box.width() - 2, BAR_PX), reading, outside)

    def _draw_bar(self, painter: QPainter, bar: QRectF, reading: Reading, outside: bool) -> None:
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


def is_outside(reading: Reading) -> bool:
    """Whether a value is not in its allowed range."""
    below = reading.low is not None and reading.value < reading.low
    return below or (reading.high is not None and reading.value > reading.high)


def shown_range(reading: Reading) -> tuple[float, float]:
    """Return the range that a bar stands for: the allowed one with room beside it, and the value if it is near."""
    low = min(reading.value, 0.0) if reading.low is None else reading.low
    high = max(reading.value, low) if reading.high is None else reading.high
    room = max(high - low, 1e-9) * MARGIN_SHARE
    return low - (0.0 if reading.low is None else room), high + room


def reading_words(measured: Reading) -> str:
    """Return what a guard measured, and what is allowed: "0.42 px, allowed 0.60 to 1.80, outside"."""
    value = f"{number(measured.value)} {measured.unit}".strip()
    low, high = measured.low, measured.high
    if low is not None and high is not None:
        allowed = tr("allowed {low} to {high}").format(low=number(low), high=number(high))
    elif low is not None:
        allowed = tr("allowed from {low}").format(low=number(low))
    else:
        allowed = tr("allowed up to {high}").format(high=number(high or 0.0))
    words = tr("{value}, {allowed}")
    if is_outside(measured):
        words = tr("{value}, outside: {allowed}")
    return words.format(value=value, allowed=allowed)


def number(value: float) -> str:
    """Return a measured value with three digits that count, and no exponent."""
    size = abs(value)
    return f"{value:,.0f}" if size >= 100 else f"{value:.1f}" if size >= 10 else f"{value:.2f}"


def tr(text: str) -> str:
    """Translate."""
    return QCoreApplication.translate("guard_readings", text)
