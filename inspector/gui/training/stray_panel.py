"""Good photos that stand apart, beside typical ones, and the answer that the limit waits for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from inspector.core.good_photos.suspects import SuspectGood
from inspector.core.promise.stray_words import answer_words
from inspector.core.promise.strays import Answer
from inspector.gui.findings.image_view import ImageView
from inspector.gui.findings.overlay import heatmap_image
from inspector.gui.limits.saving import Saving
from inspector.gui.state.state import State
from inspector.gui.threads.decoder import Decoder
from inspector.gui.widgets import wording
from inspector.gui.widgets.labels import ElidedLabel, label, row
from inspector.workflows.training.strays import question_words

MOST_SHOWN, TYPICAL = 4, 2
"""Strays and typical photos that are drawn; further strays have a check box only."""
PICTURE_PX = 112
LEAST_SHOWN = 0.01
"""Least limit without the strays that heatmaps show, in units of the limit."""


class StrayPanel(QWidget):
    """Shows the strays of the state's model, and takes one answer for all that are ticked."""

    def __init__(self, state: State, saving: Saving, loader: Decoder, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state, self._saving = state, saving
        self.heading = label(kind="strong", wrap=True)
        self.pictures = [_Picture(loader, ticked=True) for _ in range(MOST_SHOWN)]
        self.typical = [_Picture(loader, ticked=False) for _ in range(TYPICAL)]
        self.buttons = {answer: QPushButton() for answer in Answer}
        self.answer = label(kind="muted", wrap=True)
        self._name_buttons()
        shown = QHBoxLayout()
        shown.setSpacing(12)
        for picture in (*self.pictures, *self.typical):
            shown.addWidget(picture, 1)
        shown.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self.heading)
        layout.addLayout(shown)
        layout.addLayout(row(*self.buttons.values(), 1))
        layout.addWidget(self.answer)
        for answer, button in self.buttons.items():
            button.setProperty("answer", answer)
            button.clicked.connect(self._answer)
        for picture in self.pictures:
            picture.tick.toggled.connect(self._render_buttons)
        for signal in (state.bundle_changed, state.outcome_changed):
            signal.connect(self._render)
        state.work_changed.connect(self._render_buttons)
        self._render()

    def _name_buttons(self) -> None:
        for answer, words, tip in (
            (Answer.DEFECTIVE, self.tr("Defective"), self.tr(
                "The next training leaves the photo out and does not count it.")),
            (Answer.RARE, self.tr("Good but rare"), self.tr(
                "The photo stays among the good photos. The limit stays.")),
            (Answer.MORE, self.tr("Take more like it"), self.tr(
                "The photo stays. More photos like it lower the limit.")),
        ):  # fmt: skip
            self.buttons[answer].setText(words)
            self.buttons[answer].setToolTip(tip)

    @property
    def _paths(self) -> tuple[Path, ...]:
        """The photos of the strays, in their order; empty for a model that was not trained just now."""
        outcome, bundle = self._state.outcome, self._state.bundle
        known = outcome is not None and bundle is not None and outcome.bundle == bundle.stored.path
        return outcome.strays if known and outcome is not None else ()

    def _ticked(self) -> list[int]:
        """Return the places of the strays that the answer is for."""
        manifest = self._state.manifest
        count = 0 if manifest is None else len(manifest.strays)
        return [at for at in range(count) if at >= MOST_SHOWN or self.pictures[at].tick.isChecked()]

    @Slot()
    def _render(self) -> None:
        manifest = self._state.manifest
        strays = () if manifest is None else manifest.strays
        self.setVisible(bool(strays))
        if manifest is None or not strays:
            self._show([], [])
            return
        self.heading.setText(question_words(manifest))
        self.answer.setText(answer_words([(one.answer, one.by, one.at) for one in strays]))
        suspects = {good.path: good for good in self._state.suspects}
        paths = self._paths
        apart = [suspects[path] for path in paths if path in suspects]
        others = [good for path, good in suspects.items() if path not in paths]
        middle = len(others) // 2  # they are ranked, so these are typical
        self._show(apart, others[middle : middle + TYPICAL])
        self._render_buttons()

    def _show(self, apart: Sequence[SuspectGood], typical: Sequence[SuspectGood]) -> None:
        limit, manifest = self._state.own_limit, self._state.manifest
        photo_hw = (1, 1) if manifest is None else manifest.goods.photo_hw
        if apart and manifest is not None:
            # The limit without the strays: on the limit that they set themselves, they would look clear.
            limit *= max(manifest.strays[0].limit_without, LEAST_SHOWN)
        for pictures, goods in ((self.pictures, apart), (self.typical, typical)):
            for at, picture in enumerate(pictures):
                picture.show_good(goods[at] if at < len(goods) else None, limit, photo_hw)

    @Slot()
    def _render_buttons(self) -> None:
        for button in self.buttons.values():
            button.setEnabled(bool(self._ticked()) and not self._state.work.saving)

    @Slot()
    def _answer(self) -> None:
        manifest, good = self._state.manifest, self._state.good
        if manifest is None:
            return
        answer, paths = Answer(self.sender().property("answer")), self._paths
        places = self._ticked()
        photos = [paths[at] for at in places if at < len(paths)]
        if good is not None and photos:
            out = self._state.left_out - set(photos)
            self._state.leave_out(out | set(photos) if answer is Answer.DEFECTIVE else out)
        folder = None if good is None or not photos else good.folder
        self._saving.answer(
            {manifest.strays[at].sha256: answer for at in places}, folder, dict.fromkeys(photos, answer)
        )


