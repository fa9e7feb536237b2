"""The strip at the bottom: the running work, its progress, its remaining time, and Cancel. Its height never changes."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QUrl, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QPushButton, QWidget

from inspector.core.progress import Progress
from inspector.core.training.forecast_words import time_words
from inspector.gui.actions.qactions import Actions
from inspector.gui.judging.inspecting import OPENING
from inspector.gui.state.pace import TimeLeftShown
from inspector.gui.state.state import State
from inspector.gui.widgets import wording
from inspector.gui.widgets.labels import ElidedLabel, label
from inspector.gui.window.workers import Workers
from inspector.workflows.judging.record_results import RecordedRun

KINDS = ("training", "inspecting", "comparing", "exporting", "opening", "listing")
"""Fields of `Work` that are shown."""


class ActivityBar(QFrame):
    """Shows the progress of the latest work and names the other work; without work, the latest result."""

    def __init__(self, state: State, actions: Actions, workers: Workers, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._workers = workers
        self._paces = {kind: TimeLeftShown() for kind in KINDS}
        self._latest: dict[str, Progress] = {}
        self._running: list[str] = []
        self._file: Path | None = None
        self.setObjectName("activity")
        self.setFixedHeight(46)
        self.setAccessibleName(self.tr("Activity"))
        self.text = ElidedLabel()
        self.left = label(kind="muted")
        self.others = label(kind="muted")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedWidth(260)
        self.cancel = QPushButton(actions["cancel"].text())
        self.cancel.clicked.connect(self._cancel)
        self.open_file = QPushButton(self.tr("Open"))
        self.open_file.clicked.connect(self._open)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(20, 0, 12, 0)
        layout.setSpacing(16)
        layout.addWidget(self.text, 1)
        for widget in (self.others, self.left, self.bar, self.open_file, self.cancel):
            layout.addWidget(widget)
        self._connect()
        self._render()

    def _connect(self) -> None:
        workers, state = self._workers, self._state
        training, judging = workers.training, workers.judging
        training.progressed.connect(self._on_training)
        judging.progressed.connect(self._on_judging)
        workers.exports.progressed.connect(self._on_export)
        workers.saving.progressed.connect(self._on_comparing)
        workers.sources.progressed.connect(self._on_listing)
        state.work_changed.connect(self._render)
        workers.exports.written.connect(self.say_written)
        workers.exports.kept.connect(self._on_results_kept)
        workers.saving.kept.connect(self._on_kept)
        judging.finished.connect(self._on_inspected)
        judging.stopped.connect(self._on_stopped)
        training.expected.connect(self._paces["training"].expect)
        training.stopped.connect(self._on_training_stopped)
        training.succeeded.connect(self._on_trained)

    @property
    def shown(self) -> str:
        """The kind of work whose progress is shown and that Cancel stops; empty while nothing runs."""
        return self._running[-1] if self._running else ""

    def say(self, text: str, file: Path | None = None) -> None:
        """Leave a sentence, and a file to open; while something else runs, its progress comes back."""
        self._file = file
        self.text.setText(text)
        self._show(running=bool(self.shown))

    @Slot(object)
    def _on_training(self, progress: Progress) -> None:
        self._hear("training", progress)

    @Slot(object)
    def _on_judging(self, progress: Progress) -> None:
        self._hear("opening" if progress is OPENING else "inspecting", progress)

    @Slot(object)
    def _on_export(self, progress: Progress) -> None:
        self._hear("exporting", progress)

    @Slot(object)
    def _on_comparing(self, progress: Progress) -> None:
        self._hear("comparing", progress)

    @Slot(object)
    def _on_listing(self, progress: Progress) -> None:
        self._hear("listing", progress)

    def _hear(self, kind: str, progress: Progress) -> None:
        self._latest[kind] = progress
        seconds = self._paces[kind].seconds_left(progress)  # also of hidden work, whose pace is measured all the time
        if kind == self.shown:
            self._show_progress(progress, seconds)

    def _show_progress(self, progress: Progress, seconds: float | None) -> None:
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
        self.left.setText(
            "" if seconds is None else self.tr("about {time} left").format(time=time_words(seconds, wording.tr))
        )
        self._show(running=True)

    @Slot()
    def _render(self) -> None:
        work, before = self._state.work, self.shown
        for kind in KINDS:
            if not getattr(work, kind):
                self._paces[kind].restart()
                self._latest.pop(kind, None)
        self._running = [kind for kind in self._running if getattr(work, kind)]
        self._running += [kind for kind in KINDS if getattr(work, kind) and kind not in self._running]
        names = self._names()
        others = ", ".join(names[kind] for kind in self._running[:-1])
        self.others.setText(self.tr("Also: {names}").format(names=others) if others else "")
        shown = self.shown
        if shown and shown != before:
            self._show_progress(self._latest.get(shown, Progress(names[shown], 0, 0)), None)
        elif not shown and (not self.text.text() or not self.bar.isHidden()):
            self.say(self.tr("Ready"))
        self._show(bool(shown))

    def _names(self) -> dict[str, str]:
        return {
            "training": self.tr("training"),
            "inspecting": self.tr("inspection"),
            "comparing": self.tr("known defects"),
            "exporting": self.tr("export"),
            "opening": self.tr("opening the model"),
            "listing": self.tr("looking for photos"),
        }

    def _show(self, running: bool) -> None:
        self.bar.setVisible(running)
        self.left.setVisible(running)
        self.others.setVisible(running and bool(self.others.text()))
        self.cancel.setVisible(running)
        self.open_file.setVisible(not running and self._file is not None)

    @Slot()
    def _cancel(self) -> None:
        workers = self._workers
        stops = {
            "training": workers.training.cancel,
            "inspecting": workers.judging.stop,
            "comparing": workers.saving.cancel,
            "exporting": workers.exports.cancel,
            "opening": workers.judging.stop_opening,
            "listing": workers.sources.cancel,
        }
        if self.shown:
            stops[self.shown]()

    @Slot(object)
    def say_written(self, path: Path) -> None:
        """Say where a file was saved, and offer to open it."""
        self.say(self.tr("Saved {name} in {folder}").format(name=path.name, folder=path.parent), path)

    @Slot(object)
    def _on_kept(self, path: Path) -> None:
        self.say(self.tr("Saved in {name}").format(name=path.name))

    @Slot(object)
    def _on_results_kept(self, kept: RecordedRun) -> None:
        self.say(wording.kept_run(kept.added, kept.known, kept.unreadable))

    @Slot()
    def _on_inspected(self) -> None:
        times = sorted(inspection.ms for inspection in self._state.inspections)
        if not times:
            return
        words = self.tr("Inspected {photos}: {middle} ms a photo, 95 % under {high} ms")
        middle, high = times[len(times) // 2], times[min(int(len(times) * 0.95), len(times) - 1)]
        # Said after work_changed was rendered, which comes first and would leave "Ready".
        text = words.format(photos=wording.photos(len(times)), middle=f"{middle:.0f}", high=f"{high:.0f}")
        self.say(text)

    @Slot()
    def _on_stopped(self) -> None:
        self.say(self.tr("Stopped after {photos}").format(photos=wording.photos(len(self._state.inspections))))

    @Slot()
    def _on_training_stopped(self) -> None:
        self.say(self.tr("Training cancelled. No file was written."))

    @Slot(object)
    def _on_trained(self, outcome: object) -> None:
        del outcome
        self.say(self.tr("Trained"))

    @Slot()
    def _open(self) -> None:
        if self._file is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._file)))
