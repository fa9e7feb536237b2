"""One suspicious good photo, large, with the heatmap that it got when it was scored against the others."""

from __future__ import annotations

import math
from pathlib import Path

from PySide6.QtCore import Slot
from PySide6.QtGui import QImage, QResizeEvent
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from inspector.core.good_set_review import SuspectGood
from inspector.core.values import Region
from inspector.gui import wording
from inspector.gui.good_set_review import LeaveOutButton, shown_of
from inspector.gui.icons import dress
from inspector.gui.image_view import ImageView
from inspector.gui.labels import ElidedLabel, label, row
from inspector.gui.legend import Legend
from inspector.gui.overlay import heatmap_image
from inspector.gui.photo_loader import PhotoLoader
from inspector.gui.session import Session

LEGEND_GAP_PX = 14
RING = 0.06
"""Radius of the ring around the peak, as a share of the photo's shorter edge."""


class GoodPhotoView(QWidget):
    """Renders the suspect that the session looks at."""

    def __init__(self, session: Session, loader: PhotoLoader, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._loader = loader
        self.back = QPushButton(self.tr("Back"))
        dress(self.back, "mdi6.arrow-left", "muted", 18)
        self.previous = arrow("mdi6.chevron-left", self.tr("The more suspicious one before"))
        self.next = arrow("mdi6.chevron-right", self.tr("The less suspicious one after"))
        self.leave_out = LeaveOutButton(session)
        self.name = ElidedLabel("title")
        self.score = label(kind="muted")
        self.image = ImageView()
        self.legend = Legend(self.image)
        said = row(self.name, self.score, spacing=10)
        said.setStretch(0, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        layout.addLayout(row(self.back, 1, self.previous, self.next, self.leave_out, spacing=10))
        layout.addLayout(said)
        layout.addWidget(self.image, 1)
        self.back.clicked.connect(self._back)
        self.previous.clicked.connect(self._previous)
        self.next.clicked.connect(self._next)
        self.image.stepped.connect(self._step)
        loader.photo_ready.connect(self._on_photo)
        loader.photo_failed.connect(self._on_failed)
        session.looking_changed.connect(self._render)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the legend in its corner."""
        super().resizeEvent(event)
        self.legend.move(LEGEND_GAP_PX, self.image.height() - self.legend.height() - LEGEND_GAP_PX)

    def _good(self) -> SuspectGood | None:
        position = self._session.looking_at
        return self._session.suspects[position] if position >= 0 else None

    @Slot()
    def _render(self) -> None:
        good = self._good()
        self.leave_out.show_photo(None if good is None else good.path)
        if good is None:
            self.image.clear()
            return
        self.name.setText(good.path.name)
        self.score.setText(wording.relative(good.relative_score))
        self.previous.setEnabled(self._session.looking_at > 0)
        self.next.setEnabled(self._session.looking_at + 1 < shown_of(len(self._session.suspects)))
        self._loader.request_photo(good.path)

    @Slot(object, object)
    def _on_photo(self, path: Path, image: QImage) -> None:
        good, manifest = self._good(), self._session.manifest
        if good is not None and manifest is not None and good.path == path:
            self.image.show_photo(image, manifest.goods.photo_hw)
            self.image.show_heatmap(heatmap_image(good.score_map.dense(), self._session.own_limit))
            self.image.show_regions([_ring(good.peak_xy, manifest.goods.photo_hw)])

    @Slot(object, str)
    def _on_failed(self, path: Path, sentence: str) -> None:
        good = self._good()
        if good is not None and good.path == path:
            self.image.clear()
            self.name.setText(f"{path.name}: {sentence}")

    @Slot()
    def _back(self) -> None:
        self._session.look_at(-1)

    @Slot()
    def _previous(self) -> None:
        self._step(-1)

    @Slot()
    def _next(self) -> None:
        self._step(1)

    @Slot(int)
    def _step(self, by: int) -> None:
        position = self._session.looking_at + by
        if 0 <= position < shown_of(len(self._session.suspects)):
            self._session.look_at(position)


def arrow(name: str, words: str) -> QPushButton:
    """Return a button that goes to a neighbour; `words` is its tool tip."""
    made = QPushButton()
    dress(made, name, "muted", 20)
    made.setToolTip(words)
    made.setAccessibleName(words)
    return made


def _ring(peak_xy: tuple[int, int], photo_hw: tuple[int, int]) -> Region:
    """Return a ring around the place of the score: most good photos have no region that would show it."""
    radius = max(RING * min(photo_hw), 4.0)
    turns = [2 * math.pi * step / 48 for step in range(48)]
    x, y = peak_xy
    outline = tuple((round(x + radius * math.cos(turn)), round(y + radius * math.sin(turn))) for turn in turns)
    edge = round(2 * radius)
    return Region(round(x - radius), round(y - radius), edge, edge, round(math.pi * radius**2), 0.0, outline)
