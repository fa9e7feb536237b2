"""evaluate, report, demo, doctor and weights."""

from __future__ import annotations

import csv
import importlib.util
import json
import os
import shutil
import sys
from functools import partial
from pathlib import Path

import pytest
import timm
from safetensors.torch import save_file

from inspector.storage.photos.photo_list import list_images
from inspector.workflows.measuring import demo
from tests.cli.conftest import Run, json_of, sentence_of
from tests.conftest import SolarCells
from tests.workflows.small import SMALL_WORDS, make_dataset, small_recipe

FIGURES = {
    "image_auroc",
    "image_f1",
    "pixel_auroc",
    "aupro_30",
    "aupro_05",
    "fit_seconds",
    "ms_per_image",
    "peak_rss_mb",
    "false_alarm",
}
PIXEL_FIGURES = ("pixel_auroc", "aupro_30", "aupro_05")


def test_evaluate_has_every_key_of_the_contract(run: Run, dataset: Path) -> None:
    found = json_of(run("evaluate", dataset, "--repeats", "2", "--baselines", "--json", *SMALL_WORDS))
    assert set(found) >= FIGURES
    assert set(found["baselines"]) >= {"patchcore", "untrained"}
    assert len(found["runs"]) == 2
    for one in (found, *found["baselines"].values()):
        assert set(one) >= FIGURES
        assert all(0.0 <= one[name] <= 1.0 for name in ("image_auroc", "image_f1", *PIXEL_FIGURES))
        assert set(one["false_alarm"]) >= {"promised", "low", "high", "realised", "goods"}
        assert one["fit_seconds"] > 0.0
        assert 0.0 < one["ms_per_image"]["p50"] <= one["ms_per_image"]["p95"]


def test_evaluate_without_masks_gives_nulls(run: Run, solar_cells: SolarCells, tmp_path: Path) -> None:
    make_dataset(tmp_path / "cells", solar_cells, masks=False)
    found = json_of(run("evaluate", "cells", "--json", *SMALL_WORDS))
    assert [found[name] for name in PIXEL_FIGURES] == [None] * 3
    assert found["dataset"] == "cells"


