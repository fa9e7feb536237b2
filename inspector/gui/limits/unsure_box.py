"""The switch for the second, lower line: parts between the two go to a person."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QCheckBox, QDoubleSpinBox, QVBoxLayout, QWidget

from inspector.gui.state.state import THRESHOLD_RANGE, State
from inspector.gui.widgets.labels import FIELD_MARGINS, label, row


class UnsureBox(QWidget):
    """Mirrors the action that switches it, and edits where the line is.

    Parameters
    ----------
    state : State
        Whose unsure threshold it is.
    action : QAction
        "Review band below the limit".
    """

    def __init__(self, state: State, action: QAction, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._action = action
        self.switch = QCheckBox(action.text())
        self.value = QDoubleSpinBox()
        self.value.setDecimals(2)
        self.value.setSingleStep(0.01)
        self.value.setKeyboardTracking(False)
        self.value.setFixedWidth(84)
        self.value.lineEdit().setTextMargins(*FIELD_MARGINS)
        self.value.setAccessibleName(self.tr("Lower end of the review band, in units of the trained limit"))
        self.value.setToolTip(self.value.accessibleName())
        self.text = label(self.tr("Parts in this band are UNSURE."), "small", wrap=True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(row(self.switch, 1, self.value))
        layout.addWidget(self.text)
        self.switch.clicked.connect(action.trigger)
        self.value.valueChanged.connect(state.set_relative_unsure)
        action.changed.connect(self._render)
        state.threshold_changed.connect(self._render)
        state.bundle_changed.connect(self._render)
        self._render()

    @Slot()
    def _render(self) -> None:
        unsure = self._state.relative_unsure
        self.switch.setEnabled(self._action.isEnabled())
        self.switch.setChecked(unsure is not None)
        self.switch.setToolTip(self._action.toolTip())
        with QSignalBlocker(self.value):
            self.value.setRange(THRESHOLD_RANGE[0], max(self._state.relative_threshold, THRESHOLD_RANGE[0]))
            self.value.setValue(self._state.relative_threshold if unsure is None else unsure)
        self.value.setVisible(unsure is not None)
        self.text.setVisible(unsure is None)
