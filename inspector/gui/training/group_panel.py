"""The groups that training found, a photo of each, and the answer to them."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QModelIndex, QSize, Qt, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QListView, QPushButton, QVBoxLayout, QWidget

from inspector.core.good_photos.sessions import SessionsBy
from inspector.core.promise.session_promise import GroupsFound
from inspector.gui.findings.gallery import GAP_PX, NAME_PX, Gallery, PhotoDelegate
from inspector.gui.state.state import State, Step
from inspector.gui.threads.decoder import Decoder
from inspector.gui.widgets import wording
from inspector.gui.widgets.labels import label, row

CELL_PX = 112
OF_EACH = 2
"""Photos of a group that are shown: with more of one group, the next groups are out of sight."""
MOST_SHOWN = 60


class GroupPanel(QWidget):
    """Shows the groups of the session's last training; an answer holds for the next training."""

    def __init__(self, state: State, loader: Decoder, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self.heading = label(kind="strong", wrap=True)
        self.text = label(kind="small", wrap=True)
        self.strip = GroupStrip(loader)
        self.accept = QPushButton(self.tr("Keep these groups"))
        self.change = QPushButton(self.tr("Change groups…"))
        self.remove = QPushButton(self.tr("Ignore groups"))
        self.answer = label(kind="muted", wrap=True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        for widget in (self.heading, self.text, self.strip):
            layout.addWidget(widget)
        layout.addLayout(row(self.accept, self.change, self.remove, 1))
        layout.addWidget(self.answer)
        self.accept.setToolTip(self.tr("Each later training holds out these groups as a whole."))
        self.remove.setToolTip(self.tr("The next training holds out each photo alone. Its limit is lower."))
        self.accept.clicked.connect(self._accept)
        self.change.clicked.connect(self._change)
        self.remove.clicked.connect(self._remove)
        for signal in (state.outcome_changed, state.bundle_changed, state.grouping_changed, state.good_changed):
            signal.connect(self._render)
        self._render()

    @property
    def _groups(self) -> GroupsFound | None:
        manifest = self._state.manifest
        return manifest.groups if manifest is not None and self._state.suspects else None

    @property
    def shows_groups(self) -> bool:
        """Whether there are groups to show: those of this session's last training."""
        return self._groups is not None

    @Slot()
    def _render(self) -> None:
        groups, outcome = self._groups, self._state.outcome
        self.setVisible(groups is not None)
        if groups is None or outcome is None:
            self.strip.show_groups({})
            return
        self.heading.setText(wording.groups(groups))
        self.text.setText(
            self.tr("Photos of one group are alike, so the limit is set for a photo of a new group.")
            if groups.matters
            else self.tr("The limit is the same as without groups.")
        )
        photos: dict[str, list[Path]] = {name: [] for name in outcome.sessions.names}
        for path, name in zip(outcome.counted, outcome.sessions.of_photos, strict=True):
            photos[name].append(path)
        self.strip.show_groups(photos)
        chosen = self._state.grouping.choice.by
        accepted, removed = chosen is groups.kind, chosen is SessionsBy.NONE
        self.accept.setVisible(not accepted)
        self.remove.setVisible(not removed)
        words = self.tr("Saved for each later training.") if accepted else ""
        self.answer.setText(
            self.tr("The next training ignores groups. Train again to apply this.") if removed else words
        )
        self.answer.setVisible(accepted or removed)

    @Slot()
    def _accept(self) -> None:
        groups = self._groups
        if groups is not None and groups.kind is not SessionsBy.HAND:
            self._state.group_by(groups.kind)

    @Slot()
    def _change(self) -> None:
        self._state.set_step(Step.GOOD)

    @Slot()
    def _remove(self) -> None:
        self._state.group_by(SessionsBy.NONE)


class GroupStrip(Gallery):
    """One row of thumbnails: the first photos of each group, under the group's name."""

    def __init__(self, loader: Decoder, parent: QWidget | None = None) -> None:
        super().__init__(loader, parent)
        self._names: list[str] = []
        self.setItemDelegate(_GroupDelegate(loader, self))
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(False)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        height = CELL_PX - GAP_PX + NAME_PX
        self.setGridSize(QSize(CELL_PX, height))
        self.setFixedHeight(height + self.horizontalScrollBar().sizeHint().height())
        self.setAccessibleName(self.tr("Photos of each group"))

    def show_groups(self, photos: dict[str, list[Path]]) -> None:
        """Show the first photos of each group, given all of them by its name."""
        shown = [(name, len(own), path) for name, own in photos.items() for path in own[:OF_EACH]][:MOST_SHOWN]
        self._names = [f"{name} ({count:,})" for name, count, _ in shown]
        self.photos.show([path for _, _, path in shown])

    def caption(self, position: int) -> str:
        """Return the caption of a photo: its group, and the number of photos in it."""
        return self._names[position] if position < len(self._names) else ""

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the size of the cells."""
        QListView.resizeEvent(self, event)


class _GroupDelegate(PhotoDelegate):
    def __init__(self, loader: Decoder, strip: GroupStrip) -> None:
        super().__init__(loader, strip)
        self._strip = strip

    def caption(self, index: QModelIndex, _path: Path) -> str:
        """Return the group."""
        return self._strip.caption(index.row())
