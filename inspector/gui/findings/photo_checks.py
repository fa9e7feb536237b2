"""The readings of the selected part, judged or not."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QWidget

from inspector.gui.findings.guard_readings import GuardReadings
from inspector.gui.state.state import State
from inspector.gui.widgets.fold import Fold


class PhotoChecks(Fold):
    """The readings of the state's selection; not there where nothing was measured."""

    def __init__(self, state: State, parent: QWidget | None = None) -> None:
        self.readings = GuardReadings()
        super().__init__("", self.readings, parent)
        self.set_title(self.tr("Photo checks"))
        self._state = state
        state.selection_changed.connect(self._render)
        self._render()

    @Slot()
    def _render(self) -> None:
        inspection = self._state.selected_inspection
        readings = () if inspection is None else inspection.readings
        self.readings.show_readings(readings)
        self.setVisible(bool(readings))
