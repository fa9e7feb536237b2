"""Make a copy of a dataset in MVTec layout with every photo turned by a random angle and shifted, masks alike.

    python benchmarks/photos/turn_dataset.py DATASET OUT [--degrees 180] [--shift 0.05] [--seed 0]

Alignment is for parts that come turned and shifted. This makes such a set from parts that lie alike, so that the same
photos can be measured with and without. The area that turns into view is the photo mirrored.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np

from inspector.core.photo.turning import turning
from inspector.core.values import ImageRGB
from inspector.storage.photos.images import read_image, write_image
from inspector.storage.photos.photo_list import list_images


def turn(image: ImageRGB, degrees: float, shift_xy: tuple[float, float], *, nearest: bool = False) -> ImageRGB:
    """Turn an image about its centre and shift it, in pixels; masks take the nearest pixel and black from outside."""
    height, width = image.shape[:2]
    matrix = turning((height, width), degrees)
    matrix[:, 2] += np.asarray(shift_xy)
    if nearest:
        turned = cv2.warpAffine(image, matrix, (width, height), flags=cv2.INTER_NEAREST)
    else:
        turned = cv2.warpAffine(image, matrix, (width, height), borderMode=cv2.BORDER_REFLECT_101)
    return np.asarray(turned, dtype=np.uint8)


def turn_dataset(dataset: Path, out: Path, shift: float, seed: int, largest_turn: float = 180.0) -> int:
    """Write the turned copy and return the number of photos."""
    random = np.random.default_rng(seed)
    photos = list_images(dataset / "train") + list_images(dataset / "test")
    for photo in photos:
        image = read_image(photo)
        degrees = float(random.uniform(-largest_turn, largest_turn))
        shift_x, shift_y = random.uniform(-shift, shift, 2) * max(image.shape[:2])
        shift_xy = float(shift_x), float(shift_y)
        target = out / photo.relative_to(dataset)
        target.parent.mkdir(parents=True, exist_ok=True)
        write_image(target.with_suffix(".png"), turn(image, degrees, shift_xy))
        mask = dataset / "ground_truth" / photo.parent.name / f"{photo.stem}_mask.png"
        if photo.is_relative_to(dataset / "test") and mask.is_file():
            turned_mask = out / mask.relative_to(dataset)
            turned_mask.parent.mkdir(parents=True, exist_ok=True)
            write_image(turned_mask, turn(read_image(mask), degrees, shift_xy, nearest=True))
    return len(photos)


def main() -> None:
    """Read the words of the command and make the set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--degrees", type=float, default=180.0, help="largest turn to either side")
    parser.add_argument("--shift", type=float, default=0.05, help="largest shift, as a share of the longer edge")
    parser.add_argument("--seed", type=int, default=0)
    words = parser.parse_args()
    print(f"{turn_dataset(words.dataset, words.out, words.shift, words.seed, words.degrees)} photos in {words.out}")


if __name__ == "__main__":
    main()
