"""The promise of the open model, in words and as a picture, and its file."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from inspector.core.photo.pixel_depth import DepthBy
from inspector.core.promise.strays import Answer
from inspector.core.promise.threshold import goods_lacking
from inspector.gui.actions.qactions import Actions
from inspector.gui.limits.saving import Saving
from inspector.gui.state.state import State
from inspector.gui.threads.decoder import Decoder
from inspector.gui.training.coverage_curve import CoveragePlot
from inspector.gui.training.group_panel import GroupPanel
from inspector.gui.training.stray_panel import StrayPanel
from inspector.gui.training.suspects_panel import SuspectsPanel
from inspector.gui.widgets import wording
from inspector.gui.widgets.buttons import ActionButton
from inspector.gui.widgets.dialogs import show_in_folder
from inspector.gui.widgets.icons import dress
from inspector.gui.widgets.labels import ElidedLabel, label, link, row, scrolled
from inspector.gui.widgets.score_histogram import Histogram
from inspector.storage.bundles.bundle import Manifest
from inspector.storage.reports.content.statements import left_out_words
from inspector.workflows.computer.catalogue import methods
from inspector.workflows.training.strays import line_words

ALONE_PX, WITH_REVIEW_PX = 280, 150
"""Height of the histogram at most: beside the review it gives way."""
KEPT_SIGN, LACKING_SIGN = ("mdi6.check-circle", "ok"), ("mdi6.information", "accent")
"""Green only where the good photos are enough for the false-alarm rate that was aimed at."""


class BundleCard(QWidget):
    """Renders the state's bundle and, if it was trained just now, what training cost."""

    def __init__(
        self,
        state: State,
        actions: Actions,
        loader: Decoder,
        saving: Saving,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._state = state
        self.heading = ElidedLabel("title")
        self.promise = label(kind="heading", wrap=True)
        self.by_session = label(wrap=True)
        self.coverage = label(wrap=True)
        self.coverage_curve = CoveragePlot()
        self.origin = label(kind="small", wrap=True)
        self.histogram = Histogram(movable=False)
        self.histogram.setMinimumHeight(130)
        self.path = ElidedLabel("muted")
        self.took = label(kind="muted")
        self.strays = StrayPanel(state, saving, loader)
        self.groups = GroupPanel(state, loader)
        self.review = SuspectsPanel(state, loader)
        self.made_of = label(kind="muted", wrap=True)
        self.next = ActionButton(actions["choose_photos"], "primary", icon="mdi6.folder-search-outline")
        self.sign = label()
        head = row(self.sign, self.heading, spacing=10)
        head.setStretch(1, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        layout.addLayout(head)
        layout.addWidget(self.strays)  # before the limit, which waits for the answer
        layout.addWidget(self.promise)
        layout.addWidget(self.by_session)
        layout.addWidget(scrolled(self._details()), 1)  # in a small window the review has no room of its own
        layout.addLayout(row(self.next, 1))
        state.bundle_changed.connect(self._render)
        state.outcome_changed.connect(self._render)

    def _details(self) -> QWidget:
        holder = QWidget()
        layout = QVBoxLayout(holder)
        layout.setContentsMargins(0, 0, 6, 0)
        layout.setSpacing(12)
        enough = row(self.coverage_curve, self.coverage, spacing=12)
        enough.setStretch(1, 1)
        layout.addLayout(enough)
        layout.addWidget(self.groups)
        layout.addWidget(self.review)  # asks for a decision, so it stands above the fold of a small window
        layout.addWidget(self.histogram, 10)
        layout.addWidget(self.origin)
        layout.addLayout(self._facts())
        layout.addStretch(1)
        return holder

    def _facts(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(1, 1)
        show = link(self.tr("Show in folder"))
        show.clicked.connect(self._show_in_folder)
        for line, (name, value) in enumerate(
            ((self.tr("Saved as"), self.path), (self.tr("Contents"), self.made_of), (self.tr("Duration"), self.took))
        ):
            grid.addWidget(label(name, "caption"), line, 0)
            grid.addWidget(value, line, 1)
        grid.addWidget(show, 0, 2)
        return grid

    @Slot()
    def _render(self) -> None:
        bundle, manifest = self._state.bundle, self._state.manifest
        if bundle is None or manifest is None:
            return
        self.heading.setText(self.tr("Trained on {photos}").format(photos=wording.good_photos(manifest.goods.count)))
        rests_on = manifest.threshold.false_alarm
        enough = goods_lacking(rests_on.groups or rests_on.goods, manifest.recipe.false_alarm_rate) == 0
        # A stray that is defective, or without an answer, still affects the limit.
        answered = all(one.answer in (Answer.RARE, Answer.MORE) for one in manifest.strays)
        dress(self.sign, *(KEPT_SIGN if enough and answered else LACKING_SIGN), 28)
        promise = manifest.threshold.false_alarm
        said = (
            left_out_words(manifest),
            line_words(manifest),
            wording.promise(promise, manifest.recipe.false_alarm_rate),
            wording.promise_together(promise, manifest.refusals),
        )
        self.promise.setText(" ".join(words for words in said if words))
        self._render_more(manifest)
        words = self.tr("The limit is {origin}. Bars count good photos. The limit is 1.0.")
        seen = wording.held_out(manifest.recipe)
        self.origin.setText(f"{words.format(origin=manifest.threshold.origin)} {seen}".rstrip())
        relative = [score / manifest.threshold.value for score in manifest.good_scores]
        self.histogram.show_scores(relative, [], 1.0)
        self.histogram.set_threshold(1.0)
        self.histogram.setMaximumHeight(WITH_REVIEW_PX if self._state.suspects else ALONE_PX)
        self.path.setText(str(bundle.stored.path))
        recipe = manifest.recipe
        made = self.tr("{method}, {size} pixels, {rows} reference patches")
        text = made.format(method=_title(recipe.method), size=recipe.size, rows=f"{manifest.bank_rows:,}")
        if manifest.depth_by not in (DepthBy.FORMER, DepthBy.FORMAT):
            text += self.tr(", {bits} bits a value").format(bits=manifest.depth_bits)
        self.made_of.setText(text)
        outcome = self._state.outcome
        fresh = outcome is not None and outcome.bundle == bundle.stored.path
        took = (
            wording.duration(outcome.seconds["total"]) if outcome is not None and fresh else self.tr("trained earlier")
        )
        self.took.setText(took)

    def _render_more(self, manifest: Manifest) -> None:
        by_session = wording.promise_by_session(manifest, manifest.threshold.value, found=not self.groups.shows_groups)
        coverage = wording.coverage(manifest.coverage)
        for shown, words in ((self.by_session, by_session), (self.coverage, coverage)):
            shown.setText(words)
            shown.setVisible(bool(words))
        self.coverage_curve.show_points(manifest.coverage if coverage else ())

    @Slot()
    def _show_in_folder(self) -> None:
        bundle = self._state.bundle
        if bundle is not None:
            show_in_folder(Path(bundle.stored.path))


def _title(method: str) -> str:
    return next((title for name, title, _ in methods() if name == method), method)
