"""False alarms of a batch fed back, and the effect on a second batch of new parts."""

from __future__ import annotations

import copy
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.judgement.kept_features import KeptFeatures, tickets
from benchmarks.judgement.splits import EVERY
from benchmarks.photos.faults import brighter
from benchmarks.photos.solar_cells import write_solar_cells
from inspector.core.progress import CancelToken, ignore_progress
from inspector.core.promise.metrics import auroc
from inspector.core.promise.threshold import threshold_from_good_scores
from inspector.core.training.plan import Recipe
from inspector.core.values import ImageRGB, ScoreMap
from inspector.engine.blur import blur_grid
from inspector.engine.detector import Detector, Fitted, GrownMaps, Wanted
from inspector.engine.methods.patchcore import PatchCore
from inspector.engine.methods.table import make_detector
from inspector.storage.folders import weights_folder
from inspector.storage.photos.images import list_images, read_image
from inspector.workflows.review.feedback import GROWTH, REACH

GOODS = 150
BATCH = 200
"""Good parts to train on, and those of each batch at most."""
RATES = (0.01, 0.05, 0.1)
COMPARED, COMPARED_METHOD = 0.05, "reconpatch"
"""Accepted false-alarm rates; and the rate and the method of the alternatives."""
STOPS = 0.25
AS_TRAINED, BRIGHTER, MIXED = SHIFTS = ("as in training", f"+{STOPS:g} stop", "half other cells")
"""How the batches come."""
OTHERS = {"goods": 2 * BATCH, "defects": BATCH}
"""Cells of the other kind that are kept, drawn from in each split."""
OTHER_KIND = {"mono": "poly", "poly": "mono"}
EQUAL_RATE = 0.05
"""False alarms among the goods of batch 2 at which escapes are compared."""

Scores = NDArray[np.float64]
Positions = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """Positions in `Cells.photos` of the photos of one split: no photo has two places.

    Parameters
    ----------
    train : ndarray of int64, shape (n,)
        Good parts to train on.
    first, second : mapping of str to ndarray of int64
        Good parts of the two batches, by the name of the shift.
    defects : mapping of str to ndarray of int64
        Defective parts that come with the second batch.
    """

    train: Positions
    first: Mapping[str, Positions]
    second: Mapping[str, Positions]
    defects: Mapping[str, Positions]


@dataclass
class Cells:
    """The solar cells of one kind, the same a quarter of a stop brighter, and those of the other kind.

    Parameters
    ----------
    kind : {"mono", "poly"}
    """

    kind: str
    photos: list[ImageRGB] = field(init=False, default_factory=list)
    _places: dict[str, Positions] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        for group, kind in (("", self.kind), ("other ", OTHER_KIND[self.kind])):
            for name, photos in zip(("goods", "defects"), all_cells(kind), strict=True):
                self._add(group + name, photos[: OTHERS[name]] if group else photos)
        for name in ("goods", "defects"):
            lighter = brighter(STOPS)
            self._add("bright " + name, [lighter(self.photos[at]) for at in self._places[name]])

    def _add(self, name: str, photos: Sequence[ImageRGB]) -> None:
        self._places[name] = np.arange(len(self.photos), len(self.photos) + len(photos))
        self.photos.extend(photos)

    def split(self, number: int) -> Split:
        """Draw the photos of a split; the same for the same number."""
        rng = np.random.default_rng(number)
        order, defects, others, other_defects = (
            rng.permutation(len(self._places[name])) for name in ("goods", "defects", "other goods", "other defects")
        )
        each = min((len(order) - GOODS) // 2, BATCH)
        half = len(defects) // 2
        batches = [order[start : start + each] for start in (GOODS, GOODS + each)]
        strangers = [others[start : start + each] for start in (0, each)]
        first, second = (self._shifted(*one, "goods") for one in zip(batches, strangers, strict=True))
        return Split(
            self._places["goods"][np.sort(order[:GOODS])],
            first,
            second,
            self._shifted(defects[:half], other_defects[:half], "defects"),
        )

    def _shifted(self, own: Positions, others: Positions, name: str) -> dict[str, Positions]:
        some = len(own) // 2
        mixed = [self._places[name][own[:some]], self._places[f"other {name}"][others[: len(own) - some]]]
        return {
            AS_TRAINED: self._places[name][own],
            BRIGHTER: self._places[f"bright {name}"][own],
            MIXED: np.concatenate(mixed),
        }


def all_cells(kind: str) -> tuple[list[ImageRGB], list[ImageRGB]]:
    """Return the surely good and the surely defective cells of a kind."""
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch) / kind
        write_solar_cells(kind, root, goods=EVERY, new_goods=0, new_defectives=EVERY)
        good, defective = list_images(root / "train" / "good"), list_images(root / "test" / "defective")
        return [read_image(path) for path in good], [read_image(path) for path in defective]


