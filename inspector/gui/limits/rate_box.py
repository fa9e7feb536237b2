"""The limit by the accepted false-alarm rate."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Slot
from PySide6.QtWidgets import QDoubleSpinBox, QVBoxLayout, QWidget

from inspector.core.promise.threshold import goods_lacking
from inspector.gui.limits import words
from inspector.gui.state.state import State
from inspector.gui.widgets.labels import FIELD_MARGINS, label, link, row

LOWEST, HIGHEST = 0.1, 50.0


class RateBox(QWidget):
    """Edits the accepted rate, shows its limit, and states the good photos that it needs."""

    def __init__(self, state: State, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self.rate = QDoubleSpinBox()
        self.rate.setRange(LOWEST, HIGHEST)
        self.rate.setDecimals(1)
        self.rate.setSingleStep(0.5)
        self.rate.setSuffix(self.tr(" in 100"))
        self.rate.setKeyboardTracking(False)
        self.rate.setFixedWidth(116)
        self.rate.lineEdit().setTextMargins(*FIELD_MARGINS)
        name = self.tr("Accepted false alarms")
        self.rate.setAccessibleName(name)
        self.rate.setToolTip(self.tr("Accepted false alarms per 100 good parts. The limit follows."))
        self.answer = label(kind="small", wrap=True)
        self.answer.setMinimumHeight(32)
        self.answer.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.move_there = link(self.tr("Set this limit"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(row(label(name), 1, self.rate))
        layout.addWidget(self.answer)
        layout.addLayout(row(self.move_there, 1))
        self.rate.valueChanged.connect(self._apply)
        self.move_there.clicked.connect(self._apply)
        for signal in (state.bundle_changed, state.threshold_changed, state.aim_changed):
            signal.connect(self._render)
        self._render()

    @Slot()
    def _apply(self) -> None:
        self._state.aim_at(self.rate.value() / 100.0)

    @Slot()
    def _render(self) -> None:
        state = self._state
        justified = state.justified
        self.setEnabled(justified is not None)
        with QSignalBlocker(self.rate):
            self.rate.setValue(state.aimed_rate * 100.0)
        self.move_there.setVisible(justified is not None and justified.value != state.threshold)
        if justified is None:
            self.answer.setText("")
            return
        self.answer.setText(
            words.line_for_rate(
                justified.value / state.own_limit,
                there=justified.value == state.threshold,
                goods=justified.false_alarm.goods,
                lacking=goods_lacking(justified.false_alarm.goods, state.aimed_rate),
            )
        )
