"""How well a recipe finds the defects of a labelled dataset, and whether its promise holds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from inspector.core.good_photos.sessions import ANY_SESSIONS, SessionChoice
from inspector.core.progress import CancelToken, OnProgress, ignore_progress
from inspector.core.training.plan import Recipe
from inspector.storage.datasets.labelled_dataset import LabelledDataset, find_categories, read_category
from inspector.workflows.measuring.averages import over_categories, over_seeds
from inspector.workflows.measuring.figures_table import as_table
from inspector.workflows.measuring.trial import measure

__all__ = ["BASELINES", "as_table", "evaluate", "evaluate_folder"]

BASELINES: dict[str, dict[str, Any]] = {
    "patchcore": {"method": "patchcore", "settings": {}},
    "untrained": {"method": "reconpatch", "settings": {"steps": 0, "start": "orthogonal"}},
    "untrained_start": {"method": "reconpatch", "settings": {"steps": 0}},
}
"""The baselines of a trained representation, at the same bank, seed, backbone and size."""


def evaluate(
    dataset: LabelledDataset,
    recipe: Recipe,
    *,
    device: str = "auto",
    repeats: int = 1,
    baselines: bool = False,
    shots: int | None = None,
    groups: SessionChoice = ANY_SESSIONS,
    report: OnProgress = ignore_progress,
    token: CancelToken | None = None,
) -> dict[str, Any]:
    """Train on a category's good photos, score its test photos, and compare with the labels.

    Parameters
    ----------
    dataset : LabelledDataset
        From `inspector.storage.datasets.labelled_dataset.read_category`.
    recipe : Recipe
        The recipe. Its seed is the first of the repeats.
    device : {"auto", "cpu", "cuda"}
    repeats : int
        Seeds; with more than one, figures are means and ``spread`` holds their standard deviations.
    baselines : bool
        Also measure `BASELINES`, on the same photos.
    shots : int or None
        Good photos to train on, drawn by the seed; None takes all.
    groups : SessionChoice
        How good photos are grouped; see `inspector.workflows.training.train.train`.
    report, token
        Progress, and the wish to stop.

    Returns
    -------
    dict
        The keys of the command line contract; see `inspector.workflows.measuring.trial.measure` and
        `inspector.workflows.measuring.averages.over_seeds`.
    """
    token = token or CancelToken()
    recipes = {"": recipe} | ({name: _baseline(recipe, one) for name, one in BASELINES.items()} if baselines else {})
    results = {
        name: over_seeds(
            [
                measure(
                    dataset,
                    one.model_copy(update={"seed": seed}),
                    device=device,
                    shots=shots,
                    groups=groups,
                    report=report,
                    token=token,
                )
                for seed in range(recipe.seed, recipe.seed + repeats)
            ]
        )
        for name, one in recipes.items()
    }
    return results.pop("") | ({"baselines": results} if baselines else {})


def evaluate_folder(
    root: Path,
    recipe: Recipe,
    *,
    device: str = "auto",
    repeats: int = 1,
    baselines: bool = False,
    shots: int | None = None,
    groups: SessionChoice = ANY_SESSIONS,
    report: OnProgress = ignore_progress,
    token: CancelToken | None = None,
) -> dict[str, Any]:
    """Find the categories of a dataset and `evaluate` a recipe on each.

    Returns
    -------
    dict
        Of one category its figures; of several their means, with ``categories`` and ``averaged_over`` (see
        `inspector.workflows.measuring.averages.over_categories`), for each baseline too.

    Raises
    ------
    InspectorError
        No known layout fits, photos cannot be read, or the recipe cannot be trained.
    Cancelled
        If `token` was cancelled.
    """
    categories, alone = find_categories(root)
    evaluated = {}
    for category in categories:
        tell = report if alone else _named(report, category.name)
        evaluated[category.name] = evaluate(
            read_category(category, report=tell, token=token),
            recipe,
            device=device,
            repeats=repeats,
            baselines=baselines,
            shots=shots,
            groups=groups,
            report=tell,
            token=token,
        )
    name = {"dataset": root.resolve().name}
    if alone:
        return name | evaluated[categories[0].name]
    parts = {category: figures.pop("baselines", {}) for category, figures in evaluated.items()}
    result = name | over_categories(evaluated)
    if baselines:
        result["baselines"] = {
            baseline: over_categories({category: part[baseline] for category, part in parts.items()})
            for baseline in BASELINES
        }
    return result


def _named(report: OnProgress, category: str) -> OnProgress:
    return lambda progress: report(replace(progress, stage=f"{category}: {progress.stage}"))


def _baseline(recipe: Recipe, changes: dict[str, Any]) -> Recipe:
    """Return a baseline that differs from the recipe in a single property."""
    from inspector.engine.methods.patchcore_settings import PatchCoreSettings

    kept = recipe.settings
    if changes["method"] != recipe.method:  # then only what all methods with a memory bank know
        kept = {name: value for name, value in kept.items() if name in PatchCoreSettings.model_fields}
    return recipe.model_copy(update=changes | {"settings": kept | changes["settings"]})
