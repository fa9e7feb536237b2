"""The lines of the histogram: the threshold, and the unsure threshold below it."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QColor

from inspector.gui.widgets import theme
from inspector.gui.widgets.plot import cosmetic
from inspector.gui.widgets.plotting import pg

THRESHOLD, UNSURE = "threshold", "unsure"
GRAB_PX = 16
"""How far from a line it can be taken: people wear gloves."""


class LimitLines:
    """Draws the lines into a plot and finds the line under the pointer. Values are in units of the bundle's own limit.

    Parameters
    ----------
    plot : pyqtgraph.PlotWidget
        Where they are drawn.
    """

    def __init__(self, plot: pg.PlotWidget) -> None:
        self._own = pg.InfiniteLine(1.0, angle=90)
        self._lines = {name: pg.InfiniteLine(1.0, angle=90) for name in (UNSURE, THRESHOLD)}
        self._labels: dict[str, pg.InfLineLabel] = {}
        # Their words stand on either side, so that they can be read when the lines are close.
        sides = {THRESHOLD: (0, 0), UNSURE: (1, 0)}
        words = {THRESHOLD: tr("NG"), UNSURE: tr("unsure")}
        plot.addItem(self._own)
        for name, line in self._lines.items():
            plot.addItem(line)
            anchors = [sides[name], sides[name]]
            self._labels[name] = pg.InfLineLabel(line, words[name], position=1.0, anchors=anchors)
            self._labels[name].setFont(theme.font(11))
        self._lines[UNSURE].hide()

    def value(self, name: str) -> float | None:
        """Return the position of a line, or None without that line."""
        line = self._lines[name]
        return float(line.value()) if line.isVisible() else None

    def place(self, threshold: float, unsure: float | None) -> None:
        """Move the lines."""
        for name, value in ((THRESHOLD, threshold), (UNSURE, unsure)):
            line = self._lines[name]
            line.setVisible(value is not None)
            if value is not None and line.value() != value:
                line.setValue(value)

    def nearest(self, relative: float, px_per_limit: float) -> str | None:
        """Return the name of the line that a pointer is at, or None.

        Parameters
        ----------
        relative : float
            Where the pointer is.
        px_per_limit : float
            Width of one limit in pixels.
        """
        away = {
            name: abs(value - relative) * px_per_limit
            for name in self._lines
            if (value := self.value(name)) is not None
        }
        near = {name: distance for name, distance in away.items() if distance <= GRAB_PX}
        if len(near) == 2 and near[THRESHOLD] == near[UNSURE]:  # one upon the other: each is taken from its own side
            return UNSURE if relative < self._lines[THRESHOLD].value() else THRESHOLD
        return min(near, key=lambda name: near[name]) if near else None

    def dress(self, held: str | None = None) -> None:
        """Follow the theme, and show which line is held."""
        used = theme.colours()
        pens = {THRESHOLD: cosmetic(used.text, 2.5), UNSURE: cosmetic(used.unsure, 2.5, Qt.PenStyle.DashLine)}
        if held is not None:
            pens[held] = cosmetic(used.accent, 4)
        for name, pen in pens.items():
            self._lines[name].setPen(pen)
            self._labels[name].setColor(QColor(used.unsure if name == UNSURE else used.text))
        self._own.setPen(cosmetic(used.faint, 1, Qt.PenStyle.DotLine))


def tr(text: str) -> str:
    """Return a text in the language of the window."""
    return QCoreApplication.translate("limit_lines", text)
