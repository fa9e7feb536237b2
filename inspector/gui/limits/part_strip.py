"""Parts of the history as small photos to click."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal, Slot
from PySide6.QtGui import QHelpEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QToolTip, QWidget

from inspector.gui.findings import part_words
from inspector.gui.findings.gallery import draw_pixmap
from inspector.gui.limits.flips import EDGE_PX, GAP_PX
from inspector.gui.threads.part_decoder import PartDecoder
from inspector.gui.widgets.labels import plain
from inspector.storage.history.records import PartRecord

MOST_ROWS = 2


class PartStrip(QWidget):
    """Up to two rows of thumbnails; what there is no room for is left out.

    Attributes
    ----------
    chosen : Signal(PartRecord)
        The part that was clicked.
    """

    chosen = Signal(object)

    def __init__(self, pictures: PartDecoder, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pictures = pictures
        self._records: tuple[PartRecord, ...] = ()
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        pictures.thumbnail_ready.connect(self._on_thumbnail)
        self.hide()

    def show_parts(self, records: Sequence[PartRecord]) -> None:
        """Show these parts; the strip is hidden without parts."""
        self._records = tuple(records)
        self.setVisible(bool(records))
        self._place()
        self.update()

    @property
    def shown(self) -> tuple[PartRecord, ...]:
        """The parts there is room for."""
        return self._records[: MOST_ROWS * self._columns]

    @property
    def _columns(self) -> int:
        return max((self.width() + GAP_PX) // (EDGE_PX + GAP_PX), 1)

    def sizeHint(self) -> QSize:
        """Return the size of a row."""
        return QSize(280, EDGE_PX + GAP_PX)

    def resizeEvent(self, _event: QEvent) -> None:
        """Take as many rows as are needed."""
        self._place()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the thumbnails."""
        painter = QPainter(self)
        for place, record in enumerate(self.shown):
            draw_pixmap(painter, self._frame(place), self._pictures.thumbnail(record.id))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Show the part that was clicked."""
        record = self._at(event.position().toPoint())
        if record is not None:
            self.chosen.emit(record)

    def event(self, event: QEvent) -> bool:
        """Name the part under the pointer."""
        if isinstance(event, QHelpEvent):
            record = self._at(event.pos())
            if record is not None:
                QToolTip.showText(event.globalPos(), plain(part_words.tip(record)), self)
            return True
        return super().event(event)

    def _place(self) -> None:
        rows = -(-len(self.shown) // self._columns)
        self.setFixedHeight(max(rows, 1) * (EDGE_PX + GAP_PX))

    def _frame(self, place: int) -> QRect:
        row, column = divmod(place, self._columns)
        return QRect(column * (EDGE_PX + GAP_PX), row * (EDGE_PX + GAP_PX), EDGE_PX, EDGE_PX)

    def _at(self, point: QPoint) -> PartRecord | None:
        frames = enumerate(self.shown)
        return next((record for place, record in frames if self._frame(place).contains(point)), None)

    @Slot(int)
    def _on_thumbnail(self, part_number: int) -> None:
        if any(record.id == part_number for record in self.shown):
            self.update()
