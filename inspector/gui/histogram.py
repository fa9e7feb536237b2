"""Scores as a histogram in units of the bundle's limit, with a line that can be dragged."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, Qt, Signal, Slot
from PySide6.QtGui import QColor, QPen
from PySide6.QtWidgets import QWidget

from inspector.gui import theme

BINS = 48
RANGE_MIN, RANGE_MAX = 2.0, 6.0


class Histogram(pg.PlotWidget):
    """Good scores upwards in grey, results in the colours of their verdicts.

    Each set is drawn as a share of itself, so that 30 good photos and 4000 results can be compared.

    Parameters
    ----------
    movable : bool
        Whether the line can be dragged.

    Attributes
    ----------
    dragged : Signal(float)
        Where the line is, while it is dragged.
    """

    dragged = Signal(float)

    def __init__(self, movable: bool = True, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._goods: NDArray[np.float64] = np.empty(0)
        self._results: NDArray[np.float64] = np.empty(0)
        self._top = RANGE_MIN
        self._threshold = 1.0
        self.setMenuEnabled(False)
        self.hideButtons()
        self.setMouseEnabled(False, False)
        self.setFrameShape(self.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the slider below is the keyboard's way to the same number
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_AcceptTouchEvents, False)
        item = self.getPlotItem()
        item.hideAxis("left")
        item.setContentsMargins(0, 0, 0, 0)
        item.layout.setContentsMargins(0, 2, 0, 0)
        item.vb.setDefaultPadding(0.0)
        item.getAxis("bottom").setHeight(22)
        self._bars = {name: pg.BarGraphItem(x=[], y0=[], height=[], width=1.0) for name in ("good", "ok", "ng")}
        for bars in self._bars.values():
            self.addItem(bars)
        self._own = pg.InfiniteLine(1.0, angle=90, movable=False)
        self._line = pg.InfiniteLine(1.0, angle=90, movable=movable)
        self.addItem(self._own)
        self.addItem(self._line)
        self._line.sigDragged.connect(self._on_dragged)
        self._dress()
        self.show_scores([], [], 1.0)

    @property
    def top(self) -> float:
        """The highest score shown; higher ones are counted in the last bar."""
        return self._top

    def show_scores(self, goods: Sequence[float], results: Sequence[float], threshold: float) -> None:
        """Show scores in units of the bundle's own limit."""
        self._goods, self._results = np.asarray(goods, dtype=float), np.asarray(results, dtype=float)
        highest = max(
            self._goods.max(initial=0.0), np.quantile(self._results, 0.98) if self._results.size else 0.0, threshold
        )
        self._top = float(np.clip(np.ceil(highest * 1.1 * 4) / 4, RANGE_MIN, max(RANGE_MAX, threshold * 1.1)))
        self.setXRange(0.0, self._top, padding=0.0)
        self._line.setBounds((0.05, self._top))
        self._own.setVisible(True)
        self._draw()

    def set_threshold(self, relative: float) -> None:
        """Move the line, without telling."""
        self._threshold = relative
        if self._line.value() != relative:
            self._line.setValue(relative)
        self._draw_results()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_line"):
            self._dress()

    def _dress(self) -> None:
        used = theme.colours()
        self.setBackground(QColor(used.surface))
        axis = self.getPlotItem().getAxis("bottom")
        axis.setPen(QColor(used.border))
        axis.setTextPen(QColor(used.muted))
        axis.setStyle(tickFont=theme.font(11), tickLength=-4)
        axis.setTickSpacing(0.5, 0.5)
        line, own = QPen(QColor(used.text), 2.5), QPen(QColor(used.faint), 1, Qt.PenStyle.DashLine)
        hover = QPen(QColor(used.accent), 4)
        for pen in (line, own, hover):
            pen.setCosmetic(True)
        self._line.setPen(line)
        self._line.setHoverPen(hover)
        self._own.setPen(own)
        self._draw()

    def _draw(self) -> None:
        colour = QColor(theme.colours().faint)
        colour.setAlpha(110)
        share = self._shares(self._goods, len(self._goods))
        self._set_bars("good", share, np.zeros(BINS), 1.0, colour)
        highest = max(share.max(initial=0.0), self._shares(self._results, len(self._results)).max(initial=0.0))
        self.setYRange(0.0, highest * 1.08 or 1.0, padding=0.0)
        self._draw_results()

    def _draw_results(self) -> None:
        used, results = theme.colours(), self._results
        over = results > self._threshold
        below, above = (self._shares(results[where], len(results)) for where in (~over, over))
        self._set_bars("ok", below, np.zeros(BINS), 0.72, QColor(used.ok))
        self._set_bars("ng", above, below, 0.72, QColor(used.ng))

    def _set_bars(
        self, name: str, heights: NDArray[np.float64], feet: NDArray[np.float64], fill: float, colour: QColor
    ) -> None:
        width = self._top / BINS
        centres = (np.arange(BINS) + 0.5) * width
        shown = heights > 0
        self._bars[name].setOpts(
            x=centres[shown], y0=feet[shown], height=heights[shown], width=width * fill, brush=colour, pen=None
        )

    def _shares(self, scores: NDArray[np.float64], total: int) -> NDArray[np.float64]:
        # A score that equals an edge counts below it: at the limit is OK, so its bar must not stand beyond the line.
        bins = np.clip(np.ceil(scores / (self._top / BINS) - 1e-9) - 1, 0, BINS - 1).astype(int)
        return np.bincount(bins, minlength=BINS) / max(total, 1)

    @Slot(object)
    def _on_dragged(self, line: pg.InfiniteLine) -> None:
        self._threshold = float(line.value())
        self.dragged.emit(self._threshold)
