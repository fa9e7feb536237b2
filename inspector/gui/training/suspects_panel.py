"""Is the good set good? The most suspicious good photos to look at and to leave out, and how many were counted."""

from __future__ import annotations

import math
from pathlib import Path

from PySide6.QtCore import QModelIndex, QSize, Qt, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QListView, QPushButton, QVBoxLayout, QWidget

from inspector.gui.findings.gallery import GAP_PX, NAME_PX, Gallery, PhotoDelegate
from inspector.gui.findings.leave_out_button import LeaveOutButton
from inspector.gui.state.state import State
from inspector.gui.threads.decoder import Decoder
from inspector.gui.widgets import wording
from inspector.gui.widgets.labels import ElidedLabel, label, link, row

SHOWN_SHARE = 0.1
FEWEST_SHOWN, MOST_SHOWN = 6, 40
CELL_PX = 112


class SuspectsPanel(QWidget):
    """Renders the suspects of the state, and the photos that the next training leaves out."""

    def __init__(self, state: State, loader: Decoder, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self.duplicates = label(kind="muted", wrap=True)
        self.heading = label(self.tr("Most suspicious good photos"), "strong")
        self.text = label(
            self.tr(
                "Score of each photo against the others. The limit is 1.0. Leave out defective photos and train again."
            ),
            "small",
            wrap=True,
        )
        self.strip = SuspectStrip(state, loader)
        self.look = QPushButton(self.tr("View"))
        self.leave_out = LeaveOutButton(state)
        self.left_out = ElidedLabel("muted")
        self.take_back = link(self.tr("Put all back"))
        self._suspects = QWidget()
        inner = QVBoxLayout(self._suspects)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(8)
        for widget in (self.heading, self.text, self.strip):
            inner.addWidget(widget)
        inner.addLayout(row(self.look, self.leave_out, 1))
        back = row(self.left_out, self.take_back)
        back.setStretch(0, 1)
        inner.addLayout(back)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        layout.addWidget(self.duplicates)
        layout.addWidget(self._suspects)
        self.look.clicked.connect(self._look)
        self.take_back.clicked.connect(self._take_back)
        self.strip.activated.connect(self._look)
        self.strip.selectionModel().currentChanged.connect(self._on_current)
        for signal in (state.good_changed, state.bundle_changed, state.outcome_changed):
            signal.connect(self._render)
        state.left_out_changed.connect(self._render_left_out)
        self._render()

    @Slot()
    def _render(self) -> None:
        manifest, suspects = self._state.manifest, self._state.suspects
        copies = 0 if manifest is None else manifest.near_duplicates
        if manifest is not None and copies:
            self.duplicates.setText(wording.near_duplicates(copies, manifest.goods.count))
        self.duplicates.setVisible(copies > 0)
        self._suspects.setVisible(bool(suspects))
        self.strip.photos.show([good.path for good in suspects[: shown_of(len(suspects))]])
        self._on_current()
        self._render_left_out()

    @Slot()
    def _render_left_out(self) -> None:
        left_out = self._state.left_out
        self.strip.photos.mark(left_out)
        words = self.tr("{photos} left out of the next training")
        self.left_out.setText(words.format(photos=wording.photos(len(left_out))) if left_out else "")
        self.take_back.setVisible(bool(left_out))
        self.left_out.setVisible(bool(left_out))

    @Slot()
    def _on_current(self) -> None:
        position = self.strip.currentIndex().row()
        chosen = 0 <= position < len(self._state.suspects)
        self.leave_out.show_photo(self._state.suspects[position].path if chosen else None)
        self.look.setEnabled(chosen)
        self.look.setToolTip("" if chosen else self.tr("Select a photo first."))

    @Slot()
    def _look(self) -> None:
        self._state.look_at(self.strip.currentIndex().row())

    @Slot()
    def _take_back(self) -> None:
        self._state.leave_out(())


def shown_of(goods: int) -> int:
    """Return how many of the most suspicious photos are shown: a tenth, within what one looks through."""
    return min(max(math.ceil(SHOWN_SHARE * goods), FEWEST_SHOWN), MOST_SHOWN, goods)


class SuspectStrip(Gallery):
    """One row of thumbnails, each with its score."""

    def __init__(self, state: State, loader: Decoder, parent: QWidget | None = None) -> None:
        super().__init__(loader, parent)
        self.setItemDelegate(_SuspectDelegate(state, loader, self))
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(False)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        height = CELL_PX - GAP_PX + NAME_PX
        self.setGridSize(QSize(CELL_PX, height))
        self.setFixedHeight(height + self.horizontalScrollBar().sizeHint().height())
        self.setAccessibleName(self.tr("Most suspicious good photos"))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the size of the cells."""
        QListView.resizeEvent(self, event)


class _SuspectDelegate(PhotoDelegate):
    def __init__(self, state: State, loader: Decoder, gallery: Gallery) -> None:
        super().__init__(loader, gallery)
        self._state = state

    def caption(self, index: QModelIndex, _path: Path) -> str:
        """Return the score."""
        suspects = self._state.suspects
        return wording.relative(suspects[index.row()].relative_score) if index.row() < len(suspects) else ""
