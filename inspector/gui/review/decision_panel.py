"""The reviewer's input on a part: three buttons with their keys, a defect class, a note."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QComboBox, QLineEdit, QVBoxLayout, QWidget

from inspector.gui.actions.qactions import Actions
from inspector.gui.state.review import ReviewState
from inspector.gui.widgets.buttons import ActionButton, tool_button
from inspector.gui.widgets.labels import label, row


class NoteField(QLineEdit):
    """A field that is left with Return or Escape.

    Attributes
    ----------
    left : Signal()
        The user is done with it.
    """

    left = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leave with Return or Escape."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape):
            self.left.emit()
        else:
            super().keyPressEvent(event)


class DecisionPanel(QWidget):
    """Renders and edits what goes with the next decision.

    Attributes
    ----------
    left : Signal()
        A field is done with: keys are for decisions again.
    """

    left = Signal()

    def __init__(self, review: ReviewState, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._review = review
        self.defect = ActionButton(actions["confirm_defect"], "primary", self.tr("Confirm defect  (D)"))
        self.false_alarm = ActionButton(actions["false_alarm"], text=self.tr("False alarm  (A)"))
        self.unsure = ActionButton(actions["leave_unsure"], text=self.tr("Undecided  (U)"))
        self.undo = ActionButton(actions["undo_review"], "link", self.tr("Withdraw the last decision"))
        self.defect_class = QComboBox()
        self.note = NoteField()
        self.reviewer = NoteField(review.reviewer)
        self._set_up_fields()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 12, 20, 12)
        layout.setSpacing(8)
        for widget in (self.defect, self.false_alarm):
            widget.setMinimumHeight(40)
        layout.addWidget(self.defect)
        layout.addLayout(row(self.false_alarm, self.unsure))
        layout.addLayout(row(self.defect_class, tool_button(actions["edit_classes"])))
        layout.addWidget(self.note)
        layout.addLayout(row(label(self.tr("Reviewer"), "muted"), self.reviewer))
        layout.addLayout(row(self.undo, 1))
        review.words_changed.connect(self._render)
        review.classes_changed.connect(self._fill)
        self._fill()

    def _set_up_fields(self) -> None:
        self.defect_class.setAccessibleName(self.tr("Defect class"))
        self.defect_class.setToolTip(self.tr("Defect class, saved with “Confirm defect” and “Undecided”  (C)"))
        self.note.setPlaceholderText(self.tr("Note (M)"))
        self.note.setAccessibleName(self.tr("Note"))
        self.reviewer.setAccessibleName(self.tr("Reviewer"))
        self.defect_class.activated.connect(self._on_class)
        self.note.textChanged.connect(self._on_note)
        self.reviewer.textChanged.connect(self._on_reviewer)
        for field in (self.note, self.reviewer):
            field.left.connect(self.left)

    @Slot()
    def choose_class(self) -> None:
        """Open the list of classes; arrows choose, Return takes, and keys are for decisions again."""
        self.defect_class.setFocus()
        self.defect_class.showPopup()

    @Slot()
    def write_note(self) -> None:
        """Go to the note."""
        self.note.setFocus()

    @Slot()
    def _on_class(self) -> None:
        self._review.set_words(defect_class=self.defect_class.currentData())
        self.left.emit()

    @Slot(str)
    def _on_note(self, text: str) -> None:
        self._review.set_words(note=text)

    @Slot(str)
    def _on_reviewer(self, text: str) -> None:
        self._review.set_reviewer(text.strip())

    @Slot()
    def _fill(self) -> None:
        self.defect_class.clear()
        self.defect_class.addItem(self.tr("No defect class (C)"), "")
        for name in self._review.classes:
            self.defect_class.addItem(name, name)
        self._render()

    @Slot()
    def _render(self) -> None:
        self.defect_class.setCurrentIndex(max(self.defect_class.findData(self._review.defect_class), 0))
        if self.note.text() != self._review.note:
            self.note.setText(self._review.note)
