"""A seal is a checksum: anybody can make it fit again. Whatever is sealed works, or is refused in one sentence."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inspector.core.errors import BundleCorrupt, BundleError, DetectorError, InspectorError, ResultsError, WeightsError
from inspector.core.promise.words import promise_words
from inspector.storage.bundles.bundle import StoredBundle
from inspector.storage.photos.images import read_image
from inspector.storage.photos.photo_list import list_images
from inspector.storage.reports import write_report
from inspector.storage.results.inspection_run import load_results, save_results
from inspector.workflows.judging import explain, limits
from inspector.workflows.judging.inspect import as_json, inspect_photos
from inspector.workflows.judging.loaded_bundle import LoadedBundle, open_bundle
from inspector.workflows.training.train import train
from tests.conftest import SolarCells
from tests.workflows.judging.hostile import (
    VALUES,
    drawn,
    hostile_bundles,
    make_hostile,
    places_of,
    resealed_results,
)
from tests.workflows.small import small_recipe

SEED, DRAWN = 14, 90


@pytest.fixture(scope="module")
def loaded(solar_cells: SolarCells, tmp_path_factory: pytest.TempPathFactory) -> LoadedBundle:
    """A bundle with guards and pictures; while its backbone stays loaded, others with it open quickly."""
    bundle = tmp_path_factory.mktemp("guarded") / "cells.inspector"
    train(solar_cells.good, bundle, small_recipe())
    limits.compare_with_defects(bundle, solar_cells.mixed / "defective", device="cpu")
    return open_bundle(bundle, device="cpu")


@pytest.fixture(scope="module")
def guarded(loaded: LoadedBundle) -> StoredBundle:
    return loaded.stored


@pytest.fixture(scope="module")
def photos(solar_cells: SolarCells) -> list[Path]:
    return list_images(solar_cells.mixed / "good")[:2]


def use_it(path: Path, photos: list[Path], folder: Path) -> str | None:
    """Open a bundle, judge photos, save, read back and report; return the sentence where it is refused."""
    try:
        loaded = open_bundle(path, device="cpu")
    except (BundleError, WeightsError, DetectorError) as error:
        refused = error
    else:
        return _judge(loaded, photos, folder)
    # Another backbone, or other weights of it, is a matter of this computer, not of the file.
    assert refused.subject == str(path) or not isinstance(refused, BundleError)
    assert "\n" not in refused.sentence
    assert len(refused.sentence) < 400
    return refused.sentence


def _judge(loaded: LoadedBundle, photos: list[Path], folder: Path) -> None:
    run = inspect_photos(loaded, photos)
    json.dumps(as_json(run, folder), allow_nan=False)
    save_results(run, folder)
    again = load_results(folder)
    write_report(again, folder / "report.html")
    json.dumps(limits.as_json(loaded.stored), allow_nan=False)
    promise_words(loaded.stored.manifest.threshold.false_alarm, loaded.stored.manifest.recipe.false_alarm_rate)
    why = explain.why_flagged(loaded, read_image(photos[0]))
    if why is not None:  # None for another shape than the good photos'
        explain.why_words(why)


def test_a_bundle_with_one_field_or_array_replaced(guarded: StoredBundle, photos: list[Path], tmp_path: Path) -> None:
    """A sample, drawn by a seed; all of them, also of other methods, are tried by hand."""
    refused = 0
    for name, change in drawn(guarded, DRAWN, SEED):
        try:
            refused += use_it(make_hostile(guarded, name, change).write(tmp_path), photos, tmp_path) is not None
        except Exception as error:
            raise AssertionError(f"{name}: {error!r}") from error
    assert DRAWN // 2 < refused < DRAWN  # some do no harm, such as another name of the folder


HARMFUL = [
    "threshold.false_alarm.goods huger",
    "threshold.value small",
    "threshold.value large",
    "goods.count huge",
    "goods.photo_hw.0 zero",
    "goods.photo_hw.0 huge",
    "recipe.size huge",
    "recipe.method text",
    "recipe.settings object",
    "recipe.settings.blur_patches not a number",
    "recipe.false_alarm_rate tiny",
    "good_scores empty list",
    "good_scores.0 not a number",
    "guards.promise.goods huger",
    "guards.ranges empty list",
    "coverage.0.goods minus one",
    "defects.scores.0 infinite",
    "defects.scores empty list",
    "versions deep",
    "schema_number true",
    "schema_number very long number",
    "bank missing",
    "bank empty",
    "bank one nan",
    "bank double",
    "bank no width, very long",
    "bank_photos smallest",
    "bank_places largest",
    "f_weight another axis",
    "f_bias whole numbers",
    "pictures missing",
    "pictures_at largest",
    "guards.usual zeros",
    "guards.usual no shape",
    "guards.embeddings no width",
    "guards.scale zeros",
    "guards.fingerprint one inf",
    "manifest is nested too deeply",
    "manifest is no JSON",
    "manifest is list",
    "settings nested too deeply",
]


@pytest.mark.parametrize("name", HARMFUL)
def test_what_no_training_gives_is_refused_before_a_photo_is_judged(
    guarded: StoredBundle, photos: list[Path], tmp_path: Path, name: str
) -> None:
    change = dict(hostile_bundles(guarded))[name]
    assert use_it(make_hostile(guarded, name, change).write(tmp_path), photos, tmp_path) is not None
    assert not (tmp_path / "results.json").exists()


def test_a_recipe_that_is_not_valid_names_the_file_and_the_setting(guarded: StoredBundle, tmp_path: Path) -> None:
    hostile = make_hostile(guarded, "a setting", (("recipe", "settings"), {"neighbourhood": 1_000}))
    path = hostile.write(tmp_path)
    with pytest.raises(BundleCorrupt, match=r"its recipe is not valid \(setting 'neighbourhood': .*; train again"):
        open_bundle(path, device="cpu")


def test_arrays_of_another_network_are_refused(guarded: StoredBundle, tmp_path: Path) -> None:
    bank = np.ones((5, 3), dtype=np.float32)
    with pytest.raises(BundleCorrupt):
        open_bundle(make_hostile(guarded, "bank", ("bank", bank)).write(tmp_path), device="cpu")


def test_a_limit_that_could_not_be_opened_again_is_not_kept(guarded: StoredBundle) -> None:
    before = guarded.path.read_bytes()
    with pytest.raises(DetectorError, match="is no raw score"):
        limits.keep_limits(guarded, limits.Limits(1e20))
    assert guarded.path.read_bytes() == before


def test_results_with_one_field_replaced(loaded: LoadedBundle, photos: list[Path], tmp_path: Path) -> None:
    odd = tmp_path / "torn.png"
    odd.write_bytes(b"\x89PNG")
    saved, folder = tmp_path / "saved", tmp_path / "hostile"
    save_results(inspect_photos(loaded, [photos[0], odd]), saved)
    document = json.loads((saved / "results.json").read_text("utf-8"))
    places = [place for place in places_of(document) if place[0] not in ("manifest", "sha256")]
    every = [(place, name) for place in places for name in VALUES]
    refused = 0
    for place, name in [*random.Random(SEED).sample(every, 120), ((), "list"), ((), "null"), ((), "deep")]:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(saved, folder)
        resealed_results(folder, place, VALUES[name])
        try:
            refused += _read_results(folder)
        except Exception as error:
            raise AssertionError(f"{place} {name}: {error!r}") from error
    assert 50 < refused < 123


def _read_results(folder: Path) -> bool:
    try:
        run: Any = load_results(folder)
    except ResultsError:
        return True
    try:
        write_report(run, folder / "report.html")
    except InspectorError as error:  # a photo that is no longer there, or never was
        return bool(error.sentence)
    json.dumps(as_json(run, folder), allow_nan=False)
    return False
