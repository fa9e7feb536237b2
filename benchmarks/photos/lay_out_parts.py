"""Make a dataset of small parts anywhere and in any rotation on a plain ground, from a dataset in MVTec layout.

    python benchmarks/photos/lay_out_parts.py DATASET OUT [--box TOP BOTTOM LEFT RIGHT] [--scale .75] [--shift .08]
    [--seed 1]

Cuts the same box out of every photo, shrinks and turns it, and lays it on a light ground with slow shading and noise.
For parts like these, cropping, foreground and background of coarse-to-fine are meant. A defective photo whose defect
lies outside the box is left out.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from inspector.core.photo.turning import turning
from inspector.core.values import ImageRGB
from inspector.storage.photos.images import read_image, write_image
from inspector.storage.photos.photo_list import list_images

GROUND = 205
SMALLEST_DEFECT_PX = 200
"""A defect of which less is left after cutting is no longer to be seen."""


def lay_out(
    image: ImageRGB, box: NDArray[np.float32], matrix: NDArray[np.float64], ground: NDArray[np.float32]
) -> ImageRGB:
    """Return the part inside `box` (H, W, 1 inside and 0 outside), moved by `matrix` (2, 3), on `ground` (H, W, 1)."""
    height, width = image.shape[:2]
    part = cv2.warpAffine(image, matrix, (width, height))
    share = cv2.warpAffine(box, matrix, (width, height))[..., None]
    return np.asarray(np.clip(part * share + ground * (1.0 - share), 0, 255), dtype=np.uint8)


def lay_out_parts(
    dataset: Path,
    out: Path,
    box: tuple[float, float, float, float] = (0.12, 0.88, 0.28, 0.72),
    scale: float = 0.75,
    shift: float = 0.08,
    seed: int = 1,
) -> int:
    """Write the set and return the number of photos; `box` is top, bottom, left, right as shares of the photo."""
    random = np.random.default_rng(seed)
    written = 0
    for photo in list_images(dataset / "train") + list_images(dataset / "test"):
        image = read_image(photo)
        inside = _inside(image.shape[:2], box)
        matrix = _move((image.shape[0], image.shape[1]), scale, shift, random)
        ground = _ground(image.shape[:2], random)
        mask_path = dataset / "ground_truth" / photo.parent.name / f"{photo.stem}_mask.png"
        mask = None
        if photo.is_relative_to(dataset / "test") and mask_path.is_file():
            cut = ((read_image(mask_path) > 0) & (inside[..., None] > 0)).astype(np.uint8) * 255
            mask = cv2.warpAffine(cut, matrix, cut.shape[1::-1], flags=cv2.INTER_NEAREST)
            if (mask[..., 0] > 0).sum() <= SMALLEST_DEFECT_PX:
                continue
            _write(out / mask_path.relative_to(dataset), mask)
        _write((out / photo.relative_to(dataset)).with_suffix(".png"), lay_out(image, inside, matrix, ground))
        written += 1
    return written


def _inside(photo_hw: tuple[int, ...], box: tuple[float, float, float, float]) -> NDArray[np.float32]:
    height, width = photo_hw
    inside = np.zeros((height, width), np.float32)
    inside[int(box[0] * height) : int(box[1] * height), int(box[2] * width) : int(box[3] * width)] = 1.0
    return inside


def _move(photo_hw: tuple[int, int], scale: float, shift: float, random: np.random.Generator) -> NDArray[np.float64]:
    matrix = turning(photo_hw, random.uniform(-180, 180), scale)
    matrix[:, 2] += random.uniform(-shift, shift, 2) * max(photo_hw)
    return matrix


def _ground(photo_hw: tuple[int, ...], random: np.random.Generator) -> NDArray[np.float32]:
    height, width = photo_hw
    shading = cv2.resize(random.normal(0, 4, (4, 4)).astype(np.float32), (width, height))
    noise = random.normal(0, 3, photo_hw).astype(np.float32)
    return np.asarray(GROUND + shading + noise, dtype=np.float32)[..., None]


def _write(path: Path, image: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_image(path, image)


def main() -> None:
    """Read the words of the command and make the set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--box", type=float, nargs=4, default=(0.12, 0.88, 0.28, 0.72))
    parser.add_argument("--scale", type=float, default=0.75)
    parser.add_argument("--shift", type=float, default=0.08, help="largest shift, as a share of the longer edge")
    parser.add_argument("--seed", type=int, default=1)
    words = parser.parse_args()
    count = lay_out_parts(words.dataset, words.out, tuple(words.box), words.scale, words.shift, words.seed)
    print(f"{count} photos in {words.out}")


if __name__ == "__main__":
    main()