class _Picture(QWidget):
    """A photo with its heatmap, its name and its score."""

    def __init__(self, loader: Decoder, *, ticked: bool) -> None:
        super().__init__()
        self._loader = loader
        self._good: SuspectGood | None = None
        self._limit, self._photo_hw = 1.0, (1, 1)
        self.image = ImageView()
        self.image.setFixedHeight(PICTURE_PX)
        self.image.setMinimumWidth(110)
        self.tick = QCheckBox()
        self.tick.setChecked(True)
        self.tick.setVisible(ticked)
        self.name, self.caption = ElidedLabel("small"), label(kind="muted")
        self._apart = ticked
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.image)
        below = row(self.tick, self.name, spacing=6)
        below.setStretch(1, 1)
        self.name.setMinimumHeight(self.tick.sizeHint().height())
        layout.addLayout(below)
        layout.addWidget(self.caption)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setMinimumHeight(PICTURE_PX + 2 * self.tick.sizeHint().height() + 16)
        loader.thumbnail_ready.connect(self._draw)

    def show_good(self, good: SuspectGood | None, limit: float, photo_hw: tuple[int, int]) -> None:
        """Show a photo of the good set.

        Parameters
        ----------
        good : SuspectGood or None
            None hides the picture.
        limit : float
            Raw score that the heatmap shows as the limit, > 0.
        photo_hw : (int, int)
            Height and width of the photo in pixels.
        """
        self.setVisible(good is not None)
        if good is None:
            self._good = None
            self.image.clear()
            return
        anew = self._good is None or self._good.path != good.path
        self._good, self._limit, self._photo_hw = good, limit, photo_hw
        self.name.setText(good.path.name)
        self.tick.setAccessibleName(good.path.name)
        words = self.tr("stands apart: {score}") if self._apart else self.tr("typical: {score}")
        self.caption.setText(words.format(score=wording.relative(good.relative_score)))
        if anew:
            self.tick.setChecked(True)
            self.image.clear()
            self._draw(good.path)

    @Slot(object)
    def _draw(self, path: Path) -> None:
        if self._good is None or path != self._good.path:
            return
        pixmap = self._loader.thumbnail(path)
        if pixmap is not None and not pixmap.isNull():
            self.image.show_photo(pixmap.toImage(), self._photo_hw)
            self.image.show_heatmap(heatmap_image(self._good.score_map.dense(), self._limit))
