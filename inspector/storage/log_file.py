"""The log: one rotating file for the window and for commands, with the time of every event.

Addresses are written without user, password and query (the text after a question mark), as they are shown to people.
"""

from __future__ import annotations

import contextlib
import faulthandler
import logging
import os
import re
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TextIO

from inspector.storage.folders import log_folder

LOG_BYTES, LOG_FILES = 1_000_000, 3
_USER = re.compile(r"://[^\n]*@")  # a password may hold any character: rather remove too much
_QUERY = re.compile(r"(://[^\s?]*)\?[^\s]*")

log = logging.getLogger("inspector")
_faults: list[TextIO] = []


def log_file() -> Path:
    """Return the path of the log; the file may not exist yet."""
    return log_folder() / "inspector.log"


def faults_file() -> Path:
    """Return the path of the file in which Python records the stack of a crash; it may not exist."""
    return log_folder() / "faults.log"


class _WithoutSecrets(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        text = _QUERY.sub(r"\1", _USER.sub("://", super().format(record)))
        return text.replace("\n", "\n    ")  # a line break in a file name must not look like a line of the log


class _Quiet(RotatingFileHandler):
    """Drops lines that a full disk does not take; `logging` itself would print a traceback for each line."""

    def handleError(self, record: logging.LogRecord) -> None:
        """Ignore the error."""


def start_log(what: str, versions: dict[str, str]) -> None:
    """Log to a rotating file and record the start; if the file cannot be written, log to stderr.

    Parameters
    ----------
    what : str
        The program that started: the window, or the name of a command.
    versions : dict of str to str
        Versions of Inspector, Python and the libraries that compute.
    """
    handler: logging.Handler
    try:
        log_folder().mkdir(parents=True, exist_ok=True)
        handler = _Quiet(
            log_file(), maxBytes=LOG_BYTES, backupCount=LOG_FILES, encoding="utf-8", errors="backslashreplace"
        )
    except OSError:
        handler = logging.StreamHandler()
    handler.setFormatter(_WithoutSecrets("%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s"))
    log.setLevel(logging.INFO)
    log.addHandler(handler)
    log.info("%s began: %s", what, ", ".join(f"{name} {version}" for name, version in versions.items()))


def stop_log(what: str, how: str = "ended") -> None:
    """Record the end of a program, and close the log."""
    log.info("%s %s", what, how)
    for handler in list(log.handlers):
        log.removeHandler(handler)
        with contextlib.suppress(OSError):
            handler.close()


def keep_faults() -> None:
    """Enable Python's fault handler, which records the stack of each thread if a library crashes the process.

    If Python was started with its fault handler on, that handler and its output stay in use.
    """
    if faulthandler.is_enabled():
        return
    try:
        file = faults_file().open("a", encoding="utf-8")
    except OSError:
        return
    _faults.append(file)  # the file must stay open
    if file.tell() == 0:
        file.write(f"Faults of libraries, each with the lines in which Python's threads were. Process {os.getpid()}.\n")
        file.flush()
    faulthandler.enable(file)


def let_faults_go() -> None:
    """Undo `keep_faults`."""
    if _faults:
        faulthandler.disable()
    while _faults:
        _faults.pop().close()
