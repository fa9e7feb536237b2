"""Reference cycles are collected in the window's thread only, for they may hold Qt objects."""

import gc
import threading

import pytest

from inspector.gui.threads import garbage
from inspector.gui.threads.garbage import GarbageCollector

CYCLES = 200_000


class Cycle:
    """Says in which thread it was collected."""

    def __init__(self, threads):
        self.threads, self.itself = threads, self

    def __del__(self):
        self.threads.add(threading.get_ident())


@pytest.fixture
def python_collects():
    """Whatever ran before, Python collects at its usual thresholds when the test begins and ends."""
    assert gc.isenabled()
    yield
    assert gc.isenabled()


def test_no_worker_collects_while_the_window_is_open(python_collects, window, qtbot):
    threads, made = set(), []

    def work(_job):
        for _ in range(CYCLES):
            Cycle(threads)
        made.append(threading.get_ident())

    window.workers.cameras.submit(work)
    qtbot.waitUntil(lambda: bool(made), timeout=60_000)
    assert made[0] not in threads
    qtbot.waitUntil(lambda: bool(threads), timeout=60_000)
    assert threads == {threading.get_ident()}


def test_the_oldest_generation_that_is_due_is_collected(python_collects, qapp, monkeypatch):
    collected = []
    monkeypatch.setattr(garbage.gc, "collect", collected.append)
    collector = GarbageCollector()
    try:
        for counts in ((0, 0, 0), (100_001, 0, 0), (100_001, 21, 0), (100_001, 21, 101), (100_000, 20, 100)):
            monkeypatch.setattr(garbage.gc, "get_count", lambda counts=counts: counts)
            collector.collect()
    finally:
        collector.stop()
    assert collected == [0, 1, 2]
