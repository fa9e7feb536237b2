"""Counts of training's steps: seconds differ from machine to machine."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from inspector.core.training.plan import Recipe
from inspector.engine.features.patches import PatchExtractor
from inspector.storage.good_photos import good_set
from inspector.storage.photos.images import list_images, read_image
from inspector.workflows.training.train import train
from tests.conftest import SolarCells
from tests.workflows.small import BANK

RECIPE = Recipe(method="patchcore", size=64, settings=BANK)


def trained_with_counts(good: Path, bundle: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Counter[Path], int]:
    decodes: Counter[Path] = Counter()
    seen: list[int] = []
    extract = PatchExtractor.extract
    monkeypatch.setattr(
        good_set, "read_image", lambda path, depth: [decodes.update([path]), read_image(path, depth)][1]
    )
    monkeypatch.setattr(
        PatchExtractor, "extract", lambda self, photos: [seen.append(len(photos)), extract(self, photos)][1]
    )
    train(good, bundle, RECIPE)
    return decodes, sum(seen)


def test_each_good_photo_is_decoded_once_and_seen_once_by_the_backbone(
    solar_cells: SolarCells, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photos = list_images(solar_cells.good)
    decodes, seen = trained_with_counts(solar_cells.good, tmp_path / "a.inspector", monkeypatch)
    assert decodes == Counter(photos)
    assert seen == len(photos)


def test_without_memory_for_them_photos_are_read_again_to_the_same_bundle(
    solar_cells: SolarCells, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(solar_cells.good, tmp_path / "a.inspector", RECIPE)
    monkeypatch.setattr(good_set, "KEPT_BYTES", 0)
    monkeypatch.setattr("inspector.engine.methods.patchcore.KEPT_BYTES", 0)
    decodes, seen = trained_with_counts(solar_cells.good, tmp_path / "b.inspector", monkeypatch)
    # the check, both passes, copies for the guards, and the picture
    assert set(decodes.values()) <= {4, 5}
    assert seen == 2 * len(decodes)
    assert (tmp_path / "a.inspector").read_bytes() == (tmp_path / "b.inspector").read_bytes()
