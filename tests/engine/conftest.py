"""Real photos as arrays, and detectors small enough to train in seconds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from inspector.core.training.plan import Recipe
from inspector.core.values import ImageRGB
from inspector.engine.detector import Detector
from inspector.engine.methods.table import make_detector
from inspector.storage.photos.images import read_image
from inspector.storage.photos.photo_list import list_images
from tests.conftest import SolarCells

NOWHERE = Path("no imported weights")

SMALL_BANK = {"pool_rows": 2000, "bank_rows": 200}
SMALL: dict[str, dict[str, Any]] = {
    "reconpatch": SMALL_BANK | {"steps": 20, "anchors": 16},
    "patchcore": SMALL_BANK,
    # The test for alignment takes ten times as long as all else; only its own tests run it.
    "coarse-to-fine": {"channels": 40, "align": "never"},
}


def small_detector(method: str = "reconpatch", seed: int = 0, size: int = 128, **settings: Any) -> Detector:
    """A detector with a bank small enough to train on few photos in a second or two."""
    return make_detector(
        Recipe(method=method, seed=seed, size=size, settings=SMALL[method] | settings), (300, 300), NOWHERE
    )


@pytest.fixture(scope="session")
def good_photos(solar_cells: SolarCells) -> list[ImageRGB]:
    return [read_image(path) for path in list_images(solar_cells.good)[:12]]


@pytest.fixture(scope="session")
def new_good_photos(solar_cells: SolarCells) -> list[ImageRGB]:
    return [read_image(path) for path in list_images(solar_cells.mixed / "good")]


@pytest.fixture(scope="session")
def defective_photos(solar_cells: SolarCells) -> list[ImageRGB]:
    return [read_image(path) for path in list_images(solar_cells.mixed / "defective")]
