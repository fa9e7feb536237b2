"""How much memory training holds at its height, counted from the recipe and the number of good photos."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from pydantic import BaseModel
from torch import Tensor, nn

from inspector.core.guards.fault_meters import MOST_TAUGHT
from inspector.core.guards.simulated_faults import FAULTS
from inspector.core.training.plan import Recipe, validate_settings
from inspector.engine.bank.coreset import REFRESHED_VALUES
from inspector.engine.detector import Detector
from inspector.engine.features.backbones import Backbone, entry_for
from inspector.engine.features.patches import BATCH
from inspector.engine.forecast.counted_work import BankSizes
from inspector.engine.methods.coarse_to_fine.part_features import MOST_PHOTOS
from inspector.engine.methods.coarse_to_fine.settings import CoarseToFineSettings
from inspector.engine.methods.ensemble import Ensemble
from inspector.engine.methods.patchcore_settings import PatchCoreSettings
from inspector.engine.methods.reconpatch import ReConPatchSettings
from inspector.engine.methods.whitening import CHUNK, QUERIES

FLOAT, DOUBLE = 4, 8
KEPT_PHOTO_BYTES = 192 * 2**20
"""Of decoded photos, as `inspector.storage.good_photos.good_set` keeps them; the engine does not import it."""
TRIED_PX = 64
KEPT_FOR_GRADIENTS = 30
"""Times the largest layer that a backbone holds while its blocks are trained."""


def backbones_of(detector: Detector) -> list[Backbone]:
    """Return the backbone of a detector, or of each member of an ensemble."""
    members = detector.members if isinstance(detector, Ensemble) else [detector]
    return [one.backbone for one in members if isinstance(one.backbone, Backbone)]


def setting_of(recipe: Recipe, name: str) -> int:
    """Return one of the method's constants, as the recipe gives it or as it is by itself."""
    return int(getattr(validate_settings(recipe, _SETTINGS[recipe.method]), name))


def backbone_bytes(backbone: Backbone) -> float:
    """Return the peak bytes of a backbone per input pixel: its largest layer, in and out."""
    largest = 0

    def look(_layer: nn.Module, inputs: tuple[Any, ...], output: Any) -> None:
        nonlocal largest
        held = sum(one.nbytes for one in (*inputs, output) if isinstance(one, Tensor))
        largest = max(largest, held)

    layers = [one for one in backbone.modules() if not list(one.children())]
    handles = [layer.register_forward_hook(look) for layer in layers]
    try:
        with torch.inference_mode():
            # By torch, whose layers can be looked at; another runtime holds about as much.
            backbone.by_torch(torch.zeros(1, 3, TRIED_PX, TRIED_PX, dtype=torch.uint8, device=backbone.device))
    finally:
        for handle in handles:
            handle.remove()
    return largest / TRIED_PX**2


def training_bytes(
    recipe: Recipe, photo_hw: tuple[int, int], goods: int, sessions: int, pixel_bytes: Sequence[float]
) -> float:
    """Return the peak bytes of training beyond the program and the backbone.

    Parameters
    ----------
    recipe : Recipe
    photo_hw : (int, int)
        Height and width of the good photos in pixels.
    goods, sessions : int
        How many good photos, and how many sessions that are held out (0 without).
    pixel_bytes : sequence of float
        From `backbone_bytes`, for each of the recipe's backbones.
    """
    need = kept = 0.0
    members = list(zip(recipe.backbones, pixel_bytes, strict=True))
    for name, each in members:
        channels = sum(entry_for(name).channels)
        member = recipe.model_copy(update={"backbone": name})
        held, keeps = _NEEDS[recipe.method](member, photo_hw, goods, sessions, channels, each)
        need, kept = max(need, kept + held), kept + keeps
    cells = recipe.working_hw(photo_hw)[0] * recipe.working_hw(photo_hw)[1] // 64
    of_each = 48 * 48 * 2 + FLOAT * (len(members) + 1) * (cells * (2 if sessions else 1) + 200)
    photos = min(goods * photo_hw[0] * photo_hw[1] * 3, KEPT_PHOTO_BYTES)
    return max(need, kept + _guards_bytes(goods)) + photos + goods * of_each


