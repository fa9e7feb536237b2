from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from inspector.core.errors import BundleError, DetectorError, GoodSetUnusable
from inspector.core.progress import Cancelled, CancelToken, Progress
from inspector.core.training.plan import Recipe
from inspector.storage.bundles.bundle import load_bundle
from inspector.storage.good_photos.good_set import read_good_set
from inspector.storage.photos.images import encode_jpeg, read_image
from inspector.storage.photos.photo_list import list_images
from inspector.workflows.measuring.demo import prepare_demo_data
from inspector.workflows.training import train as workflow
from inspector.workflows.training.train import (
    TrainingOutcome,
    as_json,
    more_words,
    near_duplicate_words,
    train,
    train_on,
)
from tests.workflows.small import BANK, copy_photos, small_recipe


@pytest.fixture
def outcome(few_goods: Path, tmp_path: Path) -> TrainingOutcome:
    return train(few_goods, tmp_path / "part.inspector", small_recipe())


def test_the_outcome_is_what_the_file_says(outcome: TrainingOutcome, few_goods: Path) -> None:
    stored = load_bundle(outcome.bundle)
    assert stored.manifest.model_copy(update={"tensors": {}}) == outcome.manifest
    assert outcome.sha256 == stored.sha256 == hashlib.sha256(outcome.bundle.read_bytes()).hexdigest()
    assert stored.manifest.goods.sha256 == read_good_set(few_goods).sha256
    assert stored.manifest.bank_rows == BANK["bank_rows"]
    assert len(stored.manifest.good_scores) == stored.manifest.goods.count == 12
    assert os.listdir(outcome.bundle.parent) == ["part.inspector"]


def test_the_first_threshold_is_a_good_score_and_promises_what_twelve_goods_can(outcome: TrainingOutcome) -> None:
    threshold = outcome.manifest.threshold
    assert threshold.value == max(outcome.manifest.good_scores) > min(outcome.manifest.good_scores) > 0.0
    assert threshold.false_alarm.rate == pytest.approx(1 / 13)  # no rank of 12 scores justifies 1 %
    assert threshold.false_alarm.low < 1 / 13 < threshold.false_alarm.high


def test_json_tells_the_contracts_keys(outcome: TrainingOutcome) -> None:
    fields = as_json(outcome)
    assert fields["facts"]["last_loss"] > 0.0
    assert set(fields["seconds"]) == {"total", "features", "fit", "coreset", "calibrate", "guards"}
    parts = [fields["seconds"][name] for name in ("features", "fit", "coreset", "calibrate")]
    assert min(parts) > 0.0
    assert sum(parts) <= fields["seconds"]["total"]
    assert fields["peak_rss_mb"] > 50
    assert fields["false_alarm"]["goods"] == fields["images"] == 12
    assert fields["near_duplicates"] == []


def test_the_good_photos_come_back_the_most_suspicious_first(outcome: TrainingOutcome, few_goods: Path) -> None:
    goods = as_json(outcome)["goods"]
    assert [list(good) for good in goods] == [["path", "score", "relative_score", "peak"]] * 12
    assert [good["score"] for good in goods] == sorted(outcome.manifest.good_scores, reverse=True)
    by_path = dict(zip(map(str, list_images(few_goods)), outcome.manifest.good_scores, strict=True))
    assert {good["path"]: good["score"] for good in goods} == by_path
    assert goods[0]["relative_score"] == 1.0  # of 12 goods the highest score is the limit
    assert all(0 <= place < 300 for good in goods for place in good["peak"])
    json.dumps(goods)


def test_near_duplicates_are_trained_on_and_counted_once(
    outcome: TrainingOutcome, few_goods: Path, tmp_path: Path
) -> None:
    photos = list_images(few_goods)
    folder = copy_photos(photos, tmp_path / few_goods.name)
    shutil.copyfile(photos[4], folder / "z copy.png")
    for quality in (90, 60):
        (folder / f"z saved {quality}.jpg").write_bytes(encode_jpeg(read_image(photos[7]), quality))
    more = train(folder, tmp_path / "more.inspector", small_recipe())
    # The added photos bring nothing new, so the trained state and the promise must not change.
    assert more.manifest.threshold == outcome.manifest.threshold
    assert more.manifest.good_scores == outcome.manifest.good_scores
    assert load_bundle(more.bundle).manifest.tensors == load_bundle(outcome.bundle).manifest.tensors
    assert (more.manifest.goods.count, more.manifest.near_duplicates) == (15, 3)
    assert [(one["path"], one["of"]) for one in as_json(more)["near_duplicates"]] == [
        (str(folder / "z copy.png"), str(folder / photos[4].name)),
        (str(folder / "z saved 60.jpg"), str(folder / photos[7].name)),
        (str(folder / "z saved 90.jpg"), str(folder / photos[7].name)),
    ]
    assert near_duplicate_words(more.manifest) == "3 of 15 good photos are near-duplicates of others; counted as 12."
    assert near_duplicate_words(outcome.manifest) == ""


