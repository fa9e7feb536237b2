"""The history below the photo: filters and a table of any length."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QSignalBlocker, Qt, Slot
from PySide6.QtWidgets import QAbstractItemView, QFrame, QHeaderView, QVBoxLayout, QWidget

from inspector.gui.actions.qactions import Actions
from inspector.gui.findings import part_words
from inspector.gui.findings.part_rows import ROW_PX, ResultsView
from inspector.gui.review.filter_bar import FilterBar
from inspector.gui.review.history_delegates import HistoryDelegate
from inspector.gui.review.history_table import HistoryColumn
from inspector.gui.review.selecting import Selecting
from inspector.gui.state.review import ReviewState
from inspector.gui.widgets.buttons import tool_button
from inspector.gui.widgets.labels import label, row
from inspector.storage.history.records import Order

_ORDERS = {
    (HistoryColumn.SCORE, Qt.SortOrder.DescendingOrder): Order.WORST,
    (HistoryColumn.SCORE, Qt.SortOrder.AscendingOrder): Order.BEST,
    (HistoryColumn.WHEN, Qt.SortOrder.DescendingOrder): Order.NEWEST,
    (HistoryColumn.WHEN, Qt.SortOrder.AscendingOrder): Order.OLDEST,
}
NARROW_BELOW_PX = 820
LISTS = ("list_to_review", "list_near_limit", "list_missed")


class PartsPanel(QFrame):
    """Shows the parts of the filter; its current row and the selected part follow each other."""

    def __init__(
        self, review: ReviewState, reviewing: Selecting, actions: Actions, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._review, self._reviewing, self._table = review, reviewing, reviewing.table
        self.setObjectName("results")
        self.filters = FilterBar(review, [actions[key] for key in LISTS])
        self.view = ResultsView()
        self.count = label(kind="muted")
        self._set_up_view()
        head = row(self.filters, 1, self.count, tool_button(actions["refresh_review"]), spacing=12)
        head.setContentsMargins(20, 6, 12, 6)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(head)
        layout.addWidget(self.view, 1)
        self.setFocusProxy(self.view)
        self.view.selectionModel().currentRowChanged.connect(self._on_row)
        self.view.horizontalHeader().sortIndicatorChanged.connect(self._on_sorted)
        reviewing.row_changed.connect(self._follow)
        reviewing.pictures.thumbnail_ready.connect(self._on_thumbnail)
        for signal in (self._table.listed, self._table.rowsInserted, self._table.rowsRemoved):
            signal.connect(self._render_count)
        review.filter_changed.connect(self._render_order)
        self._render_count()
        self._render_order()

    def _set_up_view(self) -> None:
        view = self.view
        view.setModel(self._table)
        view.setItemDelegate(HistoryDelegate(self._reviewing.pictures, view))
        view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        view.setShowGrid(False)
        view.setTabKeyNavigation(False)
        view.setWordWrap(False)
        view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        view.setAccessibleName(self.tr("Parts of the history"))
        view.verticalHeader().hide()
        # Fixed heights: of a million rows Qt must not ask each for its own.
        view.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        view.verticalHeader().setDefaultSectionSize(ROW_PX)
        header = view.horizontalHeader()
        header.setHighlightSections(False)
        header.setFixedHeight(32)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setSectionResizeMode(HistoryColumn.PART, QHeaderView.ResizeMode.Stretch)
        view.narrow_below_px = NARROW_BELOW_PX
        view.widths = {
            HistoryColumn.SCORE: (156, 128),
            HistoryColumn.VERDICT: (188, 148),
            HistoryColumn.DECISION: (118, 92),
            HistoryColumn.WHEN: (144, 140),
        }
        header.setSortIndicatorShown(True)
        header.setSectionsClickable(True)

    @Slot(QModelIndex, QModelIndex)
    def _on_row(self, current: QModelIndex, _previous: QModelIndex) -> None:
        if current.isValid() and not self._reviewing.editing:
            self._reviewing.show_row(current.row())

    @Slot(int)
    def _follow(self, at: int) -> None:
        selection = self.view.selectionModel()
        if at < 0:
            selection.clear()
            return
        index = self._table.index(at, 0)
        if selection.currentIndex().row() != at or not selection.hasSelection():
            flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
            selection.setCurrentIndex(index, flags)
        self.view.scrollTo(index)

    @Slot(int, Qt.SortOrder)
    def _on_sorted(self, column: int, direction: Qt.SortOrder) -> None:
        order = _ORDERS.get((HistoryColumn(column), direction)) if column >= 0 else None
        if order is None:
            self._render_order()  # there is no index for the other columns
        else:
            self._review.set_filter(replace(self._review.filter, order=order))

    @Slot()
    def _render_order(self) -> None:
        ((column, direction),) = (key for key, order in _ORDERS.items() if order is self._review.filter.order)
        header = self.view.horizontalHeader()
        with QSignalBlocker(header):
            header.setSortIndicator(column, direction)
        header.viewport().update()

    @Slot()
    def _render_count(self) -> None:
        self.count.setText(part_words.parts(self._table.rowCount()))
        no_match = self.tr("No matching parts. Choose another list, verdict, review or time.")
        self.view.empty_text = self.tr("Reading the history…") if self._table.loading else no_match
        self.view.viewport().update()

    @Slot(int)
    def _on_thumbnail(self, _part_number: int) -> None:
        self.view.viewport().update()  # one repaint for all that arrive before the next frame
