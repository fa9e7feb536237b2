"""Train a recipe once on a labelled dataset, score the test photos, and compare with the labels."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from inspector.core.calibration import Threshold, threshold_from_good_scores
from inspector.core.errors import DatasetError, NotFinite
from inspector.core.good_set_review import count_once
from inspector.core.guard_readings import refusal, size_refusal
from inspector.core.guards import Guards
from inspector.core.metrics import aupro, auroc, f1
from inspector.core.photo_measures import measure_photo
from inspector.core.pixel_depth import PixelDepth
from inspector.core.progress import CancelToken, OnProgress, Progress
from inspector.core.recipe import Recipe
from inspector.core.resizing import resize_mask
from inspector.core.values import FloatArray, ImageRGB, ScoreMap
from inspector.storage.folders import weights_folder
from inspector.storage.good_set import GoodSet
from inspector.storage.images import read_image
from inspector.storage.labelled_dataset import LabelledDataset, read_mask
from inspector.workflows.guarding import guards_of
from inspector.workflows.machine import load_libraries, peak_memory_mb

if TYPE_CHECKING:
    from inspector.engine.detector import Detector

FEWEST_SCORES = 2
"""A threshold needs the scores of two good photos, each scored without its own patches."""
NAMED = 5
"""So many photos without a mask are named; the rest is counted."""


@dataclass(frozen=True, slots=True)
class _Scored:
    scores: NDArray[np.float64]
    maps: list[ScoreMap]
    ms: list[float]
    refused: NDArray[np.bool_]


def measure(
    dataset: LabelledDataset,
    recipe: Recipe,
    *,
    device: str,
    shots: int | None,
    report: OnProgress,
    token: CancelToken,
) -> dict[str, Any]:
    """Train once and return the figures of the command line contract.

    Parameters
    ----------
    dataset : LabelledDataset
    recipe : Recipe
        Its seed also draws the good photos, where `shots` is given.
    device : {"auto", "cpu", "cuda"}
    shots : int or None
        Good photos to train on, drawn at random without repetition; None takes all.
    report, token
        Progress, and the wish to stop.

    Returns
    -------
    dict
        Pixel figures are taken at the working size, with masks resized by nearest neighbour, as the PatchCore code
        does; they are None unless every defective photo has a mask. ``threshold``, ``image_f1`` and ``false_alarm`` are
        None where the good photos are too few to justify a threshold. ``refused`` tells which shares of the good and of
        the defective test photos the guards would have refused, which changes no other figure; None where there are no
        guards. ``ms_per_image`` leaves out the first photo, which pays for what is loaded once.
        ``peak_rss_mb`` is the process's highest so far, before figures are computed from the maps; in a process that
        trained before, it may be an earlier training's. ``fit_seconds`` is from the first good photo to the threshold,
        with the backbone's weights, without loading the libraries.

    Raises
    ------
    DatasetError
        `shots` exceeds the good photos, or no mask shows a defect.
    """
    from inspector.engine.detector import make_detector  # imports torch: seconds

    load_libraries()  # not part of training's time, which the first of several runs alone would pay
    goods = list(range(len(dataset.goods))) if shots is None else draw_goods(dataset.goods, shots, recipe.seed)
    started = time.perf_counter()
    detector = make_detector(recipe, dataset.goods.photo_hw, weights_folder(), device)
    counted = _distinct(dataset.goods, goods, report, token)
    fitted = detector.fit(dataset.goods.at(counted), report, token)
    threshold = _threshold([one.score for one in fitted.good_maps], recipe.false_alarm_rate)
    fit_seconds = time.perf_counter() - started
    guards = guards_of(dataset.goods, counted, fitted.good_embeddings, recipe.refusal_rate, report, token)
    judges = _Judges(detector, guards, dataset.goods.photo_hw, dataset.goods.depth)
    scored = _score(judges, [photo.path for photo in dataset.photos], report, token)
    peak_rss_mb = peak_memory_mb()
    defective = np.array([photo.defective for photo in dataset.photos])
    return {
        **recipe.model_dump(include={"method", "backbone", "size", "seed"}),
        "shots": shots,
        "device": detector.device,
        "images": _counts(len(goods), defective),
        "masks": mask_counts(dataset),
        "image_auroc": auroc(scored.scores, defective),
        **_pixel_figures(dataset, scored.maps),
        "fit_seconds": fit_seconds,
        "ms_per_image": _times(scored.ms),
        "peak_rss_mb": peak_rss_mb,
        "bank_rows": fitted.bank_rows,
        "facts": fitted.facts,
        **_at_threshold(threshold, scored.scores, defective),
        "refused": None if guards is None else _refused(guards, scored.refused, defective),
    }


def _at_threshold(
    threshold: Threshold | None, scores: NDArray[np.float64], defective: NDArray[np.bool_]
) -> dict[str, Any]:
    if threshold is None:
        return {"image_f1": None, "threshold": None, "false_alarm": None}
    return {
        "image_f1": f1(scores, defective, threshold.value),
        "threshold": threshold.value,
        "false_alarm": _false_alarm(threshold, scores[~defective]),
    }


def _distinct(goods: GoodSet, chosen: list[int], report: OnProgress, token: CancelToken) -> list[int]:
    """Return the chosen positions without near-duplicates, as `inspector.workflows.train.train_on` does."""
    counted = count_once(goods.fingerprints[chosen], report, token)
    return [chosen[position] for position in counted.distinct]


def draw_goods(goods: GoodSet, shots: int, seed: int) -> list[int]:
    """Draw good photos at random, without repetition; the same seed draws the same ones.

    Returns
    -------
    list of int
        Their positions in the good set, ascending.

    Raises
    ------
    DatasetError
        If there are fewer than `shots`.
    """
    if shots > len(goods):
        raise DatasetError(
            goods.folder, f"there are only {len(goods)} good photos, fewer than {shots} shots; ask for fewer"
        )
    drawn = np.random.default_rng(seed).choice(len(goods), shots, replace=False)
    return sorted(int(position) for position in drawn)


def mask_counts(dataset: LabelledDataset) -> dict[str, Any]:
    """Return how many masks a dataset should have and has, and the first photos without one."""
    expected = sum(photo.defective for photo in dataset.photos)
    without = dataset.without_mask
    named = [f"{path.parent.name}/{path.name}" for path in without[:NAMED]]
    return {"expected": expected, "found": expected - len(without), "missing": named}


def _threshold(good_scores: list[float], rate: float) -> Threshold | None:
    return threshold_from_good_scores(good_scores, rate) if len(good_scores) >= FEWEST_SCORES else None


def _counts(goods: int, defective: NDArray[np.bool_]) -> dict[str, int]:
    return {"train_good": goods, "test_good": int((~defective).sum()), "test_defective": int(defective.sum())}


def _times(ms: list[float]) -> dict[str, float]:
    timed = ms[1:] or ms
    return {"p50": float(np.percentile(timed, 50)), "p95": float(np.percentile(timed, 95))}


@dataclass(frozen=True, slots=True)
class _Judges:
    """What judges a photo: the detector always, so that its figures do not depend on the guards; the guards beside."""

    detector: Detector
    guards: Guards | None
    good_hw: tuple[int, int]
    depth: PixelDepth

    def refuse(self, image_rgb: ImageRGB, embedding: FloatArray) -> bool:
        if self.guards is None:
            return False
        if size_refusal((image_rgb.shape[0], image_rgb.shape[1]), self.good_hw) is not None:
            return True
        readings = self.guards.check(measure_photo(image_rgb, self.good_hw))
        return refusal((*readings, self.guards.check_embedding(embedding))) is not None


def _score(judges: _Judges, paths: Sequence[Path], report: OnProgress, token: CancelToken) -> _Scored:
    maps, ms, refused = [], [], []
    for index, path in enumerate(paths):
        token.check()
        started = time.perf_counter()
        image_rgb = read_image(path, judges.depth)
        try:
            examined = judges.detector.examine([image_rgb])[0]
        except NotFinite as error:
            raise NotFinite(path, error.sentence) from error  # the engine does not know the file
        ms.append((time.perf_counter() - started) * 1000.0)
        maps.append(examined.score_map)
        refused.append(judges.refuse(image_rgb, examined.embedding))
        report(Progress("scoring test photos", index + 1, len(paths)))
    return _Scored(np.array([one.score for one in maps]), maps, ms, np.array(refused, dtype=bool))


def _refused(guards: Guards, refused: NDArray[np.bool_], defective: NDArray[np.bool_]) -> dict[str, float | int]:
    promise = asdict(guards.allowed.promise)
    shares = {"good": float(refused[~defective].mean()), "defective": float(refused[defective].mean())}
    return shares | {"promised": promise.pop("rate"), **promise}


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
    promise = asdict(threshold.false_alarm)
    return {
        "promised": promise.pop("rate"),
        **promise,
        "realised": float((good_scores > threshold.value).mean()),
    }
