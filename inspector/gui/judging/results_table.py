"""The results as a table model that sorts and filters itself.

No QSortFilterProxyModel: it calls Python for each row and comparison. At 10,000 rows, each step of the slider would
take longer than a frame. The order here is one numpy sort. Bisection inserts new results into the sorted order, so a
batch costs the same at any number of rows. Cells are computed for the visible rows only.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Slot

from inspector.core.values import Inspection, Verdict
from inspector.gui.findings.part_rows import ResultColumn
from inspector.gui.judging.region_counts import RegionCounts
from inspector.gui.state.state import State
from inspector.gui.state.verdict_column import CODES, ORDER, WORST_FIRST
from inspector.gui.widgets import wording
from inspector.gui.widgets.labels import plain

AnyIndex = QModelIndex | QPersistentModelIndex
NO_INDEX = QModelIndex()
INSPECTION_ROLE = Qt.ItemDataRole.UserRole
_RANKS = np.array([float(WORST_FIRST.index(verdict)) for verdict in ORDER])
_FIRST = -1.0
"""Rank of photos that are refused and would be NG."""


class ResultsTable(QAbstractTableModel):
    """The state's results in the order and selection that the user chose.

    Parameters
    ----------
    state : State
        Where they are.
    """

    def __init__(self, state: State) -> None:
        super().__init__()
        self._state = state
        self._counts = RegionCounts(state, self)
        self._order: NDArray[np.intp] = np.empty(0, dtype=np.intp)  # row -> position in the state
        self._rows: NDArray[np.intp] = np.empty(0, dtype=np.intp)  # and back; -1 where no row shows the part
        self._sorted: tuple[int, Qt.SortOrder] = (-1, Qt.SortOrder.AscendingOrder)
        self._only_flagged = False
        self._text = ""
        self._names_match: NDArray[np.bool_] = np.empty(0, dtype=bool)  # position -> its name contains that text
        self._name_keys: list[tuple[object, ...]] = []  # position -> natural sort key, as far as asked for
        state.results_reset.connect(self._on_reset)
        state.results_added.connect(self._on_added)
        state.threshold_changed.connect(self._on_threshold)
        self._counts.completed.connect(self._on_counted)

    # --- Qt's questions ---

    def rowCount(self, parent: AnyIndex = NO_INDEX) -> int:
        """Return the number of parts shown."""
        return 0 if parent.isValid() else len(self._order)

    def columnCount(self, parent: AnyIndex = NO_INDEX) -> int:
        """Return the number of columns."""
        return 0 if parent.isValid() else len(ResultColumn)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return the name of a column."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.DisplayRole:
            limit = f"{self._state.relative_threshold:.2f}"
            score = self.tr("Score, the limit is {limit}").format(limit=limit)
            return (self.tr("Part"), score, self.tr("Verdict"), self.tr("Regions"))[section]
        return None

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return the content of a cell."""
        if not index.isValid():
            return None
        position = int(self._order[index.row()])
        inspection = self._state.inspections[position]
        if role == INSPECTION_ROLE:
            return inspection
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return self._cell(ResultColumn(index.column()), position, inspection)
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain(self._tip(ResultColumn(index.column()), inspection))
        return None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column; -1 is the order of inspection."""
        self._sorted = (column, order)
        self._reorder()

    # --- the window's questions ---

    def set_filter(self, *, only_flagged: bool | None = None, text: str | None = None) -> None:
        """Show only parts that are not OK, or whose name contains a text; None leaves a filter unchanged."""
        self._only_flagged = self._only_flagged if only_flagged is None else only_flagged
        if text is not None and text.casefold() != self._text:
            self._text = text.casefold()
            self._names_match = np.empty(0, dtype=bool)
        self._reorder()

    def row_of(self, position: int) -> int:
        """Return the row that shows a part of the state, or -1."""
        return int(self._rows[position]) if 0 <= position < len(self._rows) else -1

    def position_at(self, row: int) -> int:
        """Return the position in the state of the part in a row."""
        return int(self._order[row])

    def verdict_at(self, row: int) -> Verdict:
        """Return the verdict in a row."""
        return ORDER[self._state.verdicts()[self._order[row]]]

    # --- cells ---

    def _cell(self, column: ResultColumn, position: int, inspection: Inspection) -> str:
        if column == ResultColumn.PHOTO:
            return self._state.name_of(inspection)
        if column == ResultColumn.VERDICT:
            verdict = inspection.verdict(self._state.limits)
            refused = verdict is Verdict.REFUSED
            would_be = inspection.would_be(self._state.limits)
            return wording.refused_word(would_be) if refused else wording.verdict_word(verdict)
        if inspection.score is None:
            return ""
        if column == ResultColumn.SCORE:
            return f"{inspection.score / self._state.own_limit:.2f}"
        return str(self._counts.count(position))

    def _tip(self, column: ResultColumn, inspection: Inspection) -> str:
        if inspection.error or inspection.refusal:
            return inspection.error or inspection.refusal or ""
        if column == ResultColumn.SCORE and inspection.score is not None:
            return self.tr("Raw score {score}").format(score=f"{inspection.score:.4f}")
        return str(inspection.path) if column == ResultColumn.PHOTO else ""

    # --- order ---

    def _reorder(self) -> None:
        order = self._wanted_order()
        if len(order) != len(self._order):
            self.beginResetModel()
            self._set_order(order)
            self.endResetModel()
        elif not np.array_equal(order, self._order):
            self.layoutAboutToBeChanged.emit()
            before = self.persistentIndexList()
            positions = [self.position_at(index.row()) for index in before]
            self._set_order(order)
            after = [self.index(self.row_of(p), index.column()) for p, index in zip(positions, before, strict=True)]
            self.changePersistentIndexList(before, after)
            self.layoutChanged.emit()

    def _set_order(self, order: NDArray[np.intp]) -> None:
        self._order = order
        self._rows = np.full(len(self._state.inspections), -1, dtype=np.intp)
        self._rows[order] = np.arange(len(order))

    def _wanted_order(self) -> NDArray[np.intp]:
        positions = self._selected_of(np.arange(len(self._state.inspections), dtype=np.intp))
        column, order = self._sorted
        if column < 0 or not len(positions):
            return positions
        ranked = np.argsort(self._keys(ResultColumn(column), positions), kind="stable")
        if order == Qt.SortOrder.DescendingOrder:
            ranked = ranked[::-1]
        return np.asarray(positions[ranked], dtype=np.intp)

    def _selected_of(self, positions: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return those of some positions that the filters let through."""
        if self._only_flagged:
            positions = positions[self._state.verdicts()[positions] != CODES[Verdict.OK]]
        if self._text:
            unseen = self._state.inspections[len(self._names_match) :]
            matches = [self._text in self._state.name_of(one).casefold() for one in unseen]
            self._names_match = np.concatenate([self._names_match, np.array(matches, dtype=bool)])
            positions = positions[self._names_match[positions]]
        return positions

    def _keys(self, column: ResultColumn, positions: NDArray[np.intp]) -> NDArray[np.float64]:
        if column == ResultColumn.PHOTO:
            return self._name_ranks()[positions]
        if column == ResultColumn.SCORE:
            return np.nan_to_num(self._state.column.known_scores[positions], nan=-math.inf)
        if column == ResultColumn.VERDICT:
            return self._verdict_keys()[positions]
        self._counts.complete()
        return np.array([float(self._counts.known(int(position))) for position in positions])

    def _key_of(self, column: ResultColumn) -> Callable[[int], Any]:
        """Return the sort key of one position, in the order that `_keys` gives."""
        if column == ResultColumn.PHOTO:
            return self._named_keys().__getitem__
        if column == ResultColumn.SCORE:
            scores = np.nan_to_num(self._state.column.known_scores, nan=-math.inf)
            return scores.__getitem__
        if column == ResultColumn.VERDICT:
            return self._verdict_keys().__getitem__
        self._counts.complete()
        return lambda position: self._counts.known(int(position))

    def _verdict_keys(self) -> NDArray[np.float64]:
        """Return keys that put the worst verdict first, refused photos that would be NG before all; then by score."""
        column = self._state.column
        first = column.refused_and_ng(self._state.limits)
        ranks = np.where(first, _FIRST, _RANKS[self._state.verdicts()])
        return np.asarray(ranks + 0.5 / (1.0 + np.nan_to_num(column.known_scores, nan=0.0)))

    def _named_keys(self) -> list[tuple[object, ...]]:
        from inspector.storage.photos.photo_list import natural_key

        unseen = self._state.inspections[len(self._name_keys) :]
        self._name_keys += [tuple(natural_key(one.path)) for one in unseen]
        return self._name_keys

    def _name_ranks(self) -> NDArray[np.float64]:
        keys = self._named_keys()
        ranks = np.empty(len(keys))
        ranks[sorted(range(len(keys)), key=keys.__getitem__)] = np.arange(len(keys))
        return ranks

    def _with_added(self, added: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return the order with new positions inserted: the same that sorting all of them would give."""
        column, direction = self._sorted
        if column < 0:
            return np.concatenate([self._order, added])
        key = self._key_of(ResultColumn(column))
        descending = direction == Qt.SortOrder.DescendingOrder
        rising = self._order[::-1] if descending else self._order
        ordered = sorted((int(position) for position in added), key=key)
        places = [bisect_right(rising, key(position), key=key) for position in ordered]
        merged = np.insert(rising, places, ordered)
        return merged[::-1] if descending else merged

    # --- changes of the state ---

    @Slot()
    def _on_reset(self) -> None:
        self.beginResetModel()
        self._names_match = np.empty(0, dtype=bool)
        self._name_keys = []
        self._set_order(np.empty(0, dtype=np.intp))
        self.endResetModel()

    @Slot(int, int)
    def _on_added(self, first: int, count: int) -> None:
        added = self._selected_of(np.arange(first, first + count, dtype=np.intp))
        if not len(added):
            return
        order = self._with_added(added)
        if self._sorted[0] < 0:
            row = len(self._order)
            self.beginInsertRows(NO_INDEX, row, row + len(added) - 1)
            self._set_order(order)
            self.endInsertRows()
        else:
            self.beginResetModel()
            self._set_order(order)
            self.endResetModel()

    @Slot()
    def _on_threshold(self) -> None:
        if self._only_flagged or self._sorted[0] in (ResultColumn.VERDICT, ResultColumn.REGIONS):
            self._reorder()
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, ResultColumn.SCORE, ResultColumn.SCORE)
        if len(self._order):
            last = self.index(len(self._order) - 1, len(ResultColumn) - 1)
            self.dataChanged.emit(self.index(0, ResultColumn.SCORE), last)

    @Slot()
    def _on_counted(self) -> None:
        if self._sorted[0] == ResultColumn.REGIONS:
            self._reorder()
