"""A photo with scores that are not finite is refused with the reason, on every path to a verdict."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
import torch
from torch import Tensor

from inspector.core.errors import BundleCorrupt, DatasetError, DetectorError, NotFinite
from inspector.core.review.decision import Decision
from inspector.core.values import NO_SCORE, Verdict
from inspector.engine.features.backbones import Backbone
from inspector.storage.bundles.bundle import load_bundle
from inspector.storage.bundles.manifest import Manifest, parse_manifest
from inspector.storage.datasets.labelled_dataset import read_labelled_dataset
from inspector.storage.photos.images import read_image
from inspector.storage.photos.photo_list import list_images
from inspector.storage.results.inspection_run import load_results
from inspector.workflows.judging.inspect import as_json, check_threshold, inspect_folder
from inspector.workflows.judging.limits import check_limits, score_defects
from inspector.workflows.judging.loaded_bundle import open_bundle
from inspector.workflows.live.live_inspection import LiveInspection
from inspector.workflows.live.moments import LiveMode, LiveSettings
from inspector.workflows.measuring.evaluate import evaluate
from inspector.workflows.review.feedback import propose
from inspector.workflows.review.reviewed_parts import photo_part
from inspector.workflows.training.train import train
from tests.conftest import SolarCells
from tests.line import Fed, Line
from tests.workflows.small import small_recipe

VALUES = pytest.mark.parametrize("value", [math.nan, math.inf], ids=str)


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch, value: float) -> None:
    """A backbone that gives one value which is not finite, for each photo."""
    real = Backbone.forward

    def forward(self: Backbone, images_rgb: Tensor, half: torch.dtype | None = None) -> list[Tensor]:
        maps = [one.clone() for one in real(self, images_rgb, half)]
        maps[0][:, 0, 3, 3] = value
        return maps

    monkeypatch.setattr(Backbone, "forward", forward)


@VALUES
@pytest.mark.usefixtures("broken")
def test_inspecting_a_folder_refuses_and_saves_it(small_bundle: Path, solar_cells: SolarCells, tmp_path: Path) -> None:
    run = inspect_folder(solar_cells.mixed / "good", small_bundle, tmp_path / "out", heatmaps=True)
    told = as_json(run, tmp_path / "out")
    assert (told["ok"], told["ng"], told["refused"]) == (0, 0, told["images"])
    assert told["refused_for"] == {"score": told["images"]}
    assert {one.refusal for one in run.inspections} == {NO_SCORE}
    again = load_results(tmp_path / "out")
    assert again.counts()[Verdict.REFUSED] == told["images"]


@VALUES
@pytest.mark.usefixtures("broken")
def test_live_parts_are_refused(trained_bundle: Path, solar_cells: SolarCells) -> None:
    loaded = open_bundle(trained_bundle)
    cell = read_image(list_images(solar_cells.mixed / "good")[0])

    class Run(Fed):
        def __init__(self) -> None:
            super().__init__()
            self.parts: list[object] = []
            settings = LiveSettings(loaded.stored.manifest.limits, LiveMode.CONTINUOUS, False)
            self.works = self.live = LiveInspection(
                loaded, self.frames, settings, lambda _view: None, self.parts.append
            )

    with Run() as run:
        run.feed(Line(noise=0.0).rests(cell, 3))
        run.live.finish()
        run.ended()
    assert [part.verdict for part in run.parts] == [Verdict.REFUSED]  # type: ignore[attr-defined]


@VALUES
@pytest.mark.usefixtures("broken")
def test_known_defects_and_feedback_do_not_count_it(small_bundle: Path, solar_cells: SolarCells) -> None:
    loaded = open_bundle(small_bundle)
    with pytest.raises(DatasetError, match=r"no photo of a defect could be judged.*no finite score"):
        score_defects(loaded, solar_cells.mixed / "defective")
    alarms = [
        photo_part(path, Decision.FALSE_ALARM, loaded.stored.manifest.depth)
        for path in list_images(solar_cells.mixed / "good")[:2]
    ]
    with pytest.raises(DatasetError, match="no finite score"):
        propose(loaded, alarms, [])


@VALUES
@pytest.mark.usefixtures("broken")
def test_training_writes_no_bundle(few_goods: Path, tmp_path: Path) -> None:
    with pytest.raises(NotFinite, match="import its weights again"):
        train(few_goods, tmp_path / "cells.inspector", small_recipe())
    assert list(tmp_path.iterdir()) == []


def test_evaluating_names_the_photo(dataset: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Backbone.forward
    seen = 0

    def forward(self: Backbone, images_rgb: Tensor, half: torch.dtype | None = None) -> list[Tensor]:
        nonlocal seen
        seen += len(images_rgb)
        maps = [one.clone() for one in real(self, images_rgb, half)]
        if len(images_rgb) == 1 and seen > 14:  # good photos come four at a time
            maps[0][:, 0, 3, 3] = math.nan
        return maps

    monkeypatch.setattr(Backbone, "forward", forward)
    with pytest.raises(NotFinite, match=r"test.*png: .*not finite numbers"):
        evaluate(read_labelled_dataset(dataset), small_recipe())


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 0.0, -1.0], ids=str)
def test_no_such_limit_can_be_given(value: float) -> None:
    with pytest.raises(DetectorError, match="no raw score"):
        check_threshold(value)
    with pytest.raises(DetectorError, match="no raw score"):
        check_limits(value)
    with pytest.raises(DetectorError, match="unsure threshold"):
        check_limits(1.0, value)


def floats_in(fields: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    if isinstance(fields, dict):
        return [found for key, value in fields.items() for found in floats_in(value, (*path, key))]
    if isinstance(fields, list):
        return [found for place, value in enumerate(fields[:2]) for found in floats_in(value, (*path, place))]
    return [path] if isinstance(fields, float) else []


def test_no_number_of_a_manifest_may_be_infinite_or_none(
    trained_bundle: Path, solar_cells: SolarCells, tmp_path: Path
) -> None:
    """A limit, range or promise that is not a number would be passed by everything."""
    manifest: Manifest = load_bundle(trained_bundle).manifest
    text = json.dumps(manifest.model_dump(mode="json") | {"defects": {"folder": "x", "scores": [1.0]}})
    paths = [path for path in floats_in(json.loads(text)) if "settings" not in path]  # the method validates these
    assert {"threshold", "good_scores", "guards", "defects"} <= {path[0] for path in paths}
    for path in paths:
        for value in (math.nan, math.inf, -math.inf):
            fields = json.loads(text)
            place = fields
            for key in path[:-1]:
                place = place[key]
            place[path[-1]] = value
            with pytest.raises(BundleCorrupt):
                parse_manifest(fields, tmp_path)
