"""The costs of wrong verdicts, and the limit with the lowest cost."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QDoubleSpinBox, QGridLayout, QPushButton, QVBoxLayout, QWidget

from inspector.core.promise.operating_point import Costs, Suggestion, cheapest_threshold, expected_cost
from inspector.gui.limits import words
from inspector.gui.state.state import State
from inspector.gui.widgets.labels import FIELD_MARGINS, label, row

FIRST_ESCAPE, FIRST_FALSE_ALARM, FIRST_DEFECTS = 100.0, 1.0, 10.0


class CostsBox(QWidget):
    """Takes costs, states the cost of the present limit, and moves it to the cheapest limit on request."""

    def __init__(self, state: State, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self.escape = _field(FIRST_ESCAPE, 1e6)
        self.false_alarm = _field(FIRST_FALSE_ALARM, 1e6)
        self.defects = _field(FIRST_DEFECTS, 1000.0)
        self.suggest = QPushButton(self.tr("Suggest a limit"))
        self.suggest.setToolTip(self.tr("Moves the limit to the lowest expected cost for these defects."))
        self.answer = label(kind="small", wrap=True)
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(0, 1)
        for line, (name, field) in enumerate(
            (
                (self.tr("An escape costs"), self.escape),
                (self.tr("A false alarm costs"), self.false_alarm),
                (self.tr("Defects in 1,000 parts"), self.defects),
            )
        ):
            field.setAccessibleName(name)
            grid.addWidget(label(name), line, 0)
            grid.addWidget(field, line, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addLayout(grid)
        layout.addLayout(row(self.suggest, 1))
        layout.addWidget(self.answer)
        for field in (self.escape, self.false_alarm, self.defects):
            field.valueChanged.connect(self._render)
        self.suggest.clicked.connect(self._suggest)
        state.threshold_changed.connect(self._render)
        state.bundle_changed.connect(self._render)
        self._render()

    @property
    def costs(self) -> Costs | None:
        """The costs in the fields, or None while all are zero."""
        escape, false_alarm = self.escape.value(), self.false_alarm.value()
        return Costs(escape, false_alarm, self.defects.value() / 1000.0) if escape + false_alarm else None

    @Slot()
    def _suggest(self) -> None:
        suggestion = self._suggestion()
        if suggestion is not None:
            self._state.set_limits(self._state.limits.with_threshold(suggestion.threshold))

    def _suggestion(self) -> Suggestion | None:
        manifest, costs = self._state.manifest, self.costs
        if manifest is None or manifest.defects is None or costs is None:
            return None
        return cheapest_threshold(manifest.good_scores, manifest.defects.scores, costs)

    @Slot()
    def _render(self) -> None:
        state, manifest, costs, best = self._state, self._state.manifest, self.costs, self._suggestion()
        self.suggest.setEnabled(best is not None)
        if best is None or manifest is None or manifest.defects is None or costs is None:
            self.answer.setText("")
            return
        now = expected_cost(manifest.good_scores, manifest.defects.scores, state.threshold, costs)
        self.answer.setText(words.cost(now, best.cost_per_1000, best.threshold / state.own_limit))


def _field(value: float, highest: float) -> QDoubleSpinBox:
    made = QDoubleSpinBox()
    made.setRange(0.0, highest)
    made.setDecimals(1)
    made.setValue(value)
    made.setKeyboardTracking(False)
    made.setFixedWidth(116)
    made.lineEdit().setTextMargins(*FIELD_MARGINS)
    return made
