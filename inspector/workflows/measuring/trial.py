"""Train a recipe once on a labelled dataset, score the test photos, and compare with the labels."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from inspector.core.errors import DatasetError, NotFinite
from inspector.core.good_photos.sessions import ANY_SESSIONS, SessionChoice
from inspector.core.good_photos.suspects import count_once
from inspector.core.guards.readings import GuardPromise
from inspector.core.photo.pixel_depth import PixelDepth
from inspector.core.photo.resizing import resize_mask
from inspector.core.progress import CancelToken, OnProgress, Progress
from inspector.core.promise.detection import LabelledScores, detection_of
from inspector.core.promise.metrics import aupro, auroc, f1
from inspector.core.promise.threshold import Threshold
from inspector.core.training.plan import Recipe
from inspector.core.values import FloatArray, ImageRGB, ScoreMap
from inspector.storage.bundles.bundle import Manifest, StoredBundle
from inspector.storage.datasets.labelled_dataset import LabelledDataset, read_mask
from inspector.storage.folders import weights_folder
from inspector.storage.good_photos.good_set import GoodSet
from inspector.storage.photos.images import read_image
from inspector.workflows.computer.machine import load_libraries, peak_memory_mb
from inspector.workflows.judging.inspect import inspect_image
from inspector.workflows.judging.loaded_bundle import LoadedBundle
from inspector.workflows.judging.promises import promised_for
from inspector.workflows.training.grouping import groups_json
from inspector.workflows.training.train import learn

if TYPE_CHECKING:
    from inspector.engine.detector import Detector, Fitted

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
    groups: SessionChoice = ANY_SESSIONS,
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
    groups : SessionChoice
        The grouping; where groups matter, ``false_alarm`` is for a photo of a new group.
    report, token
        Progress, and the cancel token.

    Returns
    -------
    dict
        Pixel figures are taken at the working size, with masks resized by nearest neighbour, as in the PatchCore code.
        They are None unless every defective photo has a mask. ``threshold``, ``image_f1`` and ``false_alarm`` are None
        where the good photos are too few to justify a threshold. ``refused`` holds the shares of good and of defective
        test photos that the guards refuse; None without guards. ``detection`` holds the shares of
        `inspector.core.promise.detection.Detection`. The shares at the limits count a refused photo as not found; no
        other figure depends on refusals. ``ms_per_image`` leaves out the first photo, which includes one-time loading.
        ``peak_rss_mb`` is the highest of the process so far, before figures are computed from the maps. In a process
        that trained before, it may belong to an earlier training. ``fit_seconds`` is from the first good photo to the
        threshold, with the backbone's weights, without loading the libraries.

    Raises
    ------
    DatasetError
        `shots` exceeds the good photos, or no mask shows a defect.
    """
    load_libraries()  # not part of training's time, which the first of several runs alone would pay
    goods = dataset.goods if shots is None else dataset.goods.only(draw_goods(dataset.goods, shots, recipe.seed))
    started = time.perf_counter()
    trained = _train(goods, recipe, device, groups, report, token)
    fit_seconds = time.perf_counter() - started - trained.guard_seconds
    scored = _score(trained, [photo.path for photo in dataset.photos], dataset.goods.depth, report, token)
    peak_rss_mb = peak_memory_mb()
    defective = np.array([photo.defective for photo in dataset.photos])
    return {
        **recipe.model_dump(include={"method", "backbone", "size", "seed"}),
        "shots": shots,
        "device": trained.detector.device,
        "images": _counts(len(goods), defective),
        "masks": mask_counts(dataset),
        "image_auroc": auroc(scored.scores, defective),
        **_pixel_figures(dataset, scored.maps),
        "fit_seconds": fit_seconds,
        "ms_per_image": _times(scored.ms),
        "peak_rss_mb": peak_rss_mb,
        "bank_rows": trained.fitted.bank_rows,
        "facts": trained.fitted.facts,
        "groups": None if trained.manifest is None else groups_json(trained.manifest.groups),
        **_at_limits(trained.manifest, LabelledScores(scored.scores, defective, scored.refused)),
    }


@dataclass(frozen=True, slots=True, eq=False)
class _Trained:
    """The measured model, as `training.train` makes it; a single good photo gives a detector only."""

    detector: Detector
    fitted: Fitted
    model: LoadedBundle | None = None
    guard_seconds: float = 0.0

    @property
    def manifest(self) -> Manifest | None:
        return None if self.model is None else self.model.stored.manifest

    def look(self, image_rgb: ImageRGB, path: Path) -> tuple[ScoreMap, bool]:
        """Return the detector's result, also for a refused photo, and whether the photo is refused."""
        found = None if self.model is None else inspect_image(self.model, image_rgb, path)
        refused = found is not None and found.refusal is not None
        if found is not None and found.score_map is not None:
            return found.score_map, refused
        return self.detector.score_maps([image_rgb])[0], refused


