"""The live picture with heatmap and outlines."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from inspector.core.values import Region
from inspector.gui.findings.image_view import ImageView
from inspector.gui.findings.legend import Legend
from inspector.gui.findings.overlay import heatmap_image, rgb_image
from inspector.gui.state.live import LivePicture, LiveState
from inspector.gui.state.selected_part import regions_of
from inspector.gui.state.state import State

LEGEND_GAP_PX = 14


class LiveView(QWidget):
    """Renders the picture of the live state.

    Limit and opacity apply to a frozen picture, too. A part is drawn at the limits at which it was judged.
    """

    def __init__(self, state: State, live: LiveState) -> None:
        super().__init__()
        self._state, self._live = state, live
        self.image = ImageView()
        self.image.setAccessibleName(self.tr("Live picture"))
        self.legend = Legend(self.image)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.image)
        live.picture_changed.connect(self._render)
        live.connection_changed.connect(self._fade)
        live.running_changed.connect(self._fade)
        state.threshold_changed.connect(self._draw_findings)
        state.overlay_changed.connect(self._draw_findings)
        self._render()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the legend in its corner."""
        super().resizeEvent(event)
        self.legend.move(LEGEND_GAP_PX, self.height() - self.legend.height() - LEGEND_GAP_PX)

    @Slot()
    def _fade(self) -> None:
        """Let nobody take the last picture of a camera that went away for a live one."""
        self.image.fade(self._live.picture is not None and not self._live.streaming)

    @Slot()
    def _render(self) -> None:
        picture = self._live.picture
        if picture is None:
            self.image.clear()
            self.legend.hide()
            return
        height, width = picture.view.frame.image_rgb.shape[:2]
        self.image.show_photo(rgb_image(picture.shown_rgb), (height, width))
        self._draw_findings()

    @Slot()
    def _draw_findings(self) -> None:
        picture, overlay = self._live.picture, self._state.overlay
        if picture is None:
            return
        heatmap = overlay.heatmap and picture.dense is not None
        self.legend.setVisible(heatmap)
        limits = picture.limits(self._state.limits)
        unsure = limits.unsure_threshold
        self.legend.show_unsure(None if unsure is None else unsure / limits.threshold)
        if heatmap and picture.dense is not None:
            self.image.show_heatmap(heatmap_image(picture.dense, limits.threshold), overlay.opacity)
        else:
            self.image.show_heatmap(None)
        self.image.show_regions(self._regions(picture, limits.threshold) if overlay.outlines else ())

    def _regions(self, picture: LivePicture, threshold: float) -> list[Region]:
        inspection = picture.view.inspection
        if inspection is None or inspection.score is None or inspection.score <= threshold:
            return []
        return regions_of(inspection, threshold)
