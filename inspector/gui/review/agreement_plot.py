"""Agreement over time: a dot for each day or week, its interval, and the start of each version of the model."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QColor, QHelpEvent
from PySide6.QtWidgets import QToolTip, QWidget

from inspector.core.review.agreement import AgreementCurve, AgreementPoint
from inspector.gui.findings import part_words
from inspector.gui.widgets import theme
from inspector.gui.widgets.labels import plain
from inspector.gui.widgets.plot import Plot, cosmetic
from inspector.gui.widgets.plotting import pg

HEIGHT_PX = 150
LEAST_DOT_PX, MOST_DOT_PX = 5.0, 12.0
SOON_PX = 14
LEAST_DAYS = 6
"""A few days are not stretched over the whole width."""
MOST_DATES = 3
_BEGIN = date(2000, 1, 1)


class AgreementPlot(Plot):
    """Share of NG parts that are defects, in 100, against time; larger dots rest on more reviewed parts.

    Within a version dots are joined by a line. A dashed line marks where another version begins.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.points: tuple[AgreementPoint, ...] = ()
        self.changes: tuple[AgreementPoint, ...] = ()
        self._marks: list[pg.InfiniteLine] = []
        self.setFixedHeight(HEIGHT_PX)
        self.getPlotItem().getAxis("left").setTicks([[(0, "0"), (50, "50"), (100, "100")]])
        self._bars = pg.ErrorBarItem()
        self._line = pg.PlotCurveItem(antialias=True)
        self._dots = pg.ScatterPlotItem()
        for item in (self._bars, self._line, self._dots):
            self.addItem(item)
        self.dress()

    def show_curve(self, curve: AgreementCurve | None) -> None:
        """Show another curve; None for none."""
        shown = () if curve is None else curve.points
        self.points = tuple(point for point in shown if point.agreement.share is not None)
        self.changes = () if curve is None else curve.changes
        x = np.array([_x(point) for point in self.points])
        y = np.array([100.0 * (point.agreement.share or 0.0) for point in self.points])
        low = np.array([100.0 * point.low for point in self.points])
        high = np.array([100.0 * point.high for point in self.points])
        self._bars.setData(x=x, y=y, top=high - y, bottom=y - low)
        joined = [int(a.bundle_sha256 == b.bundle_sha256) for a, b in zip(self.points, self.points[1:], strict=False)]
        self._line.setData(x, y, connect=np.array([*joined, 0], dtype=np.int32) if len(x) else "all")
        decided = np.array([point.agreement.decided for point in self.points], dtype=np.float64)
        size = np.clip(LEAST_DOT_PX + 2.2 * np.log10(np.maximum(decided, 1.0)), LEAST_DOT_PX, MOST_DOT_PX)
        self._dots.setData(x, y, size=size)
        self._mark_changes()
        self._place()

    def point_at(self, position: QPointF) -> AgreementPoint | None:
        """Return the point nearest to a place of the widget, if it is near."""
        away = {abs(self.x_of(point) - position.x()): point for point in self.points}
        return away[min(away)] if away and min(away) <= SOON_PX else None

    def x_of(self, point: AgreementPoint) -> float:
        """Return where a point stands, in pixels of the widget."""
        box = self.getPlotItem().getViewBox()
        return float(self.mapFromScene(box.mapViewToScene(QPointF(_x(point), 50.0))).x())

    def viewportEvent(self, event: QEvent) -> bool:
        """Show the facts of the dot under the pointer."""
        if isinstance(event, QHelpEvent):
            point = self.point_at(QPointF(event.pos()))
            words = "" if point is None else plain(part_words.agreement_point(point))
            QToolTip.showText(event.globalPos(), words, self)
            return True
        return bool(super().viewportEvent(event))

    def dress(self) -> None:
        """Follow the theme."""
        super().dress()
        used = theme.colours()
        self._bars.setOpts(pen=cosmetic(used.faint, 1.5))
        self._line.setPen(cosmetic(used.accent, 1.5))
        self._dots.setPen(cosmetic(used.surface, 1))
        self._dots.setBrush(QColor(used.accent))
        for mark in self._marks:
            mark.setPen(cosmetic(used.muted, 1, Qt.PenStyle.DashLine))

    def _mark_changes(self) -> None:
        for mark in self._marks:
            self.removeItem(mark)
        self._marks = [pg.InfiniteLine(_x(point) - 0.5 * point.days, angle=90) for point in self.changes]
        for mark in self._marks:
            mark.setPen(cosmetic(theme.colours().muted, 1, Qt.PenStyle.DashLine))
            self.addItem(mark)

    def _place(self) -> None:
        first, last = (_x(self.points[0]), _x(self.points[-1])) if self.points else (0.0, 0.0)
        spare = max(LEAST_DAYS - (last - first), 0.0) / 2.0
        days = self.points[0].days if self.points else 1
        self.setRange(xRange=(first - spare - days, last + spare + days), yRange=(-6, 106), padding=0.0)
        self.getPlotItem().getAxis("bottom").setTicks([self._dates()])

    def _dates(self) -> list[tuple[float, str]]:
        """Return a few days that do not overlap."""
        if not self.points:
            return []
        low, high = self.getPlotItem().getViewBox().viewRange()[0]
        # In the middle of equal pieces: what would reach over the edge is not drawn at all.
        places = low + (high - low) * (np.arange(MOST_DATES) + 0.5) / MOST_DATES
        days = dict.fromkeys(int(place) for place in places)
        return [(day + 0.5, part_words.day(_BEGIN + timedelta(days=day))) for day in days]


def _x(point: AgreementPoint) -> float:
    """Return where a point stands: the middle of its day or week, in days."""
    return (point.begin - _BEGIN) / timedelta(days=1) + 0.5 * point.days
