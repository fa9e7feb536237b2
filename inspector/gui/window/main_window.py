"""The window: places the panels, connects their signals, and asks before a loss."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QActionGroup, QCloseEvent, QDragEnterEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QMenu, QStackedWidget, QVBoxLayout, QWidget

from inspector.gui.actions.action import MENUS
from inspector.gui.actions.qactions import Actions, translated
from inspector.gui.good_photos.good_photos_page import GoodPhotosPage
from inspector.gui.judging.judge_page import JudgePage
from inspector.gui.live.actions import LiveCommands
from inspector.gui.live.live_page import LivePage
from inspector.gui.review.actions import ReviewCommands
from inspector.gui.review.review_page import ReviewPage
from inspector.gui.state.good_photos import PhotoSet
from inspector.gui.state.preferences import Preferences
from inspector.gui.state.state import State, Step
from inspector.gui.training.train_page import TrainPage
from inspector.gui.widgets import icons
from inspector.gui.widgets.theme import CHOICES, Theme
from inspector.gui.window.actions import Commands
from inspector.gui.window.activity_bar import ActivityBar
from inspector.gui.window.closing import Closing
from inspector.gui.window.drop_zones import DropZones, dropped_paths
from inspector.gui.window.header import Header
from inspector.gui.window.problem_bar import ProblemBar
from inspector.gui.window.rail import Rail
from inspector.gui.window.typing_guard import TypingGuard, takes_text
from inspector.gui.window.wheel_guard import WheelGuard
from inspector.gui.window.workers import Workers

SMALLEST = (1024, 640)
FIRST_SIZE = (1360, 860)


class MainWindow(QMainWindow):
    """The program's one window.

    Parameters
    ----------
    state : State
        The state that it shows.
    workers : Workers
        Its workers.
    theme : Theme
        Its colours.
    preferences : Preferences
        The remembered settings.

    Attributes
    ----------
    closed : Signal()
        The window is closed for good.
    """

    closed = Signal()

    def __init__(self, state: State, workers: Workers, theme: Theme, preferences: Preferences) -> None:
        super().__init__()
        self.state = state
        self.workers = workers
        self._theme = theme
        self._preferences = preferences
        self.commands = Commands(
            state, workers.sources, workers.training, workers.judging, workers.exports, workers.saving,
            preferences, self,
        )  # fmt: skip
        self.live_commands = LiveCommands(state, workers.camera, workers.snapshots, workers.cameras, preferences, self)
        self.review_commands = ReviewCommands(state, workers, preferences, self)
        self.slots = (self.commands, self.live_commands, self.review_commands)
        self.actions_table = Actions(state, self.slots, self)
        self.actions_table["only_signed"].setChecked(preferences.only_signed)
        self.commands.only_signed_changed.connect(self.actions_table["only_signed"].setChecked)
        self._make_pages()
        self.problem = ProblemBar(state, self.actions_table)
        self.rail = Rail(state, self.actions_table)
        self.header = Header(state, self.actions_table, self._menu())
        self.activity = ActivityBar(state, self.actions_table, workers)
        self.pages = QStackedWidget()
        self._lay_out()
        self.drop_zones = DropZones(self)
        self.typing = TypingGuard(self)
        self.closing = Closing(state, workers, self)
        self._connect()
        self.setWindowTitle(self.tr("Inspector"))
        self.setMinimumSize(*SMALLEST)
        self.resize(*FIRST_SIZE)
        self.setAcceptDrops(True)
        preferences.restore(state, self)
        self._show_recent()
        self._on_step()
        QTimer.singleShot(0, workers.reviewing, workers.reviewing.begin)  # once the window is up

    # --- building ---

    def _make_pages(self) -> None:
        state, actions, workers = self.state, self.actions_table, self.workers
        self.source = GoodPhotosPage(state, actions, workers.photos)
        self.train = TrainPage(state, actions, workers.training, workers.forecasting, workers.photos, workers.saving)
        self.judge = JudgePage(state, actions, workers.photos, workers.saving)
        self.live = LivePage(state, actions)
        self.review = ReviewPage(state, actions, workers)
        self.commands.attach(self.judge, self.review.view.image)
        self.review_commands.attach(self.review)

    def _lay_out(self) -> None:
        for page in (self.source, self.train, self.judge, self.live, self.review):  # in the order of Step
            self.pages.addWidget(page)
        middle = QVBoxLayout()
        middle.setContentsMargins(0, 0, 0, 0)
        middle.setSpacing(0)
        middle.addWidget(self.problem)
        middle.addWidget(self.pages, 1)
        body = QHBoxLayout()
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(0)
        body.addWidget(self.rail)
        body.addLayout(middle, 1)
        central = QWidget()
        central.setObjectName("page")
        outer = QVBoxLayout(central)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(self.header)
        outer.addLayout(body, 1)
        outer.addWidget(self.activity)
        self.setCentralWidget(central)

    def _menu(self) -> QMenu:
        menu = QMenu(self)
        for name in MENUS:
            part = menu.addMenu(translated(name))
            part.setToolTipsVisible(True)
            part.addActions(self.actions_table.in_menu(name))
            if name == "View":
                part.addSeparator()
                self._add_theme_choices(part)
        return menu

    def _add_theme_choices(self, menu: QMenu) -> None:
        names = {"system": self.tr("Colours of the system"), "light": self.tr("Light"), "dark": self.tr("Dark")}
        group = QActionGroup(self)
        for choice in CHOICES:
            action = menu.addAction(names[choice])
            action.setCheckable(True)
            action.setChecked(choice == self._theme.choice)
            action.setData(choice)
            group.addAction(action)
        group.triggered.connect(self._on_theme_chosen)

    def _connect(self) -> None:
        WheelGuard(self)
        state, workers = self.state, self.workers
        state.step_changed.connect(self._on_step)
        state.bundle_changed.connect(self._on_bundle)
        workers.sources.photos_chosen.connect(self._on_photos_chosen)
        workers.training.succeeded.connect(self._on_trained)
        workers.judging.opened.connect(self._inspect_waiting)
        state.product.changed.connect(self._inspect_recognised)
        workers.judging.finished.connect(self._on_inspected)
        state.results_reset.connect(self.judge.results.reset_order)
        self.source.recent_chosen.connect(self.commands.take_good)
        self.source.welcome.model_chosen.connect(self.commands.take_bundle)
        self.source.welcome.continued.connect(self.commands.continue_last)
        self.drop_zones.good_dropped.connect(self.commands.take_good)
        self.drop_zones.photos_dropped.connect(self.commands.take_photos)
        self.drop_zones.bundle_dropped.connect(self.commands.take_bundle)
        self.live.triggered.connect(self.actions_table["take_part"].trigger)  # which does nothing while it is disabled
        self.live.settings.wanted.connect(workers.camera.change_setting)
        self.live_commands.cameras_found.connect(self.live.source.offer)
        self.live_commands.goods_wanted.connect(self.commands.take_good)
        workers.feeding_back.bundle_written.connect(workers.judging.open)
        self.commands.history_report_wanted.connect(self.review_commands.report)
        for told in (self.live_commands.told, self.live_commands.searching):
            told.connect(self.activity.say)
        self.live_commands.snapshot_written.connect(self.activity.say_written)

    # --- connections ---

    def _show_recent(self) -> None:
        found = self._preferences
        self.source.welcome.show_recent(found.recent(), found.recent_models(), found.last_work)

    @Slot()
    def _on_step(self) -> None:
        self.pages.setCurrentIndex(self.state.step)
        self._focus_page()

    def _focus_page(self) -> None:
        if self.state.step == Step.JUDGE:
            self.judge.results.setFocus()
        elif self.state.step == Step.LIVE:
            self.live.setFocus()
        elif self.state.step == Step.REVIEW:
            self.review.setFocus()
        elif takes_text(self.focusWidget()):
            self.focusWidget().clearFocus()

    @Slot()
    def _on_bundle(self) -> None:
        bundle = self.state.bundle
        self._preferences.remember_work(self.state)
        self._show_recent()
        if bundle is not None:
            self.setWindowTitle(self.tr("{name} \N{EN DASH} Inspector").format(name=bundle.stored.path.stem))

    @Slot(object)
    def _on_trained(self, outcome: object) -> None:
        self.workers.judging.open(outcome.bundle)  # type: ignore[attr-defined]

    @Slot(object)
    def _on_photos_chosen(self, _photos: PhotoSet) -> None:
        self.state.product.choose_photos()  # also where they are the same ones as before
        self._inspect_waiting()

    @Slot()
    def _inspect_waiting(self) -> None:
        """Judge the photos, unless they are of another product than the model: then the page asks."""
        if self.state.product.photos_fit and not self.state.work.opening:
            self.workers.judging.inspect()

    @Slot()
    def _inspect_recognised(self) -> None:
        if not self.state.inspections and not self.state.work.inspecting:
            self._inspect_waiting()

    @Slot()
    def _on_inspected(self) -> None:
        # The first results are shown while the run lasts; at its end the worst parts come first.
        if self.state.selected <= 0 and not self.judge.results.filter.text():
            self.judge.results.sort_worst_first()
            if self.state.inspections:
                self.state.select(self.judge.results.table.position_at(0))

    @Slot(object)
    def _on_theme_chosen(self, action: object) -> None:
        choice = action.data()  # type: ignore[attr-defined]
        self._theme.choose(choice)
        self._preferences.remember_theme(choice)

    # --- Qt's events ---

    def changeEvent(self, event: QEvent) -> None:
        """Paint the icons anew when the colours change."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            icons.refresh(self)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Show where a dragged folder or bundle can go."""
        if self.drop_zones.offer(dropped_paths(event.mimeData())):
            event.acceptProposedAction()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leave a text field on Escape, where the field itself has no use for it."""
        if event.key() == Qt.Key.Key_Escape and takes_text(self.focusWidget()):
            self._focus_page()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the drop zones over the whole window."""
        super().resizeEvent(event)
        self.drop_zones.setGeometry(self.rect())

    def closeEvent(self, event: QCloseEvent) -> None:
        """Close after nothing can be lost, or after the user accepts the loss."""
        if not self.closing.may_close():
            event.ignore()
            return
        self._preferences.save(self.state, self)
        event.accept()
        self.closed.emit()
