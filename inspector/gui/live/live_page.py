"""The fourth page: the camera."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from inspector.gui.actions.qactions import Actions
from inspector.gui.live.banner import Banner
from inspector.gui.live.camera_settings import CameraSettings
from inspector.gui.live.figures_panel import FiguresPanel
from inspector.gui.live.good_panel import GoodPanel
from inspector.gui.live.live_view import LiveView
from inspector.gui.live.score_strip import ScoreStrip
from inspector.gui.live.source_bar import SourceBar
from inspector.gui.state.live import Purpose
from inspector.gui.state.state import State
from inspector.gui.widgets.labels import scrolled

SIDE_PX = 344


class LivePage(QWidget):
    """Places the panels of the camera; the picture is the largest thing.

    Attributes
    ----------
    triggered : Signal()
        Space was pressed on the picture.
    """

    triggered = Signal()

    def __init__(self, state: State, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._live = live = state.live
        self.setObjectName("page")
        self.settings = CameraSettings(live, self)
        self.source = SourceBar(live, actions, self.settings)
        self.banner = Banner(state, live)
        self.view = LiveView(state, live)
        self.strip = ScoreStrip(live)
        self.figures = FiguresPanel(state, live, actions)
        self.goods = GoodPanel(live, actions)
        stage = QVBoxLayout()
        stage.setContentsMargins(0, 0, 0, 0)
        stage.setSpacing(0)
        stage.addWidget(self.source)
        stage.addWidget(self.banner)
        stage.addWidget(self.view, 1)
        stage.addWidget(self.strip)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(stage, 1)
        layout.addWidget(self._side())
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        live.options_changed.connect(self._render)
        self._render()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take Space as the trigger."""
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self.triggered.emit()
        else:
            super().keyPressEvent(event)

    def _side(self) -> QWidget:
        side = QFrame()
        side.setObjectName("side")
        side.setFixedWidth(SIDE_PX)
        names = {Purpose.INSPECT: self.tr("Judge parts"), Purpose.TAKE_GOOD: self.tr("Take good photos")}
        self.purposes = {purpose: QPushButton(name) for purpose, name in names.items()}
        self._group = QButtonGroup(self)
        choice = QHBoxLayout()
        choice.setContentsMargins(16, 10, 16, 0)
        choice.setSpacing(6)
        for place, button in enumerate(self.purposes.values()):
            button.setCheckable(True)
            button.setProperty("role", "choice")
            self._group.addButton(button, place)
            choice.addWidget(button, 1)
        self._stack = QStackedWidget()
        for panel in (self.figures, self.goods):
            self._stack.addWidget(scrolled(panel))
        column = QVBoxLayout(side)
        column.setContentsMargins(1, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(choice)
        column.addWidget(self._stack, 1)
        self._group.idClicked.connect(self._on_purpose)
        return side

    @Slot(int)
    def _on_purpose(self, place: int) -> None:
        self._live.set_options(replace(self._live.options, purpose=list(self.purposes)[place]))

    @Slot()
    def _render(self) -> None:
        purpose = self._live.options.purpose
        self.purposes[purpose].setChecked(True)
        self._stack.setCurrentIndex(list(self.purposes).index(purpose))
        self.strip.setVisible(purpose is Purpose.INSPECT)
