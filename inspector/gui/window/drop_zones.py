"""Dropping anywhere on the window: two fields appear, and the chosen field sets the purpose."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData, QPoint, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent, QMouseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from inspector.gui.widgets.icons import dress
from inspector.gui.widgets.labels import label
from inspector.storage.bundles.bundle import BUNDLE_SUFFIX


def dropped_paths(mime: QMimeData) -> list[Path]:
    """Return the local files and folders of a drag."""
    return [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()]


class DropZones(QWidget):
    """Lies over the window while something is dragged over it.

    Attributes
    ----------
    good_dropped : Signal(Path)
        A folder to be the good photos.
    photos_dropped : Signal(list)
        Folders or photos to inspect.
    bundle_dropped : Signal(Path)
        A bundle to open.
    """

    good_dropped = Signal(object)
    photos_dropped = Signal(object)
    bundle_dropped = Signal(object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("veil")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAcceptDrops(True)
        self.good = _Zone("mdi6.image-check-outline", self.tr("Good photos"), self.tr("to learn from"))
        self.photos = _Zone("mdi6.image-search-outline", self.tr("Photos to inspect"), self.tr("OK or NG for each"))
        self.bundle = _Zone("mdi6.package-variant", self.tr("Open this model"), self.tr("and judge with it"))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(40, 40, 40, 40)
        layout.setSpacing(24)
        for zone in (self.good, self.photos, self.bundle):
            layout.addWidget(zone)
        self.hide()

    def offer(self, paths: list[Path]) -> bool:
        """Appear, if there is anything to do with these paths."""
        if not paths:
            return False
        is_bundle = len(paths) == 1 and paths[0].suffix.lower() == BUNDLE_SUFFIX and not paths[0].is_dir()
        self.bundle.setVisible(is_bundle)
        self.good.setVisible(not is_bundle)
        self.photos.setVisible(not is_bundle)
        one_folder = len(paths) == 1 and paths[0].is_dir()
        self.good.open(one_folder, self.tr("to learn from") if one_folder else self.tr("drop one folder for this"))
        self.photos.open(True, self.tr("OK or NG for each"))
        self.bundle.open(True, self.tr("and judge with it"))
        self.setGeometry(self.parentWidget().rect())
        self.show()
        self.raise_()
        return True

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take over from the window below."""
        event.acceptProposedAction()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        """Show which field it would be."""
        hot = self._zone_at(event.position().toPoint())
        for zone in (self.good, self.photos, self.bundle):
            zone.warm(zone is hot)
        event.setAccepted(hot is not None)

    def dragLeaveEvent(self, _event: QDragLeaveEvent) -> None:
        """Go away."""
        self.hide()

    def mousePressEvent(self, _event: QMouseEvent) -> None:
        """Go away, should a drag have ended without saying so."""
        self.hide()

    def dropEvent(self, event: QDropEvent) -> None:
        """Report the dropped path and its purpose."""
        zone, paths = self._zone_at(event.position().toPoint()), dropped_paths(event.mimeData())
        self.hide()
        event.acceptProposedAction()
        if not paths or zone is None:
            return
        if zone is self.bundle:
            self.bundle_dropped.emit(paths[0])
        elif zone is self.good:
            self.good_dropped.emit(paths[0])
        else:
            self.photos_dropped.emit(paths)

    def _zone_at(self, point: QPoint) -> _Zone | None:
        for zone in (self.good, self.photos, self.bundle):
            if zone.isVisible() and zone.is_open and zone.geometry().contains(point):
                return zone
        return None


class _Zone(QFrame):
    def __init__(self, icon_name: str, title: str, text: str) -> None:
        super().__init__()
        self.setObjectName("dropzone")
        self.is_open = True
        sign = label()
        dress(sign, icon_name, "accent", 48)
        self._text = label(text, "muted")
        layout = QVBoxLayout(self)
        layout.setSpacing(8)
        layout.addStretch(1)
        for widget in (sign, label(title, "title"), self._text):
            layout.addWidget(widget, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(1)

    def open(self, is_open: bool, text: str) -> None:
        """Allow dropping here, or say why not."""
        self.is_open = is_open
        self._text.setText(text)
        self._set_state("" if is_open else "closed")

    def warm(self, warm: bool) -> None:
        """Show that letting go would drop it here."""
        if self.is_open:
            self._set_state("hot" if warm else "")

    def _set_state(self, state: str) -> None:
        if self.property("state") != state:
            self.setProperty("state", state)
            self.style().unpolish(self)
            self.style().polish(self)
