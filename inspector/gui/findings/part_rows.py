"""Rows of judged parts: how their cells are drawn, and the table that shows them."""

from __future__ import annotations

from enum import IntEnum
from functools import lru_cache

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QKeyEvent, QPainter, QPaintEvent, QResizeEvent, QStaticText
from PySide6.QtWidgets import QTableView, QWidget

from inspector.core.judging.heatmap import SCALE_TOP
from inspector.core.values import Verdict
from inspector.gui.findings.gallery import draw_empty_text
from inspector.gui.widgets import theme
from inspector.gui.widgets.icons import draw_verdict

ROW_PX = 44
PAD_PX = 12
EDGE_PX = 20  # in line with the heading above the table
NOTHING = "\N{EN DASH}"

ROOM_FOR_REGIONS_PX = 560
VERDICT_PX = (204, 148)
"""With room for "REFUSED, would be NG", and without."""


def draw_score(
    painter: QPainter, box: QRect, text: str, score: float, marks: tuple[float, float | None], verdict: Verdict
) -> None:
    """Draw a score as number and bar, with the limits on it; a dash where the text is empty.

    Parameters
    ----------
    painter, box
        Where.
    text : str
        The number.
    score : float
        The score.
    marks : (float, float or None)
        The threshold and the unsure threshold that the verdict comes from, in the unit of the score.
    verdict : Verdict
        Gives the colour.
    """
    used = theme.colours()
    if not text:
        draw_text(painter, box.adjusted(PAD_PX, 0, 0, 0), NOTHING, used.faint)
        return
    draw_text(painter, QRect(box.left() + PAD_PX, box.top(), 42, box.height()), text, used.text)
    track = QRectF(box.left() + PAD_PX + 46, box.center().y() - 3, max(box.width() - 2 * PAD_PX - 46, 20), 7)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(used.sunken))
    painter.drawRoundedRect(track, 3.5, 3.5)
    filled = QRectF(track)
    filled.setWidth(max(min(score / SCALE_TOP, 1.0) * track.width(), 7))
    painter.setBrush(used.of(verdict))
    painter.drawRoundedRect(filled, 3.5, 3.5)
    for mark, colour in zip(marks, (used.text, used.unsure), strict=True):
        if mark is not None:
            place = track.left() + min(mark / SCALE_TOP, 1.0) * track.width()
            painter.fillRect(QRectF(place - 1, track.top() - 4, 2, track.height() + 8), QColor(colour))


def draw_verdict_word(painter: QPainter, box: QRect, verdict: Verdict, text: str) -> None:
    """Draw a verdict as shape and word in its colour."""
    draw_verdict(painter, QRect(box.left() + PAD_PX, box.center().y() - 9, 20, 20), verdict)
    colour = theme.colours().of(verdict).name()
    draw_text(painter, box.adjusted(PAD_PX + 27, 0, 0, 0), text, colour, QFont.Weight.DemiBold)


def draw_text(
    painter: QPainter, box: QRect, text: str, colour: str, weight: QFont.Weight = QFont.Weight.Normal
) -> None:
    """Draw one line of text, cut in the middle where it does not fit."""
    painter.setPen(QColor(colour))
    painter.setFont(_font(weight))
    line, height = _line(text, box.width(), weight)
    painter.drawStaticText(box.left(), box.top() + (box.height() - height) // 2, line)


@lru_cache
def _font(weight: QFont.Weight) -> QFont:
    return theme.font(theme.BODY, weight)


@lru_cache(maxsize=4096)
def _line(text: str, width_px: int, weight: QFont.Weight) -> tuple[QStaticText, int]:
    """Return a line laid out to fit, and its height in pixels; kept, since a row is painted many times."""
    metrics = QFontMetrics(_font(weight))
    line = QStaticText(metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, width_px))
    line.setTextFormat(Qt.TextFormat.PlainText)
    line.setPerformanceHint(QStaticText.PerformanceHint.AggressiveCaching)
    line.prepare(font=_font(weight))
    return line, metrics.height()


class ResultColumn(IntEnum):
    """The columns."""

    PHOTO = 0
    SCORE = 1
    VERDICT = 2
    REGIONS = 3


class ResultsView(QTableView):
    """A table that leaves the space bar to the page, and says why it is empty.

    Attributes
    ----------
    empty_text : str
        Shown while there is no row.
    widths : dict of int to (int, int)
        Of columns, in pixels: in a wide view, and in a narrow one, where 0 hides the column.
    narrow_below_px : int
        Width of a view below which it is narrow.
    """

    empty_text = ""
    narrow_below_px = 0

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.widths: dict[int, tuple[int, int]] = {}

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the rows, or the reason why there are none."""
        super().paintEvent(event)
        draw_empty_text(self, self.empty_text)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the names room in a small window: other columns are hidden or cut."""
        small = self.viewport().width() < self.narrow_below_px
        for column, widths in self.widths.items():
            self.setColumnHidden(column, not widths[small])
            if widths[small]:
                self.horizontalHeader().resizeSection(column, widths[small])
        super().resizeEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Hand the space bar on."""
        if event.key() == Qt.Key.Key_Space:
            event.ignore()
        else:
            super().keyPressEvent(event)
