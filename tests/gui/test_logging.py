"""The window's log: Qt's messages, and where Python was when a library brought the process down."""

import os
import subprocess
import sys

from inspector.storage.log_file import faults_file, log_file

PROGRAM = """
import sys
from PySide6.QtCore import qWarning
from inspector.app import start_logging, stop_logging
start_logging()
qWarning("rtsp://admin:pw1@cam/1 <b>slow</b>")
if "die" in sys.argv:
    import ctypes
    ctypes.string_at(0)
stop_logging()
qWarning("to stderr again")
"""


def run(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen"} | variables
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, *words],
        capture_output=True,
        text=True,
        env=environment,
        timeout=120,
        check=False,
    )


def test_messages_of_qt_stand_in_the_log_between_begin_and_end():
    done = run()
    began, warned, ended = log_file().read_text().splitlines()
    assert "the window began: inspector " in began
    assert warned.endswith("WARNING inspector.qt: rtsp://cam/1 <b>slow</b>")
    assert ended.endswith("the window closed")
    assert done.returncode == 0
    assert "to stderr again" in done.stderr


def test_a_fault_of_a_library_leaves_the_lines_of_all_threads():
    assert run("die").returncode != 0
    told = faults_file().read_text()
    assert "Segmentation fault" in told or "access violation" in told
    assert "ctypes" in told
    assert not log_file().read_text().endswith("the window closed\n")


def test_a_fault_handler_that_python_was_started_with_keeps_its_place():
    done = run("die", PYTHONFAULTHANDLER="1")
    assert done.returncode != 0
    assert "Segmentation fault" in done.stderr or "access violation" in done.stderr
    assert not faults_file().exists()
