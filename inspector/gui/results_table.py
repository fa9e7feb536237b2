"""The results as a table model that sorts and filters itself.

No QSortFilterProxyModel: it asks Python for every row and comparison, which at 10,000 rows makes each step of the
slider take longer than a frame. The order here is one numpy sort, and what depends on the threshold is looked up for
the visible rows only.
"""

from __future__ import annotations

import math
from enum import IntEnum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Slot

from inspector.core.values import Inspection, Verdict
from inspector.gui import wording
from inspector.gui.region_counts import RegionCounts
from inspector.gui.session import Session
from inspector.gui.verdict_column import CODES, ORDER

AnyIndex = QModelIndex | QPersistentModelIndex
NO_INDEX = QModelIndex()
INSPECTION_ROLE = Qt.ItemDataRole.UserRole
FLAGGED = np.array([CODES[Verdict.NG], CODES[Verdict.UNSURE]])
"""Codes of the verdicts that somebody has to look at."""

_WORST_FIRST = (Verdict.NG, Verdict.UNSURE, Verdict.REFUSED, Verdict.UNREADABLE, Verdict.OK)
_RANKS = np.array([float(_WORST_FIRST.index(verdict)) for verdict in ORDER])


class Column(IntEnum):
    """The columns."""

    PHOTO = 0
    SCORE = 1
    VERDICT = 2
    REGIONS = 3


