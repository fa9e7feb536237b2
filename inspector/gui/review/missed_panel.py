"""A missed defect: the limit that would catch it, and its cost in false alarms."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from inspector.core.progress import Progress
from inspector.core.review.missed_defect import missed_words
from inspector.gui.findings import part_words
from inspector.gui.follow_up.catching import Catching
from inspector.gui.limits.part_strip import PartStrip
from inspector.gui.review.selecting import Selecting
from inspector.gui.state.state import State
from inspector.gui.widgets.labels import ElidedLabel, label, line, link, row


class MissedPanel(QWidget):
    """Renders `Catching`; hidden while no missed defect is at hand."""

    def __init__(self, state: State, catching: Catching, reviewing: Selecting, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state, self._catching, self._reviewing = state, catching, reviewing
        self.name = ElidedLabel("strong", Qt.TextElideMode.ElideMiddle)
        self.look = link(self.tr("Show"))
        self.words = label(kind="muted", wrap=True)
        self.goods = label(kind="small", wrap=True)
        self.strip = PartStrip(reviewing.pictures)
        self.progress = label(kind="small", wrap=True)
        self.stop = link(self.tr("Stop"))
        self.propose = QPushButton(self.tr("Open this limit on the Judge page"))
        self.propose.setToolTip(self.tr("Moves the limit. The model is unchanged until you save the limit."))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 12, 20, 0)
        layout.setSpacing(8)
        layout.addWidget(label(self.tr("Missed defect"), "heading"))
        named = row(self.name, self.look)
        named.setStretchFactor(self.name, 1)
        layout.addLayout(named)
        for widget in (self.words, self.goods, self.strip):
            layout.addWidget(widget)
        layout.addLayout(row(self.progress, 1, self.stop))
        for widget in (self.propose, line()):
            layout.addWidget(widget)
        self.look.clicked.connect(self._look)
        self.stop.clicked.connect(catching.stop)
        self.propose.clicked.connect(catching.propose_limit)
        self.strip.chosen.connect(reviewing.show_part)
        catching.changed.connect(self._render)
        catching.progressed.connect(self._on_progress)
        state.review.selection_changed.connect(self._render_look)
        self._render()

    @Slot()
    def _look(self) -> None:
        if self._catching.subject is not None:
            self._reviewing.show_part(self._catching.subject)

    @Slot(object)
    def _on_progress(self, progress: Progress) -> None:
        words = self.tr("{stage}, {done} of {total}")
        said = words.format(stage=progress.stage, done=progress.done, total=progress.total)
        self.progress.setText(said[:1].upper() + said[1:])

    @Slot()
    def _render(self) -> None:
        catching = self._catching
        subject, found = catching.subject, catching.found
        self.setVisible(subject is not None)
        if subject is None:
            self.strip.show_parts(())
            return
        self.name.setText(part_words.name(subject))
        if found is None:
            self.progress.clear()  # its text belongs to the previous question
        if found is not None:
            limit = "" if found.missed is None else missed_words(found.missed, found.limits)
            self.words.setText(limit or part_words.untold(found, self._open_name))
        elif self._state.bundle is None:
            self.words.setText(part_words.open_to_see_limit(subject))
        elif catching.busy:
            self.words.setText(self.tr("Working…"))
        else:
            self.words.setText(self.tr("Stopped without a result."))
        self.strip.show_parts(() if found is None else found.also_ng)
        more = "" if found is None else part_words.compared(found, len(self.strip.shown))
        self.goods.setText(more)
        self.goods.setVisible(bool(more))
        for widget in (self.stop, self.progress):
            widget.setVisible(catching.busy and self._state.bundle is not None)
        self.propose.setVisible(catching.proposable)
        self._render_look()

    @property
    def _open_name(self) -> str:
        bundle = self._state.bundle
        return "" if bundle is None else bundle.stored.path.stem

    @Slot()
    def _render_look(self) -> None:
        subject, selected = self._catching.subject, self._state.review.selected
        self.look.setVisible(subject is not None and (selected is None or selected.id != subject.id))
