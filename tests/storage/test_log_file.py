import logging
import os

import pytest

from inspector.storage.folders import log_folder
from inspector.storage.log_file import LOG_BYTES, LOG_FILES, log_file, start_log, stop_log

log = logging.getLogger("inspector.test")


@pytest.fixture
def started():
    start_log("a test", {"inspector": "9.9", "python": "3"})
    yield
    stop_log("a test")


def test_begin_and_end_are_told_with_versions(started):
    stop_log("a test", "ended with 0")
    first, last = log_file().read_text().splitlines()
    assert first.endswith("a test began: inspector 9.9, python 3")
    assert last.endswith("a test ended with 0")
    log.error("nobody listens any more")
    assert len(log_file().read_text().splitlines()) == 2


@pytest.mark.parametrize(
    "address",
    [
        "rtsp://admin:secret@cam/1",
        "http://cam/a.mjpg?user=admin&pwd=secret",
        "rtsp://admin:se cret secret@cam/1",
        "rtsp://admin:a@secret@cam/1",
        "postgresql+psycopg://me@host/db?password=secret",
    ],
)
def test_addresses_are_logged_as_they_are_shown(started, address):
    log.warning("source lost: %s: it is off", address)
    try:
        raise OSError(f"no answer from {address}")
    except OSError:
        log.exception("a fault")
    text = log_file().read_text()
    assert "secret" not in text
    assert "admin" not in text
    assert "source lost: " in text
    assert "Traceback" in text


def test_a_name_with_a_line_break_makes_no_line_of_its_own(started):
    log.warning("refused to open %s", "a\n2026-01-01 00:00:00,000 1 INFO inspector: all is well")
    lines = log_file().read_text().splitlines()
    assert len(lines) == 3
    assert lines[2].startswith("    2026")


def test_names_that_are_not_unicode_are_written(started):
    log.warning("%s", "a \udcff")
    assert "a \\udcff" in log_file().read_text()


def test_the_file_rotates(started):
    for _ in range(2 * LOG_BYTES // 1000 + 10):
        log.info("x" * 1000)
    names = sorted(os.listdir(log_folder()))
    assert names[:2] == ["inspector.log", "inspector.log.1"]
    assert len(names) <= LOG_FILES + 1
    assert all((log_folder() / name).stat().st_size <= LOG_BYTES for name in names)


def test_a_folder_that_cannot_be_made_stops_nothing(user_folders, capsys):
    (user_folders / "logs").write_text("in the way")
    start_log("a test", {})
    log.warning("told all the same")
    stop_log("a test")
    assert "told all the same" in capsys.readouterr().err
