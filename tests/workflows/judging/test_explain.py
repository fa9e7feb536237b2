"""A flagged part is shown beside its nearest normal patch, in the picture of that patch's good part."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inspector.core.judging.explanation import Box
from inspector.core.photo.resizing import resize_image
from inspector.core.values import ImageRGB
from inspector.storage.bundles.bundle import load_bundle, save_bundle
from inspector.storage.photos.images import read_image
from inspector.storage.photos.photo_list import list_images
from inspector.workflows.judging.explain import as_json, why_flagged, why_words
from inspector.workflows.judging.loaded_bundle import LoadedBundle, open_bundle
from inspector.workflows.training.train import train
from tests.conftest import SolarCells
from tests.workflows.small import SIZE, small_recipe


@pytest.fixture(scope="module")
def loaded(small_bundle: Path) -> LoadedBundle:
    return open_bundle(small_bundle)


@pytest.fixture(scope="module")
def defect(solar_cells: SolarCells) -> ImageRGB:
    return read_image(list_images(solar_cells.mixed / "defective")[0])


def test_the_picture_is_of_the_good_photo_that_is_nearest(
    loaded: LoadedBundle, defect: ImageRGB, few_goods: Path
) -> None:
    why = why_flagged(loaded, defect)
    assert why is not None
    near = why.nearest
    assert near is not None
    assert near.picture_rgb is not None
    assert near.box is not None
    assert near.picture_rgb.shape == (SIZE, SIZE, 3)
    assert (near.box.w, near.box.h) == (8, 8)
    goods = [resize_image(read_image(path), (SIZE, SIZE)).astype(int) for path in list_images(few_goods)]
    unlike = [np.abs(good - near.picture_rgb).mean() for good in goods]
    assert int(np.argmin(unlike)) == near.number - 1
    assert (near.of, near.fed_back) == (12, False)
    assert why_words(why).endswith(f"from good photo {near.number} of 12.")


def test_distances_are_in_units_of_the_threshold_asked_for(loaded: LoadedBundle, defect: ImageRGB) -> None:
    own, doubled = why_flagged(loaded, defect), why_flagged(loaded, defect, threshold=2.0)
    assert own is not None
    assert doubled is not None
    assert own.threshold == loaded.stored.manifest.limits.threshold
    assert own.relative_distance == own.found.distance / own.threshold
    assert doubled.relative_score == own.found.score / 2.0
    told = json.loads(json.dumps(as_json(own)))
    assert told["nearest"]["picture_hw"] == [SIZE, SIZE]
    assert told["box"] == [own.found.box.x, own.found.box.y, own.found.box.w, own.found.box.h]


def test_another_place_may_be_asked_for(loaded: LoadedBundle, defect: ImageRGB) -> None:
    why = why_flagged(loaded, defect, at_xy=(10, 290))
    assert why is not None
    assert why.found.box == Box(0, 262, 38, 38)


def test_a_photo_of_another_shape_is_not_explained(loaded: LoadedBundle) -> None:
    assert why_flagged(loaded, np.zeros((300, 600, 3), dtype=np.uint8)) is None


def test_older_bundles_open_and_say_what_they_know(small_bundle: Path, tmp_path: Path, defect: ImageRGB) -> None:
    stored = load_bundle(small_bundle)
    later = {"bank_places", "pictures", "pictures_at"}
    assert later <= set(stored.arrays)
    path = tmp_path / "old.inspector"
    save_bundle(path, stored.manifest, {name: array for name, array in stored.arrays.items() if name not in later})
    old, now = why_flagged(open_bundle(path), defect), why_flagged(open_bundle(small_bundle), defect)
    assert old is not None
    assert now is not None
    assert old.nearest is not None
    assert old.found.box == now.found.box
    assert old.found.distance == now.found.distance
    assert (old.nearest.box, old.nearest.picture_rgb) == (None, None)
    assert "does not store the place in the photo" in why_words(old)


def test_pictures_may_be_left_out(few_goods: Path, tmp_path: Path, defect: ImageRGB) -> None:
    bundle = tmp_path / "cells.inspector"
    train(few_goods, bundle, small_recipe("patchcore"), keep_pictures=False)
    assert "pictures" not in load_bundle(bundle).arrays
    why = why_flagged(open_bundle(bundle), defect)
    assert why is not None
    assert why.nearest is not None
    assert why.nearest.box is not None  # in pixels of the photo, since there is no picture
    assert max(why.nearest.box.x, why.nearest.box.y) > SIZE or why.nearest.box.w > 8
    assert why_words(why).endswith("stores no picture of it.")


def test_a_method_without_memory_says_so(few_goods: Path, tmp_path: Path, defect: ImageRGB) -> None:
    bundle = tmp_path / "cells.inspector"
    recipe = small_recipe("coarse-to-fine", settings={"channels": 20, "align": "never"})
    train(few_goods, bundle, recipe)
    loaded = open_bundle(bundle)
    assert "pictures" not in loaded.stored.arrays
    why = why_flagged(loaded, defect)
    assert why is not None
    assert why.nearest is None
    assert "mean of all good photos" in why_words(why)
    assert as_json(replace(why, threshold=1.0))["nearest"] is None
