"""The third page: the part, its verdict, the threshold and all results."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSplitter, QStackedLayout, QVBoxLayout, QWidget

from inspector.gui.actions.qactions import Actions
from inspector.gui.findings.bare_photo import BarePhotoPage
from inspector.gui.findings.findings_view import FindingsView
from inspector.gui.findings.verdict_card import VerdictCard
from inspector.gui.judging.judge_toolbar import JudgeToolbar
from inspector.gui.judging.results_panel import ResultsPanel
from inspector.gui.limits.limits_panel import LimitsPanel
from inspector.gui.limits.saving import Saving
from inspector.gui.state.selected_part import SelectedPart
from inspector.gui.state.state import State
from inspector.gui.threads.decoder import Decoder
from inspector.gui.widgets import wording
from inspector.gui.widgets.buttons import ActionButton
from inspector.gui.widgets.illustrations import Illustration
from inspector.gui.widgets.labels import label, line, row, scrolled

SIDE_PX = 344
LEAST_RESULTS_PX = 174  # two rows of the table, or the strip with its smallest photos


class JudgePage(BarePhotoPage):
    """Places the panels of judging; the picture is the largest thing."""

    def __init__(
        self, state: State, actions: Actions, loader: Decoder, saving: Saving, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._state = state
        self.setObjectName("page")
        self.parts = SelectedPart(state, self)
        self.view = FindingsView(state, self.parts, loader)
        self.results = ResultsPanel(state, actions, loader)
        self.toolbar = JudgeToolbar(state, actions, self.results.table)
        self.verdict = VerdictCard(state, self.parts)
        self.threshold = LimitsPanel(state, actions, loader, saving)
        self.empty = _Empty(state, actions)
        self.splitter = QSplitter(Qt.Orientation.Vertical)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.addWidget(self._stage())
        self.splitter.addWidget(self.results)
        self.splitter.setStretchFactor(0, 1)
        self.splitter.setStretchFactor(1, 0)
        self.splitter.setSizes([520, 214])
        self.results.setMinimumHeight(LEAST_RESULTS_PX)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.splitter, 1)
        layout.addWidget(self._side())
        self.view.image.zoom_changed.connect(self.toolbar.show_zoom)
        self.view.image.stepped.connect(self._on_stepped)
        self.threshold.keep.asked.connect(self._show_question, Qt.ConnectionType.QueuedConnection)
        for signal in (state.results_added, state.results_reset, state.photos_changed, state.bundle_changed,
                       state.work_changed):  # fmt: skip
            signal.connect(self._render)
        self._render()

    def _stage(self) -> QWidget:
        shown = QWidget()
        column = QVBoxLayout(shown)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.toolbar)
        column.addWidget(self.view, 1)
        holder = QWidget()
        self._stack = QStackedLayout(holder)
        self._stack.addWidget(self.empty)
        self._stack.addWidget(shown)
        return holder

    def _side(self) -> QWidget:
        side = QFrame()
        side.setObjectName("side")
        side.setFixedWidth(SIDE_PX)
        column = QVBoxLayout(side)
        column.setContentsMargins(1, 0, 0, 0)
        column.setSpacing(0)
        for widget in (self.verdict, line()):
            column.addWidget(widget)
        self._area = scrolled(self.threshold)  # for windows lower than the panel
        column.addWidget(self._area, 1)
        return side

    @Slot(int)
    def _on_stepped(self, by: int) -> None:
        self.results.step(by)

    @Slot()
    def _show_question(self) -> None:
        self._area.ensureWidgetVisible(self.threshold.keep)  # queued, since it has no place before the next layout

    @Slot()
    def _render(self) -> None:
        self._stack.setCurrentIndex(1 if self._state.inspections else 0)


class _Empty(QWidget):
    """The next action while there are no results."""

    def __init__(self, state: State, actions: Actions) -> None:
        super().__init__()
        self._state = state
        self._heading = label(kind="heading")
        self._text = label(kind="muted", wrap=True)
        self._text.setFixedWidth(400)
        self._text.setMinimumHeight(38)
        self._text.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        photos = ActionButton(actions["choose_photos"], "primary", icon="mdi6.folder-search-outline", large=True)
        self._photos = photos
        self._bundle = ActionButton(actions["open_bundle"], large=True)
        self._train = ActionButton(actions["show_train"], "primary", self.tr("Go to training"), large=True)
        self._anyway = ActionButton(actions["inspect"], text=self.tr("Judge these photos"), large=True)
        layout = QVBoxLayout(self)
        layout.setSpacing(10)
        layout.addStretch(2)
        for widget in (Illustration("step-judge"), self._heading, self._text):
            layout.addWidget(widget, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addSpacing(6)
        layout.addLayout(row(1, self._train, self._photos, self._bundle, self._anyway, 1, spacing=12))
        layout.addStretch(3)
        for signal in (state.bundle_changed, state.photos_changed, state.work_changed, state.good_changed,
                       state.product.changed):  # fmt: skip
            signal.connect(self._render)
        self._render()

    @Slot()
    def _render(self) -> None:
        state = self._state
        ready, inspecting = state.bundle is not None, state.work.inspecting
        chosen = ready and state.photos is not None and not inspecting
        untrained = chosen and not state.product.trained_here
        self._train.setVisible(not ready or untrained)
        self._photos.setVisible(ready and not inspecting and not untrained)
        self._bundle.setVisible(not ready)
        self._anyway.setVisible(chosen)
        if inspecting:
            heading, text = self.tr("Inspecting"), self.tr("Results appear here as they come.")
        elif chosen:
            heading, text = self._chosen()
        elif ready:
            heading = self.tr("Choose photos to judge")
            text = self.tr("Choose a folder of photos, taken as the good ones were. Or drop it on this window.")
        elif state.photos is not None:
            heading = self.tr("{photos} are waiting").format(photos=wording.photos(len(state.photos)))
            text = self.tr("They are inspected when training ends or a model is opened.")
        else:
            heading = self.tr("No model yet")
            text = self.tr("Train on good samples, or open a model.")
        self._heading.setText(heading)
        self._text.setText(text)

    def _chosen(self) -> tuple[str, str]:
        """Return heading and text for photos that are not judged by themselves."""
        state = self._state
        assert state.bundle is not None
        assert state.photos is not None
        names = {
            "photos": wording.photos(len(state.photos)),
            "folder": state.photos.folder.resolve().name,
            "model": state.bundle.stored.path.stem,
        }
        heading = self.tr(
            "Judge {photos} with \N{LEFT DOUBLE QUOTATION MARK}{model}\N{RIGHT DOUBLE QUOTATION MARK}?"
        ).format(**names)
        if state.product.photos_fit:
            text = self.tr("The photos in {folder} are not judged yet.")
        elif state.product.trained_here:
            text = self.tr("The photos in {folder} were chosen for another model. Judge them, or choose other photos.")
        else:
            text = self.tr("This model was not trained on the chosen good photos. Train first, or judge.")
        return heading, text.format(**names)
