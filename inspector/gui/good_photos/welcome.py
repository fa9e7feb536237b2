"""The first page before any work: the three steps as cards, and the next action."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from inspector.gui.actions.qactions import Actions
from inspector.gui.state.preferences import LastWork
from inspector.gui.widgets.buttons import ActionButton
from inspector.gui.widgets.icons import dress
from inspector.gui.widgets.illustrations import Illustration
from inspector.gui.widgets.labels import card, label, plain, row, unmarked
from inspector.storage.bundles.bundle import BUNDLE_SUFFIX

MOST_LETTERS = 28
"""Of a name that is offered; the tool tip has all of it."""


class Welcome(QWidget):
    """The empty first page.

    Attributes
    ----------
    recent_chosen : Signal(Path)
        A folder used before was clicked.
    model_chosen : Signal(Path)
        A model used before was clicked.
    continued : Signal()
        The last model shall be opened with its photos.
    """

    recent_chosen = Signal(object)
    model_chosen = Signal(object)
    continued = Signal()

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        title = label(self.tr("Find defects with photos of good parts only"), "title")
        intro = label(
            self.tr("Three steps, a few minutes, all on this computer. No photos of defects are needed."), "muted"
        )
        cards = QHBoxLayout()
        cards.setSpacing(16)
        for name, heading, text in self._steps():
            cards.addWidget(_step_card(name, heading, text))
        choose = ActionButton(actions["choose_good"], "primary", large=True, icon="mdi6.folder-image")
        buttons = row(choose, ActionButton(actions["open_bundle"]), ActionButton(actions["try_demo"]), 1, spacing=12)
        for index in (1, 2):
            buttons.itemAt(index).widget().setMinimumHeight(44)
        hint = label(self.tr("Or drop a folder of good photos anywhere on this window."), "small")
        self._recent = QHBoxLayout()
        self._recent.setSpacing(16)
        column = QVBoxLayout()
        column.setSpacing(0)
        for item, gap in ((title, 6), (intro, 24), (cards, 28), (buttons, 12), (hint, 20), (self._recent, 0)):
            column.addWidget(item) if isinstance(item, QWidget) else column.addLayout(item)
            column.addSpacing(gap)
        middle = QWidget()
        middle.setLayout(column)
        middle.setMaximumWidth(900)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(40, 24, 40, 24)
        outer.addStretch(2)
        outer.addLayout(_centred(middle))
        outer.addStretch(3)

    def show_recent(self, folders: Sequence[Path], models: Sequence[Path] = (), last: LastWork | None = None) -> None:
        """Offer recent work: the last model with its photos, other models, folders of good photos."""
        while self._recent.count():
            old = self._recent.takeAt(0).widget()
            if old is not None:
                old.setParent(None)
                old.deleteLater()
        continued = [self._continue(last)] if last is not None and (last.photos or last.good) else []
        others = [self._offer(one, self._on_model) for one in models[:3]]
        columns = (
            (self.tr("Continue"), "mdi6.play-circle-outline", continued),
            (self.tr("Recent models"), "mdi6.package-variant", others),
            (self.tr("Good photos used before"), "mdi6.folder-outline",
             [self._offer(one, self._on_recent) for one in folders[:3]]),
        )  # fmt: skip
        for title, sign, buttons in columns:
            if buttons:
                self._recent.addWidget(_column(title, sign, buttons), 1)

    def _offer(self, path: Path, chosen: Callable[[], None]) -> QPushButton:
        button = QPushButton(unmarked(_short(path)))
        button.setProperty("path", str(path))
        button.setToolTip(plain(str(path)))
        button.clicked.connect(chosen)
        return button

    def _continue(self, last: LastWork) -> QPushButton:
        words = self.tr("{model} with {photos}") if last.photos is not None else "{model}"
        photos = "" if last.photos is None else _short(last.photos)
        button = QPushButton(unmarked(words.format(model=_short(last.model), photos=photos)))
        places = [str(place) for place in (last.model, last.good, last.photos) if place is not None]
        button.setToolTip(plain("\n".join(places)))
        button.clicked.connect(self.continued)
        return button

    @Slot()
    def _on_recent(self) -> None:
        self.recent_chosen.emit(Path(self.sender().property("path")))

    @Slot()
    def _on_model(self) -> None:
        self.model_chosen.emit(Path(self.sender().property("path")))

    def _steps(self) -> tuple[tuple[str, str, str], ...]:
        good = self.tr("A folder of photos taken as on your line: 30 for a trial, 150 for a firm promise.")
        train = self.tr("Inspector learns how good parts look and vary, and states the false alarms to expect.")
        judge = self.tr("OK or NG for each photo, with marked defects and a report.")
        return (
            ("step-good", self.tr("1  Choose good photos"), good),
            ("step-train", self.tr("2  Train"), train),
            ("step-judge", self.tr("3  Judge new parts"), judge),
        )


def _step_card(name: str, heading: str, text: str) -> QWidget:
    frame, column = card(20, 8)
    picture = Illustration(name, QSize(200, 112))
    column.addWidget(picture, 0, Qt.AlignmentFlag.AlignHCenter)
    column.addSpacing(8)
    column.addWidget(label(heading, "heading"))
    column.addWidget(label(text, "muted", wrap=True))
    column.addStretch(1)
    frame.setMinimumWidth(200)
    return frame


def _short(path: Path) -> str:
    """Return the name of a model, or of a folder with its parent, cut to the width of a column."""
    name = path.stem if path.suffix == BUNDLE_SUFFIX else f"{path.parent.name}/{path.name}"
    half = MOST_LETTERS // 2
    return name if len(name) <= MOST_LETTERS else f"{name[:half]}\N{HORIZONTAL ELLIPSIS}{name[-half:]}"


def _column(title: str, sign: str, buttons: Sequence[QPushButton]) -> QWidget:
    made = QWidget()
    column = QVBoxLayout(made)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    column.addWidget(label(title, "caption"))
    for button in buttons:
        button.setProperty("role", "link")
        button.setCursor(Qt.CursorShape.PointingHandCursor)
        dress(button, sign, "accent", 16)
        column.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
    column.addStretch(1)
    return made


def _centred(widget: QWidget) -> QHBoxLayout:
    layout = QHBoxLayout()
    layout.addStretch(1)
    layout.addWidget(widget, 100)
    layout.addStretch(1)
    return layout
