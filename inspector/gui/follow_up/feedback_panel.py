"""The effect of feeding confirmed false alarms back, and the decision about it."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from inspector.core.progress import Progress
from inspector.core.review.feedback import lost_words, preview_words, promise_after_words
from inspector.gui.follow_up.feeding_back import FeedingBack
from inspector.gui.state.state import State
from inspector.gui.widgets.labels import label, line, row
from inspector.workflows.review.feedback import Proposal

SHOWN_FLIPS = 8


class FeedbackPanel(QWidget):
    """Renders `FeedingBack`.

    Attributes
    ----------
    proposed : Signal()
        There is a decision to make, at the end of the panel.
    """

    proposed = Signal()

    def __init__(self, state: State, feeding: FeedingBack, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state, self._feeding = state, feeding
        self._shown: Proposal | None = None
        self.words = label(kind="muted", wrap=True)
        self.flips = label(kind="small", wrap=True)
        self.lost = label(kind="danger", wrap=True)
        self.propose = QPushButton(self.tr("Preview the change"))
        self.propose.setToolTip(
            self.tr("Shows the effect of adding the confirmed false alarms to the model. Nothing is saved yet.")
        )
        self.accept = QPushButton(self.tr("Accept"))
        self.leave = QPushButton(self.tr("Discard"))
        self.undo = QPushButton(self.tr("Restore the previous version"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 0, 20, 16)
        layout.setSpacing(8)
        for widget in (
            line(),
            label(self.tr("Feed false alarms back"), "heading"),
            self.words,
            self.flips,
            self.lost,
        ):
            layout.addWidget(widget)
        layout.addLayout(row(self.accept, self.leave, 1, spacing=8))
        for widget in (self.propose, self.undo):
            layout.addWidget(widget)
        self.propose.clicked.connect(feeding.propose)
        self.accept.clicked.connect(feeding.accept)
        self.leave.clicked.connect(feeding.leave)
        self.undo.clicked.connect(feeding.undo)
        feeding.changed.connect(self._render)
        feeding.progressed.connect(self._on_progress)
        state.bundle_changed.connect(self._render)
        state.review.counts_changed.connect(self._render)
        self._render()

    @Slot(object)
    def _on_progress(self, progress: Progress) -> None:
        self.words.setText(f"{progress.stage[:1].upper()}{progress.stage[1:]}, {progress.done} of {progress.total}")

    @Slot()
    def _render(self) -> None:
        feeding, bundle = self._feeding, self._state.bundle
        proposal = feeding.proposal
        had_keyboard = self._has_keyboard()
        self.propose.setVisible(proposal is None and not feeding.busy)
        self.propose.setEnabled(bundle is not None and self._state.review.counts.reviewed > 0)
        self.accept.setVisible(proposal is not None and not feeding.busy and proposal.preview.rows_added > 0)
        self.leave.setVisible(proposal is not None or feeding.busy)
        self.undo.setVisible(bool(feeding.undoable) and proposal is None and not feeding.busy)
        self.flips.hide()
        self.lost.hide()
        if proposal is not None:
            self._show(proposal)
        elif feeding.busy:
            self.words.setText(self.tr("Working…"))
        elif feeding.undoable:
            self.words.setText(self.tr("Saved. The previous version is kept beside the model."))
        elif bundle is None:
            self.words.setText(self.tr("Open the model first."))
        else:
            self.words.setText(self.tr("Add the patches of false alarms to the model, without a new training."))
        if had_keyboard and not self._has_keyboard():
            # Otherwise Qt gives the focus to a button of the header when the pressed button hides.
            next(one for one in (self.leave, self.undo, self.propose) if not one.isHidden()).setFocus()

    def _has_keyboard(self) -> bool:
        return any(one.hasFocus() for one in (self.propose, self.accept, self.leave, self.undo))

    def _show(self, proposal: Proposal) -> None:
        preview, manifest = proposal.preview, proposal.stored.manifest
        before = sum(record.parts for record in manifest.fed_back)
        promise = promise_after_words(
            preview.promise_after, manifest.recipe.false_alarm_rate, before + len(preview.parts)
        )
        self.words.setText(f"{preview_words(preview)}\n{promise}")
        named = [
            f"{flip.part.name}: {flip.verdict_before} \N{RIGHTWARDS ARROW} {flip.verdict_after}"
            for flip in preview.flips[:SHOWN_FLIPS]
        ]
        if len(preview.flips) > SHOWN_FLIPS:
            named.append(self.tr("and {count} more").format(count=len(preview.flips) - SHOWN_FLIPS))
        self.flips.setText("\n".join(named))
        self.flips.setVisible(bool(named))
        lost = lost_words(preview, SHOWN_FLIPS)
        self.lost.setText(lost)
        self.lost.setVisible(bool(lost))
        # Accepting a loss takes a deliberate click: the other button is then the prominent one.
        for button, primary in ((self.accept, not lost), (self.leave, bool(lost))):
            button.setProperty("role", "primary" if primary else None)
            button.setDefault(primary)
            button.style().polish(button)
        if proposal is not self._shown:  # not at every decision on a part meanwhile
            self._shown = proposal
            self.proposed.emit()
