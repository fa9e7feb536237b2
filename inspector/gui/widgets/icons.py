"""Icons in the colours of the theme."""

from __future__ import annotations

from functools import lru_cache

import qtawesome
from PySide6.QtCore import QObject, QRect, QSize
from PySide6.QtGui import QAction, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QAbstractButton, QLabel, QWidget

from inspector.core.values import Verdict
from inspector.gui.widgets.theme import colours

# Word, shape and colour: the shapes alone distinguish the verdicts (disc, person, octagon, triangle, square).
VERDICT_ICONS = {
    Verdict.OK: "mdi6.check-circle",
    Verdict.UNSURE: "mdi6.account-question",
    Verdict.NG: "mdi6.close-octagon",
    Verdict.REFUSED: "mdi6.alert",
    Verdict.UNREADABLE: "mdi6.help-box",
}


def icon(name: str, role: str = "muted") -> QIcon:
    """Return an icon in one of the theme's colours.

    Parameters
    ----------
    name : str
        Of qtawesome ("mdi6.play").
    role : str
        Name of a field of `theme.Colours`.
    """
    used = colours()
    return qtawesome.icon(name, color=getattr(used, role), color_disabled=used.faint, color_on=used.accent)


def dress(target: QAbstractButton | QAction | QLabel, name: str, role: str = "muted", size: int = 18) -> None:
    """Give a button, an action or a label an icon that follows the theme."""
    target.setProperty("icon_name", name)
    target.setProperty("icon_role", role)
    target.setProperty("icon_size", size)
    _paint(target)


def refresh(root: QWidget) -> None:
    """Paint all icons below `root` anew: the theme changed."""
    for child in root.findChildren(QObject):
        if child.property("icon_name"):
            _paint(child)


def draw_icon(painter: QPainter, frame: QRect, name: str, role: str) -> None:
    """Draw an icon in a colour of the theme. Each size is made once, since a table draws it in every row."""
    scale = painter.device().devicePixelRatioF()
    painter.drawPixmap(frame, _pixmap(name, getattr(colours(), role), frame.width(), scale))


def draw_verdict(painter: QPainter, frame: QRect, verdict: Verdict) -> None:
    """Draw the shape of a verdict in its colour."""
    draw_icon(painter, frame, VERDICT_ICONS[verdict], verdict.value.lower())


@lru_cache(maxsize=256)
def _pixmap(name: str, colour: str, edge: int, scale: float) -> QPixmap:
    return qtawesome.icon(name, color=colour).pixmap(QSize(edge, edge), scale)


def _paint(target: QObject) -> None:
    size = int(target.property("icon_size"))
    made = icon(target.property("icon_name"), target.property("icon_role"))
    if isinstance(target, QLabel):
        target.setPixmap(made.pixmap(size, size))
    elif isinstance(target, QAbstractButton | QAction):
        target.setIcon(made)
