"""Loading, forecasting or training in a thread changes nothing in another thread of the process."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor, nn

from inspector.core.progress import CancelToken, ignore_progress
from inspector.core.values import ImageRGB
from inspector.engine.detector import Detector
from inspector.engine.features import fusion
from inspector.engine.features.backbones import Backbone, load_backbone
from inspector.engine.features.fusion import frozen_backbone, fuse, other_runtime
from inspector.engine.forecast.probe import probe
from tests.engine.conftest import NOWHERE, small_detector
from tests.engine.features.test_fusion import LITE0, untrained

CPU = torch.device("cpu")
LOADED = 4
"""How often a model is opened while another thread judges."""


def of_the_process() -> dict[str, object]:
    """The state that all threads share, which a thread could change for the others."""
    return {
        "call": nn.Module.__call__,
        "getattr": nn.Module.__getattr__,
        "dtype": torch.get_default_dtype(),
        "deterministic": torch.are_deterministic_algorithms_enabled(),
        "precision": torch.get_float32_matmul_precision(),
        "onednn": torch.backends.mkldnn.enabled,
        "filters": list(warnings.filters),
        "opencv": cv2.getNumThreads(),
        "numpy": np.geterr(),
        "random": torch.random.get_rng_state().tolist(),
    }


@pytest.fixture
def no_backbone_is_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each load builds its backbone anew."""

    class Forgetting(dict[object, object]):
        def __setitem__(self, key: object, value: object) -> None:
            pass

    monkeypatch.setattr(fusion, "_SHARED", Forgetting())


@pytest.mark.usefixtures("no_backbone_is_shared")
@pytest.mark.parametrize("name", [LITE0, "resnet18"])
def test_loading_exchanges_nothing_that_other_threads_use(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tracing by torch.fx once exchanged nn.Module.__call__, and judging in other threads died of it."""
    usual, seen = of_the_process(), []
    real: Callable[[nn.Sequential, Tensor], Tensor] = nn.Sequential.forward

    def forward(self: nn.Sequential, given: Tensor) -> Tensor:
        seen.append(of_the_process())
        return real(self, given)

    monkeypatch.setattr(nn.Sequential, "forward", forward)
    if name == LITE0:
        frozen_backbone(name, NOWHERE, CPU)
    else:
        backbone = untrained(name)
        usual = of_the_process()  # to make it up, random numbers were drawn
        seen.clear()
        fuse(backbone)
        assert other_runtime(backbone) is not None
    assert len(seen) >= 4
    for state in [*seen, of_the_process()]:
        assert state == usual


@pytest.fixture(scope="module")
def learned(good_photos: list[ImageRGB]) -> Detector:
    detector = small_detector("patchcore", size=64)
    detector.fit(good_photos[:6], ignore_progress, CancelToken())
    return detector


@pytest.fixture
def one_thread() -> Iterator[None]:
    usual = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(usual)


@pytest.mark.usefixtures("no_backbone_is_shared", "one_thread")
def test_a_thread_judges_on_while_others_load_and_forecast(learned: Detector, good_photos: list[ImageRGB]) -> None:
    photo, ended = good_photos[0], threading.Event()
    expected = learned.score_maps([photo])[0].grid
    by_torch = load_backbone(LITE0, NOWHERE, CPU)
    images = torch.zeros(1, 3, 64, 64, dtype=torch.uint8)
    maps = by_torch(images)

    def judge() -> int:
        judged = 0
        while not ended.is_set():
            assert np.array_equal(learned.score_maps([photo])[0].grid, expected)
            assert all(torch.equal(one, other) for one, other in zip(by_torch(images), maps, strict=True))
            judged += 1
        return judged

    def load() -> list[str]:
        return [frozen_backbone(LITE0, NOWHERE, CPU).form_in_torch for _ in range(LOADED)]

    def foretell() -> None:
        probe(small_detector("patchcore", size=64), good_photos[:2], 10, 0, NOWHERE, CancelToken())

    with ThreadPoolExecutor(4) as pool:
        judging = [pool.submit(judge) for _ in range(2)]
        try:
            for loading in [pool.submit(load), pool.submit(foretell)]:
                loading.result()
        finally:
            ended.set()
        assert all(one.result() > 0 for one in judging)
    assert nn.Module.__call__ is Backbone.__call__


@pytest.mark.usefixtures("one_thread")
def test_training_gives_the_same_while_another_recipe_is_forecast(good_photos: list[ImageRGB]) -> None:
    def train() -> dict[str, bytes]:
        detector = small_detector("reconpatch", size=64, pool_rows=600, bank_rows=60)
        detector.fit(good_photos[:6], ignore_progress, CancelToken())
        return {name: array.tobytes() for name, array in detector.arrays().items()}

    alone, ended = train(), threading.Event()

    def foretell() -> None:
        while not ended.is_set():
            torch.manual_seed(threading.get_ident() % 1000)
            torch.set_num_threads(2)
            probe(small_detector("patchcore", seed=3, size=64), good_photos[:2], 10, 0, NOWHERE, CancelToken())

    with ThreadPoolExecutor(1) as pool:
        foretelling = pool.submit(foretell)
        try:
            assert [train() for _ in range(2)] == [alone] * 2
        finally:
            ended.set()
        foretelling.result()
