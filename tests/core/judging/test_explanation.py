"""Boxes on photos: cells of a grid, enlarged about their centre, at another size."""

from __future__ import annotations

import numpy as np

from inspector.core.judging.explanation import Box, box_of_cell, cell_to_explain
from inspector.core.values import ScoreMap


def test_the_cells_of_a_grid_cover_the_photo_without_gap_or_overlap() -> None:
    seen = np.zeros((301, 199), dtype=int)
    for cell in range(32 * 20):
        box = box_of_cell(cell, (32, 20), (301, 199))
        seen[box.y : box.y + box.h, box.x : box.x + box.w] += 1
    assert (seen == 1).all()
    assert box_of_cell(0, (32, 20), (301, 199)).x == 0
    last = box_of_cell(32 * 20 - 1, (32, 20), (301, 199))
    assert (last.x + last.w, last.y + last.h) == (199, 301)


def test_a_box_grows_about_its_centre_and_stays_on_the_photo() -> None:
    assert Box(40, 60, 10, 8).around(3.0, (200, 100)) == Box(30, 52, 30, 24)
    assert Box(0, 196, 10, 8).around(3.0, (200, 100)) == Box(0, 176, 30, 24)
    assert Box(0, 0, 10, 8).around(1000.0, (200, 100)) == Box(0, 0, 100, 200)


def test_a_pixel_and_the_peak_lead_to_their_cells() -> None:
    grid = np.zeros((4, 5), dtype=np.float32)
    grid[2, 3] = 1.0
    score_map = ScoreMap(grid, (32, 40))
    assert cell_to_explain(score_map, (400, 500), None) == 2 * 5 + 3
    assert cell_to_explain(score_map, (400, 500), (99, 399)) == 3 * 5
    assert cell_to_explain(score_map, (400, 500), (500, 400)) == 3 * 5 + 4
