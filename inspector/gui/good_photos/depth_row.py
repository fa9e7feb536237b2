"""The bit depth of the good photos in one line, with a choice; hidden for photos of 8 bits."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QComboBox, QWidget

from inspector.core.photo.pixel_depth import DEPTHS
from inspector.core.photo.pixel_depth_words import depth_words
from inspector.gui.state.state import State
from inspector.gui.widgets.labels import label, row


class DepthRow(QWidget):
    """Edits the state's bit depth, and follows it."""

    def __init__(self, state: State, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self.choice = QComboBox()
        self.choice.addItem(self.tr("Found automatically"), None)
        for bits in DEPTHS:
            self.choice.addItem(self.tr("{bits} bits").format(bits=bits), bits)
        self.choice.setAccessibleName(self.tr("Bit depth of the good photos"))
        self.choice.setToolTip(
            self.tr(
                "16-bit files often use fewer bits. All photos of a model have the same bit depth. "
                "Change it only if the camera's data sheet states another value."
            )
        )
        self.found = label(kind="muted", wrap=True)
        caption = label(self.tr("Bit depth"), "caption")
        caption.setBuddy(self.choice)
        line = row(caption, self.choice, self.found, spacing=12)
        line.setContentsMargins(0, 0, 0, 0)
        line.setStretch(2, 1)
        self.setLayout(line)
        self.choice.activated.connect(self._choose)
        for signal in (state.good_depth.changed, state.work_changed):
            signal.connect(self._render)
        self._render()

    @Slot()
    def _choose(self) -> None:
        self._state.good_depth.choose(self.choice.currentData())

    @Slot()
    def _render(self) -> None:
        depth = self._state.good_depth
        self.setVisible(depth.found is not None and (depth.found.worth_telling or depth.chosen is not None))
        self.choice.setCurrentIndex(self.choice.findData(depth.chosen))
        self.choice.setEnabled(not self._state.work.training)
        self.found.setText("" if depth.found is None else depth_words(depth.found))
