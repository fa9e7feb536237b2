"""Distances between all pairs of photos of a set, kept once, so that each split is scored in a moment.

For each patch of a photo, the distance to the nearest of 256 random patches of another photo is kept. The score of a
photo is that of plain PatchCore with the training photos as its memory bank: no coreset, no ReConPatch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.judgement.verdict_sets import LabelledPhotos
from inspector.core.training.plan import Recipe
from inspector.core.values import FloatArray, ImageRGB
from inspector.engine.blur import blur_grid
from inspector.engine.methods.patchcore import PatchCore
from inspector.engine.methods.table import make_detector
from inspector.storage.atomic import replacing
from inspector.storage.folders import weights_folder
from inspector.storage.photos.images import read_image

MOST_GOODS, MOST_DEFECTS = 260, 60
PLANTED_EACH, DEFECTS_PLANTED = 6, 12
LIGHTS = (0.6, 0.7, 0.8, 1.15, 1.3, 0.75)
"""Factors of gray levels of the photos of other light."""
DRAWN_PATCHES = 256
AT_ONCE = 16
"""Photos compared with at once."""
BLUR = 0.8
"""Of the default recipe, in patches."""


@dataclass(frozen=True, slots=True, eq=False)
class PairDistances:
    """A set's photos, and the distances of their patches from each other photo.

    Parameters
    ----------
    dist : ndarray of float32, shape (photos, columns, patches)
    kinds : ndarray of str, shape (photos,)
        "good", "defect", "mirror" or "light".
    cols : ndarray of int, shape (columns,)
        The photos that others are compared with: all but most defects.
    emb : ndarray of float32, shape (photos, E)
        Embeddings.
    six : ndarray of int
        The good photos that the mirrored ones and those of other light were made of, in this order.
    grid : ndarray of int, shape (2,)
        Rows and columns of patches.
    """

    dist: FloatArray
    kinds: NDArray[np.str_]
    cols: NDArray[np.intp]
    emb: FloatArray
    six: NDArray[np.intp]
    grid: NDArray[np.intp]

    def of_kind(self, kind: str) -> list[int]:
        """Return the numbers of the photos of a kind."""
        return np.flatnonzero(self.kinds == kind).tolist()

    def scores(self, photos: Sequence[int], memory: Sequence[int]) -> NDArray[np.float64]:
        """Return the score of each photo by a memory of others; a photo in the memory is left out for its own score."""
        column = {int(photo): place for place, photo in enumerate(self.cols)}
        hw = (int(self.grid[0]), int(self.grid[1]))
        found = []
        for photo in photos:
            nearest = self.dist[photo, [column[one] for one in memory if one != photo]].min(axis=0)
            found.append(float(blur_grid(torch.from_numpy(nearest.reshape(hw)), BLUR).max()))
        return np.array(found)


def pair_distances(name: str, photos: LabelledPhotos, results: Path) -> PairDistances:
    """Return a set's distances, computed once and kept as RESULTS/pairs/NAME.npz: minutes for a large set."""
    place = results / "pairs" / f"{name}.npz"
    if not place.is_file():
        place.parent.mkdir(parents=True, exist_ok=True)
        with replacing(place) as temporary, temporary.open("wb") as file:
            np.savez(file, **_computed(photos))
    with np.load(place, allow_pickle=False) as kept:
        found = {key: kept[key] for key in ("dist", "kinds", "cols", "emb", "six", "grid")}
    return PairDistances(**(found | {"dist": found["dist"].astype(np.float32)}))


def _computed(photos: LabelledPhotos) -> dict[str, Any]:
    rng = np.random.default_rng(1)
    pictures, kinds, six = _pictures(photos, rng)
    detector = make_detector(Recipe(method="patchcore"), pictures[0].shape[:2], weights_folder(), "cpu")
    assert isinstance(detector, PatchCore)
    features = [detector.extractor.extract([one])[0].float() for one in pictures]
    grid, rows = features[0].shape[:2], [one.flatten(0, 1) for one in features]
    defects = [place for place, kind in enumerate(kinds) if kind == "defect"]
    cols = [place for place, kind in enumerate(kinds) if kind != "defect"] + defects[:DEFECTS_PLANTED]
    drawn = torch.Generator().manual_seed(0)
    each = min(len(rows[0]), DRAWN_PATCHES)
    banks = torch.stack([rows[one][torch.randperm(len(rows[one]), generator=drawn)[:each]] for one in cols])
    dist = np.empty((len(rows), len(cols), len(rows[0])), dtype=np.float16)
    for place, own in enumerate(rows):
        for first in range(0, len(cols), AT_ONCE):
            some = banks[first : first + AT_ONCE]
            away = torch.cdist(own, some.flatten(0, 1)).reshape(len(own), len(some), each)
            dist[place, first : first + AT_ONCE] = away.amin(2).T.numpy()
    embeddings = torch.stack([one.mean(0) for one in rows]).numpy()
    found = {"dist": dist, "kinds": np.array(kinds), "cols": np.array(cols), "emb": embeddings}
    return found | {"six": six, "grid": np.array(grid)}


def _pictures(photos: LabelledPhotos, rng: np.random.Generator) -> tuple[list[ImageRGB], list[str], NDArray[np.intp]]:
    def drawn(paths: Sequence[Path], most: int) -> list[ImageRGB]:
        return [read_image(paths[place]) for place in sorted(rng.permutation(len(paths))[:most])]

    goods, defects = drawn(photos.goods, MOST_GOODS), drawn(photos.defects, MOST_DEFECTS)
    height, width = goods[0].shape[:2]
    goods, defects = ([_of_size(photo, height, width) for photo in some] for some in (goods, defects))
    six = rng.permutation(len(goods))[:PLANTED_EACH]
    mirrored = [np.ascontiguousarray(goods[place][:, ::-1]) for place in six]
    lit: list[ImageRGB] = [
        np.clip(goods[place].astype(np.float32) * by, 0, 255).astype(np.uint8)
        for place, by in zip(six, LIGHTS, strict=True)
    ]
    counts = {"good": goods, "defect": defects, "mirror": mirrored, "light": lit}
    kinds = [kind for kind, some in counts.items() for _ in some]
    return [*goods, *defects, *mirrored, *lit], kinds, six


def _of_size(photo: ImageRGB, height: int, width: int) -> ImageRGB:
    return photo if photo.shape[:2] == (height, width) else np.asarray(cv2.resize(photo, (width, height)), np.uint8)
