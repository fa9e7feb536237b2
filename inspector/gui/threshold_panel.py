"""The threshold: histogram with a line, slider, spin box, what it promises, and which parts flip."""

from __future__ import annotations

from collections import Counter

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtWidgets import QDoubleSpinBox, QSlider, QVBoxLayout, QWidget

from inspector.core.calibration import promise_at
from inspector.core.values import Verdict
from inspector.gui import wording
from inspector.gui.actions import Actions
from inspector.gui.buttons import ActionButton
from inspector.gui.flips import Flips, flipped
from inspector.gui.histogram import Histogram
from inspector.gui.labels import FIELD_MARGINS, label, line, row
from inspector.gui.photo_loader import PhotoLoader
from inspector.gui.session import Session

STEPS = 100  # slider steps for one limit


class ThresholdPanel(QWidget):
    """Edits the session's threshold, and follows it. All values are in units of the bundle's own limit."""

    def __init__(self, session: Session, actions: Actions, loader: PhotoLoader, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.value = QDoubleSpinBox()
        self.histogram = Histogram()
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.promise = label(wrap=True)
        self.reset = ActionButton(actions["reset_threshold"], "link")
        self.counts = label(kind="strong")
        self.flip_text = label(kind="small", wrap=True)
        self.flips = Flips(session, loader)
        # While results pour in, one redraw of the histogram every 100 ms is plenty.
        self._redraw = QTimer(self, singleShot=True, interval=100)
        self._redraw.timeout.connect(self._render_scores)
        self._set_up()
        self._lay_out()
        self._connect()
        self._render_scores()
        self._render()

    def _set_up(self) -> None:
        self.value.setDecimals(2)
        self.value.setSingleStep(0.01)
        self.value.setSuffix(self.tr(" \N{MULTIPLICATION SIGN} trained limit"))
        self.value.setKeyboardTracking(False)
        self.value.lineEdit().setTextMargins(*FIELD_MARGINS)
        self.value.setAccessibleName(self.tr("Threshold in units of the trained limit"))
        self.slider.setMinimumHeight(32)
        self.slider.setAccessibleName(self.tr("Threshold"))
        self.histogram.setFixedHeight(128)
        self.promise.setMinimumHeight(52)
        self.promise.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.flip_text.setMinimumHeight(18)

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 14, 20, 14)
        layout.setSpacing(8)
        head = row(label(self.tr("Threshold"), "heading"), 1, self.value)
        self.value.setFixedWidth(164)
        layout.addLayout(head)
        layout.addWidget(label(self.tr("Grey: good photos. Colour: parts inspected."), "small"))
        layout.addWidget(self.histogram)
        layout.addWidget(self.slider)
        layout.addWidget(self.promise)
        layout.addLayout(row(self.reset, 1))
        layout.addWidget(line())
        layout.addWidget(self.counts)
        layout.addWidget(self.flip_text)
        layout.addWidget(self.flips)
        layout.addStretch(1)

    def _connect(self) -> None:
        session = self._session
        self.value.valueChanged.connect(session.set_relative_threshold)
        self.slider.valueChanged.connect(self._on_slider)
        self.histogram.dragged.connect(session.set_relative_threshold)
        self.flips.chosen.connect(session.select)
        session.threshold_changed.connect(self._render)
        session.bundle_changed.connect(self._render_scores)
        session.results_reset.connect(self._render_scores)
        session.results_added.connect(self._on_results_added)

    @Slot(int)
    def _on_slider(self, steps: int) -> None:
        self._session.set_relative_threshold(steps / STEPS)

    @Slot()
    def _on_results_added(self) -> None:
        if not self._redraw.isActive():
            self._redraw.start()
        self._render_counts()

    @Slot()
    def _render_scores(self) -> None:
        session, manifest = self._session, self._session.manifest
        enabled = manifest is not None
        for widget in (self.value, self.slider, self.histogram):
            widget.setEnabled(enabled)
        own = session.own_limit
        goods = [] if manifest is None else [score / own for score in manifest.good_scores]
        results = [inspection.score / own for inspection in session.inspections if inspection.score is not None]
        self.histogram.show_scores(goods, results, session.relative_threshold)
        top = self.histogram.top
        for widget, scale in ((self.value, 1), (self.slider, STEPS)):
            was = widget.blockSignals(True)
            widget.setRange(type(widget.minimum())(0.05 * scale), type(widget.maximum())(top * scale))  # type: ignore[arg-type]
            widget.blockSignals(was)
        self._render()

    @Slot()
    def _render(self) -> None:
        session, manifest = self._session, self._session.manifest
        relative = session.relative_threshold if manifest is not None else 1.0
        for widget, value in ((self.value, relative), (self.slider, round(relative * STEPS))):
            was = widget.blockSignals(True)
            widget.setValue(value)  # type: ignore[arg-type]
            widget.blockSignals(was)
        self.histogram.set_threshold(relative)
        raw = self.tr("Raw score {threshold}; the trained limit is {own}")
        tip = raw.format(threshold=f"{session.threshold:.4f}", own=f"{session.own_limit:.4f}") if manifest else ""
        for shown in (self.value, self.slider, self.histogram):
            shown.setToolTip(tip)
        if manifest is None:
            self.promise.setText(self.tr("Train on good samples or open a bundle, and the limit appears here."))
        else:
            promise = promise_at(manifest.good_scores, session.threshold)
            self.promise.setText(wording.promise(promise, manifest.recipe.false_alarm_rate))
        self._render_counts()

    def _render_counts(self) -> None:
        session = self._session
        self.counts.setText(wording.counts(session.counts()) if session.inspections else self.tr("No parts inspected"))
        found = flipped(session)
        turned = Counter(session.inspections[index].verdict(session.limits) for index in found)
        words = ", ".join(
            self.tr("{count} turn {verdict}").format(count=turned[verdict], verdict=wording.verdict_word(verdict))
            for verdict in Verdict
            if turned[verdict]
        )
        as_kept = self.tr("As at the limit kept in the bundle")
        self.flip_text.setText(self.tr("{words}, against the kept limit").format(words=words) if found else as_kept)
        self.flips.show_parts(found)
