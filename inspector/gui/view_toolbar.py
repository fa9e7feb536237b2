"""The bar over the photo: which part, what is drawn over it, zoom."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSlider, QWidget

from inspector.gui.actions import Actions
from inspector.gui.buttons import tool_button
from inspector.gui.labels import ElidedLabel, label
from inspector.gui.session import Session

WORDS_FROM_PX = 800


class ViewToolbar(QFrame):
    """Renders name and size of the selected part; edits the overlay."""

    def __init__(self, session: Session, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.setObjectName("toolbar")
        self.setFixedHeight(48)
        self.name = ElidedLabel("strong")
        self.place = label(kind="muted")
        self.zoom = label(kind="muted")
        self.zoom.setFixedWidth(48)
        self.zoom.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.opacity = QSlider(Qt.Orientation.Horizontal)
        self.opacity.setRange(0, 100)
        self.opacity.setFixedSize(84, 32)
        self.opacity.setAccessibleName(self.tr("Opacity of the heatmap"))
        self.opacity.setToolTip(self.tr("Opacity of the heatmap"))
        self._toggles = [tool_button(actions[key], words=True) for key in ("heatmap", "outlines")]
        self._lay_out(actions)
        self.opacity.valueChanged.connect(self._on_opacity)
        for signal in (session.selection_changed, session.results_added, session.results_reset):
            signal.connect(self._render)
        session.overlay_changed.connect(self._render_overlay)
        self._render()
        self._render_overlay()

    def _lay_out(self, actions: Actions) -> None:
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 0, 8, 0)
        layout.setSpacing(4)
        for key in ("previous_part", "next_part"):
            layout.addWidget(tool_button(actions[key]))
        layout.addSpacing(4)
        layout.addWidget(self.name, 1)
        layout.addWidget(self.place)
        layout.addSpacing(12)
        for toggle in self._toggles:
            layout.addWidget(toggle)
        layout.addSpacing(8)
        layout.addWidget(self.opacity)
        layout.addSpacing(8)
        zoom_out, zoom_in, fit = (tool_button(actions[key]) for key in ("zoom_out", "zoom_in", "fit"))
        for widget in (zoom_out, self.zoom, zoom_in, fit):
            layout.addWidget(widget)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave out words where the part's name needs the room."""
        super().resizeEvent(event)
        wide = self.width() >= WORDS_FROM_PX
        style = Qt.ToolButtonStyle.ToolButtonTextBesideIcon if wide else Qt.ToolButtonStyle.ToolButtonIconOnly
        for toggle in self._toggles:
            toggle.setToolButtonStyle(style)

    @Slot(float)
    def show_zoom(self, zoom: float) -> None:
        """Say how large a pixel of the photo is."""
        self.zoom.setText(f"{zoom * 100:.0f} %")

    @Slot(int)
    def _on_opacity(self, percent: int) -> None:
        self._session.set_overlay(opacity=percent / 100)

    @Slot()
    def _render(self) -> None:
        inspection = self._session.selected_inspection
        if inspection is None:
            self.name.setText("")
            self.place.setText("")
            return
        self.name.setText(self._session.name_of(inspection))
        words = self.tr("{place} of {total}")
        total = len(self._session.inspections)
        self.place.setText(words.format(place=f"{self._session.selected + 1:,}", total=f"{total:,}"))

    @Slot()
    def _render_overlay(self) -> None:
        overlay = self._session.overlay
        was = self.opacity.blockSignals(True)
        self.opacity.setValue(round(overlay.opacity * 100))
        self.opacity.blockSignals(was)
        self.opacity.setEnabled(overlay.heatmap)
