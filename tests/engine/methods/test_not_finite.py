"""Scores, features and distances that are infinite or not a number end in an error, in a verdict never."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from inspector.core.errors import BundleCorrupt, DetectorError, NotFinite
from inspector.core.progress import CancelToken, ignore_progress
from inspector.core.training.plan import Recipe
from inspector.core.values import ImageRGB
from inspector.engine.bank.coreset import coresets_without, greedy_k_centre
from inspector.engine.bank.growing import Candidates, grown_bank
from inspector.engine.bank.memory_bank import MemoryBank
from inspector.engine.detector import Detector
from inspector.engine.features.backbones import Backbone
from inspector.engine.features.half_precision import halve
from inspector.engine.features.patches import PatchExtractor
from inspector.engine.methods.table import load_detector, make_detector
from tests.engine.conftest import NOWHERE, SMALL, small_detector
from tests.engine.features.test_fusion import embedded

BAD = [math.nan, math.inf, -math.inf]


class Patient(CancelToken):
    """Fails a test instead of letting it hang."""

    def __init__(self, reads: int = 20_000) -> None:
        super().__init__()
        self.reads = reads

    def check(self) -> None:
        self.reads -= 1
        assert self.reads > 0, "this never ends"
        super().check()


def seeded() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def rows_with(value: float, count: int = 300) -> Tensor:
    rows = torch.randn(count, 8, generator=seeded())
    rows[count // 2, 3] = value
    return rows


@pytest.mark.parametrize("value", [*BAD, 1e30], ids=str)
def test_a_coreset_of_rows_without_finite_distances_is_an_error(value: float) -> None:
    """It once looked for the farthest row for ever, and Cancel was not read."""
    with pytest.raises(NotFinite, match="not finite numbers; import the weights"):
        greedy_k_centre(rows_with(value), 50, generator=seeded(), token=Patient())


@pytest.mark.parametrize("value", [*BAD, 1e30], ids=str)
def test_so_are_the_coresets_of_folds(value: float) -> None:
    rows, folds = rows_with(value), torch.arange(300) % 3
    with pytest.raises(NotFinite):
        list(coresets_without(rows, torch.arange(0, 300, 10), folds, Patient()))


@pytest.mark.parametrize("value", [math.nan, math.inf], ids=str)
def test_so_is_a_bank_that_would_grow_by_such_rows(value: float) -> None:
    rows = rows_with(value)
    zeros = torch.zeros(300, dtype=torch.int64)
    found = Candidates(rows, torch.full((300,), value), zeros, zeros)
    with pytest.raises(NotFinite):
        grown_bank(MemoryBank(rows[:10], zeros[:10]), found, 0.1, 200, ignore_progress, Patient())


def broken_from(photo: int, monkeypatch: pytest.MonkeyPatch, value: float) -> None:
    """From this photo on, the backbone gives one value that is not a finite number."""
    real: Callable[..., list[Tensor]] = Backbone.forward
    seen = 0

    def forward(self: Backbone, images_rgb: Tensor, half: torch.dtype | None = None) -> list[Tensor]:
        nonlocal seen
        maps = [one.clone() for one in real(self, images_rgb, half)]
        seen += len(images_rgb)
        if seen > photo:
            maps[0][-1, 0, 2, 2] = value
        return maps

    monkeypatch.setattr(Backbone, "forward", forward)


@pytest.mark.parametrize("value", [math.nan, math.inf], ids=str)
@pytest.mark.parametrize("method", SMALL)
def test_training_ends_with_the_reason(
    method: str, value: float, good_photos: list[ImageRGB], monkeypatch: pytest.MonkeyPatch
) -> None:
    detector = small_detector(method)
    broken_from(9, monkeypatch, value)
    with pytest.raises(DetectorError, match=r"tf_efficientnet_lite0: this backbone computes values .* not finite"):
        detector.fit(good_photos, ignore_progress, Patient())


def test_a_learning_rate_that_makes_training_run_away_is_named(good_photos: list[ImageRGB]) -> None:
    detector = small_detector("reconpatch", learning_rate=1e30, weight_decay=0.0, steps=30)
    with pytest.raises(DetectorError, match="lower 'learning_rate'"):
        detector.fit(good_photos[:4], ignore_progress, Patient())


@pytest.mark.parametrize("value", [math.nan, math.inf], ids=str)
@pytest.mark.parametrize(("method", "name"), [("reconpatch", "learning_rate"), ("coarse-to-fine", "ridge")])
def test_no_setting_may_be_infinite_or_none(method: str, name: str, value: float) -> None:
    with pytest.raises(DetectorError, match=f"setting '{name}': .*finite number"):
        small_detector(method, **{name: value})


@pytest.fixture(scope="module")
def learned(good_photos: list[ImageRGB]) -> dict[str, Detector]:
    detectors = {method: small_detector(method) for method in SMALL}
    lite = "tf_efficientnet_lite0+tf_efficientnet_lite1"
    recipe = Recipe(method="patchcore", backbone=lite, size=128, settings=SMALL["patchcore"])
    detectors["ensemble"] = make_detector(recipe, (300, 300), NOWHERE)
    for detector in detectors.values():
        detector.fit(good_photos[:6], ignore_progress, CancelToken())
    return detectors


@pytest.mark.parametrize("value", [math.nan, math.inf], ids=str)
@pytest.mark.parametrize("method", [*SMALL, "ensemble"])
def test_a_photo_without_finite_features_is_not_scored(
    method: str,
    value: float,
    learned: dict[str, Detector],
    good_photos: list[ImageRGB],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    broken_from(0, monkeypatch, value)
    with pytest.raises(NotFinite):
        learned[method].examine([good_photos[0]])


@pytest.mark.parametrize("value", BAD, ids=str)
@pytest.mark.parametrize("method", [*SMALL, "ensemble"])
def test_a_bundle_whose_arrays_are_not_finite_is_not_opened(
    method: str, value: float, learned: dict[str, Detector]
) -> None:
    detector = learned[method]
    sha256 = detector.backbone.weights_sha256
    for name, array in detector.arrays().items():
        if array.dtype.kind == "f":
            broken = array.copy()
            broken.flat[-1] = value
            arrays = detector.arrays() | {name: broken}
            with pytest.raises(BundleCorrupt, match="lacks what this method needs"):
                load_detector(detector.recipe, (300, 300), arrays, sha256, NOWHERE)


class Overflowing(PatchExtractor):
    """Whose backbone overflows in half precision, for photos that show anything bright."""

    def __init__(self) -> None:
        super().__init__(embedded(), (64, 64), 3)
        real = self.backbone.forward

        def forward(images_rgb: Tensor, half: torch.dtype | None = None) -> list[Tensor]:
            maps = [one.clone() for one in real(images_rgb)]
            if half is not None:
                maps[0][images_rgb.flatten(1).max(dim=1).values > 200, 0, 1, 1] = torch.inf
            return maps

        self.backbone.forward = forward  # type: ignore[method-assign]


def test_photos_that_overflow_in_half_precision_are_computed_in_float32() -> None:
    extractor = Overflowing()
    dark, bright = np.full((64, 64, 3), 90, dtype=np.uint8), np.full((64, 64, 3), 240, dtype=np.uint8)
    expected = extractor.extract([dark, bright])
    extractor.half = torch.float16
    assert torch.equal(extractor.extract([dark, bright]), expected)
    assert extractor.overflows == 1


def test_half_precision_is_not_taken_where_the_probe_overflows(learned: dict[str, Detector]) -> None:
    extractor = Overflowing()
    score_map = learned["patchcore"].score_maps([np.full((300, 300, 3), 90, dtype=np.uint8)])[0]

    def score(photo: ImageRGB) -> object:
        extractor.extract([np.full_like(photo, 240)])
        return score_map

    assert not halve(extractor, score, (300, 300))  # type: ignore[arg-type]
    assert extractor.half is None
