"""Scores of good photos that the detector has seen, beside those of photos that it has not."""

from __future__ import annotations

import argparse

import pytest

from benchmarks.judgement.held_out import ratios, recipe_of, row
from inspector.core.training.plan import Recipe
from inspector.storage.good_photos.good_set import check_good_photos
from inspector.storage.photos.photo_list import list_images
from tests.conftest import SolarCells


def test_a_row_gives_mean_standard_error_and_splits() -> None:
    assert row([0.9, 1.0, 1.1]) == "1.00 +- 0.06 over 3 splits"


def test_settings_come_from_preset_and_command() -> None:
    given = argparse.Namespace(
        preset="reconpatch-wrn50",
        set=["steps=400", "learning_rate=5e-4", "start=whitening"],
        method="reconpatch",
        size=96,
    )
    settings = recipe_of(given).settings
    assert (settings["steps"], settings["learning_rate"], settings["start"]) == (400, 5e-4, "whitening")
    assert settings["representation_dim"] == 512


def test_patchcore_scores_photos_without_their_patches_like_new_ones(solar_cells: SolarCells) -> None:
    goods = check_good_photos(solar_cells.good, list_images(solar_cells.good))
    recipe = Recipe(method="patchcore", size=64, settings={"pool_rows": 800, "bank_rows": 400})
    found = list(ratios(goods, recipe, trained_on=20, unseen=10, splits=2))
    assert found == pytest.approx([1.0, 1.0], abs=0.25)
