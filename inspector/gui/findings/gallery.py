"""A grid of photos that stays smooth at any length: only visible photos are decoded."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QPoint, QRect, QSize, Qt, Slot
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPixmap, QPixmapCache, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from inspector.gui.state.state import State
from inspector.gui.threads.decoder import Decoder
from inspector.gui.widgets import theme
from inspector.gui.widgets.icons import icon
from inspector.gui.widgets.labels import plain

AnyIndex = QModelIndex | QPersistentModelIndex
NO_INDEX = QModelIndex()
NARROWEST_CELL_PX = 136
GAP_PX = 14
NAME_PX = 26


class PhotoList(QAbstractListModel):
    """Paths as a list model."""

    def __init__(self) -> None:
        super().__init__()
        self._paths: Sequence[Path] = ()
        self.left_out: frozenset[Path] = frozenset()

    def show(self, paths: Sequence[Path]) -> None:
        """Show other photos."""
        self.beginResetModel()
        self._paths = paths
        self.endResetModel()

    def mark(self, left_out: frozenset[Path]) -> None:
        """Draw these photos as left out."""
        self.left_out = left_out
        if self._paths:
            self.dataChanged.emit(self.index(0), self.index(len(self._paths) - 1))

    def rowCount(self, parent: AnyIndex = NO_INDEX) -> int:
        """Return the number of photos."""
        return 0 if parent.isValid() else len(self._paths)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return the path for UserRole, the name otherwise."""
        if not index.isValid():
            return None
        path = self._paths[index.row()]
        if role == Qt.ItemDataRole.UserRole:
            return path
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain(path.name)
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return path.name
        return None


class PhotoDelegate(QStyledItemDelegate):
    """Draws a photo, its name, and whether it is left out."""

    def __init__(self, loader: Decoder, gallery: Gallery) -> None:
        super().__init__(gallery)
        self._loader = loader
        self._gallery = gallery

    def sizeHint(self, _option: QStyleOptionViewItem, _index: AnyIndex) -> QSize:
        """Return the size of every cell."""
        return self._gallery.gridSize()

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        """Draw one cell."""
        used = theme.colours()
        path: Path = index.data(Qt.ItemDataRole.UserRole)
        box: QRect = option.rect  # type: ignore[attr-defined]
        edge = box.width() - GAP_PX
        frame = QRect(box.left(), box.top(), edge, edge)
        painter.save()
        left_out = path in index.model().left_out  # type: ignore[attr-defined]
        painter.setOpacity(0.35 if left_out else 1.0)
        draw_thumbnail(painter, frame, self._loader, path)
        painter.setOpacity(1.0)
        if left_out:
            icon("mdi6.image-remove-outline", "ng").paint(
                painter, frame.adjusted(edge // 3, edge // 3, -edge // 3, -edge // 3)
            )
        if option.state & QStyle.StateFlag.State_Selected:  # type: ignore[attr-defined]
            painter.setPen(QPen(QColor(used.accent), 2))  # within the cell: the view cuts off all beyond it
            painter.drawRoundedRect(frame.adjusted(1, 1, -1, -1), 6, 6)
        painter.setPen(QColor(used.muted))
        painter.setFont(theme.font(theme.SMALL))
        name = painter.fontMetrics().elidedText(self.caption(index, path), Qt.TextElideMode.ElideMiddle, edge)
        painter.drawText(QRect(frame.left(), frame.bottom() + 5, edge, 18), Qt.AlignmentFlag.AlignCenter, name)
        painter.restore()

    def caption(self, _index: AnyIndex, path: Path) -> str:
        """Return the caption below a photo."""
        return path.name


def draw_thumbnail(painter: QPainter, frame: QRect, loader: Decoder, path: Path) -> None:
    """Draw a photo into a frame with round corners; a plain field while it loads, a sign if it cannot.

    The whole photo is visible, whatever its shape: a cropped part hides the defect at its edge.
    """
    draw_pixmap(painter, frame, loader.thumbnail(path))


def draw_pixmap(painter: QPainter, frame: QRect, pixmap: QPixmap | None) -> None:
    """Draw a thumbnail as `draw_thumbnail` does: None while it loads, an empty one if there is none.

    Qt's cache of pixmaps keeps the drawn cells: clipping and scaling take most of the time of a table's row.
    """
    scale = painter.device().devicePixelRatioF()
    seen = "loading" if pixmap is None else "none" if pixmap.isNull() else pixmap.cacheKey()
    key = f"thumbnail {seen} {frame.width()}x{frame.height()} {scale} {theme.colours().sunken}"
    drawn = QPixmap()
    if not QPixmapCache.find(key, drawn):
        drawn = _framed(frame.size(), scale, pixmap)
        QPixmapCache.insert(key, drawn)
    painter.drawPixmap(frame.topLeft(), drawn)


def _framed(size: QSize, scale: float, pixmap: QPixmap | None) -> QPixmap:
    """Return a thumbnail in its frame, in the pixels of the screen."""
    made = QPixmap(size * scale)
    made.setDevicePixelRatio(scale)
    made.fill(Qt.GlobalColor.transparent)
    frame = QRect(QPoint(0, 0), size)
    painter = QPainter(made)
    painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
    clip = QPainterPath()
    radius = 6 if frame.width() > 60 else 4
    clip.addRoundedRect(frame, radius, radius)
    painter.fillPath(clip, QColor(theme.colours().sunken))
    if pixmap is None:
        pass
    elif pixmap.isNull():
        edge = min(frame.width(), frame.height()) // 3
        icon("mdi6.image-broken-variant", "faint").paint(painter, frame.adjusted(edge, edge, -edge, -edge))
    else:
        painter.setClipPath(clip)
        place = QRect(QPoint(0, 0), pixmap.size().scaled(size, Qt.AspectRatioMode.KeepAspectRatio))
        place.moveCenter(frame.center())
        painter.drawPixmap(place, pixmap)
    painter.end()
    return made


def draw_empty_text(view: QAbstractItemView, text: str) -> None:
    """Draw a text in the middle of a view without rows; to be called from its paint event."""
    if view.model().rowCount() or not text:
        return
    painter = QPainter(view.viewport())
    painter.setPen(QColor(theme.colours().muted))
    painter.setFont(theme.font(theme.BODY))
    box = view.viewport().rect().adjusted(20, 0, -20, 0)
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, text)
    painter.end()


