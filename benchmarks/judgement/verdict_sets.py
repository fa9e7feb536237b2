"""The photos that verdicts are measured on: sets, planted outliers, and groups that nobody labelled."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.judgement.splits import read_goods
from benchmarks.photos.datasets import find_dataset
from inspector.core.values import ImageRGB
from inspector.storage.atomic import replacing
from inspector.storage.photos.images import encode_png, list_images, read_image

SETS = (
    "paper_brg01", "paper_flr01", "toy_alien", "circuit_board", "ball_screw", "mvtec_hazelnut_256",
    "mvtec_transistor_512", "solar-mono", "solar-poly",
)  # fmt: skip
"""Folders of the given data, and the two kinds of solar cells."""
PLANTED = ("light", "mirrored", "defect")
"""Kinds of outliers among the good photos, in this order; each split begins with another kind."""
STOPS = 1.0
"""By so much brighter is an outlier of other light."""
MODULE = 60
"""Solar cells that follow each other in the package, taken as one module."""
GROUP_STOPS = (-0.3, 0.3)
"""Lights of the groups of transistors lie evenly between these; one light a group."""
GROUP_PHOTOS = 12


@dataclass(frozen=True, slots=True)
class LabelledPhotos:
    """Good and defective photos of a set."""

    goods: tuple[Path, ...]
    defects: tuple[Path, ...]


def labelled_photos(name: str, data: Path, results: Path) -> LabelledPhotos:
    """Return all good and defective photos of a set; of solar cells all good and 100 defective cells."""
    if name.startswith("solar-"):
        folder = find_dataset(name, data, results)
        goods = read_goods(name, data, results).paths
    else:
        folder = data / name
        goods = tuple(path for part in ("train", "test") for path in list_images(folder / part / "good"))
    defects = tuple(path for path in list_images(folder / "test") if path.parent.name != "good")
    return LabelledPhotos(tuple(goods), defects)


def brighter(photo: ImageRGB, stops: float) -> ImageRGB:
    """Return a photo as with a longer exposure: gray levels times 2 to the power of `stops`, cut at 255."""
    return np.asarray(np.clip(np.rint(photo * 2.0**stops), 0, 255), dtype=np.uint8)


def planted(kind: str, good: Path, defect: Path, folder: Path) -> Path:
    """Return an outlier as a file: other light or mirrored, made of a good photo, or a real defect."""
    if kind == "defect":
        return defect
    if kind == "light":
        return made(good, folder / f"{good.stem} light.png", lambda photo: brighter(photo, STOPS))
    return made(good, folder / f"{good.stem} mirrored.png", lambda photo: np.ascontiguousarray(photo[:, ::-1]))


def made(source: Path, target: Path, change: Callable[[ImageRGB], ImageRGB]) -> Path:
    """Write a photo made of another, once."""
    if not target.is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        with replacing(target) as temporary:
            temporary.write_bytes(encode_png(change(read_image(source))))
    return target


def groups_of(name: str, photos: LabelledPhotos, results: Path) -> dict[str, list[Path]]:
    """Return good photos by the group that only the measurement knows.

    Ball screws by the place in their names. Solar cells by runs of `MODULE` in the package. Other sets by runs of
    `GROUP_PHOTOS` photos, each run with its own light, as in consecutively numbered files.
    """
    if name == "ball_screw":
        return _by(photos.goods, lambda path: "_".join(re.findall(r"\d+", path.stem)[2:4]))
    if name.startswith("solar-"):
        return _by(photos.goods, lambda path: str((int(re.findall(r"\d+", path.stem)[-1]) - 1) // MODULE))
    runs = len(photos.goods) // GROUP_PHOTOS
    lights = np.random.default_rng(0).permutation(np.linspace(*GROUP_STOPS, runs))
    folder = results / "datasets" / "lights" / name
    found: dict[str, list[Path]] = {}
    for place, good in enumerate(photos.goods[: runs * GROUP_PHOTOS]):
        run = place // GROUP_PHOTOS
        stops = float(lights[run])
        target = folder / f"{place:04d}.png"
        found.setdefault(str(run), []).append(made(good, target, partial(brighter, stops=stops)))
    return found


def _by(paths: Sequence[Path], key: Callable[[Path], str]) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = {}
    for path in paths:
        found.setdefault(key(path), []).append(path)
    return found
