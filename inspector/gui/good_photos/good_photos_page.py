"""The first page: the good photos."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QPushButton, QStackedLayout, QVBoxLayout, QWidget

from inspector.gui.actions.qactions import Actions
from inspector.gui.findings.gallery import GoodGallery
from inspector.gui.findings.leave_out_button import LeaveOutButton
from inspector.gui.good_photos.chosen_good_photo import ChosenGoodPhoto
from inspector.gui.good_photos.depth_row import DepthRow
from inspector.gui.good_photos.sessions_panel import SessionsPanel
from inspector.gui.good_photos.welcome import Welcome
from inspector.gui.state.state import State
from inspector.gui.threads.decoder import Decoder
from inspector.gui.widgets import wording
from inspector.gui.widgets.buttons import ActionButton
from inspector.gui.widgets.labels import ElidedLabel, column, label, row


class GoodPhotosPage(QWidget):
    """Shows the good photos, or how to begin.

    Attributes
    ----------
    recent_chosen : Signal(Path)
        A folder used before was clicked.
    """

    recent_chosen = Signal(object)

    def __init__(self, state: State, actions: Actions, loader: Decoder, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self.setObjectName("page")
        self.welcome = Welcome(actions)
        self.welcome.recent_chosen.connect(self.recent_chosen)
        self.name = ElidedLabel("title")
        self.count = label(kind="muted")
        self.folder = ElidedLabel("muted")
        self.skipped = label(kind="small", wrap=True)
        self.sessions = SessionsPanel(state)
        self.bit_depth = DepthRow(state)
        self.gallery = GoodGallery(state, loader)
        self.large = ChosenGoodPhoto(state, loader)
        self.look = QPushButton(self.tr("View"))
        self.leave_out = LeaveOutButton(state)
        self.next = ActionButton(actions["show_train"], "primary", self.tr("Continue to training"))
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self.welcome)
        self._stack.addWidget(self._chosen(actions))
        self._stack.addWidget(self.large)
        self.gallery.activated.connect(self._look)
        self.gallery.selectionModel().currentChanged.connect(self._on_current)
        self.gallery.photos.modelReset.connect(self._on_current)
        self.look.clicked.connect(self._look)
        self.large.closed.connect(self._on_closed)
        state.good_changed.connect(self._render)
        state.left_out_changed.connect(self._render_count)
        self._on_current()
        self._render()

    def _chosen(self, actions: Actions) -> QWidget:
        change = ActionButton(actions["choose_good"], text=self.tr("Choose other photos…"))
        camera = ActionButton(actions["take_goods"], text=self.tr("Take more with a camera"))
        head = row(spacing=12)
        head.addLayout(column(self.name, row_of(self.count, self.folder), spacing=2), 1)
        head.addWidget(camera)
        head.addWidget(change)
        head.addWidget(self.next)
        chosen = QWidget()
        layout = QVBoxLayout(chosen)
        layout.setContentsMargins(24, 20, 24, 0)
        layout.setSpacing(16)
        layout.addLayout(head)
        layout.addWidget(self.skipped)
        layout.addWidget(self.sessions)
        layout.addWidget(self.bit_depth)
        hint = label(self.tr("Double-click a photo to see it large."), "small")
        layout.addLayout(row(self.look, self.leave_out, hint, 1))
        layout.addWidget(self.gallery, 1)
        return chosen

    @Slot()
    def _render(self) -> None:
        good = self._state.good
        self._stack.setCurrentIndex(0 if good is None else 1)
        self._on_current()
        if good is None:
            return
        self.name.setText(good.folder.resolve().name)
        self.folder.setText(str(good.folder.resolve().parent))
        self.skipped.setText(wording.skipped(good.skipped))
        self.skipped.setVisible(bool(good.skipped))
        self._render_count()

    @Slot()
    def _on_current(self) -> None:
        path = self.gallery.currentIndex().data(Qt.ItemDataRole.UserRole)
        self.leave_out.show_photo(path)
        self.look.setEnabled(path is not None)
        self.look.setToolTip("" if path is not None else self.tr("Select a photo first."))

    @Slot()
    def _look(self) -> None:
        position = self.gallery.currentIndex().row()
        if position >= 0:
            self._stack.setCurrentWidget(self.large)
            self.large.show_photo(position)
            self.large.setFocus()

    @Slot(int)
    def _on_closed(self, position: int) -> None:
        self._stack.setCurrentIndex(1)
        index = self.gallery.photos.index(position)
        self.gallery.setCurrentIndex(index)
        self.gallery.scrollTo(index)
        self.gallery.setFocus()

    @Slot()
    def _render_count(self) -> None:
        good, left_out = self._state.good, self._state.left_out
        if good is None:
            return
        text = wording.good_photos(len(good) - len(left_out))
        if left_out:
            text += self.tr(", {count} left out").format(count=len(left_out))
        self.count.setText(text)


def row_of(first: QWidget, giving_way: QWidget) -> QWidget:
    """Return two widgets side by side; the second takes the remaining width."""
    made = QWidget()
    layout = row(first, giving_way, spacing=12)
    layout.setStretch(1, 1)
    made.setLayout(layout)
    return made
