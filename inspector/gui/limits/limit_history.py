"""The changes of a model's limits since training: time, person, old and new value, reason."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from inspector.gui.limits import words
from inspector.gui.state.state import State
from inspector.gui.widgets.fold import Fold
from inspector.gui.widgets.labels import label

SHOWN = 20


class LimitHistory(Fold):
    """The last changes first; not there where there was none."""

    def __init__(self, state: State, parent: QWidget | None = None) -> None:
        super().__init__("", QWidget(), parent)
        self._state = state
        self._column = QVBoxLayout(self.body)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(8)
        state.bundle_changed.connect(self._render)
        self._render()

    @property
    def lines(self) -> list[str]:
        """The text of each shown change, the latest first."""
        state = self._state
        changes = [] if state.manifest is None else state.manifest.changes
        return [words.limits_change(change, state.own_limit) for change in changes[: -SHOWN - 1 : -1]]

    @Slot()
    def _render(self) -> None:
        count = 0 if self._state.manifest is None else len(self._state.manifest.changes)
        self.setVisible(count > 0)
        self.set_title(self.tr("Changes of the limit ({count})").format(count=count))
        while (item := self._column.takeAt(0)) is not None:
            item.widget().deleteLater()
        for line in self.lines:
            self._column.addWidget(label(line, "small", wrap=True))