class Trials:
    """Runs the splits of one kind of cells; the backbone's features are computed once.

    Parameters
    ----------
    cells : Cells
    **fields
        Of the recipe, where they differ from the product's.
    """

    def __init__(self, cells: Cells, **fields: Any) -> None:
        self._cells, self._fields = cells, fields
        self._kept = KeptFeatures(self._detector(Recipe(**fields)).extractor, cells.photos)

    def run(self, method: str, number: int) -> list[dict[str, Any]]:
        """Train, feed back and score again: one row of figures for each shift and rate, see `measure`."""
        split = self._cells.split(number)
        detector, fitted = self.trained(method, split, number)
        return [row for shift in SHIFTS for row in self._shift(detector, fitted, split, shift, number)]

    def trained(self, method: str, split: Split, number: int) -> tuple[PatchCore, Fitted]:
        """Train on the good parts of a split."""
        detector = self._detector(Recipe(method=method, seed=number, **self._fields), self._kept)
        return detector, _fit(detector, split.train)

    def _shift(
        self, detector: PatchCore, fitted: Fitted, split: Split, shift: str, number: int
    ) -> list[dict[str, Any]]:
        first, second, defects = split.first[shift], split.second[shift], split.defects[shift]
        looked_at = Looked(detector, np.concatenate([second, defects]), len(second))
        scores = _scores(detector, first)
        good_scores = [one.score for one in fitted.good_maps]
        rows = []
        for rate in RATES:
            threshold = threshold_from_good_scores(good_scores, rate).value
            alarms = first[scores > threshold]
            row = _fed_back(detector, alarms, threshold, looked_at)
            row |= {"shift": shift, "rate": rate, "goods_1": len(first), "alarms_1": len(alarms)}
            if rate == COMPARED:
                drawn = np.random.default_rng(number).choice(first, len(alarms), replace=False)
                row["random"] = _fed_back(detector, drawn, threshold, looked_at)["after"]
                row["all fed back"] = _fed_back(detector, first, threshold, looked_at)["after"]
            if rate == COMPARED and detector.recipe.method == COMPARED_METHOD:
                row["all trained"] = self._trained_anew(detector.recipe, split, first, looked_at)
                row["alarms trained"] = self._trained_anew(detector.recipe, split, alarms, looked_at)
            rows.append(row)
        return rows

    def _trained_anew(self, recipe: Recipe, split: Split, more: Positions, looked_at: Looked) -> dict[str, Any]:
        """Train again with more photos among the good ones, whose scores then count for the threshold as well."""
        detector = self._detector(recipe, self._kept)
        fitted = _fit(detector, np.concatenate([split.train, more]))
        threshold = threshold_from_good_scores([one.score for one in fitted.good_maps], COMPARED).value
        return figures(_scores(detector, looked_at.positions), looked_at.goods, threshold)

    def _detector(self, recipe: Recipe, kept: KeptFeatures | None = None) -> PatchCore:
        first = self._cells.photos[0]
        detector = make_detector(recipe, (first.shape[0], first.shape[1]), weights_folder(), "cpu")
        assert isinstance(detector, PatchCore)
        if kept is not None:
            detector.extractor = kept
        return detector


