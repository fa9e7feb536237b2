"""Guards from training to results, on real photos and a bundle of the default recipe."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from inspector.core.errors import BundleCorrupt
from inspector.core.guards.guards import Guards
from inspector.core.judging.regions import find_regions
from inspector.core.values import GuardReading, ImageRGB, Verdict
from inspector.storage.bundles.bundle import load_bundle, save_bundle
from inspector.storage.photos.images import read_image, write_image
from inspector.storage.photos.photo_list import list_images
from inspector.storage.reports import write_report
from inspector.storage.results.inspection_run import load_results
from inspector.workflows.judging.inspect import as_json, inspect_folder, inspect_image, inspect_photos
from inspector.workflows.judging.loaded_bundle import LoadedBundle, open_bundle
from tests.conftest import GOODS, SolarCells


@pytest.fixture(scope="module")
def loaded(trained_bundle: Path) -> LoadedBundle:
    return open_bundle(trained_bundle)


@pytest.fixture
def photo(solar_cells: SolarCells) -> Path:
    return list_images(solar_cells.mixed / "good")[0]


def moved(image: ImageRGB, degrees: float) -> ImageRGB:
    matrix = cv2.getRotationMatrix2D((149.5, 149.5), degrees, 1.0)
    moved_rgb = cv2.warpAffine(image, matrix, (300, 300), borderMode=cv2.BORDER_REFLECT_101)
    return np.asarray(moved_rgb, dtype=np.uint8)


def test_training_keeps_ranges_and_a_promise_in_the_bundle(loaded: LoadedBundle) -> None:
    allowed = loaded.stored.manifest.guards
    assert allowed is not None
    assert loaded.guards is not None
    assert loaded.guards.allowed == allowed
    assert allowed.promise.goods == GOODS
    assert {one.name for one in allowed.ranges} >= {"exposure", "blur", "noise", "turn", "red", "unlikeness"}


def test_a_bundle_written_again_keeps_ranges_and_arrays_bit_for_bit(loaded: LoadedBundle, tmp_path: Path) -> None:
    stored = loaded.stored
    copy = tmp_path / "copy.inspector"
    assert save_bundle(copy, stored.manifest, stored.arrays) == stored.sha256
    again = load_bundle(copy)
    assert again.manifest.guards == stored.manifest.guards
    guards = {name for name in again.arrays if name.startswith("guards.")}
    assert guards
    assert all(np.array_equal(again.arrays[name], stored.arrays[name]) for name in guards)


def test_a_refused_photo_tells_value_and_range_and_keeps_its_score(loaded: LoadedBundle, photo: Path) -> None:
    found = inspect_image(loaded, moved(read_image(photo), degrees=12.0), photo)
    assert found.verdict(loaded.stored.manifest.limits) is Verdict.REFUSED
    assert found.score_map is not None
    assert found.score == found.score_map.score
    assert (found.refusal or "").startswith("turned counter-clockwise: turn +1")
    assert ", allowed " in (found.refusal or "")
    (reading,) = [one for one in found.readings if one.name == "turn"]
    assert reading.outside


def test_judged_photos_carry_all_readings_within_their_ranges(loaded: LoadedBundle, solar_cells: SolarCells) -> None:
    run = inspect_photos(loaded, list_images(solar_cells.good))
    judged = [one for one in run.inspections if one.score is not None]
    assert len(judged) >= GOODS - 1
    for one in judged:
        assert [reading.name for reading in one.readings][0::10] == ["exposure", "unlikeness"]
        assert not any(reading.outside for reading in one.readings)


def test_guards_change_no_score(loaded: LoadedBundle, photo: Path) -> None:
    image = read_image(photo)
    guarded, plain = inspect_image(loaded, image, photo), inspect_image(replace(loaded, guards=None), image, photo)
    assert plain.readings == ()
    assert guarded.score == plain.score


def test_results_keep_readings_and_count_reasons(
    trained_bundle: Path, photo: Path, tmp_path: Path, loaded: LoadedBundle
) -> None:
    photos, out = tmp_path / "photos", tmp_path / "out"
    photos.mkdir()
    write_image(photos / "as it is.png", read_image(photo))
    write_image(photos / "turned.png", moved(read_image(photo), degrees=12.0))
    run = inspect_folder(photos, trained_bundle, out)
    again = load_results(out)
    assert [one.readings for one in again.inspections] == [one.readings for one in run.inspections]
    assert as_json(run, out)["refused_for"] == {"turn": 1}
    fields = json.loads((out / "results.json").read_text(encoding="utf-8"))["photos"][1]["readings"][0]
    assert set(fields) == {"name", "value", "low", "high", "unit"}
    page = tmp_path / "report.html"
    write_report(again, page)
    text = page.read_text(encoding="utf-8")
    assert "turned counter-clockwise: turn +1" in text.replace("&#43;", "+")
    assert "photos of good parts in 100 to be refused" in text
    plain = inspect_folder(photos, trained_bundle, tmp_path / "plain", guards=False)
    assert plain.counts()[Verdict.REFUSED] == 0
    assert loaded.guards is not None  # only that run was without


def test_a_bundle_without_guards_judges_every_photo_of_the_shape(
    loaded: LoadedBundle, photo: Path, tmp_path: Path
) -> None:
    older = tmp_path / "older.inspector"
    arrays = {name: one for name, one in loaded.stored.arrays.items() if not name.startswith("guards.")}
    save_bundle(older, loaded.stored.manifest.model_copy(update={"guards": None}), arrays)
    opened = open_bundle(older)
    assert opened.guards is None
    assert inspect_image(opened, moved(read_image(photo), degrees=12.0), photo).score is not None


def test_ranges_without_their_arrays_are_a_broken_bundle(loaded: LoadedBundle, tmp_path: Path) -> None:
    broken = tmp_path / "broken.inspector"
    arrays = {name: one for name, one in loaded.stored.arrays.items() if name != "guards.rows"}
    save_bundle(broken, loaded.stored.manifest, arrays)
    with pytest.raises(BundleCorrupt, match="data of its guards"):
        open_bundle(broken)


def odd(value: float) -> GuardReading:
    return GuardReading("strangeness", value, None, 1.0, "times the usual")


def test_a_defect_that_makes_a_photo_strange_is_ng_with_its_region(
    loaded: LoadedBundle, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = loaded.stored.manifest.limits
    image = read_image(photo).copy()
    monkeypatch.setattr(Guards, "check", lambda *_: (odd(2.0),))
    assert inspect_image(loaded, image, photo).verdict(limits) is Verdict.REFUSED  # nothing in it is over the limit
    image[120:180, 120:180] = np.indices((60, 60)).sum(axis=0)[..., None] % 9 // 4 * 120
    found = inspect_image(loaded, image, photo)
    assert found.score_map is not None
    assert find_regions(found.score_map, limits.threshold, (300, 300))
    assert found.verdict(limits) is Verdict.NG
    assert [reading.name for reading in found.readings if reading.outside] == ["strangeness"]


def test_a_fault_all_over_a_photo_stays_refused_although_it_raises_the_score(loaded: LoadedBundle, photo: Path) -> None:
    image, limits = read_image(photo), loaded.stored.manifest.limits
    noise = np.random.default_rng(1).normal(0.0, 40.0, image.shape[:2])[..., None]
    for faulty in (np.clip(image + noise, 0, 255).astype(np.uint8), cv2.GaussianBlur(image, (0, 0), 4.0)):
        assert inspect_image(loaded, np.asarray(faulty, dtype=np.uint8), photo).verdict(limits) is Verdict.REFUSED
