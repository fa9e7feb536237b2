"""The selected part with its heatmap, its outlines and the legend; a sentence if there is no photo."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtGui import QImage, QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from inspector.gui.findings.image_view import ImageView
from inspector.gui.findings.legend import Legend
from inspector.gui.findings.overlay import heatmap_image
from inspector.gui.findings.refusal_card import RefusalCard
from inspector.gui.state.selected_part import SelectedPart
from inspector.gui.state.state import State
from inspector.gui.threads.decoder import Decoder
from inspector.gui.widgets.icons import dress
from inspector.gui.widgets.labels import label

LEGEND_GAP_PX = 14
LATE_MS = 250
"""If decoding takes longer, the view stays empty until then: the previous photo shows another part."""


class FindingsView(QWidget):
    """Renders the state's selection."""

    def __init__(self, state: State, parts: SelectedPart, loader: Decoder, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._parts = parts
        self._loader = loader
        self._hidden = False  # while Space is held
        self.image = ImageView()
        self.legend = Legend(self.image)
        self.notice = Notice(self.image)
        self.refusal = RefusalCard(self.image)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.image)
        loader.photo_ready.connect(self._on_photo)
        loader.photo_failed.connect(self._on_failed)
        state.selection_changed.connect(self._on_selection)
        state.threshold_changed.connect(self._say_refusal)
        state.threshold_changed.connect(self._draw)
        state.overlay_changed.connect(self._draw)
        self._shown: Path | None = None
        self._late = QTimer(self, singleShot=True, interval=LATE_MS)
        self._late.timeout.connect(self._blank)
        self._on_selection()

    @property
    def shown(self) -> Path | None:
        """The photo on the screen."""
        return self._shown

    def hide_overlay(self, hidden: bool) -> None:
        """Show the bare photo for as long as a key is held."""
        if hidden != self._hidden:
            self._hidden = hidden
            self._say_refusal()
            self._draw()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the legend in its corner."""
        super().resizeEvent(event)
        self.legend.move(LEGEND_GAP_PX, self.height() - self.legend.height() - LEGEND_GAP_PX)
        self.notice.setGeometry(self.rect())
        self.refusal.place()

    @Slot()
    def _on_selection(self) -> None:
        inspection = self._state.selected_inspection
        self._say_refusal()
        self._late.stop()
        if inspection is None:
            self._blank()
            self.image.clear()
        elif inspection.error is not None:
            self._on_failed(inspection.path, inspection.error)
        else:
            # If decoding is quick, the previous photo stays until then, so that nothing flickers.
            self._late.start()
            self._loader.request_photo(inspection.path)

    @Slot()
    def _say_refusal(self) -> None:
        inspection = self._state.selected_inspection
        if inspection is None or inspection.refusal is None or (self._hidden and inspection.score is not None):
            self.refusal.hide()
        else:
            would_be = inspection.would_be(self._state.limits)
            self.refusal.say(inspection.refusal, inspection.readings, would_be)

    @Slot()
    def _blank(self) -> None:
        self._shown = None
        self.image.blank()
        self.legend.hide()
        self.notice.hide()

    @Slot(object, object)
    def _on_photo(self, path: Path, image: QImage) -> None:
        inspection = self._state.selected_inspection
        if inspection is None or inspection.path != path:
            return
        self._late.stop()
        self._shown = path
        self.notice.hide()
        self.image.show_photo(image, inspection.photo_hw or (image.height(), image.width()))
        self._draw()

    @Slot(object, str)
    def _on_failed(self, path: Path, sentence: str) -> None:
        inspection = self._state.selected_inspection
        if inspection is None or inspection.path != path:
            return
        self._late.stop()
        self._shown = None
        self.image.clear()
        self.legend.hide()
        self.notice.say(path.name, sentence)

    @Slot()
    def _draw(self) -> None:
        inspection, overlay = self._state.selected_inspection, self._state.overlay
        if inspection is None or self._shown != inspection.path:
            return
        dense = self._parts.dense()
        heatmap = overlay.heatmap and not self._hidden and dense is not None
        self.legend.setVisible(heatmap)
        unsure = self._state.limits.unsure_threshold
        self.legend.show_limit(self._state.relative_threshold)
        self.legend.show_unsure(None if unsure is None else unsure / self._state.threshold)
        if heatmap and dense is not None:
            self.image.show_heatmap(heatmap_image(dense, self._state.threshold), overlay.opacity)
        else:
            self.image.show_heatmap(None)
        outlines = overlay.outlines and not self._hidden
        self.image.show_regions(self._parts.regions() if outlines else ())


class Notice(QWidget):
    """Why there is no photo, where it would be."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        sign = label()
        dress(sign, "mdi6.image-broken-variant", "faint", 56)
        self._title = label(kind="heading")
        self._text = label(kind="muted", wrap=True)
        self._text.setFixedWidth(400)
        self._text.setMinimumHeight(72)
        self._text.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        layout = QVBoxLayout(self)
        layout.addStretch(1)
        for widget in (sign, self._title, self._text):
            layout.addWidget(widget, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(1)
        self.hide()

    def say(self, title: str, text: str) -> None:
        """Show a sentence."""
        self._title.setText(title)
        self._text.setText(text[:1].upper() + text[1:])
        self.show()
