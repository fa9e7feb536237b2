"""A plot that only shows: no menu, no buttons, no zooming, in the colours of the theme."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QColor, QPen
from PySide6.QtWidgets import QWidget

from inspector.gui.widgets import theme
from inspector.gui.widgets.plotting import pg


class Plot(pg.PlotWidget):
    """The common base of histogram and curve. Those who derive from it implement `dress`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, enableMenu=False)
        item = self.getPlotItem()
        # pyqtgraph makes a menu all the same, without an owner. The garbage collector could then delete it in another
        # thread, which ends the process.
        item.ctrlMenu.setParent(self, item.ctrlMenu.windowFlags())  # still a window, so that it stays hidden
        self._ready = False
        self.hideButtons()
        self.setMouseEnabled(False, False)
        self.setFrameShape(self.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_AcceptTouchEvents, False)

    def dress(self) -> None:
        """Follow the theme: called once when all is made, then whenever colours change."""
        self._ready = True
        used = theme.colours()
        self.setBackground(QColor(used.surface))
        for side in ("bottom", "left"):
            axis = self.getPlotItem().getAxis(side)
            axis.setPen(QColor(used.border))
            axis.setTextPen(QColor(used.muted))
            axis.setStyle(tickFont=theme.font(11), tickLength=-4)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and getattr(self, "_ready", False):
            self.dress()


def cosmetic(colour: str, width: float, style: Qt.PenStyle = Qt.PenStyle.SolidLine) -> QPen:
    """Return a pen whose width is in pixels, whatever the axes."""
    pen = QPen(QColor(colour), width, style)
    pen.setCosmetic(True)
    return pen
