"""Closing the window: asks once about all possible losses, and waits until parts and reviews are written."""

from __future__ import annotations

import time
from collections.abc import Iterator

from PySide6.QtCore import QCoreApplication, QObject, Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QWidget

from inspector.gui.state.live import Purpose
from inspector.gui.state.state import State
from inspector.gui.widgets import wording
from inspector.gui.widgets.dialogs import Dialogs
from inspector.gui.widgets.labels import column, label
from inspector.gui.window.workers import Workers

STOP_WITHIN_S = 5.0
"""Training and exports have this long to stop. Every file is written aside and renamed, so none is left torn."""
LOOK_MS = 50
DIALOG_AFTER_S = 0.4
"""Shorter waits need no dialog."""


def tr(text: str) -> str:
    """Return a text in the language of the window."""
    return QCoreApplication.translate("closing", text)


def losses(state: State, workers: Workers) -> Iterator[str]:
    """Yield a sentence for everything that closing the window would stop or lose."""
    work, live, feeding_back = state.work, state.live, workers.feeding_back
    if work.training:
        yield tr("Training is running. It stops, and no model is written.")
    if work.inspecting:
        yield tr("Photos are being inspected. Inspection stops after {done} of {total}.").format(
            done=f"{len(state.inspections):,}", total=f"{len(state.photos or ()):,}"
        )
    if work.comparing:
        yield tr("Known defects are being scored. Scoring stops, and no score is saved.")
    if work.exporting:
        yield tr("An export is being written. It stops, and no file is left.")
    if live.running and live.options.purpose is Purpose.TAKE_GOOD:
        yield tr("Good photos are being taken. The photos taken so far stay in their folder.")
    elif live.running:
        yield tr("Live inspection is running. It stops. Judged parts stay in the history.")
    if live.held:
        yield tr("A part that is not OK is held and not acknowledged.")
    if feeding_back.busy:
        yield tr("Feedback is in progress. It stops, and the model is unchanged.")
    elif feeding_back.proposal is not None:
        yield tr("Feedback is previewed and not accepted.")
    if state.bundle is not None and not work.saving and state.limits != state.kept_limits:
        yield tr("The limits in use are not saved in the model {name}.").format(name=state.bundle.stored.path.name)
    if workers.exports.unsaved:
        yield tr("Results of {photos} are not saved.").format(photos=wording.photos(workers.exports.unsaved))


class Closing(QObject):
    """Decides when the window may close.

    Parameters
    ----------
    state : State
    workers : Workers
    window : QWidget
        Closed once nothing is to be waited for any more.
    """

    def __init__(self, state: State, workers: Workers, window: QWidget) -> None:
        super().__init__(window)
        self._state, self._workers, self._window = state, workers, window
        self._free = self._stopping = False
        self._began = 0.0
        self.dialog: WaitingDialog | None = None
        self._timer = QTimer(self, interval=LOOK_MS)
        self._timer.timeout.connect(self._look)

    def may_close(self) -> bool:
        """Return whether the window may close now; otherwise it is closed later, unless somebody wants it open."""
        if self._timer.isActive():
            return False
        if not self._free:
            lost = list(losses(self._state, self._workers))
            if lost and not Dialogs.confirm_close(self._window, lost):
                return False
            self._stopping, self._began = False, time.monotonic()
            self._workers.camera.stop()
            if self._waits():
                self._timer.start()
                return False
        self._free = False
        return True

    def _waits(self) -> bool:
        """Whether work has not ended that must: first writing, then jobs that were cancelled."""
        now = time.monotonic()
        if self._workers.writing:
            return True
        if not self._stopping:
            self._stopping, self._began = True, now
            self._workers.cancel_all()
        work = self._state.work
        return (work.training or work.exporting) and now - self._began < STOP_WITHIN_S

    @Slot()
    def _look(self) -> None:
        if not self._waits():
            self._free = True
            self._end()
            self._window.close()
        elif not self._stopping and time.monotonic() - self._began >= DIALOG_AFTER_S:
            self._show()

    def _show(self) -> None:
        if self.dialog is None:
            self.dialog = WaitingDialog(self._window)
            self.dialog.given_up.connect(self._workers.abandon)
            self.dialog.rejected.connect(self._stay)
            self.dialog.open()
        self.dialog.tell(self._workers.unwritten, self._workers.trouble)

    @Slot()
    def _stay(self) -> None:
        """Keep the window open; writing goes on."""
        self._workers.go_on()
        self._end()

    def _end(self) -> None:
        self._timer.stop()
        dialog, self.dialog = self.dialog, None
        if dialog is not None:
            dialog.rejected.disconnect(self._stay)
            dialog.close()
            dialog.deleteLater()


class WaitingDialog(QDialog):
    """How much is still to be written before the window closes, and two ways out.

    Attributes
    ----------
    given_up : Signal()
        The window shall close without the unwritten parts.
    """

    given_up = Signal()

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setWindowTitle(self.tr("Inspector is closing"))
        self.count = label(kind="heading", wrap=True)
        self.why = label(kind="muted", wrap=True)
        for text in (self.count, self.why):
            text.setTextFormat(Qt.TextFormat.PlainText)
        self.give_up = QPushButton()
        self.give_up.clicked.connect(self._on_given_up)
        self.stay = QPushButton(self.tr("Keep Inspector open"))
        self.stay.setDefault(True)
        self.stay.clicked.connect(self.reject)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.give_up)
        buttons.addWidget(self.stay)
        layout = column(self.count, self.why, spacing=8)
        layout.addLayout(buttons)
        layout.setContentsMargins(24, 20, 24, 20)
        self.setLayout(layout)
        self.setMinimumWidth(460)

    def tell(self, unwritten: int, trouble: str) -> None:
        """Say how many parts and reviews wait, and why they cannot be written, if so."""
        if unwritten == 0:
            self.count.setText(self.tr("Writing the last parts and files…"))
            self.give_up.setText(self.tr("Close now"))
        elif unwritten == 1:
            self.count.setText(self.tr("1 part or review is not yet written to the history."))
            self.give_up.setText(self.tr("Close and lose 1"))
        else:
            words = self.tr("{n} parts and reviews are not yet written to the history.")
            self.count.setText(words.format(n=f"{unwritten:,}"))
            self.give_up.setText(self.tr("Close and lose {n}").format(n=f"{unwritten:,}"))
        self.why.setText(trouble or self.tr("Inspector closes when they are written."))

    @Slot()
    def _on_given_up(self) -> None:
        self.give_up.setEnabled(False)
        self.given_up.emit()
