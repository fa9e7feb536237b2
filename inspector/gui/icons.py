"""Icons in the colours of the theme."""

from __future__ import annotations

import qtawesome
from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QIcon
from PySide6.QtWidgets import QAbstractButton, QLabel, QWidget

from inspector.core.values import Verdict
from inspector.gui.theme import colours

# Word, shape and colour: the shapes alone tell the verdicts apart (disc, person, octagon, triangle, square).
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


def verdict_icon(verdict: Verdict) -> QIcon:
    """Return the shape of a verdict in its colour."""
    return icon(VERDICT_ICONS[verdict], verdict.value.lower())


def _paint(target: QObject) -> None:
    size = int(target.property("icon_size"))
    made = icon(target.property("icon_name"), target.property("icon_role"))
    if isinstance(target, QLabel):
        target.setPixmap(made.pixmap(size, size))
    elif isinstance(target, QAbstractButton | QAction):
        target.setIcon(made)