def test_evaluate_of_categories_with_few_shots_says_both(run: Run, dataset: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        shutil.copytree(dataset, tmp_path / "parts" / name)
    found = json_of(run("evaluate", "parts", "--method", "patchcore", "--size=64", "--shots", "1", "--json"))
    assert set(found) >= FIGURES
    assert (found["dataset"], found["shots"], list(found["categories"])) == ("parts", 1, ["a", "b"])
    assert (found["image_f1"], found["false_alarm"]) == (None, None)
    assert found["averaged_over"]["aupro_30"] == 2


def test_evaluate_prints_a_table_for_people(run: Run, dataset: Path) -> None:
    result = run("evaluate", dataset, *SMALL_WORDS)
    assert result.exit_code == 0
    assert result.stdout.startswith("| cells | image AUROC |")
    table, note = result.stdout.strip().split("\n\n")
    assert len(table.splitlines()) == 3
    assert note.startswith("NG, NG or UNSURE: shares of the defective photos")
    assert result.stderr == ""


def test_evaluate_refuses_what_is_no_dataset(run: Run, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    for folder, what in (("photos", "this is no labelled dataset"), ("nowhere", "there is no such folder")):
        answer = sentence_of(run("evaluate", folder))
        assert answer.startswith(f"{folder}: {what}")
        assert "expected train/good, test/good and test/<defect> (MVTec AD), " in answer


@pytest.fixture
def results(run: Run, small_bundle: Path, solar_cells: SolarCells) -> Path:
    assert run("inspect", solar_cells.mixed / "good", "--model", small_bundle, "--out", "results").exit_code == 0
    return Path("results")


@pytest.mark.parametrize("name", ["größe 1.html", "r.csv", "R.HTML", "r.pdf", "r.coco.json"])
def test_a_report_is_written(run: Run, results: Path, name: str) -> None:
    result = run("report", results, "--out", name)
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", f"Report: {name}\n")
    content = Path(name).read_bytes()
    if name.endswith(".csv"):
        assert len(list(csv.DictReader(content.decode("utf-8-sig").splitlines()))) == 6
    elif name.endswith(".json"):
        assert json.loads(content).keys() == {"info", "licenses", "images", "annotations", "categories"}
    else:
        begins = {".pdf": b"%PDF-"}.get(Path(name).suffix, b"<!doctype html>")
        assert content.lstrip().startswith(begins)


def test_reports_that_cannot_be_written_are_refused(run: Run, results: Path, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    kinds = "a report is written as .html, .pdf, .csv or .coco.json; end its name in one of them"
    for words, sentence in (
        (["results", "--out", "r.json"], f"r.json: {kinds}"),
        (["results", "--out", "r.html", "--last-batch"], "--last-batch: results are reported as a whole; only parts"),
        (["results", "--out", "r.html", "--model", "p.inspector"], "--model: results are reported as a whole"),
        (["results", "--out", "r.pdf", "--paper", "A3"], "--paper: 'A3' cannot be used; input should be 'A4' or"),
        (["results", "--out", "r.pdf", "--logo", "l.png"], "l.png: the logo cannot be read, so no report was written"),
        (["results", "--out", "r"], f"r: {kinds}"),
        (["results", "--out", "no/r.html"], f"{Path('no/r.html')}: the folder does not exist; create it or choose"),
        (["photos", "--out", "r.html"], f"{Path('photos/results.json')}: there is no such file; choose a folder that"),
        (["nowhere", "--out", "r.html"], "nowhere: there is no such file; choose a folder that an inspection has"),
    ):
        assert sentence_of(run("report", *words)).startswith(sentence)
    assert sorted(os.listdir(tmp_path)) == ["photos", "results"]


def test_a_report_on_altered_results_is_refused(run: Run, results: Path) -> None:
    document = results / "results.json"
    document.write_text(document.read_text("utf-8").replace('"OK"', '"NG"').replace("cell", "part"), "utf-8")
    answer = sentence_of(run("report", results, "--out", "r.html"))
    assert answer.endswith("cut short or were altered, so they are not trusted; run the inspection again")


@pytest.fixture
def _few_photos(monkeypatch: pytest.MonkeyPatch) -> None:
    few = partial(demo.prepare_demo_data, goods=12, new_goods=4, new_defectives=4)
    monkeypatch.setattr(demo, "prepare_demo_data", few)
    monkeypatch.setattr(demo, "Recipe", small_recipe)


@pytest.fixture
def _no_display(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setitem(sys.modules, "inspector.app", None)  # an attempt to open the window is an ImportError


@pytest.mark.usefixtures("_few_photos", "_no_display")
@pytest.mark.parametrize("words", [["--no-gui"], []])
def test_the_demo_does_the_main_job_without_a_window(run: Run, tmp_path: Path, words: list[str]) -> None:
    result = run("demo", *words, "--out", "größe", "--json")
    found = json_of(result)
    assert 0.0 <= found["image_auroc"] <= 1.0
    assert found["train"]["images"] == 12
    assert found["inspect"]["images"] == 8
    assert (tmp_path / found["report"]).is_file()
    assert (tmp_path / found["inspect"]["results"]).is_file()
    assert ("The window was not opened: there is no display" in result.stderr) == (not words)
    assert "CC BY-NC-SA" in result.stderr


@pytest.mark.usefixtures("_few_photos")
def test_the_demo_opens_the_window_on_its_photos(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: dict[str, Path] = {}

    class Window:
        @staticmethod
        def run(**photos: Path) -> int:
            shown.update(photos)
            return 0

    monkeypatch.setattr("inspector.workflows.computer.machine.window_obstacle", lambda: None)
    monkeypatch.setitem(sys.modules, "inspector.app", Window)
    result = run("demo", "--out", "out")
    assert (result.exit_code, result.stdout) == (0, "")
    assert shown["bundle"].is_file()
    assert len(list_images(shown["good"])) == 12
    assert len(list_images(shown["photos"])) == 8


def test_the_demo_says_how_to_get_its_photos(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    answer = sentence_of(run("demo", "--no-gui", "--out", "out"))
    assert answer.endswith("the demo photos are not installed; run: pip install 'inspector[demo]'")
    assert os.listdir(tmp_path) == []


def test_the_doctor_tells_facts(run: Run, user_folders: Path) -> None:
    found = json_of(run("doctor", "--json"))
    assert set(found) >= {"system", "cores", "memory_gb", "versions", "device", "window", "backbones", "missing"}
    assert found["folders"]["data"].startswith(str(user_folders))
    assert set(found["device"]) == {"used", "gpu", "why_no_gpu"}
    assert all(isinstance(sentence, str) for sentence in found["missing"])


def test_the_doctor_talks_to_people_too(run: Run) -> None:
    result = run("doctor")
    assert (result.exit_code, result.stderr) == (0, "")
    assert {line.split()[0] for line in result.stdout.splitlines()} >= {"Computer", "Computes", "Window", "Versions"}


def test_weights_are_listed(run: Run) -> None:
    rows = json_of(run("weights", "list", "--json"))["backbones"]
    assert {row["name"]: row["ready"] for row in rows}["tf_efficientnet_lite0"] is True
    assert all(set(row) >= {"name", "ready", "license", "source"} for row in rows)
    table = run("weights", "list")
    assert table.exit_code == 0
    for row in rows:
        assert f"{row['name']} " in table.stdout


def test_weights_are_imported(run: Run, tmp_path: Path, user_folders: Path) -> None:
    save_file(timm.create_model("resnet18", pretrained=False).state_dict(), tmp_path / "größe.safetensors")
    result = run("weights", "import", "größe.safetensors", "--backbone", "resnet18")
    kept = user_folders / "data" / "weights" / "resnet18.safetensors"
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", f"Weights of resnet18: {kept}\n")
    assert kept.is_file()


def test_weights_that_cannot_be_imported_are_refused(run: Run, tmp_path: Path, user_folders: Path) -> None:
    (tmp_path / "text.pth").write_text("no weights")
    (tmp_path / "text.safetensors").write_text("no weights")
    save_file(timm.create_model("resnet18", pretrained=False).state_dict(), tmp_path / "resnet18.safetensors")
    for name, backbone, sentence in (
        ("nowhere.pth", "resnet18", "nowhere.pth: there is no such file; check the name"),
        ("text.pth", "resnet18", "text.pth: this is not a weights file that can be read safely; give a safetensors"),
        ("text.safetensors", "resnet18", "text.safetensors: this is not a weights file that can be read safely; "),
        ("resnet18.safetensors", "wide_resnet50_2", "resnet18.safetensors: these are not weights of wide_resnet50_2: "),
        ("resnet18.safetensors", "guess", "guess: timm knows no backbone of this name; "),
    ):
        assert sentence_of(run("weights", "import", name, "--backbone", backbone)).startswith(sentence)
    assert not (user_folders / "data" / "weights").exists()


def test_weights_that_cannot_be_fetched_are_told(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def offline(*_: object, **__: object) -> None:
        raise OSError("no route to host.\nand a second line")

    assert sentence_of(run("weights", "fetch", "guess")).startswith("guess: timm knows no backbone of this name; ")
    monkeypatch.setattr(timm, "create_model", offline)
    assert sentence_of(run("weights", "fetch", "resnet18")) == (
        "resnet18: could not download the weights (no route to host); check the internet connection and try again"
    )
