"""Profiles measure the named steps, and count arithmetic correctly."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from benchmarks.whole_runs.profile_table import Work, coreset_work, search_work, write_tables
from benchmarks.whole_runs.profiles import BUNDLE, multiplications, probe, run_folder
from tests.conftest import SolarCells

SIZES = {
    "backbone_macs": 250_000_000,
    "patches": 1024,
    "bank": [4000, 128],
    "settings": {"pool_rows": 30_000, "coreset_dim": 64},
}


def test_arithmetic_grows_with_the_pixels_and_is_that_of_the_network() -> None:
    small, large = (multiplications("tf_efficientnet_lite0", (edge, edge)) for edge in (64, 128))
    assert large == 4 * small
    # timm states 0.40 GMACs at 224 px for the whole network, of which the first five of seven stages are used.
    assert 0.2e9 < small * (224 / 64) ** 2 < 0.4e9


def test_the_probe_finds_a_speed() -> None:
    found = probe(Path())
    assert found["gflops"] > 0.1
    assert found["gbytes"] > 0.1


def test_work_takes_as_long_as_its_arithmetic_or_its_bytes() -> None:
    speed = {"gflops": 100.0, "gbytes": 10.0}
    assert Work(50e9, 1e9, "").seconds(speed) == pytest.approx(1.0)
    assert Work(5e9, 30e9, "").seconds(speed) == pytest.approx(3.0)
    assert search_work(SIZES, 2).macs == 2 * 1024 * 4000 * 128
    assert coreset_work(SIZES | {"goods": 150}).macs == 4000 * 30_000 * 64
    assert coreset_work(SIZES | {"goods": 10}).macs == 4000 * 10_240 * 64


def test_a_folder_is_judged_and_told(solar_cells: SolarCells, trained_bundle: Path, tmp_path: Path) -> None:
    shutil.copyfile(trained_bundle, tmp_path / BUNDLE)
    (tmp_path / "cells").mkdir()
    (tmp_path / "cells" / "good").symlink_to(solar_cells.good)
    folder = run_folder(tmp_path, count=8)
    assert folder["photos"] == 8
    assert set(folder["seconds"]) == {"with guards", "without guards", "detector alone", "backbone alone"}
    assert not {path.name for path in (tmp_path / "photos").iterdir()} & {p.name for p in solar_cells.good.iterdir()}
    assert folder["steps"]["backbone"] > 0.0
    assert folder["steps"]["read and decode"] > 0.0

    trained = SIZES | {"goods": 150, "seconds": {"total": 20.0, "features": 5.0, "coreset": 2.0, "calibrate": 8.0}}
    frame = SIZES | {"ms": {"decode": 3.0, "backbone": 10.0, "the rest": 1.0, "whole": 14.0}}
    tables = write_tables(
        {"probe": {"gflops": 100.0, "gbytes": 10.0}, "train": trained, "frame": frame, "folder": folder}
    )
    assert "| features | 5.00 s | 25% | convolutions of 150 photos: 75 GFLOP | 0.75 s |" in tables["profile-train"]
    assert "| backbone | 10.0 ms | 71% | convolutions: 0.5 GFLOP | 5.0 ms |" in tables["profile-frame"]
    assert "| the whole frame | 14.0 ms | 100% |" in tables["profile-frame"]
    assert "8 photos | takes | photos a second | of the detector alone |" in tables["profile-folder"]
