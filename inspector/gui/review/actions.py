"""The functions of the actions of the review page."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QWidget

from inspector.core.review.decision import Decision
from inspector.gui.reports.report_dialog import ReportDialog
from inspector.gui.reports.report_scopes import ReportOffer
from inspector.gui.review.review_page import ReviewPage, ReviewWorkers
from inspector.gui.state.preferences import Preferences
from inspector.gui.state.review_filter import PartsList
from inspector.gui.state.state import State, Step
from inspector.gui.widgets.dialogs import Dialogs
from inspector.storage.folders import history_folder


class ReviewCommands(QObject):
    """Slots of the review page's actions."""

    def __init__(self, state: State, workers: ReviewWorkers, preferences: Preferences, window: QWidget) -> None:
        super().__init__(window)
        self._state, self._reviewing, self._preferences, self._window = (
            state,
            workers.reviewing,
            preferences,
            window,
        )
        self._exports, self._counting = workers.exports, workers.counting
        self._page: ReviewPage | None = None

    def attach(self, page: ReviewPage) -> None:
        """Say which page the actions are for."""
        self._page = page

    @Slot()
    def show_review(self) -> None:
        """Show the fifth page."""
        self._state.set_step(Step.REVIEW)

    @Slot()
    def report(self) -> None:
        """Ask which parts of the history to report on, how and where to, and write it."""
        review = self._state.review
        offer = ReportOffer(review.filter, review.selected, self._preferences.letterhead, datetime.now().astimezone())
        dialog = ReportDialog(offer, self._preferences.place("export"), self._window)
        dialog.scope_changed.connect(self._counting.ask)
        self._counting.counted.connect(dialog.show_counts)
        self._counting.ask(dialog.wish.scope)
        if Dialogs.ask(dialog):
            wish = dialog.wish
            self._preferences.remember("export", wish.path.parent)
            self._preferences.remember_letterhead(wish.letterhead)
            self._exports.report_history(wish)
        self._counting.counted.disconnect(dialog.show_counts)
        dialog.deleteLater()

    @Slot()
    def confirm_defect(self) -> None:
        """Say that the part is defective."""
        self._reviewing.decide(Decision.DEFECT)

    @Slot()
    def false_alarm(self) -> None:
        """Say that the part is good."""
        self._reviewing.decide(Decision.FALSE_ALARM)

    @Slot()
    def leave_unsure(self) -> None:
        """Report that there is no answer."""
        self._reviewing.decide(Decision.UNSURE)

    @Slot()
    def undo_review(self) -> None:
        """Withdraw the last decision."""
        self._reviewing.undo()

    @Slot()
    def next_review(self) -> None:
        """Show the next part of the list."""
        self._reviewing.step(1)

    @Slot()
    def previous_review(self) -> None:
        """Show the previous part of the list."""
        self._reviewing.step(-1)

    @Slot()
    def list_to_review(self) -> None:
        """List flagged parts that nobody has reviewed."""
        self._state.review.set_filter(PartsList.TO_REVIEW.value)

    @Slot()
    def list_near_limit(self) -> None:
        """List OK parts just below the limit, where escapes are."""
        self._state.review.set_filter(PartsList.NEAR_LIMIT.value)

    @Slot()
    def list_missed(self) -> None:
        """List parts that the machine called OK and people a defect."""
        self._state.review.set_filter(PartsList.MISSED.value)

    @Slot()
    def choose_class(self) -> None:
        """Open the list of defect classes."""
        if self._page is not None:
            self._page.decision.choose_class()

    @Slot()
    def edit_classes(self) -> None:
        """Ask for the list of defect classes."""
        review = self._state.review
        classes = Dialogs.edit_classes(self._window, review.classes)
        if classes is not None:
            review.set_classes(classes)
            self._preferences.remember_classes(review.classes)

    @Slot()
    def write_note(self) -> None:
        """Go to the note."""
        if self._page is not None:
            self._page.decision.write_note()

    @Slot()
    def find_in_history(self) -> None:
        """Go to the field that filters by name."""
        if self._page is not None:
            self._page.list.filters.find()

    @Slot()
    def refresh_review(self) -> None:
        """Ask the history anew."""
        self._reviewing.refresh()

    @Slot()
    def start_history(self) -> None:
        """Begin a new history where the one of before is gone, if the user wants it."""
        if Dialogs.confirm_new_history(self._window, history_folder()):
            self._reviewing.begin_anew()