class ResultsTable(QAbstractTableModel):
    """The session's results in the order and selection that the user chose.

    Parameters
    ----------
    session : Session
        Where they are.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._counts = RegionCounts(session, self)
        self._order: NDArray[np.intp] = np.empty(0, dtype=np.intp)  # row -> position in the session
        self._rows: dict[int, int] = {}  # and back
        self._sorted: tuple[int, Qt.SortOrder] = (-1, Qt.SortOrder.AscendingOrder)
        self._only_flagged = False
        self._text = ""
        self._named: dict[int, bool] = {}  # whether a part's name holds that text
        session.results_reset.connect(self._on_reset)
        session.results_added.connect(self._on_added)
        session.threshold_changed.connect(self._on_threshold)
        self._counts.completed.connect(self._on_counted)

    # --- Qt's questions ---

    def rowCount(self, parent: AnyIndex = NO_INDEX) -> int:
        """Return the number of parts shown."""
        return 0 if parent.isValid() else len(self._order)

    def columnCount(self, parent: AnyIndex = NO_INDEX) -> int:
        """Return the number of columns."""
        return 0 if parent.isValid() else len(Column)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return the name of a column."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.DisplayRole:
            return (self.tr("Part"), self.tr("Score, 1.0 is the limit"), self.tr("Verdict"), self.tr("Regions"))[
                section
            ]
        return None

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return what a cell shows."""
        if not index.isValid():
            return None
        position = int(self._order[index.row()])
        inspection = self._session.inspections[position]
        if role == INSPECTION_ROLE:
            return inspection
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return self._cell(Column(index.column()), position, inspection)
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tip(Column(index.column()), inspection)
        return None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column; -1 is the order of inspection."""
        self._sorted = (column, order)
        self._reorder()

    # --- the window's questions ---

    def set_filter(self, *, only_flagged: bool | None = None, text: str | None = None) -> None:
        """Show only parts that are NG or UNSURE, or whose name holds a text; what is None stays."""
        self._only_flagged = self._only_flagged if only_flagged is None else only_flagged
        self._text = self._text if text is None else text.casefold()
        self._named.clear()
        self._reorder()

    def row_of(self, position: int) -> int:
        """Return the row that shows a part of the session, or -1."""
        return self._rows.get(position, -1)

    def position_at(self, row: int) -> int:
        """Return the position in the session of the part in a row."""
        return int(self._order[row])

    def verdict_at(self, row: int) -> Verdict:
        """Return the verdict in a row."""
        return ORDER[self._session.verdicts()[self._order[row]]]

    # --- cells ---

    def _cell(self, column: Column, position: int, inspection: Inspection) -> str:
        if column == Column.PHOTO:
            return self._session.name_of(inspection)
        if column == Column.VERDICT:
            return wording.verdict_word(inspection.verdict(self._session.limits))
        if inspection.score is None:
            return ""
        if column == Column.SCORE:
            return f"{inspection.score / self._session.threshold:.2f}"
        return str(self._counts.count(position))

    def _tip(self, column: Column, inspection: Inspection) -> str:
        if inspection.error or inspection.refusal:
            return inspection.error or inspection.refusal or ""
        if column == Column.SCORE and inspection.score is not None:
            return self.tr("Raw score {score}").format(score=f"{inspection.score:.4f}")
        return str(inspection.path) if column == Column.PHOTO else ""

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
        self._rows = {int(position): row for row, position in enumerate(order)}

    def _wanted_order(self) -> NDArray[np.intp]:
        positions = np.arange(len(self._session.inspections), dtype=np.intp)
        if self._only_flagged:
            positions = positions[np.isin(self._session.verdicts(), FLAGGED)]
        if self._text:
            positions = positions[np.array([self._is_named(int(at)) for at in positions], dtype=bool)]
        column, order = self._sorted
        if column < 0 or not len(positions):
            return positions
        keys = self._keys(Column(column), positions)
        ranked = np.argsort(keys, kind="stable")
        if order == Qt.SortOrder.DescendingOrder:
            ranked = ranked[::-1]
        return np.asarray(positions[ranked], dtype=np.intp)

    def _is_named(self, position: int) -> bool:
        known = self._named.get(position)  # kept, because a moved line asks again
        if known is None:
            name = self._session.name_of(self._session.inspections[position]).casefold()
            known = self._named[position] = self._text in name
        return known

    def _keys(self, column: Column, positions: NDArray[np.intp]) -> NDArray[np.float64]:
        inspections = self._session.inspections
        if column == Column.PHOTO:
            return _natural_ranks([inspections[position].path for position in positions])
        if column == Column.SCORE:
            return np.nan_to_num(self._session.scores[positions], nan=-math.inf)
        if column == Column.VERDICT:
            return _RANKS[self._session.verdicts()[positions]]
        self._counts.complete()
        return np.array([float(self._counts.known(int(position))) for position in positions])

    # --- what the session tells ---

    @Slot()
    def _on_reset(self) -> None:
        self.beginResetModel()
        self._named.clear()
        self._set_order(np.empty(0, dtype=np.intp))
        self.endResetModel()

    @Slot(int, int)
    def _on_added(self, first: int, count: int) -> None:
        if self._only_flagged or self._text or self._sorted[0] >= 0:
            self._reorder()
            return
        row = len(self._order)
        self.beginInsertRows(NO_INDEX, row, row + count - 1)
        self._order = np.concatenate([self._order, np.arange(first, first + count, dtype=np.intp)])
        self._rows |= {first + offset: row + offset for offset in range(count)}
        self.endInsertRows()

    @Slot()
    def _on_threshold(self) -> None:
        if self._only_flagged or self._sorted[0] in (Column.VERDICT, Column.REGIONS):
            self._reorder()
        if len(self._order):
            last = self.index(len(self._order) - 1, len(Column) - 1)
            self.dataChanged.emit(self.index(0, Column.SCORE), last)

    @Slot()
    def _on_counted(self) -> None:
        if self._sorted[0] == Column.REGIONS:
            self._reorder()


def _natural_ranks(paths: list[Path]) -> NDArray[np.float64]:
    from inspector.storage.photo_list import natural_key

    ordered = sorted(range(len(paths)), key=lambda index: natural_key(paths[index]))
    ranks = np.empty(len(paths))
    ranks[ordered] = np.arange(len(paths))
    return ranks
