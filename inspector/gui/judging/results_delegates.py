"""How the cells of the results table are drawn."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from inspector.core.values import Inspection
from inspector.gui.findings.gallery import AnyIndex, draw_thumbnail
from inspector.gui.findings.part_rows import (
    EDGE_PX,
    NOTHING,
    PAD_PX,
    ResultColumn,
    draw_score,
    draw_text,
    draw_verdict_word,
)
from inspector.gui.judging.results_table import INSPECTION_ROLE
from inspector.gui.state.state import State
from inspector.gui.threads.decoder import Decoder
from inspector.gui.widgets import theme


class ResultDelegate(QStyledItemDelegate):
    """Draws thumbnail and name, score bar, verdict, and number of regions."""

    def __init__(self, state: State, loader: Decoder, parent: QWidget) -> None:
        super().__init__(parent)
        self._state = state
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
        column = ResultColumn(index.column())
        if column == ResultColumn.PHOTO:
            self._draw_photo(painter, box, inspection, text)
        elif column == ResultColumn.SCORE:
            self._draw_score(painter, box, inspection, text)
        elif column == ResultColumn.VERDICT:
            draw_verdict_word(painter, box, inspection.verdict(self._state.limits), text)
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
        state = self._state
        relative = inspection.relative_score(state.own_limit) or 0.0
        marks = (state.relative_threshold, state.relative_unsure)
        draw_score(painter, box, text, relative, marks, inspection.verdict(state.limits))
