"""Backbones give the same maps after their convolutions are fused, and are left alone where they would not."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import timm
import torch
from torch import Tensor, nn

from inspector.core.photo.resizing import resize_image
from inspector.core.values import ImageRGB
from inspector.engine.features import fusion
from inspector.engine.features.backbones import Backbone, entry_for, load_backbone
from inspector.engine.features.fused_convolutions import FusedConvolution
from inspector.engine.features.fusion import frozen_backbone, fuse
from inspector.engine.features.weights import Weights
from inspector.workflows.judging.loaded_bundle import open_bundle
from tests.engine.conftest import NOWHERE

LITE0 = "tf_efficientnet_lite0"


def embedded() -> Backbone:
    return load_backbone(LITE0, NOWHERE, torch.device("cpu"))


def untrained(name: str) -> Backbone:
    """A backbone whose normalisations do something, other than in a network that is fresh."""
    model = timm.create_model(name, pretrained=False)
    for norm in model.modules():
        if isinstance(norm, nn.BatchNorm2d):
            assert norm.running_mean is not None
            assert norm.running_var is not None
            norm.running_mean.uniform_(-0.3, 0.3)
            norm.running_var.uniform_(0.5, 2.0)
            nn.init.uniform_(norm.weight, 0.5, 1.5)
            nn.init.uniform_(norm.bias, -0.3, 0.3)
    return Backbone(name, entry_for(name), Weights(model.state_dict(), "0", Path("nowhere")))


def count(backbone: Backbone, kind: type[nn.Module]) -> int:
    return sum(isinstance(module, kind) for module in backbone.network.modules())


def check_same(found: Sequence[Tensor], expected: Sequence[Tensor], tolerance: float = 2e-5) -> None:
    for one, other in zip(found, expected, strict=True):
        assert float((one - other).abs().max()) <= tolerance * float(other.abs().max())


@pytest.fixture
def images(good_photos: list[ImageRGB]) -> Tensor:
    seen = [resize_image(photo, (128, 192)) for photo in good_photos[:3]]
    return torch.from_numpy(np.stack(seen)).permute(0, 3, 1, 2)


@torch.no_grad()
def test_photos_give_the_maps_that_they_gave_before(images: Tensor) -> None:
    backbone = embedded()
    expected = backbone(images)
    convolutions = count(backbone, nn.Conv2d)
    fuse(backbone)
    check_same(backbone(images), expected)
    assert count(backbone, FusedConvolution) == convolutions
    assert count(backbone, nn.Conv2d) == count(backbone, nn.BatchNorm2d) == 0


@torch.no_grad()
@pytest.mark.parametrize("name", ["resnet18", "densenet121", "efficientnet_b0", "regnety_004", "mobilenetv3_small_100"])
def test_other_kinds_of_networks_give_the_same_maps(name: str, images: Tensor) -> None:
    """Sums before an activation, normalisation before a convolution, squeezing, activations that cannot be fused."""
    backbone = untrained(name)
    expected = backbone(images)
    fuse(backbone)
    assert count(backbone, FusedConvolution) > 10
    check_same(backbone(images), expected)


@torch.no_grad()
def test_fusing_again_gives_the_same_numbers(images: Tensor) -> None:
    first, second = embedded(), embedded()
    fuse(first)
    fuse(second)
    for one, other in zip(first(images), second(images), strict=True):
        assert torch.equal(one, other)


@torch.no_grad()
def test_without_onednns_operation_torchs_own_convolution_serves(
    images: Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = FusedConvolution.forward

    def lacking(self: FusedConvolution, maps: Tensor) -> Tensor:
        if self._onednn:
            raise AttributeError("_convolution_pointwise")
        return real(self, maps)

    monkeypatch.setattr(FusedConvolution, "forward", lacking)
    backbone = embedded()
    expected = backbone(images)
    fuse(backbone)
    assert count(backbone, FusedConvolution) > 10
    check_same(backbone(images), expected)


@torch.no_grad()
def test_a_network_that_would_answer_otherwise_is_left_as_it_was(
    images: Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = fusion.FusedConvolution.forward
    monkeypatch.setattr(FusedConvolution, "forward", lambda self, maps: real(self, maps) * 1.001)
    backbone = embedded()
    expected, names = backbone(images), [name for name, _ in backbone.network.named_modules()]
    fuse(backbone)
    assert count(backbone, FusedConvolution) == 0
    assert [name for name, _ in backbone.network.named_modules()] == names
    for one, other in zip(backbone(images), expected, strict=True):
        assert torch.equal(one, other)


def test_on_another_device_nothing_is_done() -> None:
    backbone = embedded().to("meta")
    fuse(backbone)
    assert backbone.form == fusion.ON_A_GPU
    assert count(backbone, FusedConvolution) == 0


def test_a_fused_backbone_knows_its_device() -> None:
    backbone = embedded()
    fuse(backbone)
    assert backbone.device == torch.device("cpu")


def test_a_bundle_opened_with_a_broken_fast_form_scores_as_the_plain_one(
    trained_bundle: Path, good_photos: list[ImageRGB], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    expected = open_bundle(trained_bundle).detector.examine(good_photos[:2])
    monkeypatch.setattr(fusion, "_SHARED", {})
    real = FusedConvolution.forward
    monkeypatch.setattr(FusedConvolution, "forward", lambda self, maps: real(self, maps) + 0.01)
    loaded = open_bundle(trained_bundle)
    assert loaded.detector.backbone.form == "as it was published"
    assert "is not made faster" in caplog.text
    for one, other in zip(loaded.detector.examine(good_photos[:2]), expected, strict=True):
        assert one.score_map.score == pytest.approx(other.score_map.score, rel=1e-3)


def test_detectors_share_a_backbone_while_one_of_them_lives() -> None:
    first = frozen_backbone(LITE0, NOWHERE, torch.device("cpu"))
    assert frozen_backbone(LITE0, NOWHERE, torch.device("cpu")) is first
    assert frozen_backbone(LITE0, NOWHERE, torch.device("meta")) is not first
    assert not any(parameter.requires_grad for parameter in first.parameters())


@torch.no_grad()
def test_a_network_that_is_not_filled_at_random_has_all_its_weights(images: Tensor) -> None:
    """The values that `Uninitialised` leaves out are overwritten: two builds agree in every number."""
    first, second = embedded(), embedded()
    for (name, one), (_, other) in zip(first.state_dict().items(), second.state_dict().items(), strict=True):
        assert torch.equal(one, other), name
        assert bool(torch.isfinite(one).all()), name
