"""How many regions each part has at the present threshold: at once on the screen, in slices for the rest."""

from __future__ import annotations

import time

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from inspector.gui.state.selected_part import regions_of
from inspector.gui.state.state import State

SLICE_S = 0.008


class RegionCounts(QObject):
    """Counts lazily; a count is forgotten when the threshold moves.

    Attributes
    ----------
    completed : Signal()
        After `complete`: all counts are known.
    """

    completed = Signal()

    def __init__(self, state: State, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._counts: dict[int, int] = {}
        self._next = 0  # all positions before it are counted
        self._timer = QTimer(self, interval=0)
        self._timer.timeout.connect(self._work)
        state.threshold_changed.connect(self._forget)
        state.results_reset.connect(self._forget)

    def count(self, position: int) -> int:
        """Return the number of regions of a part, computing it if need be (about a millisecond)."""
        known = self._counts.get(position)
        if known is None:
            known = len(regions_of(self._state.inspections[position], self._state.threshold))
            self._counts[position] = known
        return known

    def known(self, position: int) -> int:
        """Return the number of regions of a part, or -1 where it is not known yet."""
        return self._counts.get(position, -1)

    def complete(self) -> None:
        """Count all parts, in slices that do not hold up the window."""
        if len(self._counts) < len(self._state.inspections):
            self._timer.start()

    @Slot()
    def _work(self) -> None:
        until = time.monotonic() + SLICE_S
        while self._next < len(self._state.inspections):
            self.count(self._next)
            self._next += 1
            if time.monotonic() > until:
                return
        self._timer.stop()
        self.completed.emit()

    @Slot()
    def _forget(self) -> None:
        self._counts.clear()
        self._next = 0
