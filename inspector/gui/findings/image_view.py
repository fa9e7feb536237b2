"""The part, large: zoom, pan, heatmap and outlines.

A QGraphicsView instead of pyqtgraph's ImageView. Qt keeps photo, heatmap and outlines as pixmaps, so a moved limit or
opacity repaints one of them. There are no axes, levels or menus to remove.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QImage,
    QKeyEvent,
    QPainter,
    QPainterPath,
    QPen,
    QPixmap,
    QPolygonF,
    QResizeEvent,
    QTransform,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QGraphicsPathItem, QGraphicsPixmapItem, QGraphicsScene, QGraphicsView, QWidget

from inspector.core.values import Region
from inspector.gui.widgets import theme

ZOOM_STEP = 1.25
MAX_ZOOM = 40.0
PIXELS_VISIBLE_FROM = 4.0  # from this zoom on, pixels are drawn as squares
MARGIN_PX = 16
FADED = 0.35


class ImageView(QGraphicsView):
    """Shows a photo with its findings.

    Attributes
    ----------
    zoom_changed : Signal(float)
        Screen pixels per pixel of the photo.
    stepped : Signal(int)
        +1 or -1: an arrow key asks for the next or the previous part.
    """

    zoom_changed = Signal(float)
    stepped = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._fitted = True
        self._photo_hw = (0, 0)
        self.setScene(QGraphicsScene(self))
        self._photo = QGraphicsPixmapItem()
        self._heatmap = QGraphicsPixmapItem()
        self._halo, self._outlines = QGraphicsPathItem(), QGraphicsPathItem()
        for item in (self._photo, self._heatmap, self._halo, self._outlines):
            self.scene().addItem(item)
        self._heatmap.setTransformationMode(Qt.TransformationMode.SmoothTransformation)
        # White on dark is visible on any photo and on every colour of the heatmap. Cosmetic pens count device pixels.
        scale = self.devicePixelRatioF()
        self._halo.setPen(_cosmetic_pen(QColor(0, 0, 0, 150), 4.5 * scale))
        self._outlines.setPen(_cosmetic_pen(QColor(255, 255, 255), 2.0 * scale))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setDragMode(QGraphicsView.DragMode.ScrollHandDrag)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.AnchorUnderMouse)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        self.setAccessibleName(self.tr("Photo of the part"))
        self.setMinimumSize(240, 180)
        self._dress()

    # --- content ---

    def show_photo(self, image: QImage, photo_hw: tuple[int, int]) -> None:
        """Show a photo; zoom and place stay if its size equals that of the previous photo.

        Parameters
        ----------
        image : QImage
            The photo, perhaps with fewer pixels.
        photo_hw : (int, int)
            Its true height and width, in which regions are given.
        """
        height, width = photo_hw
        self._photo.setPixmap(QPixmap.fromImage(image))
        self._photo.setTransform(QTransform.fromScale(width / image.width(), height / image.height()))
        if photo_hw != self._photo_hw:
            self._photo_hw = photo_hw
            # Room around the photo, so that its corners can be moved to the middle.
            self.setSceneRect(QRectF(-width, -height, 3 * width, 3 * height))
            self.fit()

    @property
    def has_photo(self) -> bool:
        """Whether a photo is shown."""
        return not self._photo.pixmap().isNull()

    def fade(self, faded: bool) -> None:
        """Draw the photo pale, as a placeholder, or draw it normally."""
        for item in (self._photo, self._halo, self._outlines):
            item.setOpacity(FADED if faded else 1.0)
        if faded:
            self._heatmap.setVisible(False)

    def clear(self) -> None:
        """Show nothing."""
        self.blank()
        self._photo_hw = (0, 0)

    def blank(self) -> None:
        """Show nothing until the next photo; zoom and place stay if the next photo has the same size."""
        self._photo.setPixmap(QPixmap())
        self.show_heatmap(None)
        self.show_regions(())

    def show_heatmap(self, image: QImage | None, opacity: float = 1.0) -> None:
        """Lay a heatmap over the photo, or none."""
        self._heatmap.setVisible(image is not None)
        if image is not None:
            height, width = self._photo_hw
            self._heatmap.setPixmap(QPixmap.fromImage(image))
            self._heatmap.setTransform(QTransform.fromScale(width / image.width(), height / image.height()))
            self._heatmap.setOpacity(opacity)

    def show_regions(self, regions: Sequence[Region]) -> None:
        """Draw the outlines of regions, or none."""
        path = QPainterPath()
        for region in regions:
            if region.outline:
                path.addPolygon(QPolygonF([QPointF(x, y) for x, y in region.outline]))
                path.closeSubpath()
        self._halo.setPath(path)
        self._outlines.setPath(path)

    @property
    def shows_nothing(self) -> bool:
        """Whether there is no photo."""
        return self._photo.pixmap().isNull()

    @property
    def shows_heatmap(self) -> bool:
        """Whether a heatmap is drawn."""
        return self._heatmap.isVisible() and not self._heatmap.pixmap().isNull()

    @property
    def shows_outlines(self) -> bool:
        """Whether outlines are drawn."""
        return not self._outlines.path().isEmpty()

    # --- zoom ---

    @property
    def zoom(self) -> float:
        """Screen pixels per pixel of the photo."""
        return self.transform().m11()

    def fit(self) -> None:
        """Show the whole photo, and keep doing so when the window changes."""
        self._fitted = True
        height, width = self._photo_hw
        if not height or not width:
            return
        room = self.viewport().rect()
        usable_w, usable_h = max(room.width() - 2 * MARGIN_PX, 1), max(room.height() - 2 * MARGIN_PX, 1)
        scale = min(usable_w / width, usable_h / height)
        self.setTransform(QTransform.fromScale(scale, scale))
        self.centerOn(width / 2, height / 2)
        self._after_zoom()

    def zoom_by(self, factor: float) -> None:
        """Zoom, within what makes sense."""
        if not self._photo_hw[0]:
            return
        lowest = 0.25 * min(self.width() / self._photo_hw[1], self.height() / self._photo_hw[0])
        factor = min(max(self.zoom * factor, lowest), MAX_ZOOM) / self.zoom
        self._fitted = False
        self.scale(factor, factor)
        self._after_zoom()

    def zoom_in(self) -> None:
        """Zoom in at the middle of the view, or at the pointer."""
        self.zoom_by(ZOOM_STEP)

    def zoom_out(self) -> None:
        """Zoom out."""
        self.zoom_by(1 / ZOOM_STEP)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom at the pointer."""
        self.zoom_by(ZOOM_STEP ** (event.angleDelta().y() / 120))
        event.accept()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the whole photo in view unless the user zoomed."""
        super().resizeEvent(event)
        if self._fitted:
            self.fit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go through the parts with the arrow keys; everything else is the page's."""
        steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Right: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_Left: -1}
        if event.key() in steps:
            self.stepped.emit(steps[Qt.Key(event.key())])
        else:
            event.ignore()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """Leave it to the page."""
        event.ignore()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._dress()

    def _after_zoom(self) -> None:
        shown = self.zoom * self._photo.transform().m11()
        sharp = shown >= PIXELS_VISIBLE_FROM
        mode = Qt.TransformationMode.FastTransformation if sharp else Qt.TransformationMode.SmoothTransformation
        self._photo.setTransformationMode(mode)
        self.zoom_changed.emit(self.zoom)

    def _dress(self) -> None:
        self.setBackgroundBrush(QColor(theme.colours().canvas))


def _cosmetic_pen(colour: QColor, width: float) -> QPen:
    pen = QPen(colour, width)
    pen.setCosmetic(True)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    return pen
