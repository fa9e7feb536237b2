from __future__ import annotations

import importlib.util
import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sklearn.metrics import roc_auc_score

from inspector.core.errors import DatasetError
from inspector.core.progress import Cancelled, CancelToken, Progress
from inspector.storage.photos.images import read_image, write_image
from inspector.storage.photos.photo_list import list_images
from inspector.workflows.computer import machine
from inspector.workflows.measuring import demo
from inspector.workflows.measuring.demo import DemoOutcome, as_json, in_words, prepare_demo_data, run_demo
from tests.workflows.small import small_recipe

FEW = {"goods": 12, "new_goods": 5, "new_defectives": 4}


@pytest.fixture
def _few_photos(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "prepare_demo_data", partial(prepare_demo_data, **FEW))
    monkeypatch.setattr(demo, "Recipe", small_recipe)


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> DemoOutcome:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(demo, "prepare_demo_data", partial(prepare_demo_data, **FEW))
        patch.setattr(demo, "Recipe", small_recipe)
        return run_demo(tmp_path_factory.mktemp("demo") / "größe")


def test_everything_the_demo_promises_is_there(outcome: DemoOutcome) -> None:
    assert outcome.trained.bundle.is_file()
    assert (outcome.results / "results.csv").is_file()
    page = outcome.report.read_text(encoding="utf-8")
    assert all(one.path.name in page for one in outcome.run.inspections)
    assert len(list_images(outcome.data.good)) == 12


def test_the_figures_are_those_of_the_results(outcome: DemoOutcome) -> None:
    saved = json.loads((outcome.results / "results.json").read_text(encoding="utf-8"))["photos"]
    defective = [Path(one["path"]).parent.name == "defective" for one in saved]
    assert sum(defective) == 4
    assert outcome.image_auroc == pytest.approx(roc_auc_score(defective, [one["score"] for one in saved]), abs=1e-12)
    fields: dict[str, Any] = as_json(outcome)
    assert fields["image_auroc"] == outcome.image_auroc
    assert fields["train"]["images"] == 12
    assert fields["inspect"]["images"] == sum(fields["confusion"].values()) == 9
    assert fields["inspect"]["ng"] == fields["confusion"]["good_ng"] + fields["confusion"]["defective_ng"]
    assert fields["detection"]["at_limit"] == fields["confusion"]["defective_ng"] / 4
    assert fields["detection"]["at_limit"] <= fields["detection"]["attainable"] <= 1.0
    assert "CC BY-NC-SA" in fields["credit"]
    assert fields["seconds"] >= fields["train"]["seconds"]["total"]
    json.dumps(fields, allow_nan=False)


def test_the_words_tell_the_same(outcome: DemoOutcome) -> None:
    words, confusion = in_words(outcome), as_json(outcome)["confusion"]
    assert f"Of 4 defective cells never trained on: {confusion['defective_ng']} NG" in words
    assert f"Of 5 good cells never trained on: {confusion['good_ng']} NG" in words
    assert f"{as_json(outcome)['detection']['at_limit']:.1%} of the known defects are NG" in words
    assert "CC BY-NC-SA" in words


def test_no_photo_serves_twice(outcome: DemoOutcome) -> None:
    trained_on = {path.name for path in list_images(outcome.data.good)}
    inspected = {path.name for path in list_images(outcome.data.mixed)}
    assert len(inspected) == 9
    assert not trained_on & inspected


def test_the_full_demo_has_as_many_photos_as_it_says(tmp_path: Path) -> None:
    data = prepare_demo_data(tmp_path)
    assert len(list_images(data.good)) == 150
    assert len(list_images(data.mixed / "good")) == len(list_images(data.mixed / "defective")) == 100


def test_the_same_numbers_give_the_same_photos_and_earlier_ones_go(tmp_path: Path) -> None:
    prepare_demo_data(tmp_path / "used", kind="poly", goods=9, new_goods=2, new_defectives=2)
    used, fresh = (prepare_demo_data(tmp_path / name, **FEW) for name in ("used", "fresh"))
    for one, other in ((used.good, fresh.good), (used.mixed, fresh.mixed)):
        assert [path.relative_to(one) for path in list_images(one)] == [
            path.relative_to(other) for path in list_images(other)
        ]


@pytest.mark.parametrize("place", ["good/holiday.jpg", "good/2024/cell0001.png", "new/good/part.png"])
def test_photos_that_are_not_the_demos_stay(tmp_path: Path, solar_cells: Any, place: str) -> None:
    own = tmp_path / place
    own.parent.mkdir(parents=True)
    write_image(own, read_image(list_images(solar_cells.good)[0]))
    (own.parent / "notes.txt").write_text("mine")
    content = own.read_bytes()
    with pytest.raises(DatasetError, match="this is no photo of the demo, and none may lie here; choose another"):
        prepare_demo_data(tmp_path, **FEW)
    assert own.read_bytes() == content
    assert (own.parent / "notes.txt").read_text() == "mine"


def test_a_file_where_the_folder_should_be_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("kept")
    with pytest.raises(DatasetError, match=r"the demo photos cannot be copied here .*; choose another folder"):
        run_demo(tmp_path / "out")
    assert (tmp_path / "out").read_text() == "kept"


def test_without_the_package_the_demo_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    assert not machine.demo_installed()
    with pytest.raises(DatasetError, match=r"not installed; run: pip install 'inspector\[demo\]'"):
        run_demo(tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.usefixtures("_few_photos")
@pytest.mark.parametrize("stage", ["inspecting photos", "writing the report"])
def test_cancelling_leaves_no_report(tmp_path: Path, stage: str) -> None:
    token = CancelToken()

    def cancel(progress: Progress) -> None:
        if progress.stage == stage:
            token.cancel()

    with pytest.raises(Cancelled):
        run_demo(tmp_path, report=cancel, token=token)
    assert not (tmp_path / "report.html").exists()
    assert not list(tmp_path.rglob("*.tmp"))
