"""The results as a strip of photos: people recognise a part by its look sooner than by its name."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QKeyEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from inspector.core.values import Inspection
from inspector.gui.findings.gallery import AnyIndex, draw_empty_text, draw_thumbnail
from inspector.gui.findings.part_rows import ResultColumn
from inspector.gui.judging.results_table import INSPECTION_ROLE, ResultsTable
from inspector.gui.state.state import State
from inspector.gui.threads.decoder import Decoder
from inspector.gui.widgets import theme, wording
from inspector.gui.widgets.icons import draw_verdict

EDGE_PX = (48, 208)
"""Least and greatest edge of a thumbnail; in between it follows the height of the strip."""

PAD_PX = 8
VERDICT_PX, NAME_PX = 22, 18
NARROWEST_PX = 104  # the verdict and the score beside each other
STEPS = {Qt.Key.Key_Up: Qt.Key.Key_Left, Qt.Key.Key_Down: Qt.Key.Key_Right}


class Filmstrip(QListView):
    """The rows of the results table beside each other. Only those on the screen are decoded.

    Parameters
    ----------
    state : State
        Whose threshold decides.
    table : ResultsTable
        Order and filter are the table's.
    loader : Decoder
        Of the thumbnails.

    Attributes
    ----------
    empty_text : str
        Shown while there is no photo.
    """

    empty_text = ""

    def __init__(self, state: State, table: ResultsTable, loader: Decoder, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setModel(table)
        self.setModelColumn(ResultColumn.PHOTO)
        self.setItemDelegate(FilmDelegate(state, loader, self))
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(False)
        self.setUniformItemSizes(True)  # with 10,000 parts Qt must not ask each for its own
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)  # else photos jump when it appears
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setViewportMargins(12, 0, 12, 0)
        self.setAccessibleName(self.tr("Results as photos"))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the photos, or the reason why there are none."""
        super().paintEvent(event)
        draw_empty_text(self, self.empty_text)

    @property
    def edge(self) -> int:
        """Edge of a thumbnail in pixels."""
        return min(max(self.viewport().height() - 3 * PAD_PX - VERDICT_PX - NAME_PX, EDGE_PX[0]), EDGE_PX[1])

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Let the photos grow with the strip, and keep the chosen one in sight."""
        cell = QSize(max(self.edge, NARROWEST_PX) + 2 * PAD_PX, max(self.viewport().height(), 1))
        grown = cell != self.gridSize()
        self.setGridSize(cell)
        super().resizeEvent(event)
        if grown and self.currentIndex().isValid():
            self.scrollTo(self.currentIndex())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leave the space bar to the page, and go on with the keys that go on in the table."""
        if event.key() == Qt.Key.Key_Space:
            event.ignore()
            return
        key = STEPS.get(Qt.Key(event.key()))
        super().keyPressEvent(event if key is None else QKeyEvent(event.type(), key, event.modifiers()))


class FilmDelegate(QStyledItemDelegate):
    """Draws a photo, its verdict by sign, word and score, and its name."""

    def __init__(self, state: State, loader: Decoder, strip: Filmstrip) -> None:
        super().__init__(strip)
        self._state = state
        self._loader = loader
        self._strip = strip

    def sizeHint(self, _option: QStyleOptionViewItem, _index: AnyIndex) -> QSize:
        """Return the size of every cell."""
        return self._strip.gridSize()

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        """Draw one cell."""
        used = theme.colours()
        box: QRect = option.rect  # type: ignore[attr-defined]
        inspection: Inspection = index.data(INSPECTION_ROLE)
        edge = self._strip.edge
        frame = QRect(box.left() + (box.width() - edge) // 2, box.top() + PAD_PX, edge, edge)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)  # type: ignore[attr-defined]
        if chosen:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(used.accent_soft))
            height = edge + VERDICT_PX + NAME_PX + 2 * PAD_PX
            painter.drawRoundedRect(QRect(box.left() + 2, box.top() + 1, box.width() - 4, height), 8, 8)
        draw_thumbnail(painter, frame, self._loader, inspection.path)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(used.accent if chosen else used.border), 2 if chosen else 1))
        painter.drawRoundedRect(frame, 6, 6)
        words = QRect(box.left() + PAD_PX, frame.bottom() + 4, box.width() - 2 * PAD_PX, VERDICT_PX)
        self._draw_verdict(painter, words, inspection)
        name = index.data(Qt.ItemDataRole.DisplayRole)
        below = QRect(words.left(), words.bottom(), words.width(), NAME_PX)
        _draw_centred(painter, below, name, used.text if chosen else used.muted, theme.font(theme.SMALL))
        painter.restore()

    def _draw_verdict(self, painter: QPainter, box: QRect, inspection: Inspection) -> None:
        verdict = inspection.verdict(self._state.limits)
        relative = inspection.relative_score(self._state.own_limit)
        text = wording.verdict_word(verdict) + ("" if relative is None else f"  {relative:.2f}")
        font = theme.font(theme.SMALL, QFont.Weight.DemiBold)
        painter.setFont(font)
        room = box.width() - 20
        width = min(painter.fontMetrics().horizontalAdvance(text), room)
        left = box.left() + (room - width) // 2
        draw_verdict(painter, QRect(left, box.center().y() - 7, 15, 15), verdict)
        place = QRect(left + 19, box.top(), width + 1, box.height())
        _draw_centred(painter, place, text, theme.colours().of(verdict).name(), font)


def _draw_centred(painter: QPainter, box: QRect, text: str, colour: str, font: QFont) -> None:
    painter.setPen(QColor(colour))
    painter.setFont(font)
    shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, box.width())
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, shown)
