"""One good photo of the set, large, to check it before training and to leave it out."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QImage, QKeyEvent, Qt
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from inspector.gui.good_photo_view import arrow
from inspector.gui.good_set_review import LeaveOutButton
from inspector.gui.icons import dress
from inspector.gui.image_view import ImageView
from inspector.gui.labels import ElidedLabel, label, row
from inspector.gui.photo_loader import PhotoLoader
from inspector.gui.session import Session


class ChosenGoodPhoto(QWidget):
    """Shows a good photo at full size; the arrow keys go to its neighbours.

    Attributes
    ----------
    closed : Signal(int)
        The user goes back to the gallery; position of the photo that was shown.
    """

    closed = Signal(int)

    def __init__(self, session: Session, loader: PhotoLoader, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._loader = session, loader
        self._position = -1
        self.back = QPushButton(self.tr("Back to all photos"))
        dress(self.back, "mdi6.arrow-left", "muted", 18)
        self.previous = arrow("mdi6.chevron-left", self.tr("Previous photo"))
        self.next = arrow("mdi6.chevron-right", self.tr("Next photo"))
        self.leave_out = LeaveOutButton(session)
        self.name = ElidedLabel("title")
        self.place = label(kind="muted")
        self.image = ImageView()
        named = row(self.name, self.place, spacing=10)
        named.setStretch(0, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 20, 24, 20)
        layout.setSpacing(12)
        layout.addLayout(row(self.back, 1, self.previous, self.next, self.leave_out, spacing=10))
        layout.addLayout(named)
        layout.addWidget(self.image, 1)
        self.setFocusProxy(self.image)
        self.back.clicked.connect(self._close)
        self.previous.clicked.connect(self._previous)
        self.next.clicked.connect(self._next)
        self.image.stepped.connect(self._step)
        loader.photo_ready.connect(self._on_photo)
        loader.photo_failed.connect(self._on_failed)

    @property
    def position(self) -> int:
        """Position of the photo in the good set, or -1."""
        return self._position

    def show_photo(self, position: int) -> None:
        """Show a photo of the good set by its position."""
        photos = self._photos()
        self._position = position
        path = photos[position]
        self.name.setText(path.name)
        self.place.setText(self.tr("{place} of {total}").format(place=f"{position + 1:,}", total=f"{len(photos):,}"))
        self.previous.setEnabled(position > 0)
        self.next.setEnabled(position + 1 < len(photos))
        self.leave_out.show_photo(path)
        self.image.clear()  # the photo before must not stay under this name
        self._loader.request_photo(path)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape goes back to the gallery."""
        if event.key() == Qt.Key.Key_Escape:
            self._close()
        else:
            super().keyPressEvent(event)

    def _photos(self) -> tuple[Path, ...]:
        good = self._session.good
        return () if good is None else good.photos

    def _is_shown(self, path: Path) -> bool:
        photos = self._photos()
        return 0 <= self._position < len(photos) and photos[self._position] == path

    @Slot(object, object)
    def _on_photo(self, path: Path, image: QImage) -> None:
        if self._is_shown(path):
            self.image.show_photo(image, (image.height(), image.width()))

    @Slot(object, str)
    def _on_failed(self, path: Path, sentence: str) -> None:
        if self._is_shown(path):
            self.name.setText(f"{path.name}: {sentence}")

    @Slot()
    def _close(self) -> None:
        position, self._position = self._position, -1
        self.closed.emit(position)

    @Slot()
    def _previous(self) -> None:
        self._step(-1)

    @Slot()
    def _next(self) -> None:
        self._step(1)

    @Slot(int)
    def _step(self, by: int) -> None:
        if 0 <= self._position + by < len(self._photos()):
            self.show_photo(self._position + by)
