"""Pictures of the empty pages, drawn in the colours of the theme."""

from __future__ import annotations

from dataclasses import asdict
from string import Template

from PySide6.QtCore import QByteArray, QEvent, QRectF, QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QWidget

from inspector.gui.widgets import resources, theme


class Illustration(QWidget):
    """One picture.

    Parameters
    ----------
    name : str
        File in resources/icons, without its suffix.
    size : QSize
        Of the picture.
    """

    def __init__(self, name: str, size: QSize | None = None) -> None:
        super().__init__()
        self._template = Template(resources.text(f"icons/{name}.svg"))
        self._renderer = QSvgRenderer(self)
        self.setFixedSize(size or QSize(200, 112))
        self._load()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        if event.type() == QEvent.Type.PaletteChange:
            self._load()
        super().changeEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the picture."""
        self._renderer.render(QPainter(self), QRectF(self.rect()))

    def _load(self) -> None:
        self._renderer.load(QByteArray(self._template.substitute(asdict(theme.colours())).encode()))
        self.update()
