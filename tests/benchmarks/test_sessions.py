"""Two sessions, exposed alike or not, held out and trained anew."""

from __future__ import annotations

import re

import numpy as np

from benchmarks.sessions import brighter, measure
from inspector.core.recipe import Recipe
from inspector.storage.images import read_image
from inspector.storage.photo_list import list_images
from tests.conftest import SolarCells


def test_a_stop_doubles_and_none_changes_nothing() -> None:
    photo = np.array([[[0, 60, 200]]], dtype=np.uint8)
    assert brighter(photo, 1.0).tolist() == [[[0, 120, 255]]]
    assert brighter(photo, 0.0).tolist() == photo.tolist()


def test_a_row_tells_the_promise_and_both_ways_of_holding_out(solar_cells: SolarCells) -> None:
    photos = [read_image(path) for path in list_images(solar_cells.good)[:12]]
    sessions = [at % 2 for at in range(12)]
    recipe = Recipe(method="patchcore", size=64, settings={"pool_rows": 800, "bank_rows": 400})
    row = measure(
        [brighter(photo, 1.0 * at) for photo, at in zip(photos, sessions, strict=True)], sessions, recipe, 0.2
    )
    plain, one_memory, anew = row.split(" | ")
    assert plain == "15.4%"  # two of thirteen ranks
    for shares in (one_memory, anew):
        over = re.fullmatch(r"(\d+)% \((\d+)%, (\d+)%\)", shares)
        assert over is not None
        assert int(over[1]) > 15
