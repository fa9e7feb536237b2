"""The bit depth of the good photos: found in a thread, shown, and chosen otherwise where that is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from inspector.core.photo.pixel_depth import FORMER_DEPTH, Bits, FoundDepth, PixelDepth, StoredRange, find_depth

if TYPE_CHECKING:
    from inspector.gui.state.state import State


class GoodDepth(QObject):
    """The bit depth as the window knows it; belongs to `State`.

    Attributes
    ----------
    changed : Signal()
        `chosen` or `found` changed.
    """

    changed = Signal()

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self._state = state
        self._ranges: Mapping[Path, StoredRange] = {}
        self._chosen: Bits | None = None
        self._found: FoundDepth | None = None
        state.good_changed.connect(self._forget)
        state.left_out_changed.connect(self._find)

    @property
    def chosen(self) -> Bits | None:
        """The depth that the user chose, or None to find it."""
        return self._chosen

    @property
    def found(self) -> FoundDepth | None:
        """The depth in use; None until the photos were looked at."""
        return self._found

    def choose(self, bits: Bits | None) -> None:
        """Choose a depth, or None to find it."""
        if bits != self._chosen:
            self._chosen = bits
            self._find()

    def set_ranges(self, ranges: Mapping[Path, StoredRange]) -> None:
        """Say which values the good photos store."""
        self._ranges = ranges
        self._find()

    def of(self, path: Path) -> PixelDepth:
        """Return the rule that a photo is shown by: the good set's for its photos, the model's for others."""
        good, bundle = self._state.good, self._state.bundle
        if self._found is not None and good is not None and path.is_relative_to(good.folder):
            return self._found.depth
        return FORMER_DEPTH if bundle is None else bundle.depth

    @Slot()
    def _forget(self) -> None:
        self._ranges, self._chosen = {}, None
        self._find()

    @Slot()
    def _find(self) -> None:
        left_out = self._state.left_out
        ranges = [found for path, found in self._ranges.items() if path not in left_out]
        self._found = find_depth(ranges, self._chosen) if ranges else None
        self.changed.emit()
