"""The strip at the top: which bundle judges, where it computes, the report, help and the menu."""

from __future__ import annotations

from PySide6.QtCore import QSize, Slot
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QMenu, QToolButton, QWidget

from inspector.gui.actions.qactions import Actions
from inspector.gui.state.state import State
from inspector.gui.widgets.buttons import ActionButton, tool_button
from inspector.gui.widgets.icons import dress
from inspector.gui.widgets.labels import ElidedLabel, label
from inspector.gui.widgets.resources import resource

LOGO_PX = 26


class Header(QFrame):
    """Renders the state's bundle; holds the menu."""

    def __init__(self, state: State, actions: Actions, menu: QMenu, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self.setObjectName("header")
        self.setFixedHeight(54)
        logo = QLabel()
        logo.setPixmap(QIcon(str(resource("icons/inspector.svg"))).pixmap(QSize(LOGO_PX, LOGO_PX)))
        self.bundle = ElidedLabel("muted")
        self.device = label(kind="muted")
        export = ActionButton(actions["export_report"], icon="mdi6.file-export-outline")
        more = QToolButton()
        more.setProperty("role", "flat")
        more.setMinimumSize(34, 34)
        more.setIconSize(QSize(18, 18))
        more.setMenu(menu)
        more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        more.setToolTip(self.tr("Menu"))
        more.setAccessibleName(self.tr("Menu"))
        dress(more, "mdi6.menu")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(20, 0, 12, 0)
        layout.setSpacing(10)
        layout.addWidget(logo)
        layout.addWidget(label(self.tr("Inspector"), "heading"))
        layout.addSpacing(12)
        layout.addWidget(self.bundle, 1)
        layout.addWidget(self.device)
        layout.addSpacing(6)
        layout.addWidget(export)
        layout.addWidget(tool_button(actions["shortcuts"]))
        layout.addWidget(more)
        for signal in (state.bundle_changed, state.recipe_changed, state.work_changed):
            signal.connect(self._render)
        self._render()

    @Slot()
    def _render(self) -> None:
        bundle = self._state.bundle
        if self._state.work.opening:
            self.bundle.setText(self.tr("Opening the model…"))
        elif bundle is None:
            self.bundle.setText(self.tr("No model yet"))
        else:
            self.bundle.setText(bundle.stored.path.name)
        names = {"auto": self.tr("automatic"), "cpu": self.tr("processor"), "cuda": self.tr("graphics card")}
        device = names[self._state.device] if bundle is None else _used(bundle.detector.device)
        self.device.setText(self.tr("Device: {device}").format(device=device))


def _used(device: str) -> str:
    return "GPU" if device.startswith("cuda") else "CPU"
