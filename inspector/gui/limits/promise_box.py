"""The promise of the limits in words that follow a moved limit: false alarms, UNSURE parts, escapes."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from inspector.gui.limits import words
from inspector.gui.state.state import State
from inspector.gui.widgets import wording
from inspector.gui.widgets.labels import label

NO_AIM = 1.0
"""The field for the rate states the number of good photos that a rate needs."""


class PromiseBox(QWidget):
    """Renders the state's limits; sentences that do not apply take no room."""

    def __init__(self, state: State, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self.promise = label(wrap=True)
        self.promise.setMinimumHeight(52)  # three lines, so that nothing jumps while the line moves
        self.promise.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.together = label(kind="small", wrap=True)
        self.by_session = label(kind="small", wrap=True)
        self.unsure = label(wrap=True)
        self.escapes = label(wrap=True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        for shown in (self.promise, self.together, self.by_session, self.unsure, self.escapes):
            layout.addWidget(shown)
        state.threshold_changed.connect(self._render)
        state.bundle_changed.connect(self._render)
        self._render()

    @Slot()
    def _render(self) -> None:
        manifest, limits = self._state.manifest, self._state.limits
        if manifest is None:
            self.promise.setText(self.tr("Train on good samples or open a model to see the limit."))
            for shown in (self.together, self.by_session, self.unsure, self.escapes):
                shown.hide()
            return
        promise = manifest.promise_at(limits.threshold)
        self.promise.setText(wording.promise(promise, NO_AIM).replace(" %", "\N{NO-BREAK SPACE}%"))
        together = wording.promise_together(promise, manifest.refusals).replace(" %", "\N{NO-BREAK SPACE}%")
        self.together.setText(together)
        self.together.setVisible(bool(together))
        by_session = wording.promise_by_session(manifest, limits.threshold)
        self.by_session.setText(by_session)
        self.by_session.setVisible(bool(by_session))
        asked = limits.unsure_threshold is not None
        shares = manifest.unsure_share(limits), manifest.unsure_share_known(limits)
        self.unsure.setText(words.unsure_parts(*shares) if asked else "")
        self.unsure.setVisible(asked)
        passed = manifest.escapes_at(limits)
        self.escapes.setText("" if passed is None else words.escapes(passed))
        self.escapes.setVisible(passed is not None)