def test_a_bundle_names_no_photo(outcome: TrainingOutcome, few_goods: Path) -> None:
    content = outcome.bundle.read_bytes()
    assert not [photo.name for photo in list_images(few_goods) if photo.stem.encode() in content]


@pytest.mark.parametrize(("method", "training"), [("patchcore", {}), ("reconpatch", {"steps": 20})])
def test_defective_photos_hidden_among_the_goods_rank_first(
    method: str, training: dict[str, int], tmp_path: Path
) -> None:
    data = prepare_demo_data(tmp_path / "cells", goods=40, new_goods=1, new_defectives=2)
    hidden = list_images(data.mixed / "defective")
    for photo in hidden:
        shutil.copyfile(photo, data.good / photo.name)
    outcome = train(
        data.good, tmp_path / "part.inspector", Recipe(method=method, size=128, settings={"bank_rows": 1000} | training)
    )
    assert outcome.manifest.goods.count == 42
    most_suspicious = {good.path.name for good in outcome.goods[:4]}  # a tenth
    assert {photo.name for photo in hidden} <= most_suspicious


def test_the_same_photos_in_another_place_give_the_same_file(
    outcome: TrainingOutcome, few_goods: Path, tmp_path: Path
) -> None:
    moved = copy_photos(list_images(few_goods), tmp_path / "elsewhere" / few_goods.name)
    assert train(moved, tmp_path / "again.inspector", small_recipe()).sha256 == outcome.sha256


def test_other_names_change_what_is_recorded_but_nothing_that_is_learned(
    outcome: TrainingOutcome, few_goods: Path, tmp_path: Path
) -> None:
    renamed = copy_photos(list_images(few_goods), tmp_path / "another folder", prefix="x")  # in the same order
    other = train(renamed, tmp_path / "other.inspector", small_recipe())
    old, new = load_bundle(outcome.bundle), load_bundle(other.bundle)
    assert new.manifest.tensors == old.manifest.tensors
    assert new.manifest.good_scores == old.manifest.good_scores
    assert new.manifest.goods.folder == "another folder"
    assert new.manifest.goods.sha256 != old.manifest.goods.sha256
    assert other.sha256 != outcome.sha256


def test_another_seed_learns_something_else(outcome: TrainingOutcome, few_goods: Path, tmp_path: Path) -> None:
    other = train(few_goods, tmp_path / "other.inspector", small_recipe(seed=1))
    bank, other_bank = (load_bundle(one.bundle).arrays["bank"] for one in (outcome, other))
    assert bank.shape == other_bank.shape
    assert not np.array_equal(bank, other_bank)


def test_photos_can_be_left_out(few_goods: Path, tmp_path: Path) -> None:
    left_out = list_images(few_goods)[3:]
    outcome = train(few_goods, tmp_path / "part.inspector", small_recipe("patchcore"), leave_out=left_out)
    assert outcome.manifest.goods.count == 3


def test_two_photos_are_enough_and_one_is_not(few_goods: Path, tmp_path: Path) -> None:
    photos = list_images(few_goods)
    two = copy_photos(photos[:2], tmp_path / "two")
    outcome = train(two, tmp_path / "two.inspector", small_recipe())
    assert outcome.manifest.threshold.false_alarm.rate == pytest.approx(1 / 3)
    for too_few in (copy_photos(photos[:1], tmp_path / "one"), photos[0]):
        with pytest.raises(GoodSetUnusable, match="needs at least 2 good photos, and only one here can be read"):
            train(too_few, tmp_path / "one.inspector", small_recipe())
    assert not (tmp_path / "one.inspector").exists()


def test_copies_of_one_photo_are_refused(few_goods: Path, tmp_path: Path) -> None:
    photo = list_images(few_goods)[0]
    for index in range(4):
        copy_photos([photo], tmp_path / "copies" / str(index))
    with pytest.raises(GoodSetUnusable, match=r"copies of each other.*add photos of different parts"):
        train(tmp_path / "copies", tmp_path / "part.inspector", small_recipe("patchcore", settings={"bank_rows": 5000}))
    assert os.listdir(tmp_path) == ["copies"]


