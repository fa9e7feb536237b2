from __future__ import annotations

import os
from pathlib import Path

import pytest

from inspector.core.training.forecast import Forecast, Proposal
from inspector.storage.photos.photo_list import list_images
from inspector.workflows.training.forecast import forecast_training
from tests.cli.conftest import FORECAST_WORDS, Run, json_of, sentence_of
from tests.workflows.small import SMALL_WORDS, copy_photos

TOO_MUCH = Forecast(
    12,
    (),
    9900.0,
    9200.0,
    3100.0,
    proposals=(Proposal(2400.0, size=512), Proposal(2000.0, settings={"pool_rows": 300})),
)
HOPELESS = (
    "goods: training would need about 9.0 GB more memory, and 3.0 GB is free; close other programs or train with less. "
    "512 pixels instead takes about 2.3 GB. pool_rows = 300 instead takes about 2.0 GB"
)


@pytest.fixture
def goods(few_goods: Path, tmp_path: Path) -> Path:
    return copy_photos(list_images(few_goods), tmp_path / "goods")


def test_a_forecast_is_told_without_training(run: Run, goods: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("inspector.workflows.training.forecast.forecast_training", forecast_training)
    found = json_of(run("forecast", goods, "--json", *SMALL_WORDS))
    assert set(found) == {
        "images", "seconds", "stages", "peak_memory_mb", "more_memory_mb", "free_memory_mb", "fits", "ms_per_image",
        "bundle_mb", "proposals",
    }  # fmt: skip
    assert found["images"] == 12
    assert 0.1 < found["seconds"] < 600
    assert found["seconds"] == pytest.approx(sum(stage["seconds"] for stage in found["stages"]))
    assert 100 < found["peak_memory_mb"] < 10_000
    assert found["fits"]
    assert found["proposals"] == []
    trained = json_of(run("train", goods, "--out", "p.inspector", "--json", *SMALL_WORDS))
    size = (tmp_path / trained["bundle"]).stat().st_size / 1e6
    assert found["bundle_mb"] == pytest.approx(size, rel=0.15)
    assert sorted(os.listdir(tmp_path)) == ["goods", "p.inspector"]


def test_training_asks_with_its_own_arguments(run: Run, goods: Path, forecasts: list) -> None:
    result = run("train", goods, "--out", "p.inspector", "--sessions", "none", "--no-pictures", *SMALL_WORDS)
    assert result.stderr.splitlines()[0] == FORECAST_WORDS
    ((folder, recipe, named),) = forecasts
    assert (folder, recipe.size, named["keep_pictures"], named["sessions"].by) == (goods, 64, False, "none")


def test_the_probe_can_be_left_out(run: Run, goods: Path, forecasts: list) -> None:
    found = json_of(run("train", goods, "--out", "p.inspector", "--no-forecast", "--json", *SMALL_WORDS))
    assert found["forecast"] is None
    assert forecasts == []


def test_what_would_run_out_of_memory_is_refused_unless_one_goes_on(
    run: Run, goods: Path, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setattr("inspector.workflows.training.forecast.forecast_training", lambda *_, **__: TOO_MUCH)
    answer = sentence_of(run("train", "goods", "--out", "p.inspector", *SMALL_WORDS))
    assert answer == HOPELESS + "; to train anyway, add --anyway"
    assert os.listdir(tmp_path) == ["goods"]
    found = json_of(run("train", "goods", "--out", "p.inspector", "--anyway", "--json", *SMALL_WORDS))
    assert found["forecast"]["fits"] is False
    assert (tmp_path / "p.inspector").exists()


def test_a_size_that_is_too_large_for_this_computer_is_not_tried(run: Run, goods: Path, monkeypatch) -> None:
    monkeypatch.setattr("inspector.workflows.training.forecast.forecast_training", forecast_training)
    monkeypatch.setattr("inspector.workflows.training.forecast.free_memory_mb", lambda: 2000.0)
    found = json_of(run("forecast", goods, "--method", "coarse-to-fine", "--size", "1024", "--json"))
    assert (found["fits"], found["seconds"], found["stages"]) == (False, None, [])
    assert found["more_memory_mb"] > 2000.0
    by_size, by_cap = found["proposals"]
    assert 128 <= by_size["size"] < 1024
    assert by_size["more_memory_mb"] <= 1600.0
    assert by_cap["settings"]["channels"] < 152
