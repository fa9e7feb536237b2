"""One suspicious good photo, large, with the heatmap that it got when it was scored against the others."""

from __future__ import annotations

import math

from PySide6.QtCore import Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from inspector.core.good_photos.suspects import SuspectGood
from inspector.core.values import Region
from inspector.gui.findings.large_good_photo import LargeGoodPhoto
from inspector.gui.findings.legend import Legend
from inspector.gui.findings.overlay import heatmap_image
from inspector.gui.state.state import State
from inspector.gui.threads.decoder import Decoder
from inspector.gui.training.suspects_panel import shown_of
from inspector.gui.widgets import wording

LEGEND_GAP_PX = 14
RING = 0.06
"""Radius of the ring around the peak, as a share of the photo's shorter edge."""


class SuspectView(LargeGoodPhoto):
    """Renders the suspect that the state looks at."""

    def __init__(self, state: State, loader: Decoder, parent: QWidget | None = None) -> None:
        super().__init__(state, loader, (0, 0), parent)
        before, after = self.tr("Previous suspect"), self.tr("Next suspect")
        self._name_buttons(self.tr("Back"), before, after)
        self._state = state
        self.legend = Legend(self.image)
        self.left.connect(self._back)
        self.stepped.connect(self._go)
        self.drawn.connect(self._mark)
        state.looking_changed.connect(self._render)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the legend in its corner."""
        super().resizeEvent(event)
        self.legend.move(LEGEND_GAP_PX, self.image.height() - self.legend.height() - LEGEND_GAP_PX)

    def _good(self) -> SuspectGood | None:
        position = self._state.looking_at
        return self._state.suspects[position] if position >= 0 else None

    @Slot()
    def _render(self) -> None:
        good, manifest = self._good(), self._state.manifest
        if good is None or manifest is None:
            self._forget()
            return
        position, shown = self._state.looking_at, shown_of(len(self._state.suspects))
        score = wording.relative(good.relative_score)
        self._show(good.path, score, position > 0, position + 1 < shown, photo_hw=manifest.goods.photo_hw)

    @Slot()
    def _mark(self) -> None:
        good, manifest = self._good(), self._state.manifest
        if good is not None and manifest is not None:
            self.image.show_heatmap(heatmap_image(good.score_map.dense(), self._state.own_limit))
            self.image.show_regions([_ring(good.peak_xy, manifest.goods.photo_hw)])

    @Slot()
    def _back(self) -> None:
        self._state.look_at(-1)

    @Slot(int)
    def _go(self, by: int) -> None:
        self._state.look_at(self._state.looking_at + by)


def _ring(peak_xy: tuple[int, int], photo_hw: tuple[int, int]) -> Region:
    """Return a ring around the place of the score: most good photos have no region that would show it."""
    radius = max(RING * min(photo_hw), 4.0)
    turns = [2 * math.pi * step / 48 for step in range(48)]
    x, y = peak_xy
    outline = tuple((round(x + radius * math.cos(turn)), round(y + radius * math.sin(turn))) for turn in turns)
    edge = round(2 * radius)
    return Region(round(x - radius), round(y - radius), edge, edge, round(math.pi * radius**2), 0.0, outline)
