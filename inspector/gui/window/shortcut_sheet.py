"""The sheet of all shortcuts, made from the table of actions."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from inspector.gui.actions.action import GESTURES, MENUS, TABLE
from inspector.gui.actions.qactions import shortcut_text, translated
from inspector.gui.widgets.labels import label, scrolled

COLUMNS = (("File", "Train", "View"), ("Judge", "Help"), ("Review", "Live"))
SPARE_PX = 80
"""Of the height of the screen, for the frame of the sheet and the bar of the desktop."""


class ShortcutSheet(QDialog):
    """Lists keys by menu; does not block the window."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Keyboard shortcuts"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        keys = QWidget()
        columns = QHBoxLayout(keys)
        columns.setContentsMargins(0, 0, 0, 0)
        columns.setSpacing(40)
        for place, menus in enumerate(COLUMNS):
            column = QVBoxLayout()
            column.setSpacing(20)
            for menu in menus:
                column.addLayout(_block(translated(menu), _keys_of(menu)))
            if place == 1:
                gestures = [(translated(what), translated(keys)) for keys, what in GESTURES]
                column.addLayout(_block(self.tr("Mouse and held keys"), gestures))
            column.addStretch(1)
            columns.addLayout(column)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.close)
        buttons.button(QDialogButtonBox.StandardButton.Close).setIcon(QIcon())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(28, 24, 28, 20)
        layout.setSpacing(20)
        layout.addWidget(label(self.tr("Keyboard shortcuts"), "title"))
        area = scrolled(keys)  # for screens lower than the sheet
        area.setMinimumWidth(keys.sizeHint().width() + area.verticalScrollBar().sizeHint().width())
        layout.addWidget(area, 1)
        layout.addWidget(buttons)
        rest = self.sizeHint().height() - area.sizeHint().height()
        highest = self.screen().availableGeometry().height() - SPARE_PX
        self.resize(self.sizeHint().width(), min(rest + keys.sizeHint().height(), highest))


def _keys_of(menu: str) -> list[tuple[str, str]]:
    assert menu in MENUS
    return [
        (translated(row.text).rstrip("…"), shortcut_text(row)) for row in TABLE if row.menu == menu and row.shortcuts
    ]


def _block(heading: str, lines: list[tuple[str, str]]) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(24)
    grid.setVerticalSpacing(4)
    grid.setColumnStretch(0, 1)
    grid.addWidget(label(heading, "caption"), 0, 0, 1, 2)
    for place, (text, keys) in enumerate(lines, start=1):
        key: QLabel = label(keys, "key")
        grid.addWidget(label(text), place, 0)
        grid.addWidget(key, place, 1, Qt.AlignmentFlag.AlignRight)
    return grid
