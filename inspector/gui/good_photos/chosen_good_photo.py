"""One good photo of the set, large, to check it before training and to leave it out."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QKeyEvent, Qt
from PySide6.QtWidgets import QWidget

from inspector.gui.findings.large_good_photo import LargeGoodPhoto
from inspector.gui.state.state import State
from inspector.gui.threads.decoder import Decoder


class ChosenGoodPhoto(LargeGoodPhoto):
    """Shows a good photo at full size; the arrow keys go to its neighbours.

    Attributes
    ----------
    closed : Signal(int)
        The user goes back to the gallery; position of the photo that was shown.
    """

    closed = Signal(int)

    def __init__(self, state: State, loader: Decoder, parent: QWidget | None = None) -> None:
        super().__init__(state, loader, (24, 20), parent)
        self._name_buttons(self.tr("Back to all photos"), self.tr("Previous photo"), self.tr("Next photo"))
        self._state = state
        self._position = -1
        self.left.connect(self._close)
        self.stepped.connect(self._go)

    @property
    def position(self) -> int:
        """Position of the photo in the good set, or -1."""
        return self._position

    def show_photo(self, position: int) -> None:
        """Show a photo of the good set by its position."""
        photos = self._photos()
        self._position = position
        place = self.tr("{place} of {total}").format(place=f"{position + 1:,}", total=f"{len(photos):,}")
        self._show(photos[position], place, previous=position > 0, following=position + 1 < len(photos))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape goes back to the gallery."""
        if event.key() == Qt.Key.Key_Escape:
            self._close()
        else:
            super().keyPressEvent(event)

    def _photos(self) -> tuple[Path, ...]:
        good = self._state.good
        return () if good is None else good.photos

    @Slot()
    def _close(self) -> None:
        position, self._position = self._position, -1
        self.closed.emit(position)

    @Slot(int)
    def _go(self, by: int) -> None:
        if 0 <= self._position + by < len(self._photos()):
            self.show_photo(self._position + by)
