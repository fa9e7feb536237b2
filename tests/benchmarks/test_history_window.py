"""history_window.py on a short history: rows appear, and the window's thread queries no database."""

from __future__ import annotations

import shutil
import threading

import pytest

from benchmarks.speed import history_window
from benchmarks.speed.history import fill
from benchmarks.speed.history_window import WITHIN_S, Waited, measure, open_on, write_table
from inspector.storage.history.sql.database import FILE_NAME, Database

PARTS = 12_000


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    folder = tmp_path_factory.mktemp("filled")
    fill(f"sqlite:///{folder / FILE_NAME}", PARTS)
    return folder


@pytest.fixture
def window(filled, tmp_path, qapp, monkeypatch):
    folder = shutil.copytree(filled, tmp_path / "history")
    monkeypatch.setenv("INSPECTOR_HOME", str(tmp_path / "home"))
    made = open_on(folder, tmp_path / "home")
    yield made
    assert made.workers.close(60_000)
    made.hide()
    made.deleteLater()


def test_whatever_is_done_fills_the_table_and_the_windows_thread_never_asks_the_database(window, monkeypatch):
    asking, reading = set(), Database.reading

    def noted(self):
        asking.add(threading.current_thread())
        return reading(self)

    monkeypatch.setattr(Database, "reading", noted)
    monkeypatch.setattr(history_window, "WHEEL_TURNS", 20)
    found = measure(window)
    assert len(found) > 20
    assert all(one.rows_ms < 1000 * WITHIN_S for _, waits in found for one in waits)
    assert asking
    assert threading.main_thread() not in asking
    assert window.state.review.counts.parts == PARTS


def test_how_long_the_event_loop_was_held_up_is_seen(window):
    watch = history_window.Watch(window)
    held = watch.do(lambda: threading.Event().wait(0.2)).held_ms
    assert held >= 200


def test_the_table_says_the_median_and_the_longest():
    found = [("open", [Waited(40.0, 9.0)]), ("drag", [Waited(10.0, 3.0), Waited(30.0, 20.0), Waited(12.0, 1.0)])]
    lines = write_table(found, 1_000_000).splitlines()
    assert lines[2:4] == ["| open | 40 | 9 |", "| drag | 12 (at most 30) | 20 |"]
    assert lines[-1] == "1,000,000 parts."
