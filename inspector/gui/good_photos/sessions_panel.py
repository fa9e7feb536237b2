"""The groups of the good photos: a choice of the method, the groups found, and names that can be edited."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QComboBox, QHeaderView, QTableWidget, QTableWidgetItem, QToolButton, QVBoxLayout, QWidget

from inspector.core.good_photos.sessions import SessionsBy
from inspector.gui.state.state import State
from inspector.gui.widgets import wording
from inspector.gui.widgets.icons import dress
from inspector.gui.widgets.labels import ElidedLabel, label, row

MOST_ROWS_SHOWN = 5
TABLE_PX = 480


class SessionsPanel(QWidget):
    """Edits the state's grouping, and follows it."""

    def __init__(self, state: State, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self.by = QComboBox()
        self.found = ElidedLabel("muted")
        self.names = QToolButton()
        self.table = QTableWidget(0, 2)
        self._fill()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        caption = label(self.tr("Groups of photos"), "caption")
        caption.setBuddy(self.by)
        line = row(caption, self.by, self.found, self.names, spacing=12)
        line.setStretch(2, 1)
        layout.addLayout(line)
        layout.addWidget(self.table)
        self.by.activated.connect(self._choose)
        self.names.toggled.connect(self._fold)
        self.table.cellChanged.connect(self._rename)
        for signal in (state.good_changed, state.grouping_changed, state.work_changed):
            signal.connect(self._render)
        self._render()

    def _fill(self) -> None:
        for by, words in (
            (SessionsBy.AUTO, self.tr("Found automatically")),
            (SessionsBy.NAME, self.tr("By name")),
            (SessionsBy.FOLDER, self.tr("By folder")),
            (SessionsBy.DATE, self.tr("By date taken")),
            (SessionsBy.FILE_TIME, self.tr("By file time")),
            (SessionsBy.ORDER, self.tr("By order")),
            (SessionsBy.APPEARANCE, self.tr("By appearance")),
            (SessionsBy.NONE, self.tr("Not grouped")),
        ):
            self.by.addItem(words, by)
        self.by.setAccessibleName(self.tr("How groups of photos are found"))
        self.by.setToolTip(
            self.tr(
                "Photos of a group share light, place or lot. Training holds out whole groups that "
                "affect scores, and sets the limit for a new group."
            )
        )
        self.names.setText(self.tr("Names"))
        self.names.setCheckable(True)
        self.names.setProperty("role", "fold")
        self.names.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        dress(self.names, "mdi6.chevron-right")
        self.table.setHorizontalHeaderLabels([self.tr("State"), self.tr("Photos")])
        self.table.setAccessibleName(self.tr("Groups. Groups with the same name are held out together."))
        self.table.setToolTip(self.tr("Groups with the same name are held out together."))
        self.table.verticalHeader().hide()
        self.table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.table.setMaximumWidth(TABLE_PX)
        self.table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.table.hide()

    @Slot()
    def _choose(self) -> None:
        self._state.group_by(SessionsBy(self.by.currentData()))  # Qt gives a plain string back

    @Slot(bool)
    def _fold(self, shown: bool) -> None:
        self.table.setVisible(shown)
        dress(self.names, "mdi6.chevron-down" if shown else "mdi6.chevron-right")

    @Slot(int, int)
    def _rename(self, line: int, column: int) -> None:
        item = self.table.item(line, column)
        if item is not None and column == 0:
            self._state.rename_session(item.data(Qt.ItemDataRole.UserRole), item.text())

    @Slot()
    def _render(self) -> None:
        grouping, idle = self._state.grouping, not self._state.work.training
        self.by.setCurrentIndex(self.by.findData(grouping.choice.by))
        self.found.setText("" if self._state.good is None else wording.sessions(grouping.sessions))
        found = grouping.found
        self.names.setVisible(bool(found.names))
        if not found.names:
            self.names.setChecked(False)
        given = dict(grouping.choice.renamed)
        was = self.table.blockSignals(True)
        self.table.setRowCount(len(found.names))
        for line, (name, count) in enumerate(zip(found.names, found.counts, strict=True)):
            shown, number = QTableWidgetItem(given.get(name, name)), QTableWidgetItem(f"{count:,}")
            shown.setData(Qt.ItemDataRole.UserRole, name)
            number.setFlags(Qt.ItemFlag.ItemIsEnabled)
            self.table.setItem(line, 0, shown)
            self.table.setItem(line, 1, number)
        self.table.blockSignals(was)
        shown_rows = min(len(found.names), MOST_ROWS_SHOWN)
        height = self.table.verticalHeader().defaultSectionSize()
        self.table.setFixedHeight(self.table.horizontalHeader().sizeHint().height() + shown_rows * height + 4)
        for widget in (self.by, self.table):
            widget.setEnabled(idle)
