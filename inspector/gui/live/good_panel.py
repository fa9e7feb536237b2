"""Beside the live picture while good photos are taken: their number, a remark on the last photo, next actions."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QCheckBox, QVBoxLayout, QWidget

from inspector.core.errors import as_sentence
from inspector.gui.actions.qactions import Actions
from inspector.gui.findings.overlay import rgb_image
from inspector.gui.live import words
from inspector.gui.state.live import LiveState
from inspector.gui.widgets.buttons import ActionButton
from inspector.gui.widgets.labels import ElidedLabel, label, line, row

LAST_PX = 220
ENOUGH = 100
"""Good photos that the false-alarm rate of 1 in 100 asks for, about."""


class GoodPanel(QWidget):
    """Renders the good photos taken.

    Attributes
    ----------
    wants_training : Signal()
        The photos shall become the good set.
    """

    wants_training = Signal()

    def __init__(self, live: LiveState, actions: Actions) -> None:
        super().__init__()
        self._live = live
        self.count = label(kind="title")
        self.hint = label(kind="muted", wrap=True)
        self.folder = ElidedLabel("muted")
        self.automatic = QCheckBox(self.tr("Automatically when a part rests"))
        self.automatic.setToolTip(self.tr("Put the parts before the camera one by one. Each is taken once."))
        self.take = ActionButton(actions["take_part"], "primary", large=True)
        self.back = ActionButton(actions["take_back"])
        self.use = ActionButton(actions["use_goods"])
        self.last = label()
        self.last.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.remark = label(kind="strong", wrap=True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 16, 20, 16)
        layout.setSpacing(8)
        layout.addWidget(self.count)
        for widget in (self.hint, self.folder, self.take, self.automatic, line(), self.last, self.remark):
            layout.addWidget(widget)
        layout.addLayout(row(self.back, 1))
        layout.addStretch(1)
        layout.addWidget(line())
        layout.addWidget(self.use)
        self.automatic.toggled.connect(self._on_automatic)
        live.goods_changed.connect(self._render)
        live.options_changed.connect(self._render)
        self._render()

    @Slot(bool)
    def _on_automatic(self, on: bool) -> None:
        self._live.set_options(replace(self._live.options, automatic=on))

    @Slot()
    def _render(self) -> None:
        goods, options = self._live.goods, self._live.options
        number = len(goods)
        self.count.setText(self.tr("1 good photo") if number == 1 else self.tr("{n} good photos").format(n=number))
        if number < ENOUGH:
            hint = self.tr(
                "About {n} more for a promise of 1 false alarm in 100. Include different parts, lots and days."
            )
            self.hint.setText(hint.format(n=ENOUGH - number))
        else:
            self.hint.setText(self.tr("Enough for a promise of 1 false alarm in 100."))
        self.folder.setText(
            self.tr("No folder chosen yet") if options.good_folder is None else str(options.good_folder)
        )
        with QSignalBlocker(self.automatic):
            self.automatic.setChecked(options.automatic)
        self.remark.setText(as_sentence(words.taken(goods[-1])) if goods else "")
        self._show_last()

    def _show_last(self) -> None:
        small_rgb = self._live.goods[-1].small_rgb if self._live.goods else None
        if small_rgb is None:
            self.last.clear()
            return
        smooth, keep = Qt.TransformationMode.SmoothTransformation, Qt.AspectRatioMode.KeepAspectRatio
        self.last.setPixmap(QPixmap.fromImage(rgb_image(small_rgb)).scaled(LAST_PX, LAST_PX, keep, smooth))
