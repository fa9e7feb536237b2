"""One training measured: few shots, the time of one photo."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from inspector.core.errors import DatasetError
from inspector.core.progress import CancelToken, ignore_progress
from inspector.core.training.plan import Recipe
from inspector.storage.datasets.labelled_dataset import LabelledDataset, read_labelled_dataset
from inspector.storage.good_photos.good_set import GoodSet, read_good_set
from inspector.workflows.measuring import trial
from inspector.workflows.measuring.evaluate import as_table, evaluate
from inspector.workflows.measuring.trial import draw_goods, measure
from inspector.workflows.training.train import train
from tests.workflows.small import copy_photos, small_recipe


@pytest.fixture(scope="module")
def cells(dataset: Path) -> LabelledDataset:
    return read_labelled_dataset(dataset)


def names(goods: GoodSet, shots: int, seed: int) -> list[str]:
    return [goods.paths[position].name for position in draw_goods(goods, shots, seed)]


def test_shots_are_drawn_by_the_seed_without_repetition(cells: LabelledDataset) -> None:
    drawn = [names(cells.goods, 5, seed) for seed in (0, 0, 1, 2)]
    assert all(len(set(one)) == 5 for one in drawn)
    assert drawn[0] == drawn[1]
    assert len({tuple(one) for one in drawn}) == 3
    assert names(cells.goods, 12, seed=4) == [path.name for path in cells.goods.paths]


def test_few_shots_train_on_the_drawn_photos_only(cells: LabelledDataset, tmp_path: Path) -> None:
    recipe = small_recipe("patchcore", seed=3)
    figures = measure(cells, recipe, device="auto", shots=5, report=ignore_progress, token=CancelToken())
    folder = copy_photos([cells.goods.folder / name for name in names(cells.goods, 5, 3)], tmp_path / "five")
    outcome = train(folder, tmp_path / "five.inspector", recipe)
    assert len(read_good_set(folder)) == 5
    assert figures["threshold"] == outcome.manifest.threshold.value
    assert (figures["shots"], figures["images"]["train_good"]) == (5, 5)
    assert figures["false_alarm"]["goods"] == 5


def test_near_duplicates_are_measured_as_they_are_trained_on(cells: LabelledDataset, tmp_path: Path) -> None:
    root = tmp_path / "cells"
    shutil.copytree(cells.root, root)
    for path in list((root / "train" / "good").iterdir())[:4]:
        shutil.copyfile(path, path.with_name(f"z {path.name}"))
    recipe = small_recipe("patchcore")
    figures = [evaluate(cells, recipe), evaluate(read_labelled_dataset(root), recipe, repeats=2)]
    assert [one["images"]["train_good"] for one in figures] == [12, 16]
    assert [one["false_alarm"]["goods"] for one in figures] == [12, 12]
    assert figures[0]["threshold"] == figures[1]["runs"][0]["threshold"]


@pytest.mark.parametrize(
    "recipe", [small_recipe("patchcore"), small_recipe("reconpatch"), small_recipe("coarse-to-fine", settings={})]
)
def test_one_shot_gives_scores_but_justifies_no_threshold(cells: LabelledDataset, recipe: Recipe) -> None:
    figures = evaluate(cells, recipe, shots=1, repeats=2)
    assert 0.0 <= figures["image_auroc"] <= 1.0
    assert 0.0 <= figures["aupro_30"] <= 1.0
    assert (figures["shots"], figures["images"]["train_good"]) == (1, 1)
    for one in (figures, *figures["runs"]):
        assert [one[key] for key in ("threshold", "image_f1", "false_alarm", "refused")] == [None] * 4
        assert [one["detection"][key] for key in ("at_limit", "at_limit_or_unsure", "attainable")] == [None] * 3
        assert 0.0 <= one["detection"]["at_fpr_01"] <= one["detection"]["at_fpr_05"] <= 1.0
    assert figures["spread"]["image_f1"] is None
    table = as_table({"dataset": "cells"} | figures)
    assert "Trained on 1 good photos, drawn by the seed." in table
    assert "No threshold: a threshold needs two good photos" in table


def test_more_shots_than_photos_are_refused(cells: LabelledDataset) -> None:
    with pytest.raises(DatasetError, match="there are only 12 good photos, fewer than 13 shots; ask for fewer"):
        evaluate(cells, small_recipe("patchcore"), shots=13)


def test_the_first_photo_is_not_timed(cells: LabelledDataset, monkeypatch: pytest.MonkeyPatch) -> None:
    training, first_photo, others, pause = 5.0, 9.0, 0.002, 1.0
    clock = iter(np.cumsum([0.0, training, pause, first_photo, *([pause, others] * 11)]))
    monkeypatch.setattr(trial, "time", SimpleNamespace(perf_counter=lambda: next(clock)))
    figures = measure(
        cells, small_recipe("patchcore"), device="auto", shots=None, report=ignore_progress, token=CancelToken()
    )
    assert figures["fit_seconds"] == pytest.approx(5.0, abs=0.01)  # less the time for guards, of which there are none
    assert figures["ms_per_image"] == {"p50": pytest.approx(2.0), "p95": pytest.approx(2.0)}
