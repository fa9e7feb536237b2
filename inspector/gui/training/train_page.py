"""The second page: settings at the left, progress and outcome at the right."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QHBoxLayout, QStackedLayout, QVBoxLayout, QWidget

from inspector.gui.actions.qactions import Actions
from inspector.gui.findings.gallery import GoodGallery
from inspector.gui.limits.saving import Saving
from inspector.gui.state.state import State
from inspector.gui.threads.decoder import Decoder
from inspector.gui.training.bundle_card import BundleCard
from inspector.gui.training.forecast_panel import ForecastPanel
from inspector.gui.training.forecasting import Forecasting
from inspector.gui.training.suspect_view import SuspectView
from inspector.gui.training.train_form import TrainForm
from inspector.gui.training.train_stages import TrainStages
from inspector.gui.training.training import Training
from inspector.gui.training.unusable_list import UnusableList
from inspector.gui.widgets import wording
from inspector.gui.widgets.buttons import ActionButton
from inspector.gui.widgets.illustrations import Illustration
from inspector.gui.widgets.labels import card, label, scrolled

FORM_PX = 340


class TrainPage(QWidget):
    """Form, button, stages, outcome."""

    def __init__(
        self,
        state: State,
        actions: Actions,
        training: Training,
        forecasting: Forecasting,
        loader: Decoder,
        saving: Saving,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._state = state
        self.setObjectName("page")
        self.form = TrainForm(state, actions)
        self.forecast = ForecastPanel(state, actions, forecasting)
        self.train = ActionButton(actions["train"], "primary", large=True)
        self.again = ActionButton(actions["train"], text=self.tr("Train again"), large=True)
        self.cancel = ActionButton(actions["cancel"], text=self.tr("Cancel training"), large=True)
        self.summary = label(kind="muted", wrap=True)
        self.stages = TrainStages(training, GoodGallery(state, loader))
        self.bundle = BundleCard(state, actions, loader, saving)
        self.good_photo = SuspectView(state, loader)
        self.unusable = UnusableList(state, actions)
        self.idle = _Idle(actions, GoodGallery(state, loader))
        right, inside = card(28, 0)
        self._states = QStackedLayout()
        inside.addLayout(self._states)
        for widget in (self.idle, self.stages, self.unusable, self.bundle, self.good_photo):
            self._states.addWidget(widget)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(24, 20, 24, 20)
        layout.setSpacing(20)
        layout.addWidget(self._left())
        layout.addWidget(right, 1)
        for signal in (state.good_changed, state.left_out_changed, state.work_changed, state.bundle_changed,
                       state.unusable_changed, state.looking_changed):  # fmt: skip
            signal.connect(self._render)
        state.product.changed.connect(self._render)
        self._render()

    def _left(self) -> QWidget:
        frame, column = card(24, 12)
        column.addWidget(label(self.tr("Train on good samples"), "title"))
        column.addWidget(self.summary)
        holder = QWidget()
        inner = QVBoxLayout(holder)
        inner.setContentsMargins(0, 0, 4, 0)
        inner.addWidget(self.form)
        inner.addStretch(1)
        column.addWidget(scrolled(holder), 1)
        column.addWidget(self.forecast)
        column.addWidget(self.train)
        column.addWidget(self.again)
        column.addWidget(self.cancel)
        frame.setFixedWidth(FORM_PX)
        return frame

    @Slot()
    def _render(self) -> None:
        state = self._state
        training = state.work.training
        trained = state.product.trained_here and not state.unusable
        # One primary button a page: once trained, going on to judging is it.
        self.train.setVisible(not training and not trained and not state.unusable)
        self.again.setVisible(not training and trained)
        self.cancel.setVisible(training)
        if state.good is None:
            self.summary.setText(self.tr("No good photos yet."))
        else:
            count = wording.good_photos(len(state.good) - len(state.left_out))
            words = self.tr("{photos} in {folder}")
            self.summary.setText(words.format(photos=count, folder=state.good.folder.resolve().name))
        self.idle.show_ready(state.good is not None)
        if training:
            shown: QWidget = self.stages
        elif state.unusable:
            shown = self.unusable
        else:
            shown = self.bundle if trained else self.idle
            shown = self.good_photo if state.looking_at >= 0 else shown
        self._states.setCurrentWidget(shown)


class _Idle(QWidget):
    """The next step, or the missing input."""

    def __init__(self, actions: Actions, gallery: GoodGallery) -> None:
        super().__init__()
        heading = label(self.tr("Ready to train"), "title")
        text = label(
            self.tr(
                "Inspector learns how good parts look and vary. It then judges each good photo as a "
                "new one and sets the limit."
            ),
            "muted",
            wrap=True,
        )
        ready = QWidget()
        column = QVBoxLayout(ready)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        for widget in (heading, text):
            column.addWidget(widget)
        column.addWidget(gallery, 1)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(_missing(actions))
        self._stack.addWidget(ready)

    def show_ready(self, ready: bool) -> None:
        """Show the missing input, or the next step."""
        self._stack.setCurrentIndex(1 if ready else 0)


def _missing(actions: Actions) -> QWidget:
    made = QWidget()
    layout = QVBoxLayout(made)
    layout.setSpacing(10)
    layout.addStretch(2)
    for widget in (
        Illustration("step-good"),
        label(made.tr("Good photos come first"), "heading"),
        label(made.tr("Choose a folder of photos of good parts, taken as on your line."), "muted"),
        ActionButton(actions["choose_good"], icon="mdi6.folder-image"),
    ):
        layout.addWidget(widget, 0, Qt.AlignmentFlag.AlignHCenter)
    layout.addStretch(3)
    return made
