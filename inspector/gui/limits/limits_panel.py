"""The limits: histogram with limit lines, promise, parts that flip, and the limits saved in the model."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from inspector.gui.actions.qactions import Actions
from inspector.gui.findings.photo_checks import PhotoChecks
from inspector.gui.limits import words
from inspector.gui.limits.defects_panel import DefectsPanel
from inspector.gui.limits.flips import FlipsBox
from inspector.gui.limits.limit_history import LimitHistory
from inspector.gui.limits.promise_box import PromiseBox
from inspector.gui.limits.rate_box import RateBox
from inspector.gui.limits.save_row import SaveRow
from inspector.gui.limits.saving import Saving
from inspector.gui.limits.threshold_fields import ThresholdFields
from inspector.gui.limits.unsure_box import UnsureBox
from inspector.gui.state.state import State
from inspector.gui.threads.decoder import Decoder
from inspector.gui.widgets.buttons import ActionButton
from inspector.gui.widgets.histogram_key import HistogramKey
from inspector.gui.widgets.labels import label, line, row
from inspector.gui.widgets.score_histogram import Histogram

HISTOGRAM_PX = 120


class LimitsPanel(QWidget):
    """Edits the state's limits, and follows them. All values are in units of the bundle's own limit."""

    def __init__(
        self, state: State, actions: Actions, loader: Decoder, saving: Saving, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._state = state
        self.histogram = Histogram()
        self.key = HistogramKey()
        self.fields = ThresholdFields(state)
        self.promise = PromiseBox(state)
        self.keep_button = ActionButton(actions["keep_limits"], text=self.tr("Save…"))
        self.reset = ActionButton(actions["reset_threshold"], "link")
        self.keep = SaveRow(state, saving)
        self.flips = FlipsBox(state, loader)
        self.unsure = UnsureBox(state, actions["ask_person"])
        self.rate = RateBox(state)
        self.defects = DefectsPanel(state, actions)
        self.checks = PhotoChecks(state)
        self.history = LimitHistory(state)
        # While results pour in, one redraw of the histogram every 100 ms is plenty.
        self._redraw = QTimer(self, singleShot=True, interval=100)
        self._redraw.timeout.connect(self._render_scores)
        self._lay_out()
        self._connect()
        self._render_scores()

    def _lay_out(self) -> None:
        self.histogram.setFixedHeight(HISTOGRAM_PX)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 12, 16, 14)
        layout.setSpacing(6)
        layout.addLayout(row(label(self.tr("Limit"), "heading"), 1, self.fields.value))
        for shown in (self.key, self.histogram, self.fields.slider, self.promise):
            layout.addWidget(shown)
        layout.addLayout(row(self.keep_button, self.reset, 1))
        for shown in (
            self.keep, line(), self.flips, line(), self.unsure, self.rate, line(), self.defects, self.checks,
            self.history,
        ):  # fmt: skip
            layout.addWidget(shown)
        layout.addStretch(1)

    def _connect(self) -> None:
        state = self._state
        self.histogram.dragged.connect(state.set_relative_threshold)
        self.histogram.unsure_dragged.connect(state.set_relative_unsure)
        state.threshold_changed.connect(self._render)
        state.bundle_changed.connect(self._render_scores)
        state.results_reset.connect(self._render_scores)
        state.results_added.connect(self._on_results_added)

    @Slot()
    def _on_results_added(self) -> None:
        if not self._redraw.isActive():
            self._redraw.start()

    @Slot()
    def _render_scores(self) -> None:
        state, manifest = self._state, self._state.manifest
        self.histogram.setEnabled(manifest is not None)
        own, scores = state.own_limit, state.column.scores
        goods = [] if manifest is None else [score / own for score in manifest.good_scores]
        known = None if manifest is None else manifest.defects
        defects = [] if known is None else [score / own for score in known.scores]
        self.key.show_sets(defects=known is not None)
        self.histogram.show_scores(
            goods, scores[scores == scores] / own, self._relative, defects
        )  # NaN differs from itself
        self.fields.set_top(self.histogram.top)
        self._render()

    @property
    def _relative(self) -> float:
        return 1.0 if self._state.manifest is None else self._state.relative_threshold

    @Slot()
    def _render(self) -> None:
        state = self._state
        self.histogram.set_threshold(self._relative, state.relative_unsure)
        self.histogram.setToolTip("" if state.manifest is None else words.raw_limits(state.limits, state.own_limit))
