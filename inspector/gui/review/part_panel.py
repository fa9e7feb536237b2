"""The facts of the reviewed part: verdict, origin, former reviews; and room for the explanation."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QFormLayout, QVBoxLayout, QWidget

from inspector.core.values import Verdict
from inspector.gui.actions.qactions import Actions
from inspector.gui.findings import part_words
from inspector.gui.findings.verdict_card import VerdictFace
from inspector.gui.state.review import ReviewState
from inspector.gui.widgets import wording
from inspector.gui.widgets.buttons import ActionButton
from inspector.gui.widgets.labels import ElidedLabel, label


class ReviewVerdict(VerdictFace):
    """The machine's verdict of that time."""

    def __init__(self, review: ReviewState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._review = review
        review.selection_changed.connect(self._render)
        review.details_changed.connect(self._render)
        self._render()

    @Slot()
    def _render(self) -> None:
        record, details = self._review.selected, self._review.details
        if record is None:
            self.show_nothing(self.tr("No part selected"))
            return
        relative, tip = "", ""
        if record.score is not None:
            relative = wording.relative(record.relative_score)
            words = self.tr("Raw score {score}, threshold {threshold}")
            tip = words.format(score=f"{record.score:.4f}", threshold=f"{record.limits.threshold:.4f}")
        found = "" if details is None else part_words.found(details)
        self.show_verdict(record.verdict, relative, tip, found)


class PartFacts(QWidget):
    """Time, source and model of the part's verdict, and each review of it."""

    def __init__(self, review: ReviewState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._review = review
        self._form = QFormLayout()
        self._form.setContentsMargins(0, 0, 0, 0)
        self._form.setHorizontalSpacing(12)
        self._form.setVerticalSpacing(4)
        self._form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        self.said = label(kind="small", wrap=True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 12, 20, 12)
        layout.setSpacing(10)
        layout.addLayout(self._form)
        layout.addWidget(self.said)
        review.selection_changed.connect(self._render)
        review.details_changed.connect(self._render)
        self._render()

    @property
    def lines(self) -> dict[str, str]:
        """The facts by name."""
        details = self._review.details
        return {} if details is None else dict(part_words.facts(details))

    @Slot()
    def _render(self) -> None:
        details = self._review.details
        if details is None and self._review.selected is not None:
            return  # those of the part before stay until these are there: nothing jumps
        while self._form.rowCount():
            self._form.removeRow(0)
        for name, value in self.lines.items():
            shown = ElidedLabel()
            shown.setText(value)
            self._form.addRow(label(name, "muted"), shown)
        reviews = () if details is None else details.reviews
        self.said.setText("\n".join(part_words.said(review) for review in reviews))
        self.said.setVisible(bool(reviews))


class ReviewFigures(QWidget):
    """How many parts wait, and whether people agree with the machine, over all and per bundle."""

    def __init__(self, review: ReviewState, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._review = review
        self.counts = label(kind="strong")
        self.agreement = label(kind="muted", wrap=True)
        self.escapes = ActionButton(actions["list_missed"], "link", "")
        self.near = ActionButton(actions["list_near_limit"], "link", self.tr("Look at OK parts near the limit"))
        self.bundles = label(kind="small", wrap=True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 12, 20, 16)
        layout.setSpacing(6)
        for widget in (self.counts, self.agreement, self.bundles):
            layout.addWidget(widget)
        for button in (self.escapes, self.near):
            layout.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
        review.counts_changed.connect(self._render)
        self._render()

    @Slot()
    def _render(self) -> None:
        counts = self._review.counts
        words = self.tr("{to_review} to review, {reviewed} reviewed")
        told = words.format(to_review=f"{counts.to_review:,}", reviewed=f"{counts.reviewed:,}")
        first = counts.refused_and_ng
        self.counts.setText(f"{first:,} {wording.refused_word(Verdict.NG)}\n{told}" if first else told)
        self.agreement.setText(part_words.agreement(counts.agreement))
        self.escapes.set_text(part_words.escapes(counts.escapes))
        self.escapes.setVisible(counts.escapes > 0)
        self.near.setVisible(counts.parts > 0)
        lines = [
            f"{one.bundle_name}: {100 * one.agreement.share:.0f} % of {one.agreement.decided:,}"
            for one in counts.bundles
            if one.agreement.share is not None
        ]
        self.bundles.setText("\n".join(lines[:5]))
        self.bundles.setVisible(len(lines) > 1)
