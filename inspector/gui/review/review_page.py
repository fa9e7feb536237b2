"""The fifth page: reviews of judged parts."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QSplitter, QStackedLayout, QVBoxLayout, QWidget

from inspector.gui.actions.qactions import Actions
from inspector.gui.findings import part_words
from inspector.gui.findings.bare_photo import BarePhotoPage
from inspector.gui.findings.view_toolbar import ViewToolbar
from inspector.gui.follow_up.catching import Catching
from inspector.gui.follow_up.explaining import Explaining
from inspector.gui.follow_up.feedback_panel import FeedbackPanel
from inspector.gui.follow_up.feeding_back import FeedingBack
from inspector.gui.follow_up.why_panel import WhyPanel
from inspector.gui.reports.counting import Counting
from inspector.gui.reports.exporting import Exporting
from inspector.gui.review.agreeing import Agreeing
from inspector.gui.review.agreement_panel import AgreementPanel
from inspector.gui.review.decision_panel import DecisionPanel
from inspector.gui.review.missed_panel import MissedPanel
from inspector.gui.review.part_panel import PartFacts, ReviewFigures, ReviewVerdict
from inspector.gui.review.parts_panel import PartsPanel
from inspector.gui.review.review_view import ReviewView
from inspector.gui.review.selecting import Selecting
from inspector.gui.state.review import ReviewState
from inspector.gui.state.review_filter import Judged, Reviewed, ReviewFilter
from inspector.gui.state.state import State
from inspector.gui.widgets.buttons import ActionButton
from inspector.gui.widgets.fold import Fold
from inspector.gui.widgets.illustrations import Illustration
from inspector.gui.widgets.labels import label, line, row, scrolled

SIDE_PX = 344
LEAST_LIST_PX = 174


class ReviewWorkers(Protocol):
    """The workers that the review page and its actions use."""

    agreeing: Agreeing
    catching: Catching
    counting: Counting
    explaining: Explaining
    exports: Exporting
    feeding_back: FeedingBack
    reviewing: Selecting


class ReviewPage(BarePhotoPage):
    """Places the panels of reviewing; the picture is the largest thing."""

    def __init__(self, state: State, actions: Actions, workers: ReviewWorkers, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        review, reviewing = state.review, workers.reviewing
        self._review, self._reviewing = review, reviewing
        self.setObjectName("page")
        self.toolbar = ViewToolbar(state, actions, ("previous_review", "next_review"))
        self.view = ReviewView(state, reviewing.pictures)
        self.list = PartsPanel(review, reviewing, actions)
        self.verdict = ReviewVerdict(review)
        self.decision = DecisionPanel(review, actions)
        self.facts = PartFacts(review)
        self.figures = ReviewFigures(review, actions)
        self.empty = _Empty(review, reviewing, actions)
        self.agreement = AgreementPanel(state, workers.agreeing)
        self.missed = MissedPanel(state, workers.catching, reviewing)
        self.why = WhyPanel(state, workers.explaining)
        self.feedback = FeedbackPanel(state, workers.feeding_back)
        self.splitter = QSplitter(Qt.Orientation.Vertical)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.addWidget(self._stage())
        self.splitter.addWidget(self.list)
        self.splitter.setStretchFactor(0, 1)
        self.splitter.setStretchFactor(1, 0)
        self.splitter.setSizes([500, 234])
        self.list.setMinimumHeight(LEAST_LIST_PX)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.splitter, 1)
        layout.addWidget(self._side())
        self.setFocusProxy(self.list)
        self.view.image.zoom_changed.connect(self.toolbar.show_zoom)
        self.view.image.stepped.connect(reviewing.step)
        self.decision.left.connect(self.list.setFocus)
        review.selection_changed.connect(self._render)
        reviewing.row_changed.connect(self._render)
        reviewing.table.listed.connect(self._render)
        reviewing.table.rowsRemoved.connect(self._render)
        self._render()

    def _stage(self) -> QWidget:
        shown = QWidget()
        column = QVBoxLayout(shown)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.toolbar)
        column.addWidget(self.view, 1)
        holder = QWidget()
        self._stack = QStackedLayout(holder)
        self._stack.addWidget(self.empty)
        self._stack.addWidget(shown)
        return holder

    def _side(self) -> QWidget:
        side = QFrame()
        side.setObjectName("side")
        side.setFixedWidth(SIDE_PX)
        below = QWidget()
        column = QVBoxLayout(below)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for widget in (self.missed, self.why, self.facts, line(), self.figures, self._over_time(), self.feedback):
            column.addWidget(widget)
        column.addStretch(1)
        outer = QVBoxLayout(side)
        outer.setContentsMargins(1, 0, 0, 0)
        outer.setSpacing(0)
        for widget in (self.verdict, line(), self.decision, line()):
            outer.addWidget(widget)
        self._area = scrolled(below)
        outer.addWidget(self._area, 1)
        # Queued, since the texts have no height before the next layout.
        self.feedback.proposed.connect(self._show_proposal, Qt.ConnectionType.QueuedConnection)
        return side

    @Slot()
    def _show_proposal(self) -> None:
        self._area.ensureWidgetVisible(self.feedback.words)
        self._area.ensureWidgetVisible(self.feedback.leave)

    def _over_time(self) -> QWidget:
        self.over_time = Fold(self.tr("Agreement over time"), self.agreement)
        self.over_time.layout().setContentsMargins(20, 0, 20, 12)
        return self.over_time

    @Slot()
    def _render(self) -> None:
        record, table = self._review.selected, self._reviewing.table
        self._stack.setCurrentIndex(1 if table.rowCount() or record is not None else 0)
        name = "" if record is None else part_words.name(record)
        self.toolbar.show_part(name, self._reviewing.row + 1, table.rowCount())


class _Empty(QWidget):
    """The next action if the list is empty."""

    def __init__(self, review: ReviewState, reviewing: Selecting, actions: Actions) -> None:
        super().__init__()
        self._review, self._reviewing = review, reviewing
        self.heading = label(kind="heading")
        self.text = label(kind="muted", wrap=True)
        self.text.setFixedWidth(420)
        self.text.setMinimumHeight(38)
        self.text.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.live = ActionButton(actions["show_live"], "primary", self.tr("Go to the camera"), large=True)
        self.all = QPushButton(self.tr("Show all parts"))
        self.all.setProperty("scale", "large")
        self.all.clicked.connect(self._show_all)
        layout = QVBoxLayout(self)
        layout.setSpacing(10)
        layout.addStretch(2)
        for widget in (Illustration("step-judge"), self.heading, self.text):
            layout.addWidget(widget, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addSpacing(6)
        layout.addLayout(row(1, self.live, self.all, 1, spacing=12))
        layout.addStretch(3)
        for signal in (review.counts_changed, review.filter_changed, reviewing.table.listed):
            signal.connect(self._render)
        self._render()

    @Slot()
    def _show_all(self) -> None:
        self._review.set_filter(ReviewFilter(Judged.ANY, Reviewed.ANY, order=self._review.filter.order))

    @Slot()
    def _render(self) -> None:
        review = self._review
        nothing = review.counts.parts == 0
        self.live.setVisible(nothing)
        self.all.setVisible(not nothing)
        if nothing:
            heading = self.tr("No parts recorded yet")
            text = self.tr(
                "Live parts are recorded with photo and heatmap. Results of step 3 are recorded with "
                "Ctrl+H. Flagged parts appear here."
            )
        elif review.filter == _first_filter(review.filter):
            heading = self.tr("All flagged parts are reviewed")
            text = self.tr("New flagged parts appear here.")
        else:
            heading = self.tr("No matching parts")
            text = self.tr("Change the filters below.")
        self.heading.setText(heading)
        self.text.setText(text)


def _first_filter(chosen: ReviewFilter) -> ReviewFilter:
    """Return the initial filter, in the order of another filter."""
    return ReviewFilter(order=chosen.order)
