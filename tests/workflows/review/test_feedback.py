"""False alarms fed back into a model of real cells: the changes are previewed, accepted, and can be reverted."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from inspector.core.errors import BundleError, DatasetError, DetectorError
from inspector.core.photo.pixel_depth import FORMER_DEPTH
from inspector.core.progress import Cancelled, CancelToken
from inspector.core.review.decision import Decision, Review
from inspector.core.review.judged_part import JudgedPart
from inspector.core.values import Limits, Verdict
from inspector.storage.bundles.bundle import load_bundle, save_bundle
from inspector.storage.bundles.versions import bundle_versions, restore_version
from inspector.storage.history.store import History
from inspector.storage.photos.images import read_image
from inspector.storage.photos.photo_list import list_images
from inspector.workflows.judging.explain import why_flagged
from inspector.workflows.judging.inspect import inspect_image
from inspector.workflows.judging.limits import compare_with_defects, keep_limits
from inspector.workflows.judging.loaded_bundle import LoadedBundle, open_bundle
from inspector.workflows.review import feedback
from inspector.workflows.review.feedback import accept, propose
from inspector.workflows.review.reviewed_parts import ReviewedPart, history_part, photo_part, reviewed_in
from inspector.workflows.training.train import train
from tests.conftest import SolarCells
from tests.storage.history.conftest import judged, refused
from tests.workflows.small import small_recipe

AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def alarms(solar_cells: SolarCells) -> list[ReviewedPart]:
    return [photo_part(path, Decision.FALSE_ALARM, FORMER_DEPTH) for path in list_images(solar_cells.mixed / "good")]


@pytest.fixture(scope="module")
def defects(solar_cells: SolarCells) -> list[ReviewedPart]:
    return [photo_part(path, Decision.DEFECT, FORMER_DEPTH) for path in list_images(solar_cells.mixed / "defective")]


@pytest.fixture
def bundle(small_bundle: Path, alarms: list[ReviewedPart], tmp_path: Path) -> Path:
    """The small bundle at a limit that three new good cells exceed."""
    path = Path(shutil.copy(small_bundle, tmp_path / "cells.inspector"))
    loaded = open_bundle(path)
    scores = sorted(_score(loaded, part) for part in alarms)
    keep_limits(loaded.stored, Limits((scores[2] + scores[3]) / 2.0), changed_by="test")
    return path


@pytest.fixture
def loaded(bundle: Path) -> LoadedBundle:
    return open_bundle(bundle)


@pytest.fixture
def flagged(loaded: LoadedBundle, alarms: list[ReviewedPart]) -> list[ReviewedPart]:
    return [part for part in alarms if _score(loaded, part) > loaded.stored.manifest.limits.threshold]


def _score(loaded: LoadedBundle, part: ReviewedPart) -> float:
    score = inspect_image(loaded, part.load(), Path(part.name)).score
    assert score is not None
    return score


def test_what_the_preview_says_is_what_the_accepted_bundle_does(
    loaded: LoadedBundle, flagged: list[ReviewedPart], alarms: list[ReviewedPart], defects: list[ReviewedPart]
) -> None:
    proposal = propose(loaded, flagged, alarms + defects)
    preview, limits = proposal.preview, loaded.stored.manifest.limits
    assert [part.name for part in preview.parts] == [part.name for part in flagged]
    assert all(part.before > limits.threshold >= part.after for part in preview.parts)
    assert len(preview.fixed) == 3
    accept(proposal)
    again = open_bundle(loaded.stored.path)
    told = {one.name: one for one in preview.all_parts}
    assert len(told) + preview.unchanged == len(alarms) + len(defects)
    for part in alarms + defects:
        before, after = _score(loaded, part), _score(again, part)
        assert after <= before * (1.0 + 1e-5)
        if part.name in told:
            assert told[part.name].before == pytest.approx(before, rel=1e-5)
            assert told[part.name].after == pytest.approx(after, rel=1e-5)
        else:
            assert limits.verdict_of(before) is Verdict.OK
    flips = [part.name for part in alarms + defects if _flips(loaded, again, part)]
    assert sorted(flips) == sorted(one.part.name for one in preview.flips)


def _flips(before: LoadedBundle, after: LoadedBundle, part: ReviewedPart) -> bool:
    limits = before.stored.manifest.limits
    return limits.verdict_of(_score(before, part)) is not limits.verdict_of(_score(after, part))


def test_defects_unlike_the_false_alarms_keep_their_scores(
    loaded: LoadedBundle, flagged: list[ReviewedPart], defects: list[ReviewedPart]
) -> None:
    preview = propose(loaded, flagged, defects).preview
    kept = [one.after / one.before for one in preview.reviewed]
    assert len(kept) >= 3
    assert np.median(kept) > 0.97
    assert preview.lost == ()
    # A defect that is fed back by mistake is reported as lost when it is reviewed as a defect, too.
    wrong = ReviewedPart("a copy", Decision.FALSE_ALARM, defects[0].load)
    lost = propose(loaded, [wrong], defects).preview.lost
    assert defects[0].name in [flip.part.name for flip in lost]


def test_nothing_is_written_before_it_is_accepted(loaded: LoadedBundle, flagged: list[ReviewedPart]) -> None:
    path = loaded.stored.path
    before, versions = path.read_bytes(), bundle_versions(path)
    propose(loaded, flagged)
    assert path.read_bytes() == before
    assert bundle_versions(path) == versions


def test_the_change_is_recorded_and_the_trained_promise_stays(
    loaded: LoadedBundle, flagged: list[ReviewedPart]
) -> None:
    proposal = propose(loaded, flagged)
    written = accept(proposal, changed_by="line 2", note="dust", at=AT)
    was, now = loaded.stored.manifest, load_bundle(loaded.stored.path).manifest
    assert (now.good_scores, now.threshold, now.limits, now.goods) == (
        was.good_scores, was.threshold, was.limits, was.goods
    )  # fmt: skip
    (record,) = now.fed_back
    assert (record.changed_by, record.note, record.changed_at) == ("line 2", "dust", AT)
    assert (record.parts, record.rows) == (3, proposal.preview.rows_added)
    assert record.before_sha256 == loaded.stored.sha256
    assert now.bank_rows == was.bank_rows + record.rows == len(written.arrays["bank"])
    assert written.sha256 == load_bundle(loaded.stored.path).sha256
    assert proposal.preview.promise_after == proposal.preview.promise_before


def test_the_same_feedback_gives_the_same_bytes(
    loaded: LoadedBundle, flagged: list[ReviewedPart], tmp_path: Path
) -> None:
    copy = Path(shutil.copy(loaded.stored.path, tmp_path / "copy.inspector"))
    first = accept(propose(loaded, flagged), changed_by="a", at=AT)
    second = accept(propose(open_bundle(copy), flagged), changed_by="a", at=AT)
    assert first.sha256 == second.sha256


def test_every_version_can_be_brought_back_byte_for_byte(loaded: LoadedBundle, flagged: list[ReviewedPart]) -> None:
    path, first = loaded.stored.path, loaded.stored.path.read_bytes()
    one = accept(propose(loaded, flagged[:1]), at=AT)
    second = path.read_bytes()
    two = accept(propose(open_bundle(path), flagged[1:]), at=AT)
    assert len(two.manifest.fed_back) == 2
    trained = bundle_versions(path)[-1]  # before its limits were moved for these tests
    assert [v.sha256 for v in bundle_versions(path)] == [
        two.sha256, one.sha256, loaded.stored.sha256, trained.sha256
    ]  # fmt: skip
    assert [v.sha256 for v in bundle_versions(path) if v.current] == [two.sha256]
    assert restore_version(path, loaded.stored.sha256[:12]).sha256 == loaded.stored.sha256
    assert path.read_bytes() == first
    restore_version(path, one.sha256)
    assert path.read_bytes() == second
    assert restore_version(path, two.sha256).sha256 == two.sha256
    assert len(bundle_versions(path)) == 4


def test_a_second_feedback_goes_on_from_the_first(loaded: LoadedBundle, flagged: list[ReviewedPart]) -> None:
    path = loaded.stored.path
    accept(propose(loaded, flagged[:2]))
    again = open_bundle(path)
    assert again.stored.manifest.photos_remembered == 12 + 2
    accept(propose(again, flagged[2:]))
    last = open_bundle(path)
    limit = last.stored.manifest.limits.threshold
    assert all(_score(last, part) <= limit for part in flagged)
    assert set(last.stored.arrays["bank_photos"]) <= set(range(15))


def test_what_was_fed_back_is_shown_as_such(loaded: LoadedBundle, flagged: list[ReviewedPart]) -> None:
    accept(propose(loaded, flagged))
    again = open_bundle(loaded.stored.path)
    numbers = again.stored.arrays["bank_photos"]
    last = int(np.flatnonzero(numbers == 12 + 1)[0])
    row, column = divmod(int(again.stored.arrays["bank_places"][last]), 8)
    why = why_flagged(again, flagged[1].load(), at_xy=(round((column + 0.5) * 37.5), round((row + 0.5) * 37.5)))
    assert why is not None
    assert why.nearest is not None
    assert (why.nearest.fed_back, why.nearest.number, why.nearest.of) == (True, 2, 3)
    assert why.nearest.picture_rgb is not None


def test_older_bundles_can_be_fed_back_into(loaded: LoadedBundle, flagged: list[ReviewedPart]) -> None:
    stored = loaded.stored
    later = {"bank_places", "pictures", "pictures_at"}
    save_bundle(stored.path, stored.manifest, {k: v for k, v in stored.arrays.items() if k not in later})
    accept(propose(open_bundle(stored.path), flagged))
    again = open_bundle(stored.path)
    assert "pictures" not in again.stored.arrays
    assert all(_score(again, part) <= again.stored.manifest.limits.threshold for part in flagged)
    why = why_flagged(again, flagged[0].load())
    assert why is not None


def test_scores_of_known_defects_are_taken_out(
    loaded: LoadedBundle, flagged: list[ReviewedPart], solar_cells: SolarCells
) -> None:
    compare_with_defects(loaded.stored.path, solar_cells.mixed / "defective")
    proposal = propose(open_bundle(loaded.stored.path), flagged)
    assert proposal.preview.defects_dropped == 6
    assert accept(proposal).manifest.defects is None


def test_a_bundle_that_somebody_else_changed_is_kept(loaded: LoadedBundle, flagged: list[ReviewedPart]) -> None:
    proposal = propose(loaded, flagged)
    keep_limits(loaded.stored, Limits(99.0), changed_by="somebody else")
    theirs = loaded.stored.path.read_bytes()
    with pytest.raises(BundleError, match="was changed since it was opened"):
        accept(proposal)
    assert loaded.stored.path.read_bytes() == theirs


def test_photos_that_cannot_be_used_are_told(loaded: LoadedBundle, flagged: list[ReviewedPart], tmp_path: Path) -> None:
    gone = photo_part(tmp_path / "gone.png", Decision.FALSE_ALARM, FORMER_DEPTH)
    preview = propose(
        loaded, [gone, *flagged], [photo_part(tmp_path / "lost.png", Decision.DEFECT, FORMER_DEPTH)]
    ).preview
    assert [name for name, _ in preview.left_out] == [str(tmp_path / "gone.png"), str(tmp_path / "lost.png")]
    assert len(preview.parts) == 3
    with pytest.raises(DatasetError, match=r"gone\.png: there is no such file"):
        propose(loaded, [gone])
    with pytest.raises(DatasetError, match="no false alarm"):
        propose(loaded, [])


def test_a_false_alarm_that_is_near_already_changes_nothing(
    loaded: LoadedBundle, flagged: list[ReviewedPart], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feedback, "REACH", 100.0)
    proposal = propose(loaded, flagged)
    assert (proposal.preview.rows_added, len(proposal.preview.still_flagged)) == (0, 3)
    assert accept(proposal) is loaded.stored


def test_the_memory_at_most_doubles(
    loaded: LoadedBundle, flagged: list[ReviewedPart], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feedback, "REACH", 1e-6)
    path = loaded.stored.path
    sizes = []
    for _ in range(4):
        sizes.append(accept(propose(open_bundle(path), flagged)).manifest.bank_rows)
    assert sizes == [125, 150, 175, 200]
    with pytest.raises(DetectorError, match="doubled what it remembers"):
        propose(open_bundle(path), flagged)


def test_coarse_to_fine_refuses(few_goods: Path, flagged: list[ReviewedPart], tmp_path: Path) -> None:
    path = tmp_path / "places.inspector"
    train(
        few_goods,
        path,
        small_recipe("coarse-to-fine").model_copy(update={"settings": {"channels": 20, "align": "never"}}),
    )
    with pytest.raises(DetectorError, match="remembers no patches"):
        propose(open_bundle(path), flagged)


def test_feedback_can_be_stopped(loaded: LoadedBundle, flagged: list[ReviewedPart]) -> None:
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        propose(loaded, flagged, token=token)


def test_reviews_of_the_history_are_fed_back_and_scored_again(
    loaded: LoadedBundle, flagged: list[ReviewedPart], defects: list[ReviewedPart], tmp_path: Path
) -> None:
    limits, sha256 = loaded.stored.manifest.limits, loaded.stored.sha256
    with History.open(tmp_path / "history") as history:
        for part in [*flagged, *defects]:
            photo = part.load()
            found = inspect_image(loaded, photo, Path(part.name))
            number = history.add(JudgedPart("", "test", AT, photo, found, limits, bundle_sha256=sha256))
            history.review(number, Review(part.decision, "a person", AT))
        photo = read_image(Path(flagged[0].name))
        history.add(JudgedPart("", "test", AT, photo, inspect_image(loaded, photo, Path("x")), limits))  # not reviewed
        reviewed = list(reviewed_in(history))
        assert len(reviewed) == len(flagged) + len(defects)
        chosen = [part for part in reviewed if part.decision is Decision.FALSE_ALARM]
        preview = propose(loaded, chosen, reviewed).preview
    assert len(preview.fixed) == len(flagged)
    assert preview.unchanged + len(preview.reviewed) == len(defects)
    files = propose(loaded, flagged, defects).preview
    assert sorted(one.after for one in preview.parts) == pytest.approx(sorted(one.after for one in files.parts))


def test_the_score_of_a_refused_part_is_not_taken_for_one_that_was_judged(tmp_path: Path) -> None:
    with History.open(tmp_path / "history") as history:
        for part in (refused(0, 1.5), judged(1, 1.5)):
            number = history.add(part)
            history.review(number, Review(Decision.FALSE_ALARM, "Q", datetime.now(UTC)))
        of_refused, of_judged = (history_part(history, history.get(number).record) for number in (1, 2))
    assert of_refused is not None
    assert of_judged is not None
    assert of_refused.known_score is None
    assert of_judged.known_score is not None
