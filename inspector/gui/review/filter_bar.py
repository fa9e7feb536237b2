"""Which parts the list shows: verdict, review and time always; class, bundle, score and name where they are wanted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import Enum

from PySide6.QtCore import QSignalBlocker, Qt, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QLineEdit,
    QMenu,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from inspector.gui.findings import part_words
from inspector.gui.state.review import ReviewState
from inspector.gui.state.review_filter import Judged, Period, Reviewed, ReviewFilter
from inspector.gui.widgets.icons import dress
from inspector.gui.widgets.labels import FIELD_MARGINS, row

SCORE_STEP = 0.1


class FilterBar(QWidget):
    """Renders and edits the state's filter."""

    def __init__(self, review: ReviewState, lists: Sequence[QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._review = review
        self.lists = _lists_button(self.tr("Lists"), lists)
        self.judged = _choice(self.tr("Verdict"), Judged, part_words.judged)
        self.reviewed = _choice(self.tr("Review"), Reviewed, part_words.reviewed)
        self.period = _choice(self.tr("Time"), Period, part_words.period)
        self.more = QPushButton(self.tr("More"))
        self.more.setCheckable(True)
        self.more.setToolTip(self.tr("More filters: class, model, score, name"))
        self.more.setAccessibleName(self.tr("More filters"))
        self.more.setProperty("role", "choice")
        self.defect_class, self.bundle = QComboBox(), QComboBox()
        self.lowest = QDoubleSpinBox()
        self.part = QLineEdit()
        self._rest = self._more_fields()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addLayout(row(self.lists, self.reviewed, self.judged, self.period, self.more, 1))
        layout.addWidget(self._rest)
        self._connect()
        self._fill()
        self._render()

    def _more_fields(self) -> QWidget:
        self.defect_class.setAccessibleName(self.tr("Defect class"))
        self.bundle.setAccessibleName(self.tr("Model"))
        self.bundle.setMaximumWidth(180)
        self.lowest.setAccessibleName(self.tr("Lowest score in units of the limit"))
        self.lowest.setRange(0.0, 99.0)
        self.lowest.setSingleStep(SCORE_STEP)
        self.lowest.setPrefix(self.tr("from "))
        self.lowest.setSuffix(self.tr(" \N{MULTIPLICATION SIGN} limit"))
        self.lowest.setSpecialValueText(self.tr("Any score"))
        self.lowest.lineEdit().setTextMargins(*FIELD_MARGINS)
        self.lowest.setKeyboardTracking(False)
        self.lowest.setFixedWidth(140)
        self.part.setPlaceholderText(self.tr("Name begins with"))
        self.part.setAccessibleName(self.tr("Find parts by the start of their name"))
        self.part.setClearButtonEnabled(True)
        made = QWidget()
        made.setLayout(row(self.defect_class, self.bundle, self.lowest, self.part))
        made.hide()
        return made

    def _connect(self) -> None:
        for box in (self.judged, self.reviewed, self.period, self.defect_class, self.bundle):
            box.activated.connect(self._on_chosen)
        self.lowest.valueChanged.connect(self._on_chosen)
        self.part.editingFinished.connect(self._on_chosen)
        self.part.textChanged.connect(self._on_text)
        self.more.toggled.connect(self._rest.setVisible)
        self._review.filter_changed.connect(self._render)
        self._review.bundles_changed.connect(self._fill)
        self._review.classes_changed.connect(self._fill)

    @Slot()
    def find(self) -> None:
        """Go to the field that filters by name."""
        self.more.setChecked(True)
        self.part.setFocus()

    @Slot()
    def _on_text(self) -> None:
        if not self.part.text():
            self._on_chosen()  # cleared by its button, which finishes no editing

    @Slot()
    def _on_chosen(self) -> None:
        chosen = ReviewFilter(
            judged=self.judged.currentData(),
            reviewed=self.reviewed.currentData(),
            period=self.period.currentData(),
            bundle_sha256=self.bundle.currentData() or "",
            defect_class=self.defect_class.currentData() or "",
            part_prefix=self.part.text().strip(),
            lowest=round(self.lowest.value(), 2),
        )
        self._review.set_filter(replace(chosen, order=self._review.filter.order))

    @Slot()
    def _fill(self) -> None:
        """List the classes and bundles that there are."""
        _refill(self.defect_class, self.tr("Any class"), [(name, name) for name in self._review.classes])
        names = [(f"{name} ({sha256[: part_words.HASH_CHARACTERS]})", sha256) for sha256, name in self._review.bundles]
        _refill(self.bundle, self.tr("Any model"), names)
        self._render()

    @Slot()
    def _render(self) -> None:
        chosen = self._review.filter
        self.judged.setCurrentIndex(list(Judged).index(chosen.judged))
        self.reviewed.setCurrentIndex(list(Reviewed).index(chosen.reviewed))
        self.period.setCurrentIndex(list(Period).index(chosen.period))
        self.defect_class.setCurrentIndex(max(self.defect_class.findData(chosen.defect_class), 0))
        self.bundle.setCurrentIndex(max(self.bundle.findData(chosen.bundle_sha256), 0))
        with QSignalBlocker(self.lowest), QSignalBlocker(self.part):
            self.lowest.setValue(chosen.lowest)
            if self.part.text().strip() != chosen.part_prefix:
                self.part.setText(chosen.part_prefix)


def _lists_button(text: str, lists: Sequence[QAction]) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    menu = QMenu(button)
    menu.addActions(list(lists))
    button.setMenu(menu)
    dress(button, "mdi6.format-list-bulleted")
    return button


def _choice(name: str, choices: type[Enum], words: object) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(name)
    box.setToolTip(name)
    for choice in choices:
        box.addItem(words(choice), choice)  # type: ignore[operator]
    return box


def _refill(box: QComboBox, first: str, items: list[tuple[str, str]]) -> None:
    with QSignalBlocker(box):
        box.clear()
        box.addItem(first, "")
        for text, value in items:
            box.addItem(text, value)
