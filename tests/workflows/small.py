"""Small inputs for workflows: a small recipe, and a small dataset of real cells."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from inspector.core.training.plan import Recipe
from inspector.storage.photos.images import encode_png, read_image
from inspector.storage.photos.photo_list import list_images
from tests.conftest import SolarCells

SIZE = 64
BANK = {"pool_rows": 600, "bank_rows": 100}
TRAINING = {"steps": 10, "anchors": 16}
SMALL_WORDS = [
    f"--size={SIZE}",
    *(word for name, value in (BANK | TRAINING).items() for word in ("--set", f"{name}={value}")),
]


def small_recipe(method: str = "reconpatch", **changes: Any) -> Recipe:
    """The default recipe, with a bank that 12 photos fill in a second."""
    settings = BANK | (TRAINING if method == "reconpatch" else {})
    return Recipe(**({"method": method, "size": SIZE, "settings": settings} | changes))


def copy_photos(photos: list[Path], folder: Path, prefix: str = "") -> Path:
    folder.mkdir(parents=True)
    for photo in photos:
        shutil.copyfile(photo, folder / f"{prefix}{photo.name}")
    return folder


def make_dataset(root: Path, cells: SolarCells, *, masks: bool = True) -> Path:
    """Solar cells in MVTec layout: 12 to train on, 6 good and 6 defective ones to test on."""
    copy_photos(list_images(cells.good)[:12], root / "train" / "good")
    copy_photos(list_images(cells.mixed / "good"), root / "test" / "good")
    defective = list_images(copy_photos(list_images(cells.mixed / "defective"), root / "test" / "crack"))
    if masks:
        (root / "ground_truth" / "crack").mkdir(parents=True)
        for photo in defective:
            write_dark_places(photo, root / "ground_truth" / "crack" / f"{photo.stem}_mask.png")
    return root


def write_dark_places(photo: Path, mask: Path) -> None:
    """Mark the darkest areas inside the cell: cracks and dead areas are dark in these photos."""
    gray = cv2.GaussianBlur(read_image(photo)[..., 0], (0, 0), 4)
    inner = gray[30:-30, 30:-30]
    dark = np.zeros((*gray.shape, 3), dtype=np.uint8)
    dark[30:-30, 30:-30][inner < np.percentile(inner, 6)] = 255
    mask.write_bytes(encode_png(dark))
