"""Scores as a histogram in units of the bundle's limit, with one or two lines that can be dragged."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QMouseEvent, QPen, QResizeEvent, QTransform
from PySide6.QtWidgets import QWidget

from inspector.gui.widgets import theme
from inspector.gui.widgets.limit_lines import THRESHOLD, LimitLines
from inspector.gui.widgets.plot import Plot, cosmetic
from inspector.gui.widgets.plotting import pg

BINS = 48
RANGE_MIN, RANGE_MAX = 2.0, 6.0
LOWEST = 0.05
BELOW = 0.45
"""Room below the axis for known defects, as a share of that above."""


class Histogram(Plot):
    """Good scores upwards in grey, results in the colours of their verdicts; known defects downwards and hatched.

    Each set is drawn as a share of itself, so that 30 good photos and 4000 results can be compared.

    Parameters
    ----------
    movable : bool
        Whether the lines can be dragged.

    Attributes
    ----------
    dragged : Signal(float)
        Where the threshold's line is, while it is dragged.
    unsure_dragged : Signal(float)
        Where the unsure threshold's line is, while it is dragged.
    """

    dragged = Signal(float)
    unsure_dragged = Signal(float)

    def __init__(self, movable: bool = True, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._movable = movable
        self._sets = {name: np.empty(0) for name in ("good", "results", "defects")}
        self._bins: NDArray[np.intp] = np.empty(0, dtype=np.intp)  # of the results
        self._top = RANGE_MIN
        self._threshold, self._unsure = 1.0, None
        self._held: str | None = None
        self._set_up()
        self._bars = {
            n: pg.BarGraphItem(x=[], y0=[], height=[], width=1.0) for n in ("good", "ok", "unsure", "ng", "defects")
        }
        for bars in self._bars.values():
            self.addItem(bars)
        self._ground = pg.InfiniteLine(0.0, angle=0)  # between standing and hanging bars
        self.addItem(self._ground)
        self.lines = LimitLines(self)
        self.dress()
        self.show_scores([], [], 1.0)

    def _set_up(self) -> None:
        self.setMouseTracking(True)
        item = self.getPlotItem()
        item.hideAxis("left")
        item.setContentsMargins(0, 0, 0, 0)
        item.layout.setContentsMargins(0, 2, 0, 0)
        item.vb.setDefaultPadding(0.0)
        item.getAxis("bottom").setHeight(22)

    @property
    def top(self) -> float:
        """The highest score shown; higher ones are counted in the last bar."""
        return self._top

    def show_scores(
        self, goods: Sequence[float], results: Sequence[float], threshold: float, defects: Sequence[float] = ()
    ) -> None:
        """Show scores in units of the bundle's own limit."""
        for name, scores in (("good", goods), ("results", results), ("defects", defects)):
            self._sets[name] = np.asarray(scores, dtype=float)
        most = [np.quantile(self._sets[name], 0.98) for name in ("results", "defects") if self._sets[name].size]
        highest = max(self._sets["good"].max(initial=0.0), *most, threshold, 0.0)
        self._top = float(np.clip(np.ceil(highest * 1.1 * 4) / 4, RANGE_MIN, max(RANGE_MAX, threshold * 1.1)))
        self._bins = self._bin(self._sets["results"])
        self.setXRange(0.0, self._top, padding=0.0)
        self._draw()

    def set_threshold(self, relative: float, unsure: float | None = None) -> None:
        """Move the lines, without telling."""
        self._threshold, self._unsure = relative, unsure
        self.lines.place(relative, unsure)
        self._draw_results()

    def x_of(self, relative: float) -> int:
        """Return where a relative score lies, in pixels of the viewport."""
        view = self.getPlotItem().vb
        return round(self.mapFromScene(view.mapViewToScene(QPointF(relative, 0.0))).x())

    # --- the mouse ---

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take the line that the pointer is at."""
        if event.button() == Qt.MouseButton.LeftButton and self.isEnabled():
            self._held = self._line_at(event.position())
            self.lines.dress(self._held)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move the line that is held; show where one can be taken."""
        if self._held is None:
            over = self.isEnabled() and self._line_at(event.position()) is not None
            self.viewport().setCursor(Qt.CursorShape.SplitHCursor if over else Qt.CursorShape.ArrowCursor)
            return
        relative = float(np.clip(self._relative_at(event.position()), LOWEST, self._top))
        (self.dragged if self._held == THRESHOLD else self.unsure_dragged).emit(relative)

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        """Let the line go."""
        self._held = None
        self.lines.dress()

    def _relative_at(self, point: QPointF) -> float:
        return float(self.getPlotItem().vb.mapSceneToView(self.mapToScene(point.toPoint())).x())

    def _line_at(self, point: QPointF) -> str | None:
        if not self._movable:
            return None
        width = self.getPlotItem().vb.width() / self._top
        return self.lines.nearest(self._relative_at(point), width)

    # --- drawing ---

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the hatching as fine as it is."""
        super().resizeEvent(event)
        if hasattr(self, "lines") and self._sets["defects"].size:
            self._draw_defects()

    def dress(self) -> None:
        """Follow the theme."""
        super().dress()
        self.getPlotItem().getAxis("bottom").setTickSpacing(0.5, 0.5)
        self._ground.setPen(cosmetic(theme.colours().strong_border, 1))
        self.lines.dress()
        self._draw()

    def _draw(self) -> None:
        colour = QColor(theme.colours().faint)
        colour.setAlpha(110)
        share = _shares(self._bin(self._sets["good"]), len(self._sets["good"]))
        self._set_bars("good", share, 1.0, QBrush(colour))
        highest = max(share.max(initial=0.0), _shares(self._bins, len(self._bins)).max(initial=0.0)) * 1.16 or 1.0
        self._ground.setVisible(bool(self._sets["defects"].size))
        self.setYRange(-BELOW * highest if self._sets["defects"].size else 0.0, highest, padding=0.0)
        self._draw_defects(highest)
        self._draw_results()

    def _draw_results(self) -> None:
        used, scores, feet = theme.colours(), self._sets["results"], np.zeros(BINS)
        over = scores > self._threshold
        doubt = np.zeros(len(scores), dtype=bool) if self._unsure is None else (scores > self._unsure) & ~over
        for name, where in (("ok", ~over & ~doubt), ("unsure", doubt), ("ng", over)):
            heights = _shares(self._bins[where], len(scores))
            self._set_bars(name, heights, 0.72, QBrush(QColor(getattr(used, name))), feet)
            feet = feet + heights

    def _draw_defects(self, highest: float | None = None) -> None:
        highest = self.viewRange()[1][1] if highest is None else highest
        share = _shares(self._bin(self._sets["defects"]), len(self._sets["defects"]))
        down = -share / (share.max(initial=0.0) or 1.0) * BELOW * highest * 0.92
        ink = QColor(theme.colours().text)
        brush = QBrush(ink, Qt.BrushStyle.BDiagPattern)
        pixel = self.getPlotItem().vb.viewPixelSize()
        brush.setTransform(QTransform.fromScale(*pixel))  # else the hatching is stretched with the axes
        self._set_bars("defects", down, 0.8, brush, pen=cosmetic(theme.colours().text, 1))

    def _set_bars(
        self, name: str, heights: NDArray[np.float64], fill: float, brush: QBrush,
        feet: NDArray[np.float64] | None = None, pen: QPen | None = None,
    ) -> None:  # fmt: skip
        width = self._top / BINS
        centres = (np.arange(BINS) + 0.5) * width
        shown = heights != 0
        low = np.zeros(BINS) if feet is None else feet
        self._bars[name].setOpts(
            x=centres[shown], y0=low[shown], height=heights[shown], width=width * fill, brush=brush, pen=pen
        )

    def _bin(self, scores: NDArray[np.float64]) -> NDArray[np.intp]:
        # A score that equals an edge counts below it: a part at the limit is OK, so its bar must not stand beyond the
        # line.
        return np.clip(np.ceil(scores / (self._top / BINS) - 1e-9) - 1, 0, BINS - 1).astype(np.intp)


def _shares(bins: NDArray[np.intp], total: int) -> NDArray[np.float64]:
    return np.bincount(bins, minlength=BINS) / max(total, 1)
