"""Every preset as it is wired: with untrained numbers in place of weights that are too large to come along."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
import timm
import torch

from inspector.core.errors import WeightsError
from inspector.core.progress import CancelToken, ignore_progress
from inspector.core.training.plan import Recipe, validate_settings
from inspector.core.training.presets import PRESETS, with_preset
from inspector.core.values import ImageRGB
from inspector.engine.detector import Detector
from inspector.engine.features.backbones import BACKBONES
from inspector.engine.features.weights import Weights
from inspector.engine.methods.ensemble import Ensemble
from inspector.engine.methods.reconpatch import ReConPatch, ReConPatchSettings
from inspector.engine.methods.table import load_detector, make_detector
from tests.engine.conftest import NOWHERE

PHOTO_HW = (300, 300)
FEW = {"steps": 2, "anchors": 32, "pool_rows": 2400, "bank_rows": 60}
LARGE = [name for name, preset in PRESETS.items() if "wide" in preset.backbone]
PATCHES = 8 * 8


@pytest.fixture
def _untrained(monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers of the right shapes for every backbone, without half a gigabyte of files."""

    noise = torch.randn(1_000_003, generator=torch.Generator().manual_seed(0))

    def numbers(name: str, like: torch.Tensor) -> torch.Tensor:
        if like.ndim < 2:
            return torch.full(like.shape, float(name.endswith(("weight", "running_var"))), dtype=like.dtype)
        repeated = noise.repeat(like.numel() // len(noise) + 1)[: like.numel()].reshape(like.shape)
        return repeated * (2.0 / like[0].numel()) ** 0.5

    def untrained(name: str, _folder: Path) -> Weights:
        with torch.device("meta"):
            expected = timm.create_model(name, pretrained=False).state_dict()
        tensors = {key: numbers(key, tensor) for key, tensor in expected.items()}
        return Weights(tensors, hashlib.sha256(name.encode()).hexdigest(), Path(name))

    monkeypatch.setattr("inspector.engine.features.backbones.load_weights", untrained)
    monkeypatch.setattr("inspector.engine.methods.ensemble.check_weights", lambda *_: None)


def small(name: str) -> Recipe:
    return Recipe(**with_preset(name, size=64, settings=FEW))


def members(detector: Detector) -> list[ReConPatch]:
    found = detector.members if isinstance(detector, Ensemble) else [detector]
    assert all(isinstance(one, ReConPatch) for one in found)
    return found  # type: ignore[return-value]


@pytest.mark.parametrize("name", PRESETS)
def test_the_methods_own_model_takes_every_constant(name: str) -> None:
    recipe = Recipe(**with_preset(name))
    settings = validate_settings(recipe, ReConPatchSettings)
    assert settings.model_dump() | recipe.settings == settings.model_dump()
    for backbone in recipe.backbones:
        channels = sum(BACKBONES[backbone].channels)
        # The memory of training: the pool and its normalised copy.
        assert 2 * settings.pool_rows * channels * 4 < 1.2e9


@pytest.mark.usefixtures("_untrained")
@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_trains_scores_and_comes_back(name: str, good_photos: list[ImageRGB]) -> None:
    recipe = small(name)
    detector = make_detector(recipe, PHOTO_HW, NOWHERE, "cpu")
    fitted = detector.fit(good_photos[:4], ignore_progress, CancelToken())
    assert [one.grid.shape for one in fitted.good_maps] == [(8, 8)] * 4
    assert [one.backbone.name for one in members(detector)] == list(PRESETS[name].backbones)
    for member in members(detector):
        channels = sum(BACKBONES[member.backbone.name].channels)
        dim = min(recipe.settings.get("representation_dim", 512), channels)
        arrays = member.arrays()
        assert arrays["f_weight"].shape == (dim, channels)
        rows = len(arrays["bank"])
        assert rows == min(FEW["bank_rows"], 4 * PATCHES)
        assert arrays["bank"].nbytes == rows * dim * 4
    restored = load_detector(
        detector.recipe, PHOTO_HW, detector.arrays(), detector.backbone.weights_sha256, NOWHERE, "cpu"
    )
    for one, other in zip(detector.score_maps(good_photos[4:6]), restored.score_maps(good_photos[4:6]), strict=True):
        np.testing.assert_array_equal(one.grid, other.grid)
        assert np.isfinite(one.grid).all()


@pytest.mark.parametrize("name", LARGE)
def test_a_preset_without_weights_is_refused_with_what_to_do(name: str) -> None:
    with pytest.raises(WeightsError) as refused:
        make_detector(small(name), PHOTO_HW, NOWHERE, "cpu")
    assert refused.value.subject == ", ".join(PRESETS[name].backbones)
    assert "weights fetch" in refused.value.sentence
    assert "weights import FILE" in refused.value.sentence
