"""Threads of one computation do not change those of another that runs in a thread of its own."""

import threading

import pytest
import torch

from inspector.engine import threads


@pytest.fixture(autouse=True)
def as_before():
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize(("cores", "everything", "left"), [(1, 1, 1), (2, 2, 1), (8, 8, 7), (8, 2, 2), (2, 1, 1)])
def test_a_core_is_left_for_the_camera_and_the_window(monkeypatch, cores, everything, left):
    monkeypatch.setattr(threads, "cores", lambda: cores)
    monkeypatch.setattr(threads, "_ALL", everything)
    threads.leave_a_core()
    assert torch.get_num_threads() == left
    threads.use_all_cores()
    assert torch.get_num_threads() == everything


def test_each_thread_says_what_it_wants(monkeypatch):
    monkeypatch.setattr(threads, "_ALL", 2)
    monkeypatch.setattr(threads, "cores", lambda: 2)
    threads.use_all_cores()
    torch.ones(64, 64) @ torch.ones(64, 64)
    beside = threading.Thread(target=threads.leave_a_core)
    beside.start()
    beside.join()
    threads.use_all_cores()
    assert torch.get_num_threads() == 2
