"""Training in progress: the finished stages with their times, and the present stage."""

from __future__ import annotations

import time

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QGridLayout, QLabel, QProgressBar, QVBoxLayout, QWidget

from inspector.core.progress import Progress
from inspector.core.training.forecast_words import time_words
from inspector.gui.state.pace import TimeLeftShown
from inspector.gui.training.training import Training
from inspector.gui.widgets import wording
from inspector.gui.widgets.icons import dress
from inspector.gui.widgets.labels import label, row


class TrainStages(QWidget):
    """A line for each stage that training has reached."""

    def __init__(self, training: Training, gallery: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pace = TimeLeftShown()
        self._stages: list[str] = []
        self._began_at = 0.0
        self._stage_at = 0.0
        self._signs: list[QLabel] = []
        self._times: list[QLabel] = []
        self.heading = label(self.tr("Training"), "title")
        self.count = label(kind="muted")
        self.left = label(kind="muted")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(self.tr("Progress of this stage"))
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(12)
        self._grid.setColumnStretch(1, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(16)
        layout.addWidget(self.heading)
        layout.addLayout(self._grid)
        layout.addWidget(self.bar)
        layout.addLayout(row(self.count, 1, self.left))
        layout.addWidget(gallery, 1)
        training.started.connect(self._on_started)
        training.expected.connect(self._pace.expect)
        training.progressed.connect(self.show_progress)

    @property
    def stages(self) -> list[str]:
        """The stages so far."""
        return list(self._stages)

    @Slot()
    def _on_started(self) -> None:
        while self._grid.count():
            self._grid.takeAt(0).widget().deleteLater()
        self._stages, self._signs, self._times = [], [], []
        self._pace.restart()
        self._began_at = time.monotonic()
        self.bar.setRange(0, 0)
        self.count.setText(self.tr("Starting"))
        self.left.setText("")

    @Slot(object)
    def show_progress(self, progress: Progress) -> None:
        """Say where training stands."""
        if progress.stage not in self._stages:
            self._begin(progress.stage)
        self.bar.setRange(0, progress.total)
        self.bar.setValue(progress.done)
        words = self.tr("{done} of {total}")
        known = progress.total > 0
        self.count.setText(words.format(done=f"{progress.done:,}", total=f"{progress.total:,}") if known else "")
        seconds = self._pace.seconds_left(progress)
        still = self.tr("about {time} left") if self._pace.whole else self.tr("this stage: about {time} left")
        self.left.setText("" if seconds is None else still.format(time=time_words(seconds, wording.tr)))

    def _begin(self, stage: str) -> None:
        now = time.monotonic()
        if self._stages:
            self._times[-1].setText(wording.duration(now - self._stage_at))
            dress(self._signs[-1], "mdi6.check-circle", "ok", 20)
        self._stage_at = now
        self._stages.append(stage)
        sign, name, spent = label(), label(stage[:1].upper() + stage[1:], "strong"), label(kind="muted")
        spent.setAlignment(Qt.AlignmentFlag.AlignRight)
        dress(sign, "mdi6.progress-clock", "accent", 20)
        self._signs.append(sign)
        self._times.append(spent)
        line = len(self._stages) - 1
        for column, widget in enumerate((sign, name, spent)):
            self._grid.addWidget(widget, line, column)