class Looked:
    """Compares photos with a detector's memory bank once; after growth, it compares them with the new rows only.

    Parameters
    ----------
    detector : PatchCore
        Before it grows.
    positions : ndarray of int64, shape (n,)
        Of the photos: first the good ones.
    goods : int
        How many of them are good.
    """

    def __init__(self, detector: PatchCore, positions: Positions, goods: int) -> None:
        self.positions, self.goods = positions, goods
        self._detector = detector
        self._distances = _distances(detector, positions)
        self.scores = self._blurred(self._distances)

    def scores_by(self, grown: Detector) -> Scores:
        """Return the score of each photo by a memory that has more rows at its end: float64, shape (n,)."""
        rows = len(self._detector.arrays()["bank"])
        arrays = grown.arrays()
        if len(arrays["bank"]) == rows:
            return self.scores
        alone = copy.copy(self._detector)
        alone.restore({name: array[rows:] if name.startswith("bank") else array for name, array in arrays.items()})
        nearer = zip(self._distances, _distances(alone, self.positions), strict=True)
        return self._blurred([np.minimum(*two) for two in nearer])

    def _blurred(self, grids: Sequence[NDArray[np.float32]]) -> Scores:
        blur, hw = self._detector.settings.blur_patches, self._detector.working_hw
        maps = [ScoreMap(blur_grid(torch.tensor(grid), blur).numpy(), hw) for grid in grids]
        return np.array([one.score for one in maps])


def figures(scores: Scores, goods: int, threshold: float) -> dict[str, Any]:
    """Return the counts of batch 2: false alarms, defects found, AUROC, escapes at an equal rate.

    Parameters
    ----------
    scores : ndarray of float64, shape (n,)
        First those of the good parts.
    goods : int
        How many of the parts are good.
    threshold : float
    """
    good, bad = scores[:goods], scores[goods:]
    called = np.sort(good)[::-1][int(EQUAL_RATE * goods)]  # so many of them lie above it
    return {
        "alarms": int((good > threshold).sum()),
        "found": int((bad > threshold).sum()),
        "auroc": auroc(scores, np.arange(len(scores)) >= goods),
        "escapes": int((bad <= called).sum()),
    }


def raised(scores: Scores, goods: int, threshold: float, alarms: int) -> int:
    """Return how many defects are found once the threshold is raised until so many good parts are called NG."""
    ordered = np.sort(scores[:goods])[::-1]
    return int((scores[goods:] > max(threshold, float(ordered[alarms]))).sum())


def _fed_back(detector: PatchCore, alarms: Positions, threshold: float, looked_at: Looked) -> dict[str, Any]:
    """Feed parts back as the product does, up to the same number of patches, and count batch 2 before and after."""
    wanted = Wanted(tickets(alarms), REACH * threshold, int(detector.settings.bank_rows) // GROWTH, GOODS)
    grown, maps = detector, GrownMaps([], [], [], [])
    if len(alarms):
        grown, maps = detector.grow(wanted, ignore_progress, CancelToken())
    before, after = looked_at.scores, looked_at.scores_by(grown)
    told = figures(after, looked_at.goods, threshold)
    each = zip(maps.before, maps.unaided, strict=True)
    return {
        "goods_2": looked_at.goods,
        "defects_2": len(before) - looked_at.goods,
        "alike_1": sum(known.score > threshold >= unaided.score for known, unaided in each),
        "rows": sum(maps.rows),
        "before": figures(before, looked_at.goods, threshold),
        "after": told,
        "raised": raised(before, looked_at.goods, threshold, told["alarms"]),
    }


def _fit(detector: PatchCore, positions: Positions) -> Fitted:
    return detector.fit(tickets(positions), ignore_progress, CancelToken())


def _scores(detector: PatchCore, positions: Positions) -> Scores:
    return np.array([one.score for one in detector.score_maps(tickets(positions))])


def _distances(detector: PatchCore, positions: Positions) -> list[NDArray[np.float32]]:
    """Return each photo's distances before they are blurred, by place: float32, shape (h, w)."""
    plain = copy.copy(detector)
    plain.settings = detector.settings.model_copy(update={"blur_patches": 0.0})
    return [one.grid for one in plain.score_maps(tickets(positions))]
