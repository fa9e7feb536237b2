"""The history as a table of any length: painting a row fetches its page in a thread.

A row that is not fetched yet is empty. While no page is wanted, anchors are laid through a long list, so that a jump is
as quick as the next page. A row that a decision removes from the list is removed from the known rows, too. Pages
fetched later fit, because the history counts without it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import TYPE_CHECKING

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal, Slot

from inspector.core.values import Verdict
from inspector.gui.findings import part_words
from inspector.gui.review.anchors import APART, Anchor, Anchors
from inspector.gui.state.review import ReviewState
from inspector.gui.state.review_filter import ReviewFilter
from inspector.gui.threads.history_access import HistoryAccess
from inspector.gui.widgets import wording
from inspector.gui.widgets.labels import plain
from inspector.storage.history.records import Order, PartRecord

if TYPE_CHECKING:
    from inspector.storage.history.store import History

AnyIndex = QModelIndex | QPersistentModelIndex
NO_INDEX = QModelIndex()
RECORD_ROLE = Qt.ItemDataRole.UserRole
PAGE = 200
KEPT_ROWS = 50 * PAGE
MAX_WAITING = 4
"""Pages that wait for fetching. After dragging the scroll bar over a million rows, only the last pages are wanted."""
_ANCHOR = -1


class HistoryColumn(IntEnum):
    """The columns."""

    PART = 0
    SCORE = 1
    VERDICT = 2
    DECISION = 3
    WHEN = 4


@dataclass(frozen=True, slots=True)
class _Listing:
    """How many parts there are, and the first of them."""

    count: int
    records: tuple[PartRecord, ...]


class HistoryTable(QAbstractTableModel):
    """Parts of the history, as the state's filter says.

    Parameters
    ----------
    review : ReviewState
    history_access : HistoryAccess

    Attributes
    ----------
    listed : Signal()
        There is a new listing.
    fetched : Signal(int, int)
        First row and number of rows that are known now.
    """

    listed = Signal()
    fetched = Signal(int, int)

    def __init__(self, review: ReviewState, history_access: HistoryAccess, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._review = review
        self._history_access = history_access
        self._filter = review.filter
        self._asked_at = datetime.now().astimezone()
        self._count = 0
        self._known: dict[int, PartRecord] = {}
        self._listing = 0
        self._wanted_listing = 0
        self._edits = 0  # pages asked for before a row was taken out are counted otherwise than now
        self._waiting: list[int] = []
        self._anchors = Anchors()
        self._fetching: tuple[int, int] | None = None  # listing and first row; `_ANCHOR` for the row of an anchor
        review.filter_changed.connect(self.reload)

    # --- Qt's questions ---

    def rowCount(self, parent: AnyIndex = NO_INDEX) -> int:
        """Return the number of parts."""
        return 0 if parent.isValid() else self._count

    def columnCount(self, parent: AnyIndex = NO_INDEX) -> int:
        """Return the number of columns."""
        return 0 if parent.isValid() else len(HistoryColumn)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return the name of a column."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.DisplayRole:
            score = self.tr("Score, 1.0 is the limit")
            return (self.tr("Part"), score, self.tr("Verdict"), self.tr("Review"), self.tr("Judged"))[section]
        return None

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return the content of a cell; None until it is fetched."""
        if not index.isValid() or role not in (
            RECORD_ROLE, Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole
        ):  # fmt: skip
            return None
        record = self.record(index.row())
        if role == RECORD_ROLE or record is None:
            return record
        column = HistoryColumn(index.column())
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain(part_words.tip(record)) if column is HistoryColumn.PART else None
        return self._cell(column, record)

    # --- the window's questions ---

    @property
    def listing(self) -> int:
        """Number of the listing; another listing may show other parts in the same rows."""
        return self._listing

    @property
    def loading(self) -> bool:
        """Whether a listing is on its way."""
        return self._wanted_listing != self._listing

    def record(self, row: int) -> PartRecord | None:
        """Return the part in a row, or None and fetch it."""
        known = self._known.get(row)
        if known is None and 0 <= row < self._count:
            self._want(row // PAGE * PAGE)
        return known

    def row_of(self, part_number: int) -> int:
        """Return the row of a part as far as it is known, or -1."""
        return next((row for row, record in self._known.items() if record.id == part_number), -1)

    def next_to_review(self, row: int) -> int:
        """Return the first known row behind `row` whose part has no review; -1 without such a row."""
        row += 1
        while row < self._count:
            known = self._known.get(row)
            if known is None or known.decision is None:
                return row
            row += 1
        return -1

    # --- the listing ---

    @Slot()
    def reload(self) -> None:
        """Fetch the list again; the old list is shown until then."""
        self._wanted_listing += 1
        ask = _AskListing(self._review.filter, datetime.now().astimezone())
        self._history_access.ask(
            ask, _Tagged(self._take_listing, self._wanted_listing, ask), _Failed(self, self._wanted_listing)
        )

    def _take_listing(self, number: int, ask: _AskListing, found: _Listing) -> None:
        if number != self._wanted_listing:
            return
        self.beginResetModel()
        self._filter, self._asked_at, self._listing = ask.filter, ask.asked_at, number
        self._count = found.count
        self._known = dict(enumerate(found.records))
        self._waiting.clear()
        self._anchors.clear()
        self.endResetModel()
        self.listed.emit()
        self._fetch()

    def on_unlisted(self, number: int, error: Exception) -> None:
        """Continue with the present list: the requested list does not come."""
        if number == self._wanted_listing:
            self._wanted_listing = self._listing
        self._history_access.failed.emit(error)

    # --- pages ---

    def _want(self, first: int) -> None:
        if (self._listing, first) == self._fetching:
            return
        if first in self._waiting:
            self._waiting.remove(first)
        self._waiting.append(first)
        del self._waiting[:-MAX_WAITING]
        self._fetch()

    def _fetch(self) -> None:
        if self._fetching is not None:
            return
        if self._waiting:
            self._fetch_page(self._waiting.pop())
        elif (last := self._anchors.last(self._count)) is not None:
            self._fetching = (self._listing, _ANCHOR)
            ask = _AskAnchor(self._filter, self._asked_at, last)
            self._history_access.ask(
                ask, _Tagged(self._take_anchor, (self._listing, self._edits), ask), self._on_failed
            )

    def _fetch_page(self, first: int) -> None:
        self._fetching = (self._listing, first)
        before = self._known.get(first - 1)
        start = self._anchors.before(first) if before is None else Anchor(first, before)
        ask = _AskPage(self._filter, self._asked_at, self._count, first, start)
        self._history_access.ask(ask, _Tagged(self._take_page, (self._listing, self._edits), ask), self._on_failed)

    def _take_anchor(self, asked: tuple[int, int], _ask: object, found: tuple[PartRecord, ...]) -> None:
        self._fetching = None
        if asked == (self._listing, self._edits):
            if found:
                self._anchors.lay(found[0])
            else:
                self._anchors.end()  # the list is shorter than it was; whoever goes to its end finds out
        self._fetch()

    def _take_page(self, asked: tuple[int, int], ask: _AskPage, records: tuple[PartRecord, ...]) -> None:
        self._fetching = None
        if asked == (self._listing, self._edits):
            if len(records) < min(PAGE, self._count - ask.first):
                self.reload()  # somebody else has reviewed some: the list is shorter than it was
                return
            self._keep(ask.first, records)
        elif asked[0] == self._listing:
            self._waiting.append(ask.first)
        self._fetch()

    def _keep(self, first: int, records: tuple[PartRecord, ...]) -> None:
        if len(self._known) > KEPT_ROWS:
            self._known = {row: one for row, one in self._known.items() if abs(row - first) < KEPT_ROWS // 2}
        self._known |= {row: one for row, one in enumerate(records, first) if row < self._count}
        self.dataChanged.emit(self.index(first, 0), self.index(first + len(records) - 1, len(HistoryColumn) - 1))
        self.fetched.emit(first, len(records))

    @Slot(object)
    def _on_failed(self, error: Exception) -> None:
        self._fetching = None
        self._waiting.clear()
        self._history_access.failed.emit(error)

    # --- decisions ---

    def remove(self, row: int) -> None:
        """Take a part off the list: a decision made it one that the filter does not mean."""
        self._edits += 1
        self.beginRemoveRows(NO_INDEX, row, row)
        self._count -= 1
        self._anchors.removed(row)
        self._known = {at - (at > row): one for at, one in self._known.items() if at != row}
        self.endRemoveRows()

    def put_back(self, row: int, record: PartRecord) -> None:
        """Put a part back where it was."""
        row = min(row, self._count)
        self._edits += 1
        self.beginInsertRows(NO_INDEX, row, row)
        self._count += 1
        self._anchors.put_back(row, record)
        self._known = {at + (at >= row): one for at, one in self._known.items()} | {row: record}
        self.endInsertRows()

    def update(self, row: int, record: PartRecord) -> None:
        """Show the present reviews of a part."""
        self._known[row] = record
        self.dataChanged.emit(self.index(row, 0), self.index(row, len(HistoryColumn) - 1))

    def _cell(self, column: HistoryColumn, record: PartRecord) -> str:
        if column is HistoryColumn.PART:
            return part_words.name(record)
        if column is HistoryColumn.SCORE:
            return "" if record.score is None else f"{record.relative_score:.2f}"
        if column is HistoryColumn.VERDICT:
            refused = record.verdict is Verdict.REFUSED
            return wording.refused_word(record.would_be) if refused else part_words.verdict_word(record.verdict)
        if column is HistoryColumn.DECISION:
            return part_words.decision(record.decision, record.defect_class)
        return part_words.minute(record.inspected_at)


@dataclass(frozen=True, slots=True)
class _AskListing:
    filter: ReviewFilter
    asked_at: datetime

    def __call__(self, history: History) -> _Listing:
        meant = self.filter.part_filter(self.asked_at)
        return _Listing(history.count(meant), history.page(meant, self.filter.order, limit=PAGE))


@dataclass(frozen=True, slots=True)
class _AskPage:
    filter: ReviewFilter
    asked_at: datetime
    count: int
    first: int
    start: Anchor

    def __call__(self, history: History) -> tuple[PartRecord, ...]:
        skipped = self.first - self.start.rows
        if skipped > APART and self.count - self.first < skipped:
            return self._from_the_end(history)  # there are no anchors there yet
        meant = self.filter.part_filter(self.asked_at)
        return history.page(meant, self.filter.order, after=self.start.record, offset=skipped, limit=PAGE)

    def _from_the_end(self, history: History) -> tuple[PartRecord, ...]:
        meant = self.filter.part_filter(self.asked_at)
        more = history.count(meant) - self.count
        if more < 0:
            return ()  # shorter than it was: counted from the end, these rows would be others
        end = min(self.first + PAGE, self.count)
        behind = self.count - end + (more if self.filter.order is Order.OLDEST else 0)  # what came since is the newest
        return history.page(meant, self.filter.order.reverse, offset=behind, limit=end - self.first)[::-1]


@dataclass(frozen=True, slots=True)
class _AskAnchor:
    filter: ReviewFilter
    asked_at: datetime
    last: Anchor

    def __call__(self, history: History) -> tuple[PartRecord, ...]:
        meant = self.filter.part_filter(self.asked_at)
        return history.page(meant, self.filter.order, after=self.last.record, offset=APART - 1, limit=1)


@dataclass(frozen=True, slots=True)
class _Tagged:
    """Passes an answer on together with its question."""

    then: Callable[..., None]
    tag: object
    ask: object

    def __call__(self, answer: object) -> None:
        self.then(self.tag, self.ask, answer)


@dataclass(frozen=True, slots=True)
class _Failed:
    table: HistoryTable
    number: int

    def __call__(self, error: Exception) -> None:
        self.table.on_unlisted(self.number, error)
