"""``inspector feedback``: what would change, accepted, listed and taken back; a missed defect."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from inspector.core.values import Verdict
from inspector.storage.bundles.bundle import load_bundle
from inspector.storage.photos.photo_list import list_images
from inspector.workflows.judging.inspect import inspect_folder
from tests.cli.conftest import Run, json_of, sentence_of
from tests.conftest import SolarCells


@pytest.fixture
def bundle(small_bundle: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(small_bundle, tmp_path / "cells.inspector"))


@pytest.fixture
def alarm(bundle: Path, solar_cells: SolarCells, tmp_path: Path, run: Run) -> Path:
    """The good cell that scores highest, and a bundle that flags it."""
    judged = inspect_folder(solar_cells.mixed / "good", bundle, tmp_path / "out").inspections
    worst = max(judged, key=lambda one: one.score or 0.0)
    assert worst.score is not None
    run("threshold", bundle, "--to", 0.99 * worst.score)
    return worst.path


def _ng(photos: Path, bundle: Path, tmp_path: Path) -> set[str]:
    run = inspect_folder(photos, bundle, tmp_path / "judged")
    return {str(one.path) for one in run.with_verdict(Verdict.NG)}


def test_a_false_alarm_is_fed_back_and_taken_back(
    run: Run, bundle: Path, alarm: Path, solar_cells: SolarCells, tmp_path: Path
) -> None:
    before = bundle.read_bytes()
    sha256 = load_bundle(bundle).sha256
    defects = solar_cells.mixed / "defective"
    caught = _ng(defects, bundle, tmp_path)
    words = ["feedback", "--model", bundle, "--false-alarms", alarm, "--defects", defects]
    told = run(*words, "--json")
    found = json_of(told)
    assert (found["accepted"], found["fixed"]) == (False, [str(alarm)])
    assert found["reviewed"] == 6
    assert found["promise_after"] == found["promise_before"] | {"at_most": True}
    assert f"1 false alarm fixed, {len(found['lost'])} confirmed defect" in told.stderr
    assert "At most: 1 good part was fed back since" in told.stderr
    assert bundle.read_bytes() == before
    accepted = json_of(run(*words, "--accept", "--by", "line 2", "--json"))
    assert accepted["sha256"] == load_bundle(bundle).sha256 != sha256
    assert caught - _ng(defects, bundle, tmp_path) == set(found["lost"])
    listed = json_of(run("feedback", "--model", bundle, "--versions", "--json"))["versions"]
    assert [one["current"] for one in listed] == [True, False, False]  # the last is from before its limit was moved
    assert listed[1]["sha256"] == sha256
    assert listed[0]["fed_back"][0]["changed_by"] == "line 2"
    run("feedback", "--model", bundle, "--restore", sha256[:12])
    assert bundle.read_bytes() == before


def test_a_missed_defect_tells_its_price(run: Run, bundle: Path, solar_cells: SolarCells) -> None:
    photo = list_images(solar_cells.mixed / "defective")[0]
    run("threshold", bundle, "--to", 1000.0)
    told = run("feedback", "--model", bundle, "--missed", photo, "--goods", solar_cells.mixed / "good", "--json")
    found = json_of(told)["missed"]
    assert found["threshold"] < found["score"]
    assert found["good_parts"] == 6
    assert all(score >= found["score"] for _, score in found["flips"])
    assert "would catch it" in told.stderr
    run("threshold", bundle, "--to", found["threshold"])
    assert json_of(run("feedback", "--model", bundle, "--missed", photo, "--json")) == {"missed": None}


def test_one_thing_is_asked_for_at_a_time(run: Run, bundle: Path) -> None:
    assert "give one of" in run("feedback", "--model", bundle).stderr
    assert "give one of" in run("feedback", "--model", bundle, "--versions", "--restore", "ab").stderr
    assert "there is no such version" in sentence_of(run("feedback", "--model", bundle, "--restore", "ab"))
