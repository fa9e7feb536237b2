from __future__ import annotations

import csv
import json
import os
import shutil
from pathlib import Path

import cv2
import pytest

from inspector.storage.bundles import bundle as bundle_format
from inspector.storage.bundles import manifest as manifest_format
from inspector.storage.bundles.bundle import load_bundle, save_bundle
from inspector.storage.photos.images import read_image, write_image
from inspector.storage.photos.photo_list import list_images
from tests.cli.conftest import Run, json_of, sentence_of
from tests.conftest import SolarCells
from tests.storage.photos.test_photo_files import png, webp

ODD_NAMES = ["größe und länge.png", "部品 7.png", "crack 😀 'quoted' \"twice\".png", "-leading dash.png", "a;b,c.png"]


@pytest.fixture
def odd_photos(solar_cells: SolarCells, tmp_path: Path) -> Path:
    """Five photos with odd names, one of another shape, one torn."""
    folder = tmp_path / "photos mit Umlauten äöü"
    folder.mkdir()
    cells = list_images(solar_cells.mixed / "good")
    for name, photo in zip(ODD_NAMES, cells, strict=False):
        shutil.copyfile(photo, folder / name.replace('"', "" if os.name == "nt" else '"'))
    write_image(folder / "wide.png", read_image(cells[0])[:150])
    (folder / "torn.png").write_bytes(cells[0].read_bytes()[:2000])
    return folder


