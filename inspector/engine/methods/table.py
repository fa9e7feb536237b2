"""The table of methods. No torch is imported before a detector is made."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from inspector.core.errors import BundleCorrupt, DetectorError, RecipeRefused
from inspector.core.training.plan import Recipe
from inspector.core.values import check_finite
from inspector.engine.detector import Detector


@dataclass(frozen=True, slots=True)
class Method:
    """One row of the method table.

    Parameters
    ----------
    title : str
        For people.
    summary : str
        One line: when to take it.
    target : str
        ``module:class``, imported when first needed.
    """

    title: str
    summary: str
    target: str


METHODS = {
    "reconpatch": Method(
        "ReConPatch",
        "Learns which patches of good parts belong together, then remembers them. The default.",
        "inspector.engine.methods.reconpatch:ReConPatch",
    ),
    "coarse-to-fine": Method(
        "Coarse-to-fine",
        "Aligns parts that come turned and shifted, then models each place by itself.",
        "inspector.engine.methods.coarse_to_fine.coarse_to_fine:CoarseToFine",
    ),
    "patchcore": Method(
        "PatchCore",
        "Remembers patches of good parts as they are. The plain baseline.",
        "inspector.engine.methods.patchcore:PatchCore",
    ),
}


def make_detector(recipe: Recipe, photo_hw: tuple[int, int], weights_folder: Path, device: str = "auto") -> Detector:
    """Make an untrained detector.

    Parameters
    ----------
    recipe : Recipe
        The recipe. With several backbones, an `inspector.engine.methods.ensemble.Ensemble` of the method.
    photo_hw : (int, int)
        Height and width of the good photos in pixels.
    weights_folder : Path
        Where imported backbone weights lie.
    device : {"auto", "cpu", "cuda"}
        "auto" takes the GPU if there is one.

    Raises
    ------
    DetectorError
        If the method, a setting or the device is not available.
    WeightsError
        If a backbone or its weights are not available; names all whose weights are missing.
    """
    if recipe.method not in METHODS:
        raise RecipeRefused(
            recipe.method, "there is no method of this name", action=f"choose one of: {', '.join(METHODS)}"
        )
    module, name = METHODS[recipe.method].target.split(":")
    kind: Callable[..., Detector] = getattr(importlib.import_module(module), name)
    if len(recipe.backbones) == 1:
        return kind(recipe, photo_hw, weights_folder, device)
    from inspector.engine.methods.ensemble import Ensemble, check_members  # imports torch

    check_members(recipe, weights_folder)
    return Ensemble(recipe, lambda member: kind(member, photo_hw, weights_folder, device))


def load_detector(
    recipe: Recipe,
    photo_hw: tuple[int, int],
    arrays: Mapping[str, NDArray[Any]],
    weights_sha256: str,
    weights_folder: Path,
    device: str = "auto",
) -> Detector:
    """Make a detector from a bundle's content.

    Parameters
    ----------
    recipe, photo_hw, weights_folder, device
        As in `make_detector`.
    arrays : mapping of str to ndarray
        From `Detector.arrays`.
    weights_sha256 : str
        The backbone weights it was trained with; other weights would give other scores.

    Raises
    ------
    BundleCorrupt
        If the arrays do not fit the recipe, or hold numbers that are not finite.
    DetectorError, WeightsError
        As in `make_detector`, or if the backbone's weights are not those of training.
    """
    try:
        detector = make_detector(recipe, photo_hw, weights_folder, device)
    except RecipeRefused as error:  # no training had such a recipe
        raise BundleCorrupt(
            recipe.method, f"its recipe is not valid ({error.sentence})", action="train again"
        ) from error
    if detector.backbone.weights_sha256 != weights_sha256:
        raise DetectorError(
            _altered(recipe.backbones, detector.backbone.weights_sha256, weights_sha256),
            "the weights of this backbone on this computer are not those the bundle was trained with",
            action="import the same weights file, or train again",
        )
    try:
        for array in arrays.values():
            check_finite(array)
        detector.restore(arrays)
    except (LookupError, ValueError, TypeError) as error:
        raise BundleCorrupt(recipe.method, "the bundle lacks what this method needs", action="train again") from error
    return detector


def _altered(backbones: Sequence[str], here: str, trained_with: str) -> str:
    """Return the names of the backbones whose weights differ, of one or of an ensemble's several."""
    pairs = list(zip(backbones, here.split("+"), trained_with.split("+"), strict=False))
    return ", ".join(name for name, one, other in pairs if one != other) or "+".join(backbones)
