"""The choices for a report of the history: parts, format, sender and file."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QDateTime, Signal, Slot
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import (
    QComboBox,
    QDateTimeEdit,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from inspector.core.letterhead import Letterhead
from inspector.core.values import Verdict
from inspector.gui.reports import words as report_words
from inspector.gui.reports.letterhead_form import LetterheadForm
from inspector.gui.reports.report_scopes import ReportOffer, ReportScope
from inspector.gui.widgets.dialogs import Dialogs
from inspector.gui.widgets.labels import field_name, label, line, row
from inspector.storage.history.records import PartFilter
from inspector.workflows.reports.writing import REPORT_SUFFIXES

WIDTH_PX = 560
MOMENT = "yyyy-MM-dd HH:mm"
_BY_TIME = (ReportScope.SHIFT, ReportScope.TODAY, ReportScope.TIMES)


@dataclass(frozen=True, slots=True)
class ReportWish:
    """The choices of the user.

    Parameters
    ----------
    scope : PartFilter
        Which parts.
    path : Path
        Where to; ends in one of `REPORT_SUFFIXES`.
    letterhead : Letterhead
        From whom.
    """

    scope: PartFilter
    path: Path
    letterhead: Letterhead


class ReportDialog(QDialog):
    """Asks for a report of the history.

    Parameters
    ----------
    offer : ReportOffer
        The initial choices.
    folder : Path
        Where it is proposed to be written.

    Attributes
    ----------
    scope_changed : Signal(PartFilter)
        The choice of parts changed; `show_counts` needs their number.
    """

    scope_changed = Signal(object)

    def __init__(self, offer: ReportOffer, folder: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._offer = offer
        self.setWindowTitle(self.tr("Report"))
        self.setFixedWidth(WIDTH_PX)
        self.scope = QComboBox()
        self.since, self.until = QDateTimeEdit(), QDateTimeEdit()
        self.parts = label(kind="small")
        self._meant: PartFilter | None = None
        self._nothing = False
        self.format = QComboBox()
        self.path = QLineEdit()
        self.browse = QPushButton(self.tr("Choose…"))
        self.head = LetterheadForm(offer.letterhead)
        self.problem = label(kind="small", wrap=True)
        self.buttons = QDialogButtonBox()
        self.write = self.buttons.addButton(self.tr("Write the report"), QDialogButtonBox.ButtonRole.AcceptRole)
        self._fill(folder)
        self._lay_out()
        self._connect()
        self._on_scope()

    @property
    def wish(self) -> ReportWish:
        """The present choices."""
        scope = self.scope.currentData()
        found = self._offer.part_filter(scope, _moment(self.since), _moment(self.until))
        return ReportWish(found, Path(self.path.text().strip()).expanduser(), self.head.letterhead)

    def _fill(self, folder: Path) -> None:
        for scope in self._offer.scopes():
            self.scope.addItem(report_words.scope(scope, self._offer.selected), scope)
        for suffix in report_words.FORMATS:
            self.format.addItem(report_words.format_name(suffix), suffix)
        for field in (self.since, self.until):
            field.setDisplayFormat(MOMENT)
            field.setCalendarPopup(True)
        name = self.tr("Report {day}").format(day=f"{self._offer.now:%Y-%m-%d}")
        self.path.setText(str(_new_file(folder, name, report_words.FORMATS[0])))
        for widget, words in (
            (self.scope, self.tr("Parts")),
            (self.since, self.tr("From")),
            (self.until, self.tr("Until")),
            (self.format, self.tr("Format")),
            (self.path, self.tr("Save as")),
        ):
            widget.setAccessibleName(words)

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setVerticalSpacing(8)
        form.setHorizontalSpacing(16)
        form.addRow(field_name(self.tr("Parts")), self.scope)
        for field in (self.since, self.until):
            field.setFixedWidth(176)
        times = row(self.since, label(self.tr("until"), "muted"), self.until, 1)
        self._times = QWidget()
        self._times.setLayout(times)
        form.addRow(field_name(""), self._times)
        form.addRow(field_name(""), self.parts)
        form.addRow(field_name(self.tr("Format")), self.format)
        form.addRow(field_name(self.tr("Save as")), row(self.path, self.browse))
        self.write.setProperty("role", "primary")
        self.buttons.addButton(QDialogButtonBox.StandardButton.Cancel)
        for button in self.buttons.buttons():
            button.setIcon(QIcon())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 20, 24, 18)
        layout.setSpacing(14)
        layout.addWidget(label(self.tr("Report"), "title"))
        layout.addLayout(form)
        layout.addWidget(line())
        layout.addWidget(label(self.tr("Letterhead"), "heading"))
        layout.addWidget(self.head)
        layout.addWidget(self.problem)
        layout.addWidget(self.buttons)

    def _connect(self) -> None:
        self.scope.activated.connect(self._on_scope)
        self.format.activated.connect(self._on_format)
        self.browse.clicked.connect(self._browse)
        for field in (self.since, self.until):
            field.dateTimeChanged.connect(self._check)
        self.path.textChanged.connect(self._check)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)

    @Slot(object)
    def show_counts(self, counts: Mapping[Verdict, int]) -> None:
        """Show the number of chosen parts; without parts there is no report."""
        self._nothing = not sum(counts.values())
        told = (report_words.parts(counts), report_words.forecast(counts))
        self.parts.setText("\n".join(line for line in told if line))
        self._check()

    @Slot()
    def _on_scope(self) -> None:
        scope = self.scope.currentData()
        timed = scope in _BY_TIME
        self._times.setEnabled(timed)
        if timed and scope is not ReportScope.TIMES:
            for field, moment in zip((self.since, self.until), self._offer.times(scope), strict=True):
                field.setDateTime(QDateTime(moment.replace(tzinfo=None)))
        elif not timed:
            for field, moment in zip((self.since, self.until), self._offer.times(ReportScope.TODAY), strict=True):
                field.setDateTime(QDateTime(moment.replace(tzinfo=None)))
        self._check()

    @Slot()
    def _on_format(self) -> None:
        stem = self.path.text()
        suffix = next((one for one in REPORT_SUFFIXES if stem.lower().endswith(one)), "")
        self.path.setText(stem[: len(stem) - len(suffix)] + self.format.currentData())

    @Slot()
    def _browse(self) -> None:
        chosen = Dialogs.choose_report(self, Path(self.path.text()))
        if chosen is not None:
            self.path.setText(str(chosen))

    @Slot()
    def _check(self) -> None:
        """Follow the name's suffix, count the parts, and show the problem that prevents a report."""
        name = self.path.text().strip().lower()
        suffix = next((one for one in REPORT_SUFFIXES if name.endswith(one)), "")
        if suffix:
            self.format.setCurrentIndex(self.format.findData(suffix))
        wrong = ""
        if not suffix:
            wrong = self.tr("Give the file a name that ends in {suffix}.").format(suffix=self.format.currentData())
        elif self.scope.currentData() in _BY_TIME and self.since.dateTime() >= self.until.dateTime():
            wrong = self.tr("The end is before the start. Correct one of them.")
        elif self.wish.scope != self._meant:
            self._meant, self._nothing = self.wish.scope, False
            self.parts.setText(report_words.COUNTING)
            self.scope_changed.emit(self._meant)
        replaced = not wrong and self.wish.path.exists()
        said = self.tr("The file exists and will be replaced.") if replaced else wrong
        self.problem.setText(said)
        self.problem.setVisible(bool(said))
        self.write.setEnabled(not wrong and not self._nothing)


def _new_file(folder: Path, name: str, suffix: str) -> Path:
    """Return a file that does not exist yet."""
    names = itertools.chain([name], (f"{name} ({number})" for number in itertools.count(2)))
    return next(path for each in names if not (path := folder / f"{each}{suffix}").exists())


def _moment(field: QDateTimeEdit) -> datetime:
    """Return a field's moment, by the clock on the wall here."""
    naive = field.dateTime().toPython()
    assert isinstance(naive, datetime)
    return naive.astimezone()
