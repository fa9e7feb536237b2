"""Presets: ReConPatch with the constants of its paper, and ensembles. Imports stay light, since --help lists them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from inspector.core.errors import DetectorError

if TYPE_CHECKING:
    from inspector.core.training.plan import Recipe


@dataclass(frozen=True, slots=True)
class Preset:
    """One row of the preset table.

    Parameters
    ----------
    title : str
        Name for users.
    summary : str
        One line with its content and purpose.
    method, backbone, size, settings
        The fields of `Recipe` of these names.
    """

    title: str
    summary: str
    method: str = "reconpatch"
    backbone: str = "tf_efficientnet_lite0"
    size: int = 256
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def backbones(self) -> tuple[str, ...]:
        """The names of its backbones, whose weights it needs."""
        return tuple(self.backbone.split("+"))

    def recipe_fields(self) -> dict[str, Any]:
        """Return the fields of `Recipe` that the preset sets."""
        return {
            "method": self.method,
            "backbone": self.backbone,
            "size": self.size,
            "settings": dict(self.settings),
        }


AS_PUBLISHED = {
    "start": "orthogonal",
    "loss_on": "projection",
    "learning_rate": 1e-5,
    "weight_decay": 1e-2,
    "steps": 20_000,
    "anchors": 1024,
    "neighbours": 0,
    "ema": 0.999,
    "sigma": 1.0,
    "k": 5,
    "alpha": 0.5,
    "margin": 1.0,
    "projection_dim": 128,
    "pool_rows": 60_000,
    "bank_rows": 2_000,
    "blur_patches": 0.5,
    "reweight_neighbours": 9,
}
"""ReConPatch's constants (arXiv 2305.16713, section 4.1, as stated in a public log of its reproduction).

From the paper: AdamP with rate 1e-5 and decay 1e-2, cosine annealing, 120 epochs, loss on the projection g(f(p)), a
bank of 1 % of all patches, the map blurred with sigma 4 px at 224 px (0.5 patches at stride 8), scores re-weighted.

From that log, since the paper does not state them: 1024 random patches a batch, 0.999 of the teacher kept at each step,
g of 128 dimensions, b = 9 in the re-weighting. From STML, the parent method: orthogonal start, k = 5, alpha = 0.5,
margin = 1.

Chosen here: 120 epochs of 200 photos with 784 patches each are 18,400 such batches, so 20,000 steps for any number of
photos. 1 % of these patches is 1,600 rows, so a bank of 2,000. Training and coreset draw from a pool of 60,000 patches,
not from all patches. This bounds memory (0.37 GB at 1536 channels). Patch features are the channels of both stages
joined (1536; DenseNet-201: 2304). The paper pools them to PatchCore's 1024. Photos are resized whole to 224 px. The
paper resizes to 256 and crops the middle 224 (docs/adr/0008); ``--size 256`` gives the network the paper's scale. The
score is the maximum of the re-weighted, blurred map; the paper takes the unblurred maximum (docs/adr/0009).
"""

SLOW = "Meant for a GPU: on a processor it trains for an hour or more."

DEFAULT_PRESET = "default"

PRESETS = {
    DEFAULT_PRESET: Preset(
        "Standard", "ReConPatch on the small backbone that comes with Inspector. Minutes on a processor."
    ),
    "reconpatch-lite-ensemble": Preset(
        "Three small backbones joined",
        "ReConPatch on three small backbones that need no internet. Takes three times as long as the standard.",
        backbone="tf_efficientnet_lite0+tf_efficientnet_lite1+tf_efficientnet_lite2",
    ),
    "reconpatch-wrn50": Preset(
        "WideResNet-50 as published",
        f"ReConPatch as published with one backbone. {SLOW}",
        backbone="wide_resnet50_2",
        size=224,
        settings=AS_PUBLISHED | {"representation_dim": 512},
    ),
    "reconpatch-wrn101": Preset(
        "WideResNet-101 as published",
        f"As published, with a backbone twice as deep. {SLOW}",
        backbone="wide_resnet101_2",
        size=224,
        settings=AS_PUBLISHED | {"representation_dim": 512},
    ),
    "reconpatch-ensemble": Preset(
        "Three large backbones joined",
        "WideResNet-101, ResNeXt-101 and DenseNet-201 joined, as in the paper's best figures. "
        "Meant for a GPU: on a processor it trains for three hours or more.",
        backbone="wide_resnet101_2+resnext101_32x8d+densenet201",
        size=224,
        settings=AS_PUBLISHED | {"representation_dim": 384},
    ),
}
"""Presets by name, the default first. Those of the paper use 224 px. The paper may have used larger photos for its
larger backbones (not confirmed); use ``--size 480`` with the preset for that."""


def preset_named(name: str) -> Preset:
    """Return a row of the table.

    Raises
    ------
    DetectorError
        If no preset has this name.
    """
    if name not in PRESETS:
        raise DetectorError(name, "there is no preset of this name", action=f"choose one of: {', '.join(PRESETS)}")
    return PRESETS[name]


def preset_of(recipe: Recipe) -> str | None:
    """Return the name of the preset that a recipe matches, or None."""
    fields = {"method": recipe.method, "backbone": recipe.backbone, "size": recipe.size, "settings": recipe.settings}
    return next((name for name, preset in PRESETS.items() if preset.recipe_fields() == fields), None)


def with_preset(name: str, **given: Any) -> dict[str, Any]:
    """Return the fields of a recipe from a preset and from given fields, which take precedence.

    Parameters
    ----------
    name : str
        Name of the preset.
    **given
        Fields of `Recipe`; None means not given. Given settings override those of the preset. If another method is
        given, the preset's settings are dropped, since they do not apply to it.

    Raises
    ------
    DetectorError
        If no preset has this name.
    """
    preset = preset_named(name)
    fields = preset.recipe_fields()
    if given.get("method") not in (None, preset.method):
        fields["settings"] = {}
    settings = fields["settings"] | (given.get("settings") or {})
    return fields | {key: value for key, value in given.items() if value is not None} | {"settings": settings}
