from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import f1_score, roc_auc_score

from inspector.core.errors import DatasetError, ImageUnreadable
from inspector.core.photo.resizing import resize_mask
from inspector.core.progress import Cancelled, CancelToken, Progress
from inspector.core.values import Inspection, Limits
from inspector.storage.datasets.labelled_dataset import read_labelled_dataset, read_mask
from inspector.storage.photos.images import encode_png
from inspector.storage.photos.photo_list import list_images
from inspector.workflows.judging.inspect import inspect_photos
from inspector.workflows.judging.loaded_bundle import open_bundle
from inspector.workflows.measuring import evaluate as workflow
from inspector.workflows.measuring.averages import AVERAGED
from inspector.workflows.measuring.evaluate import as_table, evaluate, evaluate_folder
from inspector.workflows.training.train import train
from tests.conftest import SolarCells
from tests.workflows.small import BANK, make_dataset, small_recipe

TIMES = {"fit_seconds", "ms_per_image", "peak_rss_mb"}


@pytest.fixture(scope="module")
def figures(dataset: Path) -> dict[str, Any]:
    return evaluate_folder(dataset, small_recipe())


@pytest.fixture(scope="module")
def judged(dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[float, tuple[Inspection, ...]]:
    """The threshold and the inspections that training and inspecting the same photos give."""
    bundle = tmp_path_factory.mktemp("bundle") / "cells.inspector"
    train(dataset / "train" / "good", bundle, small_recipe())
    run = inspect_photos(open_bundle(bundle), [one.path for one in read_labelled_dataset(dataset).photos])
    return run.threshold, run.inspections


def timeless(figures: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in figures.items() if name not in TIMES}


def test_image_figures_are_those_of_training_and_inspecting(
    dataset: Path, figures: dict[str, Any], judged: tuple[float, tuple[Inspection, ...]]
) -> None:
    threshold, inspections = judged
    defective = np.array([one.defective for one in read_labelled_dataset(dataset).photos])
    scores = np.array([one.score for one in inspections])
    assert figures["threshold"] == threshold
    assert figures["image_auroc"] == pytest.approx(roc_auc_score(defective, scores), abs=1e-12)
    assert figures["image_f1"] == pytest.approx(f1_score(defective, scores > threshold), abs=1e-12)
    assert figures["images"] == {"train_good": 12, "test_good": 6, "test_defective": 6}


def test_realised_false_alarms_are_a_recount(
    dataset: Path, figures: dict[str, Any], judged: tuple[float, tuple[Inspection, ...]]
) -> None:
    threshold, inspections = judged
    above = [str(one.verdict(Limits(threshold))) == "NG" for one in inspections if one.path.parent.name == "good"]
    alarm = figures["false_alarm"]
    assert len(above) == 6
    assert alarm["realised"] == sum(above) / 6
    assert alarm["promised"] == pytest.approx(1 / 13)
    assert alarm["goods"] == 12
    assert 0.0 < alarm["low"] < alarm["promised"] < alarm["high"] < 1.0


def test_detection_is_a_recount(figures: dict[str, Any], judged: tuple[float, tuple[Inspection, ...]]) -> None:
    threshold, inspections = judged
    goods, defects = (
        sorted(one.score or 0.0 for one in inspections if (one.path.parent.name == "good") == good)
        for good in (True, False)
    )
    alarms = sum(score > threshold for score in goods)
    best = goods[len(goods) - 1 - alarms]
    found = figures["detection"]
    assert found["at_limit"] == found["at_limit_or_unsure"] == sum(score > threshold for score in defects) / 6
    assert found["attainable"] == sum(score > best for score in defects) / 6 > found["at_limit"]
    assert found["at_fpr_01"] == found["at_fpr_05"] == sum(score > goods[-1] for score in defects) / 6
    assert figures["false_alarm"]["for"] == "photo"


def test_pixel_figures_are_those_of_the_maps_and_masks(
    dataset: Path, figures: dict[str, Any], judged: tuple[float, tuple[Inspection, ...]]
) -> None:
    photos = read_labelled_dataset(dataset).photos
    maps = [one.score_map.dense() for one in judged[1] if one.score_map is not None]
    masks = [resize_mask(read_mask(photo, (300, 300)), one.shape) for photo, one in zip(photos, maps, strict=True)]
    assert 0.0 < np.mean(masks) < 0.1
    expected = roc_auc_score(np.concatenate([m.ravel() for m in masks]), np.concatenate([m.ravel() for m in maps]))
    assert figures["pixel_auroc"] == pytest.approx(expected, abs=1e-9)
    assert 0.0 <= figures["aupro_05"] <= figures["aupro_30"] <= 1.0


def test_the_same_again_gives_the_same_figures(dataset: Path, figures: dict[str, Any]) -> None:
    assert timeless(evaluate_folder(dataset, small_recipe())) == timeless(figures)


def test_without_masks_pixel_figures_are_null_and_the_rest_stays(
    solar_cells: SolarCells, tmp_path: Path, figures: dict[str, Any]
) -> None:
    bare = evaluate_folder(make_dataset(tmp_path / "cells", solar_cells, masks=False), small_recipe())
    pixel = {"pixel_auroc": None, "aupro_30": None, "aupro_05": None}
    missing = [f"crack/{photo.name}" for photo in list_images(tmp_path / "cells" / "test" / "crack")[:5]]
    masks = {"masks": {"expected": 6, "found": 0, "missing": missing}}
    assert timeless(bare) == timeless(figures | pixel | masks)
    table = as_table(bare).splitlines()
    assert [cell.strip() for cell in table[2].split("|")[4:7]] == ["-"] * 3
    assert table[-1] == (
        "Pixel figures need a mask for each defective photo: 0 of 6 have one; "
        f"without: {', '.join(missing)} and 1 more."
    )


def test_repeats_are_averaged_over_successive_seeds(dataset: Path) -> None:
    both = evaluate_folder(dataset, small_recipe(seed=3), repeats=2)
    assert [run["seed"] for run in both["runs"]] == [3, 4]
    assert both["repeats"] == 2
    assert timeless(both["runs"][1]) == timeless(evaluate(read_labelled_dataset(dataset), small_recipe(seed=4)))
    for key in AVERAGED:
        values = [run[key] for run in both["runs"]]
        assert both[key] == pytest.approx(np.mean(values))
        assert both["spread"][key] == pytest.approx(abs(values[0] - values[1]) / 2**0.5)
    alarms = [run["false_alarm"] for run in both["runs"]]
    assert both["false_alarm"]["realised"] == pytest.approx(np.mean([alarm["realised"] for alarm in alarms]))
    assert both["false_alarm"]["goods"] == 12
    for key, share in both["detection"].items():
        shares = [run["detection"][key] for run in both["runs"]]
        assert share == (None if None in shares else pytest.approx(np.mean(shares)))
    assert both["detection"]["at_limit"] is not None
    assert both["peak_rss_mb"] == max(run["peak_rss_mb"] for run in both["runs"])
    assert as_table(both).splitlines()[-1] == "Mean ± standard deviation over 2 seeds, from 3."


def test_baselines_differ_from_the_recipe_in_one_thing_each(dataset: Path, figures: dict[str, Any]) -> None:
    both = evaluate_folder(dataset, small_recipe(), baselines=True)
    assert timeless({name: value for name, value in both.items() if name != "baselines"}) == timeless(figures)
    baselines = both["baselines"]
    assert set(baselines) >= {"patchcore", "untrained"}
    assert {one["bank_rows"] for one in (both, *baselines.values())} == {BANK["bank_rows"]}
    assert len({one["threshold"] for one in (both, *baselines.values())}) == 1 + len(baselines)
    alone = evaluate_folder(dataset, small_recipe("patchcore"))
    assert {"dataset": "cells"} | timeless(baselines["patchcore"]) == timeless(alone)


def test_a_patchcore_recipe_has_baselines_too(dataset: Path) -> None:
    figures = evaluate_folder(dataset, small_recipe("patchcore"), baselines=True)
    assert figures["baselines"]["patchcore"]["threshold"] == figures["threshold"]
    assert figures["baselines"]["untrained"]["bank_rows"] == BANK["bank_rows"]


def test_the_table_has_a_line_for_each_method(figures: dict[str, Any]) -> None:
    nulls = {"pixel_auroc": None, "aupro_30": None, "aupro_05": None}
    spread = {"spread": {"image_auroc": 0.0123}}
    table, note = as_table(figures | {"baselines": {"patchcore": figures | nulls | spread}}).split("\n\n")
    lines = table.splitlines()
    assert lines[0].startswith("| cells | image AUROC | F1 |")
    assert [line.split("|")[1].strip() for line in lines[2:]] == ["reconpatch", "patchcore"]
    assert f"{figures['image_auroc']:.3f} ± 0.012" in lines[3]
    assert [cell.strip() for cell in lines[3].split("|")[4:7]] == ["-"] * 3
    shares = [figures["detection"][key] for key in ("at_limit", "at_limit_or_unsure", "attainable")]
    assert lines[2].endswith(
        " | ".join([*(f"{share:.1%}" for share in shares), "-", "-", f"{figures['false_alarm']['realised']:.1%} |"])
    )
    by_group = as_table(figures | {"detection": figures["detection"] | {"at_known_limit": 0.625}})
    assert "Groups set the limit. The limit for known groups finds 62.5% of the defective photos." in by_group
    assert note.startswith("NG, NG or UNSURE: shares of the defective photos at the shipped limits.")
    assert len({line.count("|") for line in lines}) == 1


def test_progress_tells_of_every_test_photo_and_cancelling_stops(dataset: Path) -> None:
    told: list[Progress] = []
    evaluate_folder(dataset, small_recipe(), report=told.append)
    assert [one.done for one in told if one.stage == "scoring test photos"] == list(range(1, 13))
    token = CancelToken()

    def cancel(progress: Progress) -> None:
        if progress.stage == "scoring test photos":
            token.cancel()

    with pytest.raises(Cancelled):
        evaluate_folder(dataset, small_recipe(), report=cancel, token=token)


@pytest.fixture
def own_dataset(dataset: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(dataset, tmp_path / "own"))


def test_an_unreadable_test_photo_is_named(own_dataset: Path) -> None:
    (own_dataset / "test" / "crack" / "torn.png").write_bytes(b"torn")
    (own_dataset / "ground_truth" / "crack" / "torn_mask.png").write_bytes(b"torn")
    with pytest.raises(ImageUnreadable, match=r"torn\.png"):
        evaluate_folder(own_dataset, small_recipe("patchcore"))


def test_masks_that_show_nothing_are_refused(own_dataset: Path) -> None:
    for mask in (own_dataset / "ground_truth" / "crack").iterdir():
        mask.write_bytes(encode_png(np.zeros((300, 300, 3), dtype=np.uint8)))
    with pytest.raises(DatasetError, match="ground_truth: no mask shows a defect at this size; check the masks"):
        evaluate_folder(own_dataset, small_recipe("patchcore"))


def test_a_folder_that_is_no_dataset_is_refused_before_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workflow, "evaluate", lambda *_, **__: pytest.fail("training began"))
    with pytest.raises(DatasetError, match="expected train/good, test/good and test/<defect>"):
        evaluate_folder(tmp_path, small_recipe())
