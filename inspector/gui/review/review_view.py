"""The part that is reviewed, large, as the machine saw it: heatmap and outlines at the limits of that time."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from inspector.gui.findings import part_words
from inspector.gui.findings.findings_view import LATE_MS, LEGEND_GAP_PX, Notice
from inspector.gui.findings.image_view import ImageView
from inspector.gui.findings.legend import Legend
from inspector.gui.findings.overlay import heatmap_image
from inspector.gui.findings.refusal_card import RefusalCard
from inspector.gui.state.state import State
from inspector.gui.threads.part_decoder import PartDecoder, ShownPart
from inspector.storage.history.records import PartDetails


class ReviewView(QWidget):
    """Renders the selected part. The previous photo stays until this photo is decoded, if that is quick."""

    def __init__(self, state: State, pictures: PartDecoder, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state, self._review = state, state.review
        self._shown: ShownPart | None = None
        self._hidden = False  # while Space is held
        self._late = QTimer(self, singleShot=True, interval=LATE_MS)
        self._late.timeout.connect(self._blank)
        self.image = ImageView()
        self.legend = Legend(self.image)
        self.notice = Notice(self.image)
        self.refusal = RefusalCard(self.image)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.image)
        pictures.part_ready.connect(self._on_part)
        pictures.part_failed.connect(self._on_failed)
        state.review.selection_changed.connect(self._on_selection)
        state.overlay_changed.connect(self._draw)

    @property
    def shown(self) -> ShownPart | None:
        """The shown part."""
        return self._shown

    def hide_overlay(self, hidden: bool) -> None:
        """Show the bare photo for as long as a key is held."""
        if hidden != self._hidden:
            self._hidden = hidden
            if self._shown is not None:
                self._say_refusal(self._shown.details)
            self._draw()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the legend in its corner."""
        super().resizeEvent(event)
        self.legend.move(LEGEND_GAP_PX, self.height() - self.legend.height() - LEGEND_GAP_PX)
        self.notice.setGeometry(self.rect())
        self.refusal.place()

    @Slot()
    def _on_selection(self) -> None:
        selected = self._review.selected
        if selected is None:
            self._blank()
            self.image.clear()
        elif self._shown is None or self._shown.details.record.id != selected.id:
            self._late.start()

    @Slot()
    def _blank(self) -> None:
        self._late.stop()
        self._shown = None
        self.image.blank()
        for widget in (self.legend, self.notice, self.refusal):
            widget.hide()

    @Slot(object)
    def _on_part(self, part: ShownPart) -> None:
        details, selected = part.details, self._review.selected
        if selected is None or selected.id != details.record.id:
            return
        self._late.stop()
        self._shown = part
        if part.missing:
            self.image.clear()
            self.legend.hide()
            self.notice.say(part_words.name(details.record), part.missing)
        else:
            self.notice.hide()
            self.image.show_photo(part.image, details.photo_hw)
        self._say_refusal(details)
        self._draw()
        self._review.set_details(details)  # from now on it can be decided: it was seen

    def _say_refusal(self, details: PartDetails) -> None:
        if details.refusal is None or (self._hidden and details.record.score is not None):
            self.refusal.hide()
        else:
            self.refusal.say(details.refusal, details.readings, details.record.would_be)

    @Slot(int, str)
    def _on_failed(self, part_number: int, sentence: str) -> None:
        selected = self._review.selected
        if selected is None or selected.id != part_number:
            return
        self._blank()
        self.image.clear()
        self.notice.say(part_words.name(selected), sentence)

    @Slot()
    def _draw(self) -> None:
        part, overlay = self._shown, self._state.overlay
        if part is None or part.missing:
            return
        limits = part.details.record.limits
        heatmap = overlay.heatmap and not self._hidden and part.dense is not None
        self.legend.setVisible(heatmap)
        unsure = limits.unsure_threshold
        self.legend.show_unsure(None if unsure is None else unsure / limits.threshold)
        if heatmap and part.dense is not None:
            self.image.show_heatmap(heatmap_image(part.dense, limits.threshold), overlay.opacity)
        else:
            self.image.show_heatmap(None)
        outlines = overlay.outlines and not self._hidden
        self.image.show_regions(part.details.regions if outlines else ())
