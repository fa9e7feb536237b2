"""Saving the limits in the bundle: who does it and why, asked in place."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QLineEdit, QPushButton, QVBoxLayout, QWidget

from inspector.gui.limits import words as limit_wording
from inspector.gui.limits.saving import Saving
from inspector.gui.state.state import State
from inspector.gui.widgets.labels import label, row
from inspector.workflows.computer.machine import user_name


class SaveRow(QFrame):
    """Hidden until `ask`; goes away once the limits are kept, or on Cancel.

    Attributes
    ----------
    asked : Signal()
        It is shown now and wants to be seen.
    """

    asked = Signal()

    def __init__(self, state: State, saving: Saving, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._saving = saving
        self.setObjectName("notice")
        self.text = label(wrap=True)
        self.who = QLineEdit()
        self.note = QLineEdit()
        self.keep = QPushButton(self.tr("Save"))
        self.cancel = QPushButton(self.tr("Cancel"))
        self.cancel.setProperty("role", "flat")
        for field, name in ((self.who, self.tr("Changed by")), (self.note, self.tr("Reason (optional)"))):
            field.setPlaceholderText(name)
            field.setAccessibleName(name)
            field.returnPressed.connect(self._keep)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 10)
        layout.setSpacing(6)
        for widget in (self.text, self.who, self.note):
            layout.addWidget(widget)
        layout.addLayout(row(self.keep, self.cancel, 1))
        self.keep.clicked.connect(self._keep)
        self.cancel.clicked.connect(self.hide)
        state.threshold_changed.connect(self._render)
        state.bundle_changed.connect(self._render)
        state.work_changed.connect(self._render)
        self.hide()

    def ask(self) -> None:
        """Ask who and why."""
        if not self.who.text():
            self.who.setText(user_name())
        self.note.clear()
        self.show()
        self._render()
        self.note.setFocus()
        self.asked.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go away on Escape."""
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
        else:
            super().keyPressEvent(event)

    @Slot()
    def _keep(self) -> None:
        self._saving.keep_limits(self.who.text(), self.note.text())

    @Slot()
    def _render(self) -> None:
        state = self._state
        if state.limits == state.kept_limits:  # kept now, or moved back: nothing to ask any more
            self.hide()
            return
        words = self.tr("Save {limits} in {name}? The model then judges with it on every computer.")
        name = "" if state.bundle is None else state.bundle.stored.path.name
        self.text.setText(words.format(limits=limit_wording.limits(state.limits, state.own_limit), name=name))
        self.keep.setEnabled(not (state.work.saving or state.work.comparing))
