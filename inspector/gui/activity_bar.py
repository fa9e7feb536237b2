"""The strip at the bottom: what is running, how far, how long still, and Cancel. Its height never changes."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QUrl, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QPushButton, QWidget

from inspector.core.forecast_words import time_words
from inspector.core.progress import Progress
from inspector.gui import wording
from inspector.gui.actions import Actions
from inspector.gui.buttons import ActionButton
from inspector.gui.crew import Crew
from inspector.gui.labels import ElidedLabel, label
from inspector.gui.pace import Pace
from inspector.gui.session import Session
from inspector.workflows.recording import KeptRun


class ActivityBar(QFrame):
    """Shows the progress of whatever runs; while nothing runs, what came last."""

    def __init__(self, session: Session, actions: Actions, crew: Crew, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._pace = Pace()
        self._file: Path | None = None
        self.setObjectName("activity")
        self.setFixedHeight(46)
        self.setAccessibleName(self.tr("Activity"))
        self.text = ElidedLabel()
        self.left = label(kind="muted")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedWidth(260)
        self.cancel = ActionButton(actions["cancel"])
        self.open_file = QPushButton(self.tr("Open"))
        self.open_file.clicked.connect(self._open)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(20, 0, 12, 0)
        layout.setSpacing(16)
        layout.addWidget(self.text, 1)
        for widget in (self.left, self.bar, self.open_file, self.cancel):
            layout.addWidget(widget)
        training, judging = crew.training, crew.judging
        for source in (training, judging, crew.exports, crew.keeping):
            source.progressed.connect(self.show_progress)
        session.work_changed.connect(self._render)
        crew.exports.written.connect(self.say_written)
        crew.exports.kept.connect(self._on_results_kept)
        crew.keeping.kept.connect(self._on_kept)
        judging.finished.connect(self._on_inspected)
        judging.stopped.connect(self._on_stopped)
        training.expected.connect(self._pace.expect)
        training.stopped.connect(self._on_training_stopped)
        training.succeeded.connect(self._on_trained)
        self._render()

    @Slot(object)
    def show_progress(self, progress: Progress) -> None:
        """Say where the work stands."""
        self._file = None
        known = progress.total > 0
        if known:
            words = self.tr("{stage}, {done} of {total}")
            text = words.format(stage=progress.stage, done=f"{progress.done:,}", total=f"{progress.total:,}")
        else:
            text = progress.stage
        self.text.setText(text[:1].upper() + text[1:])
        self.bar.setRange(0, progress.total if known else 0)
        self.bar.setValue(progress.done)
        seconds = self._pace.seconds_left(progress)
        self.left.setText(
            "" if seconds is None else self.tr("about {time} left").format(time=time_words(seconds, wording.tr))
        )
        self._show(running=True)

    def say(self, text: str, file: Path | None = None) -> None:
        """Leave a sentence, and a file to open."""
        self._file = file
        self.text.setText(text)
        self._show(running=False)

    @Slot()
    def _render(self) -> None:
        work = self._session.work
        running = work.training or work.inspecting or work.opening or work.exporting or work.comparing
        if not running:
            self._pace.restart()
            if not self.text.text() or not self.bar.isHidden():
                self.say(self.tr("Ready"))
        self._show(running)

    def _show(self, running: bool) -> None:
        self.bar.setVisible(running)
        self.left.setVisible(running)
        self.cancel.setVisible(running and not self._session.work.opening)
        self.open_file.setVisible(not running and self._file is not None)

    @Slot(object)
    def say_written(self, path: Path) -> None:
        """Say where a file was saved, and offer to open it."""
        self.say(self.tr("Saved {name} in {folder}").format(name=path.name, folder=path.parent), path)

    @Slot(object)
    def _on_kept(self, path: Path) -> None:
        self.say(self.tr("Kept in {name}").format(name=path.name))

    @Slot(object)
    def _on_results_kept(self, kept: KeptRun) -> None:
        self.say(wording.kept_run(kept.added, kept.known, kept.unreadable))

    @Slot()
    def _on_inspected(self) -> None:
        times = sorted(inspection.ms for inspection in self._session.inspections)
        words = self.tr("Inspected {photos}: {middle} ms a photo, 95 % under {high} ms")
        middle, high = times[len(times) // 2], times[min(int(len(times) * 0.95), len(times) - 1)]
        # Said after work_changed was rendered, which comes first and would leave "Ready".
        text = words.format(photos=wording.photos(len(times)), middle=f"{middle:.0f}", high=f"{high:.0f}")
        self.say(text)

    @Slot()
    def _on_stopped(self) -> None:
        self.say(self.tr("Stopped after {photos}").format(photos=wording.photos(len(self._session.inspections))))

    @Slot()
    def _on_training_stopped(self) -> None:
        self.say(self.tr("Training stopped; no file was written"))

    @Slot(object)
    def _on_trained(self, outcome: object) -> None:
        del outcome
        self.say(self.tr("Trained"))

    @Slot()
    def _open(self) -> None:
        if self._file is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._file)))
