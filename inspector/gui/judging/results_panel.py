"""The results below the photo: table or strip of photos, filter, counts."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QItemSelectionModel, QModelIndex, Qt, Slot
from PySide6.QtWidgets import QAbstractItemView, QFrame, QHeaderView, QStackedWidget, QToolButton, QVBoxLayout, QWidget

from inspector.core.values import Verdict
from inspector.gui.actions.qactions import Actions
from inspector.gui.findings.part_rows import ROOM_FOR_REGIONS_PX, ROW_PX, VERDICT_PX, ResultColumn, ResultsView
from inspector.gui.judging.filmstrip import Filmstrip
from inspector.gui.judging.results_delegates import ResultDelegate
from inspector.gui.judging.results_table import ResultsTable
from inspector.gui.state.state import State
from inspector.gui.threads.decoder import Decoder
from inspector.gui.widgets import wording
from inspector.gui.widgets.buttons import tool_button
from inspector.gui.widgets.labels import label, plain, row
from inspector.gui.widgets.search_field import SearchField


class ResultsPanel(QFrame):
    """Shows all parts, in two views of one model and one selection; it and the state's follow each other."""

    def __init__(self, state: State, actions: Actions, loader: Decoder, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self.setObjectName("results")
        self.table = ResultsTable(state)
        self.table.setParent(self)
        self.view = ResultsView()
        self.film = Filmstrip(state, self.table, loader)
        self.counts, self.skipped = label(kind="muted"), label(kind="muted")
        self.filter = SearchField(self.tr("Find by name"), self.tr("Find parts by name"))
        self.only_flagged: QToolButton = tool_button(actions["only_flagged"], words=True)
        self.only_flagged.setMinimumWidth(0)  # the width of its words, which the field gives way to
        self._set_up_view(loader)
        self._views = self._both_views()
        self.filter.setMaximumWidth(200)
        as_photos = tool_button(actions["filmstrip"])
        keep = tool_button(actions["keep_results"])
        other = tool_button(actions["choose_photos"])
        title = label(self.tr("Results"), "heading")
        told = (title, self.counts, self.skipped)
        head = row(*told, 1, self.filter, self.only_flagged, as_photos, keep, other, spacing=12)
        head.setContentsMargins(20, 6, 12, 6)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(head)
        layout.addWidget(self._views, 1)
        self.filter.textChanged.connect(self._on_filter)
        self.filter.left.connect(self.setFocus)
        actions["only_flagged"].toggled.connect(self._on_only_flagged)
        self.view.selectionModel().currentRowChanged.connect(self._on_row)
        self.table.modelReset.connect(self._follow_selection)
        self.table.layoutChanged.connect(self._follow_selection)
        state.selection_changed.connect(self._follow_selection)
        state.filmstrip_changed.connect(self._show_view)
        loader.thumbnail_ready.connect(self._on_thumbnail)
        for signal in (state.results_reset, state.results_added, state.threshold_changed):
            signal.connect(self._render_counts)
        self._render_counts()
        self._show_view()

    def sort_worst_first(self) -> None:
        """Sort by verdict, the worst first, and by score: refused photos that would be NG come before NG ones."""
        self.view.sortByColumn(ResultColumn.VERDICT, Qt.SortOrder.AscendingOrder)

    def reset_order(self) -> None:
        """Show parts in the order of inspection: while results come in, nothing jumps."""
        self.view.sortByColumn(-1, Qt.SortOrder.AscendingOrder)

    def step(self, by: int, *, only_flagged: bool = False) -> None:
        """Select the next (+1) or previous (-1) part in the table's order, or the next that is not OK."""
        rows = self.table.rowCount()
        at = self.table.row_of(self._state.selected) + by if self._state.selected >= 0 else 0
        while 0 <= at < rows:
            if not only_flagged or self.table.verdict_at(at) is not Verdict.OK:
                self._state.select(self.table.position_at(at))
                return
            at += by

    def _both_views(self) -> QStackedWidget:
        self.film.setSelectionModel(self.view.selectionModel())
        made = QStackedWidget()
        made.addWidget(self.view)
        made.addWidget(self.film)
        return made

    def _set_up_view(self, loader: Decoder) -> None:
        view = self.view
        view.setModel(self.table)
        view.setItemDelegate(ResultDelegate(self._state, loader, view))
        view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        view.setShowGrid(False)
        view.setTabKeyNavigation(False)
        view.setWordWrap(False)
        view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        view.setAccessibleName(self.tr("Results"))
        view.verticalHeader().hide()
        # Fixed heights: with 10,000 rows Qt must not ask each for its own.
        view.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        view.verticalHeader().setDefaultSectionSize(ROW_PX)
        header = view.horizontalHeader()
        header.setHighlightSections(False)
        header.setFixedHeight(32)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setSectionResizeMode(ResultColumn.PHOTO, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(ResultColumn.SCORE, QHeaderView.ResizeMode.Stretch)
        view.widths = {ResultColumn.VERDICT: VERDICT_PX, ResultColumn.REGIONS: (92, 0)}
        view.narrow_below_px = ROOM_FOR_REGIONS_PX
        header.setSortIndicator(-1, Qt.SortOrder.DescendingOrder)
        header.setSortIndicatorClearable(True)
        view.setSortingEnabled(True)

    @property
    def _shown(self) -> QAbstractItemView:
        return self.film if self._state.filmstrip else self.view

    @Slot()
    def _show_view(self) -> None:
        had_focus = self.view.hasFocus() or self.film.hasFocus()
        self._views.setCurrentWidget(self._shown)
        self.setFocusProxy(self._shown)
        if had_focus:
            self._shown.setFocus()
        self._follow_selection()

    @Slot(QModelIndex, QModelIndex)
    def _on_row(self, current: QModelIndex, _previous: QModelIndex) -> None:
        if current.isValid():
            self._state.select(self.table.position_at(current.row()))

    @Slot()
    def _follow_selection(self) -> None:
        at = self.table.row_of(self._state.selected)
        selection = self.view.selectionModel()
        if at < 0:
            selection.clear()
            return
        if selection.currentIndex().row() != at or not selection.hasSelection():
            flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
            selection.setCurrentIndex(self.table.index(at, 0), flags)
        self._shown.scrollTo(self.table.index(at, 0))

    @Slot(str)
    def _on_filter(self, text: str) -> None:
        self.table.set_filter(text=text)

    @Slot(bool)
    def _on_only_flagged(self, only: bool) -> None:
        self.table.set_filter(only_flagged=only)

    @Slot(object)
    def _on_thumbnail(self, _path: Path) -> None:
        self._shown.viewport().update()  # one repaint for all that arrive before the next frame

    @Slot()
    def _render_counts(self) -> None:
        found = bool(self._state.inspections)
        skipped = self._state.photos.skipped if self._state.photos is not None else ()
        first = int(self._state.column.refused_and_ng(self._state.limits).sum())
        counts = wording.counts(self._state.counts(), first) if found else ""
        self.counts.setText(counts)
        self.counts.setToolTip(plain(counts))  # the field and the filter beside it may leave too little room
        # Short, so that the field and the filter beside it keep their words; the reasons are in the tip.
        self.skipped.setText(self.tr("{count} skipped").format(count=f"{len(skipped):,}") if found and skipped else "")
        self.skipped.setToolTip(plain(wording.skipped(skipped)))
        empty = self.tr("No matching parts. Clear the name, or show all parts.") if found else ""
        self.view.empty_text = self.film.empty_text = empty
