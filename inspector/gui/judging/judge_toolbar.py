"""The bar over the photo on the page of results."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QWidget

from inspector.gui.actions.qactions import Actions
from inspector.gui.findings.view_toolbar import ViewToolbar
from inspector.gui.judging.results_table import ResultsTable
from inspector.gui.state.state import State


class JudgeToolbar(ViewToolbar):
    """Renders name and place of the state's selection: the place in the list as it is sorted and filtered."""

    def __init__(self, state: State, actions: Actions, table: ResultsTable, parent: QWidget | None = None) -> None:
        super().__init__(state, actions, ("previous_part", "next_part"), parent)
        self._table = table
        for signal in (state.selection_changed, table.layoutChanged, table.modelReset, table.rowsInserted):
            signal.connect(self._render)
        self._render()

    @Slot()
    def _render(self) -> None:
        inspection = self._state.selected_inspection
        name = "" if inspection is None else self._state.name_of(inspection)
        self.show_part(name, self._table.row_of(self._state.selected) + 1, self._table.rowCount())
