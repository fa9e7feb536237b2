"""Random splits of good photos: train on a part as the product does, and score the rest."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.judgement.kept_features import KeptFeatures, tickets
from benchmarks.measuring.cells import source_version
from benchmarks.photos.datasets import find_dataset
from inspector.core.good_photos.suspects import count_once
from inspector.core.progress import CancelToken, ignore_progress
from inspector.core.training.plan import Recipe
from inspector.engine.methods.patchcore import PatchCore
from inspector.engine.methods.table import make_detector
from inspector.storage.atomic import replacing
from inspector.storage.folders import weights_folder
from inspector.storage.good_photos.good_set import GoodSet, check_good_photos
from inspector.storage.photos.images import list_images
from inspector.workflows.measuring.demo import prepare_demo_data

EVERY = 10**6
POPULATIONS = ("solar-mono", "solar-poly", "transistor")


@dataclass(frozen=True, slots=True)
class Setting:
    """The setting of each split, and the number of splits.

    Parameters
    ----------
    recipe : Recipe
        The seed is the split's own.
    splits : int
        Random splits of each cell.
    unseen : int
        Good photos that are scored in each split at most, of those not trained on.
    cells : tuple of (str, int)
        Datasets, and numbers of good photos to train on.
    """

    recipe: Recipe
    splits: int
    unseen: int
    cells: tuple[tuple[str, int], ...]


ALL_CELLS = tuple(
    (dataset, goods)
    for goods in (20, 50, 150, 400)
    for dataset in POPULATIONS
    if (dataset, goods) != ("transistor", 400)
)
"""There are 273 good transistors: 400 cannot be trained on."""
_SMALL: dict[str, Any] = {"pool_rows": 4_200, "bank_rows": 560}
_BATCHES: dict[str, Any] = {"anchors": 16}
SETTINGS = {
    "small-reconpatch": Setting(Recipe(method="reconpatch", size=96, settings=_SMALL | _BATCHES), 200, 200, ALL_CELLS),
    "reconpatch": Setting(Recipe(method="reconpatch"), 20, 100, (("solar-mono", 20), ("solar-mono", 150))),
    "small-patchcore": Setting(Recipe(method="patchcore", size=96, settings=_SMALL), 200, 200, ALL_CELLS),
}
"""The product's own settings take 10 to 20 s a split.

The small settings keep the proportions: patches per photo, rows of the pool and of the bank are each 0.14 of the
product's. Anchors in proportion to the pool's rows would be seen as often as in the product; with 16 instead of 64,
each row is seen about twice as often.
"""


@dataclass(frozen=True, slots=True)
class Cell:
    """The repeated experiment: a setting, the good photos of a dataset, and the number of training photos."""

    setting: str
    dataset: str
    goods: int

    @property
    def folder(self) -> str:
        """Where its splits are kept, below the folder of results."""
        return f"promise/{self.setting}/{self.dataset}-{self.goods}"


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """The raw scores of one split.

    Parameters
    ----------
    trained : ndarray of float64, shape (n,)
        Leave-one-image-out scores of the good photos trained on, near-duplicates counted once.
    unseen : ndarray of float64, shape (m,)
        Scores of good photos not trained on.
    """

    trained: NDArray[np.float64]
    unseen: NDArray[np.float64]


def read_goods(dataset: str, data: Path, results: Path) -> GoodSet:
    """Open all good photos of a dataset: training and test photos, or all good cells of a kind."""
    if not dataset.startswith("solar-"):
        folder = find_dataset(dataset, data, results)
        paths = [path for part in ("train", "test") for path in list_images(folder / part / "good")]
        return check_good_photos(folder, paths)
    folder = results / "datasets" / f"all_{dataset.replace('-', '_')}"
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
            kind = dataset.removeprefix("solar-")
            prepare_demo_data(Path(scratch), kind=kind, goods=EVERY, new_goods=0, new_defectives=0).good.rename(folder)
    return check_good_photos(folder, list_images(folder))


@dataclass
class Splitter:
    """Runs the splits of one setting on one dataset; the features are computed once.

    Parameters
    ----------
    setting : Setting
    goods : GoodSet
        From `read_goods`.
    """

    setting: Setting
    goods: GoodSet
    _detector: PatchCore = field(init=False)

    def __post_init__(self) -> None:
        detector = make_detector(self.setting.recipe, self.goods.photo_hw, weights_folder(), "cpu")
        assert isinstance(detector, PatchCore)
        detector.extractor = KeptFeatures(detector.extractor, self.goods)
        self._detector = detector

    def run(self, goods: int, number: int) -> Split:
        """Train on `goods` photos drawn by the split's number, and score others."""
        order = np.random.default_rng(number).permutation(len(self.goods))
        drawn, left = np.sort(order[:goods]), np.sort(order[goods : goods + self.setting.unseen])
        token = CancelToken()
        counted = count_once(self.goods.fingerprints[drawn], ignore_progress, token)
        self._detector.recipe = self._detector.recipe.model_copy(update={"seed": number})
        fitted = self._detector.fit(tickets(drawn[list(counted.distinct)]), ignore_progress, token)
        unseen = self._detector.score_maps(tickets(left))
        return Split(*(np.array([one.score for one in maps]) for maps in (fitted.good_maps, unseen)))


class KeptSplits:
    """The scores of splits, one small file each, so that a run that was broken off goes on from there.

    Parameters
    ----------
    results : Path
        Folder of the kept values.
    reuse : bool
        Take what another version of the code measured, where nothing newer is kept.
    """

    def __init__(self, results: Path, *, reuse: bool = False) -> None:
        self._results, self._reuse, self.source = results, reuse, source_version()

    def find(self, cell: Cell, number: int) -> Path | None:
        """Return the file of a split, or None."""
        own = self._place(cell, number)
        if own.is_file():
            return own
        others = (self._results / cell.folder).glob(f"{number:04d}-*.npz") if self._reuse else []
        return max(others, key=lambda path: path.stat().st_mtime, default=None)

    def keep(self, cell: Cell, number: int, split: Split) -> None:
        """Write a split's scores."""
        place = self._place(cell, number)
        place.parent.mkdir(parents=True, exist_ok=True)
        with replacing(place) as temporary, temporary.open("wb") as file:
            np.savez(file, trained=split.trained, unseen=split.unseen)

    def read(self, cell: Cell, splits: int) -> Iterator[Split]:
        """Read those of the first `splits` splits that are kept."""
        for number in range(splits):
            place = self.find(cell, number)
            if place is not None:
                with np.load(place, allow_pickle=False) as kept:
                    yield Split(kept["trained"], kept["unseen"])

    def _place(self, cell: Cell, number: int) -> Path:
        return self._results / cell.folder / f"{number:04d}-{self.source}.npz"
