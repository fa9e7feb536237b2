"""The legend of the heatmap, in threshold units: the same for every photo."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from inspector.core.judging.heatmap import CLEAR_BELOW, COLOUR_TABLE, LEVELS, SCALE_TOP
from inspector.gui.widgets import theme

BAR_PX = 176
ABOVE_PX = 16
MARKS = (CLEAR_BELOW, 1.0, SCALE_TOP)


class Legend(QWidget):
    """A bar of the colours with marks at 0.5, the limit and 2.0, and at the lower end of the review band."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._unsure: float | None = None
        self._limit = 1.0
        self.setFixedSize(BAR_PX + 48, 50 + ABOVE_PX)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.show_unsure(None)
        rows = COLOUR_TABLE[round(CLEAR_BELOW / SCALE_TOP * (LEVELS - 1)) :].copy()
        self._colours = QImage(rows.data, len(rows), 1, QImage.Format.Format_RGBA8888).copy()

    def show_limit(self, limit: float) -> None:
        """Write the scale in a unit in which the limit is this number."""
        if limit != self._limit:
            self._limit = limit
            self.show_unsure(self._unsure)

    def show_unsure(self, relative: float | None) -> None:
        """Mark the unsure threshold, in units of the limit; None for no mark."""
        self._unsure = relative
        low, limit, high = self._numbers()
        words = self.tr("Colour scale: clear below {low}, limit at {limit}, darkest at {high} or more")
        name = words.format(low=low, limit=limit, high=high)
        unsure = self.tr("review band from {value}").format(value=f"{(relative or 0.0) * self._limit:.2f}")
        self.setAccessibleName(name if relative is None else f"{name}, {unsure}")
        self.update()

    def _numbers(self) -> tuple[str, str, str]:
        """Return the numbers below the scale, from its lower end to its upper one."""
        digits = 1 if self._limit == 1.0 else 2
        low, limit, high = (f"{mark * self._limit:.{digits}f}" for mark in (CLEAR_BELOW, 1.0, SCALE_TOP))
        return low, limit, high

    @property
    def marked(self) -> float | None:
        """Where the unsure threshold is marked: nothing below the scale is."""
        return self._unsure if self._unsure is not None and self._unsure >= CLEAR_BELOW else None

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the scale."""
        used = theme.colours()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        back = QColor(used.surface)
        back.setAlpha(235)
        painter.setPen(QColor(used.border))
        painter.setBrush(back)
        above = 0 if self.marked is None else ABOVE_PX
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5 + ABOVE_PX - above, -0.5, -0.5), 8, 8)
        bar = QRectF(24, 11 + ABOVE_PX, BAR_PX, 10)
        painter.fillRect(bar, QColor("#8a8d92"))  # the heatmap is seen over a photo, so its colours are shown over gray
        painter.drawImage(bar, self._colours)
        painter.setFont(theme.font(11))
        low, limit, high = self._numbers()
        words = {1.0: self.tr("{limit} limit").format(limit=limit), SCALE_TOP: f"{high}+", CLEAR_BELOW: low}
        for mark in MARKS:
            x = _place(bar, mark)
            painter.setPen(QColor(used.text if mark == 1.0 else used.muted))
            painter.drawLine(int(x), int(bar.top() - (3 if mark == 1.0 else 0)), int(x), int(bar.bottom() + 3))
            painter.drawText(QRectF(x - 40, 26 + ABOVE_PX, 80, 16), Qt.AlignmentFlag.AlignHCenter, words[mark])
        if self.marked is not None:
            x = _place(bar, self.marked)
            painter.setPen(QPen(QColor(used.unsure), 2))
            painter.drawLine(int(x), int(bar.top() - 4), int(x), int(bar.bottom()))
            painter.drawText(QRectF(x - 40, 6, 80, 16), Qt.AlignmentFlag.AlignHCenter, self.tr("unsure"))


def _place(bar: QRectF, relative: float) -> float:
    return bar.left() + (relative - CLEAR_BELOW) / (SCALE_TOP - CLEAR_BELOW) * bar.width()
