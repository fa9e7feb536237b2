"""The parts that moved limits turn over, compared with the limits in the bundle's file: as thumbnails to click."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QHelpEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QToolTip, QVBoxLayout, QWidget

from inspector.core.values import Verdict
from inspector.gui.findings.gallery import draw_thumbnail
from inspector.gui.limits import words
from inspector.gui.state.state import State
from inspector.gui.state.verdict_column import ORDER
from inspector.gui.threads.decoder import Decoder
from inspector.gui.widgets import theme, wording
from inspector.gui.widgets.icons import draw_verdict
from inspector.gui.widgets.labels import ElidedLabel, plain

EDGE_PX, GAP_PX, SIGN_PX = 44, 6, 15


class Flips(QWidget):
    """A row of thumbnails, the ones nearest the line first.

    Attributes
    ----------
    chosen : Signal(int)
        Position of the part that was clicked.
    """

    chosen = Signal(int)

    def __init__(self, state: State, loader: Decoder, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._loader = loader
        self._indices: list[int] = []
        self.setFixedHeight(EDGE_PX + 4)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(self.tr("Parts that flip"))
        loader.thumbnail_ready.connect(self._on_thumbnail)

    def show_parts(self, indices: list[int]) -> None:
        """Show these parts."""
        if indices != self._indices:
            self._indices = indices
            self.update()

    @property
    def shown(self) -> list[int]:
        """The parts there is room for."""
        return self._indices[: max((self.width() + GAP_PX) // (EDGE_PX + GAP_PX), 1)]

    def sizeHint(self) -> QSize:
        """Return the size of a row."""
        return QSize(280, EDGE_PX + 4)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the thumbnails, framed in the colour they turn to."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for place, index in enumerate(self.shown):
            inspection = self._state.inspections[index]
            frame = self._frame(place)
            draw_thumbnail(painter, frame, self._loader, inspection.path)
            verdict = inspection.verdict(self._state.limits)
            painter.setPen(QPen(theme.colours().of(verdict), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(frame, 4, 4)
            self._draw_sign(painter, frame, verdict)
        if not self._indices:
            painter.setPen(QColor(theme.colours().faint))
            painter.setFont(theme.font(theme.SMALL))
            painter.drawText(
                self.rect(), Qt.AlignmentFlag.AlignVCenter, self.tr("Move the limit to see which parts flip.")
            )

    def _draw_sign(self, painter: QPainter, frame: QRect, verdict: Verdict) -> None:
        sign = QRect(frame.right() - SIGN_PX, frame.bottom() - SIGN_PX, SIGN_PX, SIGN_PX)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.colours().surface))
        painter.drawEllipse(sign.adjusted(-1, -1, 1, 1))
        draw_verdict(painter, sign, verdict)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Show the part that was clicked."""
        index = self._at(event.position().toPoint())
        if index is not None:
            self.chosen.emit(index)

    def event(self, event: QEvent) -> bool:
        """Name the part under the pointer."""
        if isinstance(event, QHelpEvent):
            index = self._at(event.pos())
            if index is not None:
                inspection = self._state.inspections[index]
                verdict = inspection.verdict(self._state.limits)
                turned = self.tr("{name} becomes {verdict}")
                text = turned.format(name=self._state.name_of(inspection), verdict=wording.verdict_word(verdict))
                QToolTip.showText(event.globalPos(), plain(text), self)
            return True
        return super().event(event)

    def _frame(self, place: int) -> QRect:
        return QRect(place * (EDGE_PX + GAP_PX) + 2, 2, EDGE_PX - 2, EDGE_PX - 2)

    def _at(self, point: QPoint) -> int | None:
        for place, index in enumerate(self.shown):
            if self._frame(place).contains(point):
                return index
        return None

    @Slot(object)
    def _on_thumbnail(self, path: Path) -> None:
        if any(self._state.inspections[index].path == path for index in self.shown):
            self.update()


class FlipsBox(QWidget):
    """How many parts flip, to which verdict, and their thumbnails."""

    def __init__(self, state: State, loader: Decoder, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self.text = ElidedLabel("strong", Qt.TextElideMode.ElideRight)  # one line, so that nothing below it jumps
        self.strip = Flips(state, loader)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        for shown in (self.text, self.strip):
            layout.addWidget(shown)
        self.strip.chosen.connect(state.select)
        for signal in (state.threshold_changed, state.bundle_changed, state.results_reset, state.results_added):
            signal.connect(self._render)
        self._render()

    @Slot()
    def _render(self) -> None:
        state = self._state
        found = flipped(state)
        codes = np.bincount(state.verdicts()[found], minlength=len(ORDER))
        turned = {verdict: int(count) for verdict, count in zip(ORDER, codes, strict=True)}
        self.text.setText(words.flips(turned, moved=state.limits != state.kept_limits))
        self.strip.show_parts(found)


def flipped(state: State) -> list[int]:
    """Return the parts whose verdict differs from that at the saved limits, nearest to a present line first."""
    kept, limits = state.kept_limits, state.limits
    if kept == limits:
        return []
    found = np.flatnonzero(state.verdicts() != state.verdicts(kept))
    lines = [line for line in (limits.threshold, limits.unsure_threshold) if line is not None]
    away = np.abs(state.column.scores[found][:, None] - np.array(lines)).min(axis=1)
    return [int(index) for index in found[np.argsort(away, kind="stable")]]
