"""``inspector threshold``."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from inspector.core.promise.threshold import threshold_from_good_scores
from inspector.storage.bundles.bundle import load_bundle
from tests.cli.conftest import Run, json_of, sentence_of
from tests.conftest import SolarCells


@pytest.fixture
def bundle(small_bundle: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(small_bundle, tmp_path / "cells.inspector"))


def test_it_only_looks_when_nothing_is_asked(run: Run, bundle: Path) -> None:
    before = bundle.read_bytes()
    found = json_of(run("threshold", bundle, "--json"))
    manifest = load_bundle(bundle).manifest
    assert found["threshold"] == found["trained_threshold"] == manifest.threshold.value
    assert (found["unsure_threshold"], found["unsure_share"], found["defects"], found["changes"]) == (
        None,
        None,
        None,
        [],
    )
    assert found["false_alarm"]["goods"] == len(manifest.good_scores)
    said = run("threshold", bundle).stderr
    assert "1.00 x the trained one. Expect 7.7 false alarms in 100 good parts, 95 % sure it is under 23" in said
    assert "it takes 87 more good photos" in said
    assert bundle.read_bytes() == before


def test_a_rate_sets_what_the_good_parts_justify(run: Run, bundle: Path) -> None:
    goods = load_bundle(bundle).manifest.good_scores
    found = json_of(
        run("threshold", bundle, "--rate", "0.2", "--unsure-rate", "0.5", "--by", "QA", "--note", "x", "--json")
    )
    assert found["threshold"] == threshold_from_good_scores(goods, 0.2).value
    assert found["unsure_threshold"] == threshold_from_good_scores(goods, 0.5).value
    assert found["false_alarm"]["rate"] <= 0.2
    assert found["false_alarm"]["rate"] + found["unsure_share"] <= 0.5
    (change,) = found["changes"]
    assert (change["changed_by"], change["note"]) == ("QA", "x")
    assert load_bundle(bundle).manifest.limits.threshold == found["threshold"]


def test_the_way_back(run: Run, bundle: Path) -> None:
    trained = load_bundle(bundle).manifest.threshold.value
    json_of(run("threshold", bundle, "--to", str(2 * trained), "--unsure", str(trained), "--json"))
    found = json_of(run("threshold", bundle, "--no-unsure", "--json"))
    assert (found["threshold"], found["unsure_threshold"]) == (2 * trained, None)
    found = json_of(run("threshold", bundle, "--trained", "--json"))
    assert found["threshold"] == trained
    assert len(found["changes"]) == 3


def test_known_defects_and_costs(run: Run, bundle: Path, solar_cells: SolarCells) -> None:
    words = ("--cost-escape", "100", "--cost-false-alarm", "1", "--defect-share", "0.02")
    folder = solar_cells.mixed / "defective"
    answer = run("threshold", bundle, "--defects", folder, *words, "--json")
    found = json_of(answer)
    assert found["defects"]["scored"] == 6
    assert found["suggestion"]["costs"] == {"escape": 100.0, "false_alarm": 1.0, "defect_share": 0.02}
    assert "known defects would escape" in answer.stderr
    assert f"{found['defects']['detection']['at_limit']:.1%} of the known defects are NG" in answer.stderr
    assert "The best limit with as many false alarms finds " in answer.stderr
    assert "Cheapest is a threshold of" in answer.stderr
    # The scores are kept: the same question needs no photos any more.
    assert json_of(run("threshold", bundle, *words, "--json"))["suggestion"] == found["suggestion"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--to", "1", "--rate", "0.1"), "--to and --rate exclude each other"),
        (("--unsure", "1", "--no-unsure"), "--unsure and --no-unsure exclude each other"),
        (("--rate", "0"), "--rate 0 is not a share of parts"),
        (("--unsure-rate", "1.5"), "--unsure-rate 1.5 is not a share of parts"),
        (("--to", "-1"), "threshold: -1.0 is no raw score"),
        (("--to", "1", "--unsure", "2"), "unsure threshold: 2 is not between 0 and the threshold, 1"),
        (("--to", "3", "--cost-escape", "1"), "a suggestion takes all of"),
        (
            ("--to", "3", "--cost-escape", "1", "--cost-false-alarm", "1", "--defect-share", "0.1"),
            "a suggestion needs scores of known defects",
        ),
        (("--cost-escape", "1", "--cost-false-alarm", "1", "--defect-share", "2"), "lies between 0 and 1"),
    ],
)
def test_misuse_is_told_in_a_sentence_and_changes_nothing(
    run: Run, bundle: Path, words: tuple[str, ...], sentence: str
) -> None:
    before = bundle.read_bytes()
    assert sentence in sentence_of(run("threshold", bundle, *words))
    assert bundle.read_bytes() == before


def test_no_bundle(run: Run) -> None:
    assert sentence_of(run("threshold", "none.inspector")).startswith("none.inspector: there is no such file")