def _bank(
    recipe: Recipe, photo_hw: tuple[int, int], goods: int, sessions: int, channels: int, each: float
) -> tuple[float, float]:
    settings = validate_settings(recipe, _SETTINGS[recipe.method])
    assert isinstance(settings, PatchCoreSettings)
    hw = recipe.working_hw(photo_hw)
    s = BankSizes.of(settings, goods, hw, channels, sessions)
    reading = _batch(hw, each, channels)
    pool = FLOAT * s.pool * channels
    learning = 0.0
    if isinstance(settings, ReConPatchSettings):
        compared = min(QUERIES, s.pool) * channels * (FLOAT + DOUBLE) + CHUNK * s.pool * (FLOAT + 1)
        axes = 2 * DOUBLE * s.pool * channels
        steps = FLOAT * s.pool * (s.width + 2 * min(settings.anchors, s.pool))
        learning = pool + max(compared, axes, steps)
    # Plain PatchCore remembers the patches as they are: nothing is held twice.
    represented = FLOAT * s.pool * s.width if isinstance(settings, ReConPatchSettings) else 0.0
    points = FLOAT * s.pool * min(settings.coreset_dim or s.width, s.width)
    bank = 2 * FLOAT * s.bank * s.width
    # Distances, bounds, their centres and the order of rows, and the points that are compared again.
    choosing = FLOAT * (s.pool * 12 + 3 * REFRESHED_VALUES) + points / 2
    scoring = max(choosing, reading + 2 * FLOAT * s.patches * s.bank)
    held = pool + max(reading + pool, learning, represented + points + bank * (1 + sum(s.folds)) + scoring)
    return held + FLOAT * s.kept * s.patches * channels, bank


def _places(
    recipe: Recipe, photo_hw: tuple[int, int], goods: int, sessions: int, channels: int, each: float
) -> tuple[float, float]:
    settings = validate_settings(recipe, CoarseToFineSettings)
    hw = recipe.working_hw(photo_hw)
    kept = min(settings.channels, channels)
    square = (hw[0] // 8) * (hw[1] // 8) * kept * kept
    gaussians = FLOAT * square
    sums = DOUBLE * square
    # Half precision and back: the lower triangles, packed and unpacked, beside the former and the new array.
    rounding = gaussians + square * (2 + 1 + 2)
    reading = _batch(hw, each, channels)
    held = sums + gaussians + max(rounding, reading)
    if sessions:
        held += sums + gaussians
    if settings.fine_steps > 0:
        trained = settings.fine_batch * hw[0] * hw[1] * each * KEPT_FOR_GRADIENTS
        held = max(held, trained + min(goods, MOST_PHOTOS) * 3 * hw[0] * hw[1])
    return held, gaussians


def _batch(hw: tuple[int, int], each: float, channels: int) -> float:
    """Return the bytes of a batch in the backbone, or of its patch features with their intermediate arrays."""
    pixels = BATCH * hw[0] * hw[1]
    return pixels * max(each, 3 * FLOAT) + 3 * FLOAT * channels * pixels / 64


def _guards_bytes(goods: int) -> float:
    rows = min(goods, MOST_TAUGHT + 150) + min(goods, 150) * len(FAULTS)
    return 4 * DOUBLE * rows * rows


_Need = Callable[[Recipe, tuple[int, int], int, int, int, float], tuple[float, float]]
_NEEDS: dict[str, _Need] = {"reconpatch": _bank, "patchcore": _bank, "coarse-to-fine": _places}
_SETTINGS: dict[str, type[BaseModel]] = {
    "reconpatch": ReConPatchSettings,
    "patchcore": PatchCoreSettings,
    "coarse-to-fine": CoarseToFineSettings,
}
