"""The desktop program put together: log, excepthook, application, state, window, and a clean end."""

from __future__ import annotations

import logging
import os
import sys
import threading
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from inspector import __version__
from inspector.storage.log_file import keep_faults, let_faults_go, start_log, stop_log
from inspector.workflows.computer.machine import library_versions, window_obstacle

if TYPE_CHECKING:
    from PySide6.QtCore import QtMsgType
    from PySide6.QtWidgets import QApplication

    from inspector.gui.window.main_window import MainWindow

log = logging.getLogger(__name__)
WINDOW = "the window"


def run(
    argv: Sequence[str] | None = None,
    *,
    good: Path | None = None,
    bundle: Path | None = None,
    photos: Path | None = None,
) -> int:
    """Open the window and stay until it is closed.

    Parameters
    ----------
    argv : sequence of str or None
        Arguments for Qt, program name first.
    good : Path or None
        Folder of good photos to begin with.
    bundle : Path or None
        Bundle to open.
    photos : Path or None
        Folder or photo to inspect.

    Returns
    -------
    int
        0, or 2 with one sentence on stderr where this machine cannot open a window.
    """
    obstacle = window_obstacle()
    if obstacle is not None:
        print(f"Inspector cannot open its window: {obstacle}", file=sys.stderr)
        return 2
    start_logging()
    app = make_application(list(argv or sys.argv[:1]))
    window = make_window(app)
    install_excepthook(window)
    show_at_start(window, good, bundle, photos)
    window.show()
    app.exec()
    return shut_down(window)


def start_logging() -> None:
    """Write the log, faults of libraries and Qt's messages into files of the user's log folder."""
    from PySide6.QtCore import qInstallMessageHandler

    start_log(WINDOW, library_versions())
    keep_faults()
    qInstallMessageHandler(_on_qt_message)


def stop_logging(how: str = "closed") -> None:
    """Close the files of the log."""
    from PySide6.QtCore import qInstallMessageHandler

    qInstallMessageHandler(None)
    let_faults_go()
    stop_log(WINDOW, how)


def _on_qt_message(kind: QtMsgType, _context: object, message: str) -> None:
    level = {"QtDebugMsg": logging.DEBUG, "QtInfoMsg": logging.INFO, "QtWarningMsg": logging.WARNING}
    logging.getLogger("inspector.qt").log(level.get(kind.name, logging.ERROR), "%s", message)


def make_application(argv: list[str]) -> QApplication:
    """Return the application, made if there is none."""
    from PySide6.QtCore import QCoreApplication
    from PySide6.QtGui import QIcon
    from PySide6.QtWidgets import QApplication

    from inspector.storage.shipped_files import resource

    existing = QApplication.instance()
    app = existing if isinstance(existing, QApplication) else QApplication(argv)
    QCoreApplication.setApplicationName("Inspector")
    QCoreApplication.setApplicationVersion(__version__)
    app.setDesktopFileName("inspector")
    app.setWindowIcon(QIcon(str(resource("icons/inspector.svg"))))
    return app


def make_window(app: QApplication) -> MainWindow:
    """Return the window with everything that works for it; nothing is shown yet."""
    from inspector.gui.state.preferences import Preferences
    from inspector.gui.state.state import State
    from inspector.gui.widgets.theme import Theme
    from inspector.gui.window.main_window import MainWindow
    from inspector.gui.window.workers import Workers

    preferences = Preferences()
    theme = Theme(app, preferences.theme)
    state = State()
    workers = Workers(state)
    window = MainWindow(state, workers, theme, preferences)
    theme.dress()
    # One owner each, in the order in which they may go.
    state.setParent(window)
    workers.setParent(window)
    theme.setParent(window)
    return window


def show_at_start(window: MainWindow, good: Path | None, bundle: Path | None, photos: Path | None) -> None:
    """Open the files that the command line named."""
    if good is not None:
        window.commands.take_good(good)
    if photos is not None:
        window.commands.take_photos([photos])
    if bundle is not None:
        window.commands.take_bundle(bundle)


def shut_down(window: MainWindow) -> int:
    """End all threads; a thread that does not end in time ends with the process."""
    sys.excepthook = sys.__excepthook__
    ended = window.workers.close()
    if ended:
        window.deleteLater()
        stop_logging()
        return 0
    log.error("a worker did not stop in time; leaving without it")
    stop_logging("closed without a worker")
    sys.stdout.flush()
    sys.stderr.flush()
    # Destroying a QThread that still runs aborts the process. Files are safe: each is written aside and renamed.
    os._exit(0)


def install_excepthook(window: MainWindow) -> None:
    """Log unexpected errors and show them, with a traceback to copy; the window stays open."""
    from inspector.gui.window.bug_report import BugReport

    reporter = BugReport(window)

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            window.close()
            return
        text = "".join(traceback.format_exception(kind, error, trace))
        log.error("unexpected error\n%s", text)
        print(text, file=sys.stderr)
        reporter.report(text)

    sys.excepthook = hook
    threading.excepthook = lambda args: hook(args.exc_type, args.exc_value or args.exc_type(), args.exc_traceback)