def rows_of(folder: Path) -> list[dict[str, str]]:
    with (folder / "results.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_json_csv_and_document_agree(run: Run, small_bundle: Path, odd_photos: Path, tmp_path: Path) -> None:
    threshold = load_bundle(small_bundle).manifest.threshold.value
    result = run("inspect", odd_photos, "--model", small_bundle, "--out", "out", "--json")
    found = json_of(result)
    assert (found["images"], found["refused"], found["unreadable"]) == (7, 1, 1)
    assert found["ok"] + found["ng"] == 5
    assert found["threshold"] == threshold
    assert 0.0 < found["ms_per_image"]["p50"] <= found["ms_per_image"]["p95"]
    rows, photos = rows_of(tmp_path / "out"), json.loads(Path(found["results"]).read_text("utf-8"))["photos"]
    for verdict in ("OK", "NG", "REFUSED", "UNREADABLE"):
        assert found[verdict.lower()] == sum(row["verdict"] == verdict for row in rows)
    for row, photo in zip(rows, photos, strict=True):
        assert row["path"] == photo["path"]
        assert row["verdict"] == photo["verdict"]
        assert Path(row["path"]).is_file()
        if photo["score"] is None:
            assert (row["score"], row["relative_score"], photo["regions"]) == ("", "", [])
            assert row["error"] == photo["error"] != ""
        else:
            assert float(row["score"]) == photo["score"]
            assert float(row["relative_score"]) == photo["relative_score"] == photo["score"] / threshold
            assert (photo["verdict"] == "NG") == (photo["score"] > threshold) == bool(photo["regions"])
            assert row["error"] == ""
    assert result.stderr.startswith("7 photos: ")


def test_regions_have_the_contracts_keys_and_lie_in_the_photo(
    run: Run, small_bundle: Path, solar_cells: SolarCells, tmp_path: Path
) -> None:
    json_of(run("inspect", solar_cells.mixed / "defective", "--model", small_bundle, "--out", "out", "--json"))
    photos = json.loads((tmp_path / "out" / "results.json").read_text("utf-8"))["photos"]
    regions = [region for photo in photos for region in photo["regions"]]
    assert regions
    for region in regions:
        assert set(region) == {"x", "y", "w", "h", "area_px", "peak"}
        assert region["x"] >= 0
        assert region["x"] + region["w"] <= 300
        assert region["y"] >= 0
        assert region["y"] + region["h"] <= 300
        assert 0 < region["area_px"] <= region["w"] * region["h"]
    assert max(region["peak"] for region in regions) == pytest.approx(max(photo["score"] for photo in photos))


def test_the_threshold_flips_verdicts(run: Run, small_bundle: Path, solar_cells: SolarCells) -> None:
    words = ["inspect", solar_cells.mixed, "--model", small_bundle, "--out", "out", "--json", "--threshold"]
    strict, lax = json_of(run(*words, "0.001")), json_of(run(*words, "1e6"))
    assert (strict["ok"], strict["ng"], strict["threshold"]) == (0, 12, 0.001)
    assert (lax["ok"], lax["ng"], lax["threshold"]) == (12, 0, 1e6)


@pytest.mark.parametrize(("threshold", "code"), [("0.001", 1), ("1e6", 0)])
def test_fail_on_ng_tells_by_the_exit_code(
    run: Run, small_bundle: Path, solar_cells: SolarCells, tmp_path: Path, threshold: str, code: int
) -> None:
    photo = list_images(solar_cells.mixed / "good")[0]
    words = ["inspect", photo, "--model", small_bundle, "--out", "out", "--threshold", threshold, "--json"]
    found = json_of(run(*words, "--fail-on-ng"), code)
    assert found["ng"] == code
    assert len(rows_of(tmp_path / "out")) == 1  # written all the same
    assert run(*words).exit_code == 0


@pytest.mark.parametrize(
    ("words", "codes"),
    [
        ([], (0, 0, 0, 0)),
        (["--fail-on-ng"], (0, 1, 0, 0)),
        (["--fail-on", "ng"], (0, 1, 0, 0)),
        (["--fail-on", "not-ok"], (0, 1, 1, 1)),
        (["--fail-on", "not-ok", "--fail-on-ng"], (0, 1, 1, 1)),
    ],
)
def test_a_gate_may_end_on_ng_or_on_all_that_is_not_ok(
    run: Run, small_bundle: Path, odd_photos: Path, words: list[str], codes: tuple[int, ...]
) -> None:
    photos = [(odd_photos / ODD_NAMES[0], "1e6"), (odd_photos / ODD_NAMES[0], "0.001")]
    photos += [(odd_photos / "wide.png", "1e6"), (odd_photos / "torn.png", "1e6")]
    found = []
    for photo, threshold in photos:
        given = ["inspect", photo, "--model", small_bundle, "--out", "out", "--threshold", threshold, "--json"]
        result = run(*given, *words)
        json_of(result, result.exit_code)
        found.append(result.exit_code)
    assert tuple(found) == codes


@pytest.mark.parametrize(
    ("threshold", "would_be", "codes"), [("1e6", "OK", (0, 0, 0, 1)), ("0.001", "NG", (0, 1, 1, 1))]
)
def test_a_refused_photo_ends_a_gate_as_what_it_would_be_and_is_never_ok(
    run: Run,
    trained_bundle: Path,
    solar_cells: SolarCells,
    tmp_path: Path,
    threshold: str,
    would_be: str,
    codes: tuple[int, ...],
) -> None:
    cell = read_image(list_images(solar_cells.mixed / "good")[0])
    write_image(tmp_path / "blurred.png", cv2.GaussianBlur(cell, (0, 0), 6.0))
    given = ["inspect", tmp_path / "blurred.png", "--model", trained_bundle, "--out", "out", "--threshold", threshold]
    gates = [[], ["--fail-on-ng"], ["--fail-on", "ng"], ["--fail-on", "not-ok"]]
    for words, code in zip(gates, codes, strict=True):
        found = json_of(run(*given, "--json", *words), code)
        assert (found["ok"], found["ng"], found["refused"]) == (0, 0, 1)
        assert found["refused_and_ng"] == (would_be == "NG")
    (row,) = rows_of(tmp_path / "out")
    assert (row["verdict"], row["would_be"]) == ("REFUSED", would_be)
    assert float(row["score"]) > 0.0


def test_unsure_parts_are_not_ok(run: Run, small_bundle: Path, odd_photos: Path, tmp_path: Path) -> None:
    bundle = tmp_path / "unsure.inspector"
    shutil.copyfile(small_bundle, bundle)
    assert run("threshold", bundle, "--to", "1e6", "--unsure", "1e-6").exit_code == 0
    words = ["inspect", odd_photos / ODD_NAMES[0], "--model", bundle, "--out", "out", "--json", "--fail-on"]
    assert json_of(run(*words, "ng"), 0)["unsure"] == 1
    assert json_of(run(*words, "not-ok"), 1)["unsure"] == 1


def test_another_gate_is_answered_in_one_sentence(run: Run) -> None:
    answer = sentence_of(run("inspect", "photos", "--model", "p", "--out", "out", "--fail-on", "refused"))
    assert "'refused' is not one of 'ng', 'not-ok'" in answer


def test_one_photo_is_enough_and_stdout_stays_empty_without_json(
    run: Run, small_bundle: Path, solar_cells: SolarCells
) -> None:
    photo = list_images(solar_cells.mixed / "good")[0]
    result = run("inspect", photo, "--model", small_bundle, "--out", "out")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.startswith("1 photo: ")
    assert result.stderr.endswith("; results in out\n")


def test_photos_that_cannot_be_judged_are_results(
    run: Run, small_bundle: Path, odd_photos: Path, tmp_path: Path
) -> None:
    found = json_of(
        run("inspect", odd_photos / "torn.png", "--model", small_bundle, "--out", "out", "--fail-on-ng", "--json")
    )
    assert (found["images"], found["unreadable"], found["ng"]) == (1, 1, 0)
    json_of(run("inspect", odd_photos / "wide.png", "--model", small_bundle, "--out", "out", "--json"))
    (row,) = rows_of(tmp_path / "out")
    assert row["verdict"] == "REFUSED"
    assert row["error"].startswith("the photo is 300 x 150 pixels, the good photos are 300 x 300: ")


def test_heatmaps_are_pictures_of_the_photos(run: Run, small_bundle: Path, odd_photos: Path, tmp_path: Path) -> None:
    json_of(run("inspect", odd_photos, "--model", small_bundle, "--out", "out", "--heatmaps", "--json"))
    pictures = list_images(tmp_path / "out" / "heatmaps")
    assert len(pictures) == 5
    assert all(read_image(picture).shape == (300, 300, 3) for picture in pictures)
    photos = json.loads((tmp_path / "out" / "results.json").read_text("utf-8"))["photos"]
    named = [photo["heatmap"] for photo in photos if photo["heatmap"] is not None]
    assert {tmp_path / "out" / name for name in named} == set(pictures)


def test_a_second_run_does_not_judge_the_heatmaps_of_the_first(
    run: Run, small_bundle: Path, solar_cells: SolarCells, tmp_path: Path
) -> None:
    photos = shutil.copytree(solar_cells.mixed / "good", tmp_path / "photos")
    out = photos / "out"
    words = ["inspect", photos, "--model", small_bundle, "--heatmaps", "--json", "--out"]
    first, second, third = run(*words, out), run(*words, out), run(*words, "elsewhere")
    assert [json_of(result)["images"] for result in (first, second, third)] == [6, 6, 6]
    assert len(list_images(out / "heatmaps")) == 6
    assert first.stderr.startswith("6 photos: ")
    for result in (second, third):
        assert result.stderr.startswith(
            f"Left out: {out / 'heatmaps'}, which holds heatmaps of an inspection\n6 photos"
        )


def test_no_heatmaps_unless_asked_for(run: Run, small_bundle: Path, odd_photos: Path, tmp_path: Path) -> None:
    json_of(run("inspect", odd_photos, "--model", small_bundle, "--out", "out", "--json"))
    assert sorted(os.listdir(tmp_path / "out")) == ["maps.safetensors", "results.csv", "results.json"]


@pytest.mark.parametrize("threshold", ["0", "-3", "nan", "inf", "-inf"])
def test_impossible_thresholds_are_refused(
    run: Run, small_bundle: Path, solar_cells: SolarCells, tmp_path: Path, threshold: str
) -> None:
    answer = sentence_of(
        run("inspect", solar_cells.mixed, "--model", small_bundle, "--out", "out", f"--threshold={threshold}")
    )
    assert answer.startswith("threshold: ")
    assert answer.endswith("is no raw score; give a number above 0, or leave it out")
    assert os.listdir(tmp_path) == []


def test_photos_that_are_not_there_are_told(run: Run, small_bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for path, sentence in (
        ("nowhere", "nowhere: there is no such file or folder; check the path"),
        ("empty", "empty: there is no photo in this folder; "),
    ):
        assert sentence_of(run("inspect", path, "--model", small_bundle, "--out", "out")).startswith(sentence)
    assert os.listdir(tmp_path) == ["empty"]


@pytest.mark.parametrize("out", ["file", "file/deeper"])
def test_an_output_folder_that_is_a_file_is_refused(
    run: Run, small_bundle: Path, solar_cells: SolarCells, tmp_path: Path, out: str
) -> None:
    (tmp_path / "file").write_text("kept")
    answer = sentence_of(run("inspect", solar_cells.mixed, "--model", small_bundle, "--out", Path(out)))
    assert answer == f"{Path(out)}: a part of the path is a file, not a folder; choose another folder"
    assert (tmp_path / "file").read_text() == "kept"


def test_bundles_that_cannot_be_opened_are_refused(
    run: Run, small_bundle: Path, solar_cells: SolarCells, tmp_path: Path
) -> None:
    content = small_bundle.read_bytes()
    (tmp_path / "torn.inspector").write_bytes(content[: len(content) // 2])
    (tmp_path / "altered.inspector").write_bytes(content[:-9] + bytes([content[-9] ^ 1]) + content[-8:])
    (tmp_path / "empty.inspector").touch()
    (tmp_path / "folder").mkdir()
    (tmp_path / "text.inspector").write_text("no bundle")
    for name, sentence in (
        ("nowhere.inspector", "there is no such file; check the path, or train a model first"),
        ("torn.inspector", "the file is cut short or was altered, so it is not trusted; copy it again"),
        ("altered.inspector", "the file is cut short or was altered, so it is not trusted; copy it again"),
        ("empty.inspector", "the file is empty; copy it again"),
        ("folder", "this is a folder; choose the model file in it"),
        ("text.inspector", "this is not a model of Inspector, or its beginning is damaged; choose a file that"),
    ):
        answer = sentence_of(run("inspect", solar_cells.mixed, "--model", name, "--out", "out"))
        assert answer.startswith(f"{name}: {sentence}")
    assert not (tmp_path / "out").exists()


def test_a_bundle_of_a_later_release_is_refused(
    run: Run, small_bundle: Path, solar_cells: SolarCells, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = load_bundle(small_bundle)
    later = stored.manifest.model_copy(update={"versions": {"inspector": "9.4.0"}})
    with monkeypatch.context() as patch:
        patch.setattr(bundle_format, "SCHEMA_NUMBER", manifest_format.SCHEMA_NUMBER + 1)
        save_bundle(Path("later.inspector"), later, stored.arrays)
    answer = sentence_of(run("inspect", solar_cells.mixed, "--model", "later.inspector", "--out", "out"))
    later_schema = manifest_format.SCHEMA_NUMBER + 1
    assert answer.startswith(f"later.inspector: Inspector 9.4.0 wrote this model in schema {later_schema}")
    assert "install that release or a later one" in answer


def test_an_unknown_device_is_refused(run: Run, small_bundle: Path, solar_cells: SolarCells) -> None:
    answer = sentence_of(run("inspect", solar_cells.mixed, "--model", small_bundle, "--out", "out", "--device", "tpu"))
    assert answer == "tpu: there is no device of this name; choose one of: auto, cpu, cuda"


def test_results_of_an_earlier_run_are_replaced(run: Run, small_bundle: Path, solar_cells: SolarCells) -> None:
    words = ["--model", small_bundle, "--out", "out", "--json"]
    json_of(run("inspect", solar_cells.mixed, *words))
    json_of(run("inspect", solar_cells.mixed / "good", *words))
    assert len(rows_of(Path("out"))) == 6


def test_hostile_photos_and_skipped_files_stop_nothing(
    run: Run, small_bundle: Path, solar_cells: SolarCells, tmp_path: Path
) -> None:
    folder = tmp_path / "photos"
    shutil.copytree(solar_cells.mixed / "good", folder)
    photos = len(list_images(folder))
    (folder / "bomb.webp").write_bytes(webp(12_000, 12_000))
    (folder / "square bomb.png").write_bytes(png(14_000, 14_000))
    for name in ("$RECYCLE.BIN", "@eaDir"):
        shutil.copytree(solar_cells.mixed / "defective", folder / name)
    shutil.copy(list_images(solar_cells.mixed / "defective")[0], folder / "defect.heic")
    result = run("inspect", folder, "--model", small_bundle, "--out", "out", "--json")
    found = json_of(result)
    assert (found["images"], found["unreadable"]) == (photos + 2, 2)
    assert found["ok"] + found["ng"] + found["refused"] == photos
    assert [Path(one["path"]).name for one in found["skipped"]] == ["$RECYCLE.BIN", "@eaDir", "defect.heic"]
    assert "2 trash or system folders ignored: $RECYCLE.BIN, @eaDir\n" in result.stderr
    assert "1 file skipped: Inspector reads no HEIC pictures; save the photo as PNG, TIFF or JPEG\n" in result.stderr
