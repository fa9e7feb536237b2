"""The forecast of training, beside the button that starts it, and a click to smaller settings if memory is short."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from inspector.core.training.forecast import Forecast, Proposal
from inspector.core.training.forecast_words import forecast_words, proposal_words, warning_words
from inspector.gui.actions.qactions import Actions
from inspector.gui.state.state import State
from inspector.gui.training.forecasting import Forecasting
from inspector.gui.widgets import wording
from inspector.gui.widgets.labels import label, link, row

TWO_LINES_PX = 36
"""Kept free, so that the page stays as it is when the answer comes."""


class ForecastPanel(QWidget):
    """Shows the forecast for the form's settings."""

    def __init__(self, state: State, actions: Actions, forecasting: Forecasting, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._forecasting = forecasting
        self._actions = actions
        self._proposed: Proposal | None = None
        self.text = label(kind="small", wrap=True)
        self.text.setMinimumHeight(TWO_LINES_PX)
        self.text.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.warning = label(wrap=True)
        self.instead = link("")
        self.anyway: QPushButton = link(self.tr("Train anyway"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.text)
        layout.addWidget(self.warning)
        layout.addLayout(row(self.instead, self.anyway, 1))
        self.instead.clicked.connect(self._take_proposal)
        self.anyway.clicked.connect(self._train_anyway)
        forecasting.changed.connect(self._render)
        self._render()

    @Slot()
    def _render(self) -> None:
        forecast = self._forecasting.forecast
        waiting = self.tr("Estimating time and memory…") if self._forecasting.asking else ""
        self.text.setText(waiting if forecast is None else forecast_words(forecast, wording.tr))
        self.text.setVisible(forecast is None or bool(self.text.text()))
        self._render_warning(forecast)
        self.setVisible(self._state.good is not None and not self._state.work.training)

    def _render_warning(self, forecast: Forecast | None) -> None:
        words = "" if forecast is None else warning_words(forecast, wording.tr)
        self.warning.setText(words)
        self.warning.setVisible(bool(words))
        self._proposed = forecast.proposals[0] if forecast is not None and forecast.proposals else None
        self.instead.setVisible(self._proposed is not None)
        self.anyway.setVisible(forecast is not None and forecast.hopeless)
        if self._proposed is None:
            return
        size = self._proposed.size
        words = self.tr("Use less memory") if size is None else self.tr("Use {size} pixels").format(size=size)
        self.instead.setText(words)
        self.instead.setToolTip(proposal_words(self._proposed, wording.tr))

    @Slot()
    def _take_proposal(self) -> None:
        if self._proposed is not None:
            self._state.set_recipe(self._proposed.apply(self._state.recipe))

    @Slot()
    def _train_anyway(self) -> None:
        self._forecasting.accept()
        self._actions["train"].trigger()
