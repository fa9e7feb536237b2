"""How well a recipe finds the defects of a labelled dataset, and whether its promise holds."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inspector.core.calibration import Threshold, threshold_from_good_scores
from inspector.core.errors import DatasetError
from inspector.core.metrics import aupro, auroc, f1
from inspector.core.progress import CancelToken, OnProgress, Progress, ignore_progress
from inspector.core.recipe import Recipe
from inspector.core.resizing import resize_mask
from inspector.core.values import FloatArray, ScoreMap
from inspector.storage.folders import weights_folder
from inspector.storage.good_set import GoodSet
from inspector.storage.images import read_image
from inspector.storage.labelled_dataset import LabelledDataset, read_labelled_dataset, read_mask
from inspector.workflows.machine import peak_memory_mb

BASELINES: dict[str, dict[str, Any]] = {
    "patchcore": {"method": "patchcore", "settings": {}},
    "untrained": {"method": "reconpatch", "settings": {"steps": 0, "start": "orthogonal"}},
    "untrained_whitening": {"method": "reconpatch", "settings": {"steps": 0, "start": "whitening"}},
}
"""What a trained representation must be compared with, at the same bank, seed, backbone and size."""

AVERAGED = ("image_auroc", "image_f1", "pixel_auroc", "aupro_30", "aupro_05", "fit_seconds")


@dataclass(frozen=True, slots=True)
class _Scored:
    scores: NDArray[np.float64]
    maps: list[ScoreMap]
    ms: list[float]


def evaluate(
    dataset: LabelledDataset,
    recipe: Recipe,
    *,
    device: str = "auto",
    repeats: int = 1,
    baselines: bool = False,
    report: OnProgress = ignore_progress,
    token: CancelToken | None = None,
) -> dict[str, Any]:
    """Train on the dataset's good photos, score its test photos, and compare with the labels.

    Parameters
    ----------
    dataset : LabelledDataset
        From `inspector.storage.labelled_dataset.read_labelled_dataset`.
    recipe : Recipe
        What to train. Its seed is the first of the repeats.
    device : {"auto", "cpu", "cuda"}
    repeats : int
        Seeds; with more than one, figures are means and ``spread`` holds their standard deviations.
    baselines : bool
        Also measure `BASELINES`.
    report, token
        Progress, and the wish to stop.

    Returns
    -------
    dict
        The keys of the command line contract. Pixel figures are taken at the working size, with masks resized by
        nearest neighbour, as the PatchCore code does.
    """
    token = token or CancelToken()
    result = _repeated(dataset, recipe, device, repeats, report, token)
    if baselines:
        result["baselines"] = {
            name: _repeated(dataset, _baseline(recipe, changes), device, repeats, report, token)
            for name, changes in BASELINES.items()
        }
    return result


def evaluate_folder(
    root: Path,
    recipe: Recipe,
    *,
    device: str = "auto",
    repeats: int = 1,
    baselines: bool = False,
    report: OnProgress = ignore_progress,
    token: CancelToken | None = None,
) -> dict[str, Any]:
    """Read a dataset in MVTec layout and `evaluate` a recipe on it."""
    dataset = read_labelled_dataset(root, report=report, token=token)
    figures = evaluate(dataset, recipe, device=device, repeats=repeats, baselines=baselines, report=report, token=token)
    return {"dataset": root.resolve().name} | figures


def as_table(figures: dict[str, Any]) -> str:
    """Return figures of `evaluate` as a markdown table, the baselines below."""
    columns = {"image_auroc": "image AUROC", "image_f1": "F1", "pixel_auroc": "pixel AUROC", "aupro_30": "AUPRO .30"}
    columns |= {"aupro_05": "AUPRO .05", "fit_seconds": "fit s"}
    rows = {figures["method"]: figures} | figures.get("baselines", {})
    lines = [f"| {figures['dataset']} | {' | '.join(columns.values())} |", "|---" * (len(columns) + 1) + "|"]
    for name, row in rows.items():
        lines.append(f"| {name} | {' | '.join(_cell(row, key) for key in columns)} |")
    return "\n".join(lines)


def _cell(row: dict[str, Any], key: str) -> str:
    if row[key] is None:
        return "-"
    spread = row.get("spread", {}).get(key)
    digits = 1 if key == "fit_seconds" else 3
    return f"{row[key]:.{digits}f}" + (f" ± {spread:.{digits}f}" if spread is not None else "")


def _baseline(recipe: Recipe, changes: dict[str, Any]) -> Recipe:
    """Return a baseline that differs from the recipe in what it is a baseline for, and in nothing else."""
    from inspector.engine.patchcore import PatchCoreSettings

    kept = recipe.settings
    if changes["method"] != recipe.method:  # then only what all methods with a memory bank know
        kept = {name: value for name, value in kept.items() if name in PatchCoreSettings.model_fields}
    return recipe.model_copy(update=changes | {"settings": kept | changes["settings"]})


def _repeated(
    dataset: LabelledDataset, recipe: Recipe, device: str, repeats: int, report: OnProgress, token: CancelToken
) -> dict[str, Any]:
    runs = []
    for seed in range(recipe.seed, recipe.seed + repeats):
        runs.append(_one_run(dataset, recipe.model_copy(update={"seed": seed}), device, report, token))
    if repeats == 1:
        return runs[0]
    averaged, spread = {}, {}
    for key in AVERAGED:
        values = [run[key] for run in runs]
        averaged[key] = None if None in values else float(np.mean(values))
        spread[key] = None if None in values else float(np.std(values, ddof=1))
    return runs[0] | averaged | {"repeats": repeats, "spread": spread, "runs": runs}


def _one_run(
    dataset: LabelledDataset, recipe: Recipe, device: str, report: OnProgress, token: CancelToken
) -> dict[str, Any]:
    from inspector.engine.detector import make_detector  # imports torch: seconds

    goods: GoodSet = dataset.goods
    started = time.perf_counter()
    detector = make_detector(recipe, goods.photo_hw, weights_folder(), device)
    fitted = detector.fit(goods, report, token)
    threshold = threshold_from_good_scores([one.score for one in fitted.good_maps], recipe.false_alarm_rate)
    fit_seconds = time.perf_counter() - started
    scored = _score(detector, [photo.path for photo in dataset.photos], report, token)
    defective = np.array([photo.defective for photo in dataset.photos])
    return {
        "method": recipe.method,
        "backbone": recipe.backbone,
        "size": recipe.size,
        "seed": recipe.seed,
        "device": detector.device,
        "images": {
            "train_good": len(goods),
            "test_good": int((~defective).sum()),
            "test_defective": int(defective.sum()),
        },
        "image_auroc": auroc(scored.scores, defective),
        "image_f1": f1(scored.scores, defective, threshold.value),
        **_pixel_figures(dataset, scored.maps),
        "fit_seconds": fit_seconds,
        "ms_per_image": {"p50": float(np.percentile(scored.ms, 50)), "p95": float(np.percentile(scored.ms, 95))},
        "peak_rss_mb": peak_memory_mb(),
        "bank_rows": fitted.bank_rows,
        "threshold": threshold.value,
        "false_alarm": _false_alarm(threshold, scored.scores[~defective]),
    }


def _score(detector: Any, paths: Sequence[Path], report: OnProgress, token: CancelToken) -> _Scored:
    maps, ms = [], []
    for index, path in enumerate(paths):
        token.check()
        started = time.perf_counter()
        maps += detector.score_maps([read_image(path)])
        ms.append((time.perf_counter() - started) * 1000.0)
        report(Progress("scoring test photos", index + 1, len(paths)))
    return _Scored(np.array([one.score for one in maps]), maps, ms)


def _pixel_figures(dataset: LabelledDataset, maps: Sequence[ScoreMap]) -> dict[str, float | None]:
    if not dataset.has_masks:
        return {"pixel_auroc": None, "aupro_30": None, "aupro_05": None}
    dense: list[FloatArray] = [one.dense() for one in maps]
    masks = [
        resize_mask(read_mask(photo, dataset.goods.photo_hw), one.shape)
        for photo, one in zip(dataset.photos, dense, strict=True)
    ]
    if not any(mask.any() for mask in masks):
        raise DatasetError(dataset.root / "ground_truth", "no mask shows a defect at this size; check the masks")
    return {
        "pixel_auroc": auroc(
            np.concatenate([one.ravel() for one in dense]), np.concatenate([m.ravel() for m in masks])
        ),
        "aupro_30": aupro(dense, masks, 0.30),
        "aupro_05": aupro(dense, masks, 0.05),
    }


def _false_alarm(threshold: Threshold, good_scores: NDArray[np.float64]) -> dict[str, float | int]:
    promise = threshold.false_alarm
    return {
        "promised": promise.rate,
        "low": promise.low,
        "high": promise.high,
        "confidence": promise.confidence,
        "goods": promise.goods,
        "realised": float((good_scores > threshold.value).mean()),
    }
