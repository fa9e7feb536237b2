"""Why a part was flagged: its strangest patch beside the nearest normal one."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, Slot
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QVBoxLayout, QWidget

from inspector.gui.findings.overlay import rgb_image
from inspector.gui.follow_up.explaining import Crop, Explained, Explaining, is_explained
from inspector.gui.state.state import State
from inspector.gui.widgets.labels import label, line, row
from inspector.workflows.judging.explain import why_words

EDGE_PX = 144


class WhyPanel(QWidget):
    """Renders the answer of `Explaining`; hidden for parts that were not flagged."""

    def __init__(self, state: State, explaining: Explaining, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self.found, self.nearest = label(), label()
        self.words = label(kind="muted", wrap=True)
        captions = row(label(self.tr("This part"), "small"), 1, label(self.tr("Nearest normal patch"), "small"), 1)
        self._pictures = QWidget()
        pictures = QVBoxLayout(self._pictures)
        pictures.setContentsMargins(0, 0, 0, 0)
        pictures.setSpacing(4)
        pictures.addLayout(captions)
        pictures.addLayout(row(self.found, self.nearest, spacing=12))
        for picture in (self.found, self.nearest):
            picture.setFixedSize(EDGE_PX, EDGE_PX)
            picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 12, 20, 0)
        layout.setSpacing(8)
        layout.addWidget(label(self.tr("Why it was flagged"), "heading"))
        layout.addWidget(self._pictures)
        layout.addWidget(self.words)
        layout.addWidget(line())
        explaining.explained.connect(self._render)
        self._render(None)

    @Slot(object)
    def _render(self, explained: Explained | None) -> None:
        record = self._state.review.selected
        self.setVisible(record is not None and is_explained(record))
        self._pictures.setVisible(explained is not None)
        if explained is None:
            waiting = self._state.bundle is not None
            self.words.setText("" if waiting else self.tr("Open the model that judged this part to see the reason."))
            return
        self.found.setPixmap(_drawn(explained.found))
        self.nearest.setPixmap(QPixmap() if explained.nearest is None else _drawn(explained.nearest))
        text = why_words(explained.why)
        if not explained.same_bundle:
            text += " " + self.tr("The open model explains it. Another model judged the part.")
        self.words.setText(text)


def _drawn(crop: Crop) -> QPixmap:
    """Return a crop with its patch outlined, in white on dark, which is seen on any photo."""
    whole = QPixmap.fromImage(rgb_image(crop.image_rgb))
    shown = whole.scaled(
        EDGE_PX, EDGE_PX, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
    )
    scale = shown.width() / whole.width()
    frame = QRectF(crop.box.x * scale, crop.box.y * scale, crop.box.w * scale, crop.box.h * scale)
    painter = QPainter(shown)
    for colour, width in ((QColor(0, 0, 0, 170), 4.0), (QColor(255, 255, 255), 2.0)):
        painter.setPen(QPen(colour, width))
        painter.drawRect(frame)
    painter.end()
    return shown