def _train(
    goods: GoodSet, recipe: Recipe, device: str, groups: SessionChoice, report: OnProgress, token: CancelToken
) -> _Trained:
    from inspector.engine.methods.table import make_detector  # imports torch: seconds

    if len(goods) < FEWEST_SCORES or len(count_once(goods.fingerprints, report, token).distinct) < FEWEST_SCORES:
        detector = make_detector(recipe, goods.photo_hw, weights_folder(), device)
        return _Trained(detector, detector.fit(goods.at([0]), report, token))
    learned = learn(goods, recipe, device=device, sessions=groups, report=report, token=token)
    stored = StoredBundle(goods.folder, "", learned.manifest, {})  # as if it was opened from a file
    model = LoadedBundle(stored, learned.detector, learned.guards)
    return _Trained(learned.detector, learned.fitted, model, learned.guard_seconds)


def _at_limits(manifest: Manifest | None, labelled: LabelledScores) -> dict[str, Any]:
    if manifest is None:
        unknown = dict.fromkeys(("image_f1", "threshold", "unsure_threshold", "false_alarm", "refused"))
        return unknown | {"detection": asdict(detection_of(labelled, None))}
    limits = manifest.limits
    known = None if manifest.known_threshold is None else manifest.known_threshold.value
    return {
        "image_f1": f1(labelled.scores, labelled.defective, limits.threshold),
        "threshold": limits.threshold,
        "unsure_threshold": limits.unsure_threshold,
        "false_alarm": _false_alarm(manifest.threshold, labelled.goods),
        "detection": asdict(detection_of(labelled, limits, known)),
        "refused": None if manifest.guards is None else _refused(manifest.guards, labelled),
    }


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
            goods.folder, f"there are only {len(goods)} good photos, fewer than {shots} shots", action="ask for fewer"
        )
    drawn = np.random.default_rng(seed).choice(len(goods), shots, replace=False)
    return sorted(int(position) for position in drawn)


def mask_counts(dataset: LabelledDataset) -> dict[str, Any]:
    """Return how many masks a dataset should have and has, and the first photos without one."""
    expected = sum(photo.defective for photo in dataset.photos)
    without = dataset.without_mask
    named = [f"{path.parent.name}/{path.name}" for path in without[:NAMED]]
    return {"expected": expected, "found": expected - len(without), "missing": named}


def _counts(goods: int, defective: NDArray[np.bool_]) -> dict[str, int]:
    return {"train_good": goods, "test_good": int((~defective).sum()), "test_defective": int(defective.sum())}


def _times(ms: list[float]) -> dict[str, float]:
    timed = ms[1:] or ms
    return {"p50": float(np.percentile(timed, 50)), "p95": float(np.percentile(timed, 95))}


def _score(
    trained: _Trained, paths: Sequence[Path], depth: PixelDepth, report: OnProgress, token: CancelToken
) -> _Scored:
    maps, ms, refused = [], [], []
    for index, path in enumerate(paths):
        token.check()
        started = time.perf_counter()
        image_rgb = read_image(path, depth)
        try:
            score_map, is_refused = trained.look(image_rgb, path)
        except NotFinite as error:
            raise NotFinite(path, error.sentence) from error  # the engine does not know the file
        ms.append((time.perf_counter() - started) * 1000.0)
        maps.append(score_map)
        refused.append(is_refused)
        report(Progress("scoring test photos", index + 1, len(paths)))
    return _Scored(np.array([one.score for one in maps]), maps, ms, np.array(refused, dtype=bool))


def _refused(allowed: GuardPromise, labelled: LabelledScores) -> dict[str, float | int]:
    promise = asdict(allowed.promise)
    refused, defective = labelled.refused, labelled.defective
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
        raise DatasetError(
            dataset.root / "ground_truth", "no mask shows a defect at this size", action="check the masks"
        )
    return {
        "pixel_auroc": auroc(
            np.concatenate([one.ravel() for one in dense]), np.concatenate([m.ravel() for m in masks])
        ),
        "aupro_30": aupro(dense, masks, 0.30),
        "aupro_05": aupro(dense, masks, 0.05),
    }


def _false_alarm(threshold: Threshold, good_scores: NDArray[np.float64]) -> dict[str, Any]:
    promise = asdict(threshold.false_alarm)
    return {
        "promised": promise.pop("rate"),
        **promise,
        "realised": float((good_scores > threshold.value).mean()),
        "for": promised_for(threshold.false_alarm),
    }
