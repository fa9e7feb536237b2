"""Threads of one computation do not change those of another that runs in a thread of its own."""

import threading

import pytest
import torch

from inspector.core.progress import CancelToken, ignore_progress
from inspector.core.values import ImageRGB
from inspector.engine import threads
from tests.engine.conftest import SMALL, small_detector


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


@pytest.mark.parametrize("method", SMALL)
def test_with_other_threads_a_training_differs_a_little(method: str, good_photos: list[ImageRGB]) -> None:
    """Bit for bit the same is promised for an equal number of threads, and nearly the same for any."""

    def train(count: int) -> tuple[dict[str, bytes], list[float]]:
        torch.set_num_threads(count)
        detector = small_detector(method, size=64)
        fitted = detector.fit(good_photos[:6], ignore_progress, CancelToken())
        return {name: array.tobytes() for name, array in detector.arrays().items()}, [
            one.score for one in fitted.good_maps
        ]

    usual = torch.get_num_threads()
    try:
        one, again, three = train(1), train(1), train(3)
    finally:
        torch.set_num_threads(usual)
    assert again == one
    assert three[1] == pytest.approx(one[1], rel=1e-3)
