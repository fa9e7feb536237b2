"""Known defects: which folder, the curve, costs. Folded away until asked for."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from inspector.core.promise.operating_point import roc
from inspector.gui.actions.qactions import Actions
from inspector.gui.limits import words
from inspector.gui.limits.costs_box import CostsBox
from inspector.gui.limits.roc_plot import RocPlot
from inspector.gui.state.state import State
from inspector.gui.widgets.buttons import ActionButton
from inspector.gui.widgets.fold import Fold
from inspector.gui.widgets.labels import label, row

CURVE_PX = 150


class DefectsPanel(Fold):
    """Renders the defects that the bundle knows."""

    def __init__(self, state: State, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(self.tr("Known defects and costs"), QWidget(), parent)
        self._state = state
        self.text = label(kind="small", wrap=True)
        self.found = label(wrap=True)
        self.compare = ActionButton(actions["compare_defects"])
        self.others = ActionButton(actions["compare_defects"], "link", self.tr("Change folder…"))
        self.curve = RocPlot()
        self.curve.setFixedHeight(CURVE_PX)
        self.costs = CostsBox(state)
        self.forget = ActionButton(actions["forget_defects"], "link", self.tr("Remove these"))
        layout = QVBoxLayout(self.body)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        for widget in (self.found, self.text, self.compare, self.curve, self.costs):
            layout.addWidget(widget)
        layout.addLayout(row(self.others, self.forget, 1))
        state.bundle_changed.connect(self._render)
        state.threshold_changed.connect(self._render_limits)
        self._render()

    @Slot()
    def _render(self) -> None:
        manifest = self._state.manifest
        defects = None if manifest is None else manifest.defects
        self.compare.setVisible(defects is None)
        for widget in (self.found, self.curve, self.costs, self.others, self.forget):
            widget.setVisible(defects is not None)
        if manifest is None or defects is None:
            self.curve.show_roc(None)
            why = self.tr("Photos of defective parts show how many would escape. Inspector does not learn from them.")
            self.text.setText(why)
            return
        self.text.setText(words.known_defects(len(defects.scores), defects.folder, defects.not_judged))
        self.curve.show_roc(roc(manifest.good_scores, defects.scores))
        self._render_limits()

    @Slot()
    def _render_limits(self) -> None:
        state = self._state
        self.curve.show_limits(state.limits)
        if state.manifest is not None:
            self.found.setText(words.detection(state.manifest.detection_at(state.limits)))
