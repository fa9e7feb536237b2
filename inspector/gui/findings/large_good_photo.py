"""A good photo, large, with its name, buttons to its neighbours, and the button that leaves it out."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from inspector.gui.findings.image_view import ImageView
from inspector.gui.findings.leave_out_button import LeaveOutButton
from inspector.gui.state.state import State
from inspector.gui.threads.decoder import Decoder
from inspector.gui.widgets.icons import dress
from inspector.gui.widgets.labels import ElidedLabel, label, row


class LargeGoodPhoto(QWidget):
    """Shows a photo and asks for its neighbours; a subclass knows which photos these are.

    Parameters
    ----------
    state : State
        Of the window.
    loader : Decoder
        Reads the photo.
    margins_px : (int, int)
        At the sides; above and below.

    Attributes
    ----------
    left : Signal()
        The user goes back.
    stepped : Signal(int)
        The user goes to a neighbour: -1 for the previous photo, 1 for the next.
    drawn : Signal()
        The photo has come and is drawn.
    """

    left = Signal()
    stepped = Signal(int)
    drawn = Signal()

    def __init__(
        self, state: State, loader: Decoder, margins_px: tuple[int, int], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._loader = loader
        self._path: Path | None = None
        self._photo_hw: tuple[int, int] | None = None
        self.back = QPushButton()
        dress(self.back, "mdi6.arrow-left", "muted", 18)
        self.previous = _arrow("mdi6.chevron-left")
        self.next = _arrow("mdi6.chevron-right")
        self.leave_out = LeaveOutButton(state)
        self.name = ElidedLabel("title")
        self.figure = label(kind="muted")
        self.image = ImageView()
        self._lay_out(margins_px)
        self.setFocusProxy(self.image)
        self.back.clicked.connect(self.left)
        self.previous.clicked.connect(self._previous)
        self.next.clicked.connect(self._next)
        self.image.stepped.connect(self._step)
        loader.photo_ready.connect(self._on_photo)
        loader.photo_failed.connect(self._on_failed)

    def _name_buttons(self, back: str, previous: str, following: str) -> None:
        """Set the words on the button back and the tool tips of the arrows."""
        self.back.setText(back)
        for arrow, words in ((self.previous, previous), (self.next, following)):
            arrow.setToolTip(words)
            arrow.setAccessibleName(words)

    def _show(
        self, path: Path, figure: str, previous: bool, following: bool, photo_hw: tuple[int, int] | None = None
    ) -> None:
        """Show a photo.

        Parameters
        ----------
        path : Path
            Of the photo.
        figure : str
            Stands beside its name.
        previous, following : bool
            Whether it has these neighbours.
        photo_hw : (int, int) or None
            Height and width in pixels in which regions are given; None for those of the photo.
        """
        self._path, self._photo_hw = path, photo_hw
        self.name.setText(path.name)
        self.figure.setText(figure)
        self.previous.setEnabled(previous)
        self.next.setEnabled(following)
        self.leave_out.show_photo(path)
        self.image.clear()  # the photo before must not stay under this name
        self._loader.request_photo(path)

    def _forget(self) -> None:
        self._path = None
        self.leave_out.show_photo(None)
        self.image.clear()

    def _lay_out(self, margins_px: tuple[int, int]) -> None:
        named = row(self.name, self.figure, spacing=10)
        named.setStretch(0, 1)
        layout = QVBoxLayout(self)
        across, along = margins_px
        layout.setContentsMargins(across, along, across, along)
        layout.setSpacing(12)
        layout.addLayout(row(self.back, 1, self.previous, self.next, self.leave_out, spacing=10))
        layout.addLayout(named)
        layout.addWidget(self.image, 1)

    @Slot(object, object)
    def _on_photo(self, path: Path, image: QImage) -> None:
        if path == self._path:
            self.image.show_photo(image, self._photo_hw or (image.height(), image.width()))
            self.drawn.emit()

    @Slot(object, str)
    def _on_failed(self, path: Path, sentence: str) -> None:
        if path == self._path:
            self.image.clear()
            self.name.setText(f"{path.name}: {sentence}")

    @Slot()
    def _previous(self) -> None:
        self._step(-1)

    @Slot()
    def _next(self) -> None:
        self._step(1)

    @Slot(int)
    def _step(self, by: int) -> None:
        if (self.previous if by < 0 else self.next).isEnabled():
            self.stepped.emit(by)


def _arrow(name: str) -> QPushButton:
    made = QPushButton()
    dress(made, name, "muted", 20)
    return made
