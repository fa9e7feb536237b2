"""How the cells of the history's table are drawn."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from inspector.core.review.decision import Decision
from inspector.gui.findings.gallery import draw_pixmap
from inspector.gui.findings.part_rows import EDGE_PX, NOTHING, PAD_PX, draw_score, draw_text, draw_verdict_word
from inspector.gui.review.history_table import RECORD_ROLE, AnyIndex, HistoryColumn
from inspector.gui.threads.part_decoder import PartDecoder
from inspector.gui.widgets import theme
from inspector.gui.widgets.icons import draw_icon
from inspector.storage.history.records import PartRecord

# Shape and word, in one quiet colour: those of verdicts are the machine's.
DECISION_ICONS = {
    Decision.DEFECT: "mdi6.check-bold",
    Decision.FALSE_ALARM: "mdi6.bell-off-outline",
    Decision.UNSURE: "mdi6.account-question-outline",
}


class HistoryDelegate(QStyledItemDelegate):
    """Draws thumbnail and name, score bar at the limits of that time, verdict, review and moment."""

    def __init__(self, pictures: PartDecoder, parent: QWidget) -> None:
        super().__init__(parent)
        self._pictures = pictures

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        """Draw one cell."""
        used = theme.colours()
        box: QRect = option.rect  # type: ignore[attr-defined]
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if option.state & QStyle.StateFlag.State_Selected:  # type: ignore[attr-defined]
            painter.fillRect(box, QColor(used.accent_soft))
        record: PartRecord | None = index.data(RECORD_ROLE)
        if record is None:
            _draw_waiting(painter, box, HistoryColumn(index.column()))
        else:
            self._draw(painter, box, HistoryColumn(index.column()), record, index.data(Qt.ItemDataRole.DisplayRole))
        painter.setPen(QColor(used.border))
        painter.drawLine(box.bottomLeft(), box.bottomRight())
        painter.restore()

    def _draw(self, painter: QPainter, box: QRect, column: HistoryColumn, record: PartRecord, text: str) -> None:
        used = theme.colours()
        if column is HistoryColumn.PART:
            frame = QRect(box.left() + EDGE_PX, box.top() + 4, 36, 36)
            draw_pixmap(painter, frame, self._pictures.thumbnail(record.id))
            draw_text(painter, box.adjusted(EDGE_PX + 36 + PAD_PX, 0, -4, 0), text, used.text)
        elif column is HistoryColumn.SCORE:
            unsure, threshold = record.limits.unsure_threshold, record.limits.threshold
            marks = (1.0, None if unsure is None else unsure / threshold)  # in units of the limit of that time
            draw_score(painter, box, text, record.relative_score, marks, record.verdict)
        elif column is HistoryColumn.VERDICT:
            draw_verdict_word(painter, box, record.verdict, text)
        elif column is HistoryColumn.DECISION and record.decision is not None:
            sign = QRect(box.left() + PAD_PX, box.center().y() - 8, 17, 17)
            draw_icon(painter, sign, DECISION_ICONS[record.decision], "muted")
            draw_text(painter, box.adjusted(PAD_PX + 24, 0, -4, 0), text, used.text)
        else:
            draw_text(painter, box.adjusted(PAD_PX, 0, -4, 0), text or NOTHING, used.muted if text else used.faint)


def _draw_waiting(painter: QPainter, box: QRect, column: HistoryColumn) -> None:
    """Draw a placeholder until the cell is fetched."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(theme.colours().sunken))
    if column is HistoryColumn.PART:
        painter.drawRoundedRect(QRect(box.left() + EDGE_PX, box.top() + 4, 36, 36), 4, 4)
        box = box.adjusted(EDGE_PX + 36, 0, 0, 0)
    painter.drawRoundedRect(QRect(box.left() + PAD_PX, box.center().y() - 5, max(box.width() // 2, 20), 10), 5, 5)
