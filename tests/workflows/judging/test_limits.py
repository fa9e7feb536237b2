"""Limits are changed in the bundle's file with a record of it, and nothing is trained again."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from inspector.core.errors import BundleError, DatasetError, DetectorError, NoImages
from inspector.core.progress import Cancelled, CancelToken
from inspector.core.promise.operating_point import Costs
from inspector.core.values import Limits, Verdict
from inspector.storage.bundles.bundle import DefectRecord, load_bundle
from inspector.workflows.computer import machine
from inspector.workflows.judging import limits as workflow
from inspector.workflows.judging.inspect import inspect_folder
from inspector.workflows.judging.limits import as_json, check_limits, compare_with_defects, keep_defects, keep_limits
from inspector.workflows.judging.loaded_bundle import open_bundle
from tests.conftest import SolarCells


@pytest.fixture
def bundle(small_bundle: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(small_bundle, tmp_path / "cells.inspector"))


def test_kept_limits_judge_from_then_on(bundle: Path, solar_cells: SolarCells, tmp_path: Path) -> None:
    first = inspect_folder(solar_cells.mixed, bundle, tmp_path / "before")
    scores = sorted(one.score for one in first.inspections if one.score is not None)
    keep_limits(load_bundle(bundle), Limits(scores[-3], scores[4]))
    run = inspect_folder(solar_cells.mixed, bundle, tmp_path / "after")
    assert run.counts()[Verdict.NG] == 2
    assert run.counts()[Verdict.UNSURE] == len(scores) - 2 - 5
    assert [one.score for one in run.inspections] == [one.score for one in first.inspections]


def test_a_change_is_recorded_with_who_when_and_from_what_to_what(bundle: Path) -> None:
    stored = load_bundle(bundle)
    trained = stored.manifest.limits
    once = keep_limits(stored, Limits(2.0 * trained.threshold), changed_by="line 2", note="dust")
    twice = keep_limits(once, Limits(3.0 * trained.threshold, trained.threshold))
    again = load_bundle(bundle)
    assert again.manifest == twice.manifest
    assert again.sha256 == twice.sha256
    first, second = again.manifest.changes
    assert (first.changed_by, first.note, first.before, first.after) == (
        "line 2", "dust", trained, Limits(2.0 * trained.threshold),
    )  # fmt: skip
    assert (second.changed_by, second.before, second.after) == (
        machine.user_name(),
        first.after,
        twice.manifest.limits,
    )
    assert timedelta(0) <= datetime.now(UTC) - second.changed_at < timedelta(minutes=5)
    assert again.manifest.threshold == stored.manifest.threshold


def test_nothing_that_was_learned_changes(bundle: Path) -> None:
    stored = load_bundle(bundle)
    keep_limits(stored, Limits(1.0))
    again = load_bundle(bundle)
    assert again.manifest.tensors == stored.manifest.tensors
    assert again.manifest.good_scores == stored.manifest.good_scores
    assert all(np.array_equal(again.arrays[name], array) for name, array in stored.arrays.items())


def test_equal_limits_are_no_change(bundle: Path) -> None:
    before = bundle.read_bytes()
    stored = load_bundle(bundle)
    assert keep_limits(stored, stored.manifest.limits) is stored
    assert bundle.read_bytes() == before


def test_a_file_that_somebody_else_changed_is_kept(bundle: Path) -> None:
    stored = load_bundle(bundle)
    keep_limits(stored, Limits(1.0), changed_by="somebody else")
    theirs = bundle.read_bytes()
    with pytest.raises(BundleError, match=r"cells\.inspector: the file was changed since it was opened; open it again"):
        keep_limits(stored, Limits(2.0))
    assert bundle.read_bytes() == theirs


def test_known_defects_are_scored_kept_and_removed(bundle: Path, solar_cells: SolarCells) -> None:
    stored = compare_with_defects(bundle, solar_cells.mixed / "defective")
    record = load_bundle(bundle).manifest.defects
    assert record is not None
    assert record == stored.manifest.defects
    assert (record.folder, len(record.scores), record.not_judged) == ("defective", 6, 0)
    found = as_json(stored, Costs(100.0, 1.0, 0.01))
    threshold = stored.manifest.limits.threshold
    assert found["defects"]["escapes"]["count"] == sum(score <= threshold for score in record.scores)
    assert found["defects"]["detection"] == {
        "at_limit": sum(score > threshold for score in record.scores) / 6,
        "at_limit_or_unsure": sum(score > threshold for score in record.scores) / 6,
        "attainable": sum(score > threshold for score in record.scores) / 6,  # of the good photos none is above
        "at_known_limit": None,
    }
    assert found["suggestion"]["cost_per_1000"] <= found["suggestion"]["cost_per_1000_now"]
    assert found["suggestion"]["threshold"] in stored.manifest.good_scores
    assert keep_defects(stored, None).manifest == load_bundle(bundle).manifest
    assert load_bundle(bundle).manifest.defects is None


def test_what_a_person_looks_at_does_not_escape(bundle: Path, solar_cells: SolarCells) -> None:
    stored = compare_with_defects(bundle, solar_cells.mixed / "defective")
    assert stored.manifest.defects is not None
    scores = sorted(stored.manifest.defects.scores)
    high = keep_limits(stored, Limits(scores[-1]))
    assert as_json(high)["defects"]["escapes"]["count"] == 6
    with_unsure = keep_limits(high, Limits(scores[-1], scores[1]))
    assert as_json(with_unsure)["defects"]["escapes"]["count"] == 2


def test_refused_defects_are_not_found_but_count_as_attainable(bundle: Path) -> None:
    manifest = load_bundle(bundle).manifest
    own = manifest.threshold.value
    record = DefectRecord(
        folder="scratches", scores=[2 * own, 0.9 * own], not_judged=3, refused_scores=[3 * own, 4 * own]
    )
    known = manifest.model_copy(update={"defects": record})
    found = known.detection_at(Limits(1.5 * own, 0.5 * own))
    assert found is not None
    assert (found.at_limit, found.at_limit_or_unsure, found.attainable) == (0.2, 0.4, 0.6)
    assert manifest.detection_at(Limits(own)) is None


def test_a_model_of_a_former_release_knows_no_scores_of_refused_defects() -> None:
    record = DefectRecord.model_validate({"folder": "scratches", "scores": [2.0], "not_judged": 3})
    assert record.refused_scores == []
    assert np.isnan(record.labelled_with([1.0]).scores).sum() == 3


def test_defects_that_cannot_be_judged_are_counted_and_none_at_all_is_told(
    bundle: Path, solar_cells: SolarCells, tmp_path: Path
) -> None:
    folder = tmp_path / "some"
    folder.mkdir()
    with pytest.raises(NoImages, match="some: there is no photo"):
        compare_with_defects(bundle, folder)
    (folder / "cut.png").write_bytes(b"\x89PNG")
    before = bundle.read_bytes()
    with pytest.raises(DatasetError, match=r"some: no photo of a defect could be judged \(the first: this"):
        compare_with_defects(bundle, folder)
    assert bundle.read_bytes() == before
    shutil.copy(next((solar_cells.mixed / "defective").iterdir()), folder / "cell.png")
    record = compare_with_defects(bundle, folder).manifest.defects
    assert record is not None
    assert (len(record.scores), record.not_judged) == (1, 1)


def test_scoring_defects_can_be_cancelled(bundle: Path, solar_cells: SolarCells) -> None:
    token = CancelToken()
    with pytest.raises(Cancelled):
        workflow.score_defects(
            open_bundle(bundle), solar_cells.mixed, report=lambda _progress: token.cancel(), token=token
        )


def test_a_suggestion_needs_known_defects(bundle: Path) -> None:
    with pytest.raises(DetectorError, match="a suggestion needs scores of known defects"):
        as_json(load_bundle(bundle), Costs(1.0, 1.0, 0.1))


@pytest.mark.parametrize(("numbers", "words"), [((0.0,), "is no raw score"), ((1.0, 1.1), "is not between 0 and")])
def test_numbers_that_make_no_sense_are_told(numbers: tuple[float, ...], words: str) -> None:
    with pytest.raises(DetectorError, match=words):
        check_limits(*numbers)
