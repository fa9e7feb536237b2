"""A window for each test, dialogs with prepared answers, and a search for objects that a test leaves behind."""

from __future__ import annotations

import gc
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QPointF, Qt, QThread, QTimer
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication
from shiboken6 import getAllValidWrappers

from inspector.app import make_window
from inspector.core.training.forecast import Forecast, Stage
from inspector.core.training.plan import Recipe
from inspector.gui.state.state import State
from inspector.gui.threads.jobs import JobRunner
from inspector.gui.widgets.dialogs import Dialogs
from inspector.gui.window.main_window import MainWindow
from inspector.storage.good_photos.left_out import NAME, keep_left_out
from inspector.workflows.training.train import train

QUICK = Recipe(method="patchcore", size=128)
"""Real training in a second or two, where the test is about the window."""


FORECAST = Forecast(30, (Stage("reading good photos", 30, 3.0),), 900.0, 100.0, 8000.0, 20.0, 2.9)


@pytest.fixture(autouse=True)
def forecasts(monkeypatch):
    """The forecast of training: only its own tests wait for a probe."""
    asked = []

    def forecast(folder, recipe, **named):
        asked.append((folder, recipe, named))
        return FORECAST

    for module in ("training", "forecasting"):
        monkeypatch.setattr(f"inspector.gui.training.{module}.forecast_training", forecast)
    return asked


@pytest.fixture(autouse=True)
def left_out_lists(monkeypatch):
    """Photos left out of shared photos are put back after each test."""
    folders = set()

    def keep(folder, photos, left_out, ranked=None):
        folders.add(folder)
        keep_left_out(folder, photos, left_out, ranked)

    monkeypatch.setattr("inspector.gui.good_photos.left_out_keeper.keep_left_out", keep)
    yield
    for folder in folders:
        (folder / NAME).unlink(missing_ok=True)


@dataclass
class Answers:
    """The answers of the dialogs, and the questions."""

    folder: Path | None = None
    bundle: Path | None = None
    target: Path | None = None
    report: Path | None = None
    replace: bool = True
    close: bool = True
    classes: tuple[str, ...] | None = None
    address: str = ""
    asked: list[str] = field(default_factory=list)

    def give(self, name):
        def answer(*_args, **_kwargs):
            self.asked.append(name)
            return getattr(self, name)

        return answer


@pytest.fixture(autouse=True)
def dialogs(monkeypatch):
    """No dialog may open in a test."""
    answers = Answers()
    methods = {
        "ask_address": "address",
        "choose_folder": "folder",
        "choose_bundle": "bundle",
        "choose_target": "target",
        "choose_report": "report",
        "confirm_replace": "replace",
        "confirm_results": "replace",
        "confirm_close": "close",
        "edit_classes": "classes",
        "show_bug": "bundle",
    }
    for method, name in methods.items():
        monkeypatch.setattr(Dialogs, method, answers.give(name))
    return answers


@pytest.fixture(autouse=True)
def nothing_left(qapp):
    """Fail a test that leaves a running thread, a ticking timer or a window behind."""
    yield
    _settle()
    gc.collect(1)  # in this thread, and not later in a thread of another test
    running = [thread for thread in _living(QThread) if thread.isRunning()]
    ticking = [timer for timer in _living(QTimer) if timer.isActive() and timer.parent() is not None]
    windows = [widget for widget in QApplication.topLevelWidgets() if widget.isVisible()]
    assert not running, f"threads left: {[thread.objectName() for thread in running]}"
    assert not ticking, f"timers left: {ticking}"
    assert not windows, f"windows left: {windows}"


def _living(kind):
    return [thing for thing in getAllValidWrappers() if isinstance(thing, kind)]


def _settle():
    for _ in range(3):
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        QCoreApplication.processEvents()


@pytest.fixture
def window(qapp):
    """The whole program, shown, with nothing chosen."""
    qapp.setStyleSheet("")  # as at the program's start: widgets are styled once, when all are made
    made = make_window(qapp)
    made.resize(1360, 860)
    made.show()
    yield made
    made.workers.cancel_all()
    # Longer than the program's five seconds: on a busy machine a worker may be importing torch, which cannot be
    # interrupted. Destroying its thread would end the whole run.
    assert made.workers.close(within_ms=60_000), "a worker did not stop"
    made.hide()
    made.deleteLater()
    _settle()


@pytest.fixture
def state(window: MainWindow) -> State:
    return window.state


@pytest.fixture
def runner(qapp):
    made = JobRunner("test")
    yield made
    assert made.close()
    made.deleteLater()
    _settle()


def move_pointer(port, point, pressed=Qt.MouseButton.NoButton):
    """Send a move of the mouse. Not QTest's, which carries no pressed button and goes by where the cursor is."""
    moved = QMouseEvent(
        QEvent.Type.MouseMove, QPointF(point), QPointF(port.mapToGlobal(point)), Qt.MouseButton.NoButton, pressed,
        Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    QApplication.sendEvent(port, moved)


@pytest.fixture
def drag(qtbot):
    """Drag a line of a histogram by the mouse, in steps; values are in units of the trained limit."""

    def drag(histogram, start, end, steps=5):
        port, middle = histogram.viewport(), histogram.viewport().height() // 2
        at = [QPoint(histogram.x_of(start + (end - start) * step / steps), middle) for step in range(steps + 1)]
        qtbot.mousePress(port, Qt.MouseButton.LeftButton, pos=at[0])
        for point in at[1:]:
            move_pointer(port, point, Qt.MouseButton.LeftButton)
        qtbot.mouseRelease(port, Qt.MouseButton.LeftButton, pos=at[-1])

    return drag


@pytest.fixture(scope="session")
def quick_bundle(solar_cells, tmp_path_factory):
    """A bundle of 30 real cells by the plain method, at a small size."""
    path = tmp_path_factory.mktemp("quick bundle") / "cells.inspector"
    with pytest.MonkeyPatch.context() as patch:  # one limit, as where good photos are many
        patch.setattr("inspector.workflows.training.train.review_line", lambda *_: None)
        train(solar_cells.good, path, QUICK)
    return path


@pytest.fixture
def caught(monkeypatch):
    """The exceptions that reach the excepthook, in place of a dialog."""
    found = []
    monkeypatch.setattr("sys.excepthook", lambda _kind, error, _trace: found.append(error))
    return found


@pytest.fixture
def judged(window, state, quick_bundle, solar_cells, qtbot):
    """The window after the mixed cells were inspected."""
    window.commands.take_bundle(quick_bundle)
    window.commands.take_photos([solar_cells.mixed])
    qtbot.waitUntil(lambda: len(state.inspections) == 12 and not state.work.inspecting, timeout=60_000)
    return window