class Gallery(QListView):
    """The grid."""

    def __init__(self, loader: Decoder, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.photos = PhotoList()
        self.photos.setParent(self)
        self.setObjectName("gallery")
        self.setModel(self.photos)
        self.setItemDelegate(PhotoDelegate(loader, self))
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setMovement(QListView.Movement.Static)
        self.setUniformItemSizes(True)
        self.setSpacing(0)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)  # else columns jump when it appears
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setAccessibleName(self.tr("Good photos"))
        loader.thumbnail_ready.connect(self._on_thumbnail)

    @Slot(object)
    def _on_thumbnail(self, _path: Path) -> None:
        self.viewport().update()  # one repaint for all that arrive before the next frame

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share the width among as many columns as fit."""
        room = self.viewport().width() - 2
        columns = max(room // NARROWEST_CELL_PX, 1)
        edge = room // columns
        self.setGridSize(QSize(edge, edge - GAP_PX + NAME_PX + 8))
        super().resizeEvent(event)


class GoodGallery(Gallery):
    """The state's good photos."""

    def __init__(self, state: State, loader: Decoder, parent: QWidget | None = None) -> None:
        super().__init__(loader, parent)
        self._state = state
        state.good_changed.connect(self._render)
        state.left_out_changed.connect(self._render_left_out)
        state.good_depth.changed.connect(self.viewport().update)  # they are drawn by their depth
        self._render()

    @Slot()
    def _render(self) -> None:
        good = self._state.good
        self.photos.show(() if good is None else good.photos)
        self._render_left_out()

    @Slot()
    def _render_left_out(self) -> None:
        self.photos.mark(self._state.left_out)
