"""Derived from state and limit for the selected part: its regions and its dense score map."""

from __future__ import annotations

from PySide6.QtCore import QObject

from inspector.core.judging.regions import find_regions
from inspector.core.values import FloatArray, Inspection, Region
from inspector.gui.state.state import State


class SelectedPart(QObject):
    """Derived values of the selected part; nothing here is state of its own.

    Parameters
    ----------
    state : State
        The input of both.
    """

    def __init__(self, state: State, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._dense: tuple[Inspection, FloatArray] | None = None
        self._regions: tuple[Inspection, float, list[Region]] | None = None

    def dense(self) -> FloatArray | None:
        """Return the selected part's score map at the size the backbone saw."""
        inspection = self._state.selected_inspection
        if inspection is None or inspection.score_map is None:
            return None
        if self._dense is None or self._dense[0] is not inspection:
            self._dense = (inspection, inspection.score_map.dense())
        return self._dense[1]

    def regions(self) -> list[Region]:
        """Return the selected part's regions at the present threshold."""
        inspection, threshold = self._state.selected_inspection, self._state.threshold
        if inspection is None:
            return []
        kept = self._regions
        if kept is None or kept[0] is not inspection or kept[1] != threshold:
            kept = self._regions = (inspection, threshold, regions_of(inspection, threshold))
        return kept[2]


def regions_of(inspection: Inspection, threshold: float) -> list[Region]:
    """Return a part's regions; none where it was not judged."""
    if inspection.score_map is None or inspection.photo_hw is None or inspection.score is None:
        return []
    if inspection.score <= threshold:  # by definition, and it saves the work for the many good ones
        return []
    return find_regions(inspection.score_map, threshold, inspection.photo_hw)
