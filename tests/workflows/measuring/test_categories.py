"""A dataset of several categories: figures of each, and their means."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inspector.core.progress import Progress
from inspector.workflows.measuring.averages import AVERAGED
from inspector.workflows.measuring.evaluate import BASELINES, as_table, evaluate_folder
from tests.workflows.small import small_recipe

PIXEL_FIGURES = ("pixel_auroc", "aupro_30", "aupro_05")


@pytest.fixture(scope="module")
def categories(dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cells with masks; the same without one mask; and the same with two defective photos only."""
    root = tmp_path_factory.mktemp("categories") / "parts"
    for name in ("a", "b", "c"):
        shutil.copytree(dataset, root / name)
    next((root / "b" / "ground_truth" / "crack").iterdir()).unlink()
    for photo in sorted((root / "c" / "test" / "crack").iterdir())[2:]:
        photo.unlink()
    return root


@pytest.fixture(scope="module")
def told() -> list[Progress]:
    return []


@pytest.fixture(scope="module")
def figures(categories: Path, told: list[Progress]) -> dict[str, Any]:
    return evaluate_folder(categories, small_recipe("patchcore", seed=5), repeats=2, report=told.append)


def test_each_category_has_the_figures_that_it_has_alone(categories: Path, figures: dict[str, Any]) -> None:
    assert list(figures["categories"]) == ["a", "b", "c"]
    here = figures["categories"]["c"]
    alone = evaluate_folder(categories / "c", small_recipe("patchcore", seed=5), repeats=2)
    for key in ("image_auroc", *PIXEL_FIGURES, "threshold", "false_alarm", "images", "masks", "repeats"):
        assert here[key] == alone[key]
    for key in PIXEL_FIGURES:
        assert here["spread"][key] == alone["spread"][key]


def test_the_top_level_holds_means_over_the_categories_that_have_the_figure(figures: dict[str, Any]) -> None:
    parts = figures["categories"]
    assert parts["b"]["pixel_auroc"] is None
    for key in AVERAGED:
        having = ["a", "c"] if key in PIXEL_FIGURES else ["a", "b", "c"]
        assert figures[key] == pytest.approx(np.mean([parts[name][key] for name in having]))
        assert figures["averaged_over"][key] == len(having)
        by_seed = [np.mean([parts[name]["runs"][seed][key] for name in having]) for seed in (0, 1)]
        assert figures["spread"][key] == pytest.approx(np.std(by_seed, ddof=1))
    for key in ("promised", "realised"):
        expected = np.mean([one["false_alarm"][key] for one in parts.values()])
        assert figures["false_alarm"][key] == pytest.approx(expected)
    assert figures["detection"]["at_known_limit"] is None  # no groups set a limit
    for key in figures["detection"].keys() - {"at_known_limit"}:
        share = figures["detection"][key]
        assert share == pytest.approx(np.mean([one["detection"][key] for one in parts.values()]))
    assert figures["false_alarm"]["for"] == "photo"
    times = [one["ms_per_image"]["p50"] for one in parts.values()]
    assert figures["ms_per_image"]["p50"] == pytest.approx(np.mean(times))
    assert figures["peak_rss_mb"] == max(one["peak_rss_mb"] for one in parts.values())


def test_baselines_have_categories_and_means_too(categories: Path) -> None:
    root = categories.parent / "two parts"
    for name in ("a", "c"):
        (root / name).parent.mkdir(exist_ok=True)
        shutil.copytree(categories / name, root / name)
    figures = evaluate_folder(root, small_recipe("patchcore"), baselines=True)
    assert all("baselines" not in part for part in figures["categories"].values())
    assert figures["baselines"]["patchcore"]["categories"]["c"]["aupro_30"] == figures["categories"]["c"]["aupro_30"]
    for baseline in figures["baselines"].values():
        assert baseline["aupro_30"] == pytest.approx(
            np.mean([part["aupro_30"] for part in baseline["categories"].values()])
        )
    first_cells = [line.split(" | ")[:2] for line in as_table(figures).split("\n\n")[0].splitlines()[2:]]
    assert first_cells == [[f"| {method}", part] for method in BASELINES for part in ("a", "c", "mean")]


def test_counts_are_sums_and_what_is_missing_is_named(categories: Path, figures: dict[str, Any]) -> None:
    assert figures["images"] == {"train_good": 36, "test_good": 18, "test_defective": 14}
    missing = figures["masks"]["missing"]
    assert figures["masks"] == {"expected": 14, "found": 13, "missing": missing}
    assert len(missing) == 1
    assert (categories / missing[0].replace("b/crack", "b/test/crack")).is_file()
    assert figures["categories"]["b"]["masks"]["missing"] == [missing[0].removeprefix("b/")]


def test_the_table_has_a_row_for_each_category_and_their_mean(figures: dict[str, Any]) -> None:
    table, shares, over_seeds, masks, means = as_table(figures).split("\n\n")
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()]
    assert rows[0][:3] == ["parts", "category", "image AUROC"]
    assert {len(row) for row in rows} == {len(rows[0])}
    assert [row[:2] for row in rows[2:]] == [["patchcore", category] for category in ("a", "b", "c", "mean")]
    spread = figures["spread"]["image_auroc"]
    assert rows[5][2] == f"{figures['image_auroc']:.3f} ± {spread:.3f}"
    assert rows[3][4:7] == ["-"] * 3
    assert rows[5][8:11] == [
        f"{figures['detection'][key]:.1%}" for key in ("at_limit", "at_limit_or_unsure", "attainable")
    ]
    assert shares.startswith("NG, NG or UNSURE: ")
    assert over_seeds == "Mean ± standard deviation over 2 seeds, from 5."
    assert masks.startswith("Pixel figures need a mask for each defective photo: 13 of 14 have one; without: b/crack/")
    assert means == "Means of pixel figures are over 2 of 3 categories, those with all masks."


def test_progress_names_the_category(told: list[Progress], figures: dict[str, Any]) -> None:
    assert figures
    assert {one.stage.split(": ")[0] for one in told} == {"a", "b", "c"}
    assert "c: scoring test photos" in {one.stage for one in told}


def test_a_folder_with_one_category_still_has_categories(categories: Path, tmp_path: Path) -> None:
    shutil.copytree(categories / "c", tmp_path / "one" / "c")
    figures = evaluate_folder(tmp_path / "one", small_recipe("patchcore"))
    assert figures["dataset"] == "one"
    assert figures["image_auroc"] == figures["categories"]["c"]["image_auroc"]
    assert "spread" not in figures
    assert "baselines" not in figures
