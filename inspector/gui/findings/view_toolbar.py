"""The bar over the photo: part, heatmap, outlines, zoom."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSlider, QWidget

from inspector.gui.actions.qactions import Actions
from inspector.gui.state.state import State
from inspector.gui.widgets.buttons import tool_button
from inspector.gui.widgets.labels import ElidedLabel, label

SLIDER_FROM_PX = 540
WORDS_FROM_PX = 800


class ViewToolbar(QFrame):
    """Name and place of a part; edits the overlay.

    Parameters
    ----------
    state : State
        Whose overlay it edits.
    actions : Actions
    steps : (str, str)
        Keys of the actions that go to the previous and the next part.
    """

    def __init__(self, state: State, actions: Actions, steps: tuple[str, str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
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
        self._lay_out(actions, steps)
        self.opacity.valueChanged.connect(self._on_opacity)
        state.overlay_changed.connect(self._render_overlay)
        self._render_overlay()

    def _lay_out(self, actions: Actions, steps: tuple[str, str]) -> None:
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 0, 8, 0)
        layout.setSpacing(4)
        for key in steps:
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
        self.opacity.setVisible(self.width() >= SLIDER_FROM_PX)
        style = Qt.ToolButtonStyle.ToolButtonTextBesideIcon if wide else Qt.ToolButtonStyle.ToolButtonIconOnly
        for toggle in self._toggles:
            toggle.setToolButtonStyle(style)

    def show_part(self, name: str, place: int, total: int) -> None:
        """Show the name of a part and its place in the list.

        Parameters
        ----------
        name : str
            Empty for no part.
        place, total : int
            Place from 1, of how many; 0 where a filter hides the part.
        """
        self.name.setText(name)
        words = self.tr("{place} of {total}")
        self.place.setText(words.format(place=f"{place:,}", total=f"{total:,}") if name and place else "")

    @Slot(float)
    def show_zoom(self, zoom: float) -> None:
        """Say how large a pixel of the photo is."""
        self.zoom.setText(f"{zoom * 100:.0f} %")

    @Slot(int)
    def _on_opacity(self, percent: int) -> None:
        self._state.set_overlay(opacity=percent / 100)

    @Slot()
    def _render_overlay(self) -> None:
        overlay = self._state.overlay
        with QSignalBlocker(self.opacity):
            self.opacity.setValue(round(overlay.opacity * 100))
        self.opacity.setEnabled(overlay.heatmap)