def test_progress_only_goes_on_and_every_stage_ends(few_goods: Path, tmp_path: Path) -> None:
    told: list[Progress] = []
    train(few_goods, tmp_path / "part.inspector", small_recipe(), report=told.append)
    stages = list(dict.fromkeys(one.stage for one in told))
    assert len(stages) >= 4
    assert [one.stage for one in told] == sorted((one.stage for one in told), key=stages.index)  # none comes back
    for stage in stages:
        steps = [one for one in told if one.stage == stage]
        assert len({one.total for one in steps}) == 1
        assert [one.done for one in steps] == sorted({one.done for one in steps})
        assert steps[0].done >= 0
        assert steps[-1].done == steps[-1].total > 0


def test_cancelling_in_any_stage_leaves_the_older_bundle_and_nothing_else(few_goods: Path, tmp_path: Path) -> None:
    told: list[Progress] = []
    bundle = tmp_path / "part.inspector"
    train(few_goods, bundle, small_recipe(), report=told.append)
    older = bundle.read_bytes()
    for stage in dict.fromkeys(one.stage for one in told):
        token = CancelToken()

        def cancel(progress: Progress, stage: str = stage, token: CancelToken = token) -> None:
            if progress.stage == stage:
                token.cancel()

        with pytest.raises(Cancelled):
            train(few_goods, bundle, small_recipe(seed=1), report=cancel, token=token)
        assert os.listdir(tmp_path) == ["part.inspector"], stage
        assert bundle.read_bytes() == older, stage


def full_disk(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_failed_write_leaves_the_older_bundle(
    outcome: TrainingOutcome, few_goods: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = outcome.bundle.read_bytes()
    monkeypatch.setattr(Path, "write_bytes", full_disk)
    with pytest.raises(BundleError, match="the disk is full; free some space"):
        train(few_goods, outcome.bundle, small_recipe(seed=1))
    assert outcome.bundle.read_bytes() == older
    assert os.listdir(outcome.bundle.parent) == [outcome.bundle.name]


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        ("nowhere/part.inspector", "the folder does not exist; create it or choose another"),
        ("folder", "a folder has this name; choose another file name"),
        ("file/part.inspector", "a part of the path is a file, not a folder"),
    ],
)
def test_a_target_that_cannot_be_written_is_told_before_any_photo_is_read(
    few_goods: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str, sentence: str
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    goods = read_good_set(few_goods)
    monkeypatch.setattr(workflow, "read_good_set", lambda *_, **__: pytest.fail("photos were read"))
    with pytest.raises(BundleError, match=sentence) as caught:
        train(few_goods, tmp_path / target, small_recipe())
    assert caught.value.subject == str(tmp_path / target)
    monkeypatch.setattr("inspector.engine.methods.table.make_detector", lambda *_: pytest.fail("training began"))
    with pytest.raises(BundleError, match=sentence):
        train_on(goods, tmp_path / target, small_recipe())
    assert sorted(os.listdir(tmp_path)) == ["file", "folder"]


def read_only_disk(*_: object, **__: object) -> None:
    raise OSError(errno.EROFS, os.strerror(errno.EROFS))


def test_a_read_only_disk_is_told_before_any_photo_is_read(
    few_goods: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workflow, "read_good_set", lambda *_, **__: pytest.fail("photos were read"))
    monkeypatch.setattr(Path, "touch", read_only_disk)
    with pytest.raises(BundleError, match="the disk is read-only; choose another folder"):
        train(few_goods, tmp_path / "part.inspector", small_recipe())


@pytest.mark.parametrize(
    ("recipe", "sentence"),
    [
        (Recipe(method="guess"), "guess: there is no method of this name; choose one of: reconpatch, "),
        (Recipe(settings={"speed": 3}), "setting 'speed': there is no setting of this name; there are: .*bank_rows"),
        (Recipe(settings={"steps": -1}), "setting 'steps': .*greater than or equal to 0"),
        (Recipe(method="patchcore", settings={"steps": 3}), "patchcore: setting 'steps'"),
    ],
)
def test_impossible_recipes_are_refused_in_a_sentence(
    few_goods: Path, tmp_path: Path, recipe: Recipe, sentence: str
) -> None:
    with pytest.raises(DetectorError, match=sentence):
        train(few_goods, tmp_path / "part.inspector", recipe)
    assert os.listdir(tmp_path) == []


def test_the_bundle_keeps_whether_the_good_photos_are_enough(outcome: TrainingOutcome) -> None:
    kept = load_bundle(outcome.bundle).manifest.coverage
    assert kept == outcome.manifest.coverage
    fields = as_json(outcome)["coverage"]
    assert set(fields) == {"points", "drop", "enough", "more"}
    assert [point["goods"] for point in fields["points"]][-1] == 11
    assert fields["enough"] is (fields["more"] == 0)
    assert any("good photos" in words and "Half as many more" in words for words in more_words(outcome.manifest))
