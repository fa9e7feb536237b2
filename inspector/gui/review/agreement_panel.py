"""Agreement between machine and people over time, for one bundle and all its versions."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QComboBox, QVBoxLayout, QWidget

from inspector.gui.findings import part_words
from inspector.gui.review.agreeing import Agreeing
from inspector.gui.review.agreement_plot import AgreementPlot
from inspector.gui.state.state import State
from inspector.gui.widgets.labels import label


class AgreementPanel(QWidget):
    """Renders `Agreeing`: the curve, its summary, and the versions of the model."""

    def __init__(self, state: State, agreeing: Agreeing, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state, self._agreeing = state, agreeing
        self.bundle = QComboBox()
        self.bundle.setAccessibleName(self.tr("Model whose agreement is shown"))
        self.axis = label(kind="small", wrap=True)
        self.plot = AgreementPlot()
        self.plot.setAccessibleName(self.tr("Share of NG parts confirmed as defects, over time"))
        self.whole = label(kind="muted", wrap=True)
        self.versions = label(kind="small", wrap=True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        for widget in (self.bundle, self.axis, self.plot, self.whole, self.versions):
            layout.addWidget(widget)
        self.bundle.activated.connect(self._render)
        agreeing.changed.connect(self._fill)
        self._fill()

    def showEvent(self, event: QShowEvent) -> None:
        """Ask for the curve once it is looked at."""
        super().showEvent(event)
        self._agreeing.want(True)

    def hideEvent(self, event: QHideEvent) -> None:
        """Ask no more."""
        super().hideEvent(event)
        self._agreeing.want(False)

    @Slot()
    def _fill(self) -> None:
        names = [curve.bundle_name for curve in self._agreeing.curves]
        opened = self._state.bundle
        before = self.bundle.currentText() or ("" if opened is None else opened.stored.path.stem)
        self.bundle.clear()
        self.bundle.addItems(names)
        self.bundle.setCurrentIndex(max(self.bundle.findText(before), 0) if names else -1)
        self.bundle.setVisible(len(names) > 1)
        self._render()

    @Slot()
    def _render(self) -> None:
        at = self.bundle.currentIndex()
        curve = self._agreeing.curves[at] if 0 <= at < len(self._agreeing.curves) else None
        self.plot.show_curve(curve)
        for widget in (self.axis, self.plot):
            widget.setVisible(bool(self.plot.points))
        self.axis.setText(part_words.agreement_axis(self.plot.points))
        self.whole.setText(part_words.agreement_curve(curve))
        changes = "" if curve is None else part_words.changes(curve)
        self.versions.setText(changes)
        self.versions.setVisible(bool(changes))
