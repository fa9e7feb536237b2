"""The limit as a number and as a slider: the keyboard's ways to move the line."""

from __future__ import annotations

from PySide6.QtCore import QObject, QSignalBlocker, Qt, Slot
from PySide6.QtWidgets import QDoubleSpinBox, QSlider

from inspector.gui.limits import words
from inspector.gui.state.state import THRESHOLD_RANGE, State
from inspector.gui.widgets.labels import FIELD_MARGINS

STEPS = 100  # slider steps for one limit


class ThresholdFields(QObject):
    """Two widgets for one number of the state, in units of the bundle's own limit.

    Attributes
    ----------
    value : QDoubleSpinBox
    slider : QSlider
    """

    def __init__(self, state: State, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self.value = QDoubleSpinBox()
        self.value.setDecimals(2)
        self.value.setSingleStep(0.01)
        self.value.setSuffix(self.tr(" \N{MULTIPLICATION SIGN} trained limit"))
        self.value.setKeyboardTracking(False)
        self.value.setFixedWidth(164)
        self.value.lineEdit().setTextMargins(*FIELD_MARGINS)
        self.value.setAccessibleName(self.tr("Limit in units of the trained limit"))
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setMinimumHeight(32)
        self.slider.setAccessibleName(self.tr("Limit"))
        self.value.valueChanged.connect(state.set_relative_threshold)
        self.slider.valueChanged.connect(self._on_slider)
        state.threshold_changed.connect(self._render)
        state.bundle_changed.connect(self._render)

    def set_top(self, top: float) -> None:
        """Say which is the highest threshold that can be chosen."""
        with QSignalBlocker(self.value), QSignalBlocker(self.slider):
            self.value.setRange(THRESHOLD_RANGE[0], top)
            self.slider.setRange(round(THRESHOLD_RANGE[0] * STEPS), round(top * STEPS))
        self._render()

    @Slot(int)
    def _on_slider(self, steps: int) -> None:
        self._state.set_relative_threshold(steps / STEPS)

    @Slot()
    def _render(self) -> None:
        state = self._state
        known = state.manifest is not None
        relative = state.relative_threshold if known else 1.0
        with QSignalBlocker(self.value), QSignalBlocker(self.slider):
            self.value.setValue(relative)
            self.slider.setValue(round(relative * STEPS))
        for widget in (self.value, self.slider):
            widget.setEnabled(known)
            widget.setToolTip(words.raw_limits(state.limits, state.own_limit) if known else "")
