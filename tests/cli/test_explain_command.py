"""``inspector explain``: one photo, in words and as JSON."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from inspector.storage.photos.images import write_image
from inspector.storage.photos.photo_list import list_images
from tests.cli.conftest import Run, json_of, sentence_of
from tests.conftest import SolarCells


def test_a_photo_is_explained_at_its_peak_and_at_a_pixel(run: Run, small_bundle: Path, solar_cells: SolarCells) -> None:
    photo = list_images(solar_cells.mixed / "defective")[0]
    peak = run("explain", photo, "--model", small_bundle, "--json")
    found = json_of(peak)
    assert f"from good photo {found['nearest']['number']} of 12." in peak.stderr
    assert found["nearest"]["fed_back"] is False
    x, y, w, h = found["box"]
    again = json_of(run("explain", photo, "--model", small_bundle, "--at", x + w // 2, y + h // 2, "--json"))
    assert again == found


def test_a_photo_of_another_shape_is_a_plain_mistake(run: Run, small_bundle: Path, tmp_path: Path) -> None:
    photo = tmp_path / "wide.png"
    write_image(photo, np.zeros((30, 90, 3), dtype=np.uint8))
    assert "wide.png: its size differs" in sentence_of(run("explain", photo, "--model", small_bundle))
