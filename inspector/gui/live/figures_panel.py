"""Beside the live picture while parts are judged: yield of the shift, how fast it goes, the threshold."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from inspector.gui.actions.qactions import Actions
from inspector.gui.limits.promise_box import PromiseBox
from inspector.gui.limits.threshold_fields import ThresholdFields
from inspector.gui.live import words
from inspector.gui.state.live import LiveState
from inspector.gui.state.state import THRESHOLD_RANGE, State
from inspector.gui.widgets.buttons import ActionButton
from inspector.gui.widgets.labels import label, line, row
from inspector.workflows.live.moments import LiveMode

TOP_THRESHOLD = min(3.0, THRESHOLD_RANGE[1])


class FiguresPanel(QWidget):
    """Renders the live state's figures; edits the threshold."""

    def __init__(self, state: State, live: LiveState, actions: Actions) -> None:
        super().__init__()
        self._state, self._live = state, live
        self.yield_share = label(kind="title")
        self.counts = label(kind="strong", wrap=True)
        self.pace = label(kind="muted", wrap=True)
        self.kept = label(kind="muted", wrap=True)
        self.trigger = ActionButton(actions["take_part"], "primary", large=True)
        self.go_on = ActionButton(actions["acknowledge"], "primary", large=True)
        self.fields = ThresholdFields(state, self)
        self.fields.set_top(TOP_THRESHOLD)
        self.promise = PromiseBox(state)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 16, 20, 16)
        layout.setSpacing(8)
        for widget in (self.go_on, self.trigger):
            widget.hide()
            layout.addWidget(widget)
        head = row(label(self.tr("Yield of this shift"), "heading"), 1, ActionButton(actions["new_shift"], "flat"))
        layout.addLayout(head)
        for widget in (self.yield_share, self.counts, self.kept, line()):
            layout.addWidget(widget)
        layout.addWidget(label(self.tr("Speed"), "heading"))
        layout.addWidget(self.pace)
        layout.addWidget(line())
        layout.addLayout(row(label(self.tr("Limit"), "heading"), 1, self.fields.value))
        layout.addWidget(self.fields.slider)
        layout.addWidget(self.promise)
        layout.addStretch(1)
        for signal in (live.parts_changed, live.pace_changed, live.kept_changed, live.held_changed,
                       live.options_changed, live.running_changed):  # fmt: skip
            signal.connect(self._render)
        self._render()

    @Slot()
    def _render(self) -> None:
        live = self._live
        count = live.count
        self.yield_share.setText(words.yield_words(count))
        self.counts.setText(words.shift(count, live.unit))
        dropped = 0 if live.picture is None else live.picture.dropped
        self.pace.setText(words.pace(live.pace, dropped))
        self.kept.setText(live.kept_words or words.kept(live.kept))
        self.go_on.setVisible(live.held)
        self.trigger.setVisible(not live.held and live.options.mode is LiveMode.TRIGGER)
