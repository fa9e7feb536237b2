"""All photos that stopped training, with the reasons, and one button to leave them out."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from inspector.gui.actions.qactions import Actions
from inspector.gui.state.state import State
from inspector.gui.widgets.buttons import ActionButton
from inspector.gui.widgets.icons import icon
from inspector.gui.widgets.labels import label, plain, row


class UnusableList(QWidget):
    """Renders the state's unusable photos."""

    def __init__(self, state: State, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self.heading = label(kind="title")
        text = label(self.tr("Nothing was trained. No file was changed."), "muted", wrap=True)
        self.list = QListWidget()
        self.list.setProperty("boxed", True)
        self.list.setWordWrap(True)
        self.list.setSpacing(6)
        self.list.setAccessibleName(self.tr("Photos that cannot be trained on"))
        button = ActionButton(actions["leave_out"], "primary", self.tr("Leave out and train"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        for widget in (self.heading, text):
            layout.addWidget(widget)
        layout.addWidget(self.list, 1)
        layout.addLayout(row(button, ActionButton(actions["choose_good"], text=self.tr("Choose other photos…")), 1))
        state.unusable_changed.connect(self._render)

    @Slot()
    def _render(self) -> None:
        problems = self._state.unusable
        self.list.clear()
        count = len(problems)
        one, many = self.tr("1 photo cannot be used"), self.tr("{count} photos cannot be used")
        self.heading.setText(one if count == 1 else many.format(count=count))
        for path, reason in problems:
            item = QListWidgetItem(icon("mdi6.image-broken-variant", "ng"), f"{path.name}\n{reason}")
            item.setToolTip(plain(str(path)))
            self.list.addItem(item)
