"""Found defects against false alarms, with the point that the limits stand for."""

from __future__ import annotations

import numpy as np
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from inspector.core.promise.operating_point import Roc
from inspector.core.values import Limits
from inspector.gui.widgets import theme
from inspector.gui.widgets.plot import Plot, cosmetic
from inspector.gui.widgets.plotting import pg

POINT_PX = 11


class RocPlot(Plot):
    """Both axes in parts of 100. The threshold's point is filled, the unsure threshold's is a ring."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._roc: Roc | None = None
        self.setAccessibleName(self.tr("Found defects against false alarms"))
        self.setRange(xRange=(-2, 102), yRange=(-4, 104), padding=0.0)
        for side, text in (("bottom", self.tr("false alarms in 100")), ("left", self.tr("found in 100"))):
            self.getPlotItem().setLabel(side, text)
        self._curve = pg.PlotCurveItem()
        self._points = {name: pg.ScatterPlotItem(size=POINT_PX) for name in ("unsure", "threshold")}
        self.addItem(self._curve)
        for points in self._points.values():
            self.addItem(points)
        self.dress()

    def show_roc(self, roc: Roc | None) -> None:
        """Show another curve."""
        self._roc = roc
        if roc is None:
            self._curve.setData([], [])
        else:
            self._curve.setData(100 * roc.false_alarm_rate, 100 * roc.detection_rate)

    def show_limits(self, limits: Limits) -> None:
        """Move the points along the curve."""
        for name, value in (("threshold", limits.threshold), ("unsure", limits.unsure_threshold)):
            at = None if value is None else self.point_at(value)
            self._points[name].setData(*(([], []) if at is None else ([at[0]], [at[1]])))

    def point_at(self, threshold: float) -> tuple[float, float] | None:
        """Return false alarms and found defects in 100 parts at a raw threshold, or None without a curve."""
        if self._roc is None:
            return None
        at = max(int(np.searchsorted(self._roc.thresholds, threshold, side="right")) - 1, 0)
        return 100 * float(self._roc.false_alarm_rate[at]), 100 * float(self._roc.detection_rate[at])

    def dress(self) -> None:
        """Follow the theme."""
        super().dress()
        used = theme.colours()
        for side in ("bottom", "left"):
            axis = self.getPlotItem().getAxis(side)
            axis.setTickSpacing(50, 50)
            axis.label.setFont(theme.font(11))
        self._curve.setPen(cosmetic(used.muted, 2))
        self._points["threshold"].setPen(cosmetic(used.surface, 1.5))
        self._points["threshold"].setBrush(QColor(used.accent))
        self._points["unsure"].setPen(cosmetic(used.unsure, 2))
        self._points["unsure"].setBrush(QColor(used.surface))
