"""How the cells of the results table are drawn."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QStaticText
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from inspector.core.judging.heatmap import SCALE_TOP
from inspector.core.values import Inspection, Verdict
from inspector.gui.findings.gallery import AnyIndex, draw_thumbnail
from inspector.gui.judging.results_table import INSPECTION_ROLE, Column
from inspector.gui.state.state import Session
from inspector.gui.threads.decoder import PhotoLoader
from inspector.gui.widgets import theme
from inspector.gui.widgets.icons import draw_verdict

ROW_PX = 44
PAD_PX = 12
EDGE_PX = 20  # in line with the heading above the table
NOTHING = "\N{EN DASH}"


class ResultDelegate(QStyledItemDelegate):
    """Draws thumbnail and name, score bar, verdict, and number of regions."""

    def __init__(self, session: Session, loader: PhotoLoader, parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session
        self._loader = loader

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        """Draw one cell."""
        used = theme.colours()
        box: QRect = option.rect  # type: ignore[attr-defined]
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if option.state & QStyle.StateFlag.State_Selected:  # type: ignore[attr-defined]
            painter.fillRect(box, QColor(used.accent_soft))
        inspection: Inspection = index.data(INSPECTION_ROLE)
        text = index.data(Qt.ItemDataRole.DisplayRole)
        column = Column(index.column())
        if column == Column.PHOTO:
            self._draw_photo(painter, box, inspection, text)
        elif column == Column.SCORE:
            self._draw_score(painter, box, inspection, text)
        elif column == Column.VERDICT:
            draw_verdict_word(painter, box, inspection.verdict(self._session.limits), text)
        else:
            draw_text(painter, box.adjusted(PAD_PX, 0, -4, 0), NOTHING if text in ("", "0") else text, used.muted)
        painter.setPen(QColor(used.border))
        painter.drawLine(box.bottomLeft(), box.bottomRight())
        painter.restore()

    def _draw_photo(self, painter: QPainter, box: QRect, inspection: Inspection, text: str) -> None:
        frame = QRect(box.left() + EDGE_PX, box.top() + 4, 36, 36)
        draw_thumbnail(painter, frame, self._loader, inspection.path)
        draw_text(painter, box.adjusted(EDGE_PX + 36 + PAD_PX, 0, -4, 0), text, theme.colours().text)

    def _draw_score(self, painter: QPainter, box: QRect, inspection: Inspection, text: str) -> None:
        session = self._session
        relative = inspection.relative_score(session.own_limit) or 0.0
        marks = (session.relative_threshold, session.relative_unsure)
        draw_score(painter, box, text, relative, marks, inspection.verdict(session.limits))


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
