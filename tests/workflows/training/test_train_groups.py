"""Unlabelled groups: found in the names of the photos, and their effect on the limit."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from inspector.core.good_photos.sessions import SessionChoice, SessionsBy
from inspector.storage.bundles.bundle import load_bundle
from inspector.storage.good_photos.left_out import find_left_out
from inspector.storage.photos.images import read_image, write_image
from inspector.storage.photos.photo_list import list_images
from inspector.workflows.judging.limits import as_json as limits_json
from inspector.workflows.training.strays import leave_out
from inspector.workflows.training.train import TrainingOutcome, as_json, more_words, train
from tests.conftest import SolarCells
from tests.workflows.small import small_recipe
from tests.workflows.training.test_train_sessions import brighter

PLACES = 5


def trained(folder: Path, name: str = "part", **options: SessionChoice) -> TrainingOutcome:
    recipe, out = small_recipe("patchcore", false_alarm_rate=0.1), find_left_out(folder, list_images(folder))
    bundle = folder.parent / f"{name}.inspector"
    return train(folder, bundle, recipe, leave_out=out, keep_pictures=False, **options)


@pytest.fixture(scope="module")
def by_place(solar_cells: SolarCells, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Cells seen at five places, each with its own light; the name holds a counter and the place."""
    folder = tmp_path_factory.mktemp("places") / "goods"
    folder.mkdir()
    for at, photo in enumerate(list_images(solar_cells.good)):
        place = at % PLACES
        write_image(folder / f"{at:03d}_place{place}_x.png", brighter(read_image(photo), place - 3.0))
    return folder


@pytest.fixture(scope="module")
def outcome(by_place: Path) -> TrainingOutcome:
    return trained(by_place)


def test_groups_in_the_names_are_found_and_the_limit_is_for_a_new_one(outcome: TrainingOutcome) -> None:
    manifest, found = load_bundle(outcome.bundle).manifest, as_json(outcome)
    assert found["groups"]["kind"] == "name"
    assert found["groups"]["count"] == PLACES
    assert found["groups"]["rise"] > 0.02
    assert dict(zip(outcome.sessions.names, outcome.sessions.counts, strict=True)) == dict.fromkeys(
        map(str, range(5)), 6
    )
    assert found["guards"]["refused"]["groups"] == PLACES
    alarm = found["false_alarm"]
    assert (alarm["for"], alarm["groups"], alarm["goods"]) == ("group", PLACES, 30)
    assert alarm["rate"] >= 1 / (PLACES + 1)
    assert found["threshold"] >= found["known_threshold"] == manifest.known_threshold.value
    assert manifest.known_threshold.false_alarm.groups == 0
    told = " ".join(more_words(manifest))
    assert "5 groups by name. Held out whole, scores rise by" in told
    assert "For parts of known groups alone the limit would be" in told


def test_moved_limits_and_rates_follow_the_promise_for_a_new_group(outcome: TrainingOutcome) -> None:
    stored = load_bundle(outcome.bundle)
    manifest = stored.manifest
    scores = [score for one in manifest.sessions.sessions for score in one.scores]
    above = manifest.promise_at(max(scores) + 1.0)
    assert (above.rate, above.chosen, above.groups) == (pytest.approx(1 / 6), True, PLACES)
    assert manifest.promise_at(manifest.threshold.value) == manifest.threshold.false_alarm
    assert manifest.threshold_at(manifest.recipe.false_alarm_rate) == manifest.threshold
    assert limits_json(stored)["false_alarm"]["for"] == "group"


def test_the_user_can_refuse_the_groups(by_place: Path, outcome: TrainingOutcome) -> None:
    plain = trained(by_place, "without groups", sessions=SessionChoice(SessionsBy.NONE))
    found = as_json(plain)
    assert found["groups"] is found["sessions"] is found["known_threshold"] is None
    assert found["false_alarm"]["for"] == "photo"
    assert plain.manifest.threshold.value == outcome.manifest.known_threshold.value
    assert plain.manifest.good_scores == outcome.manifest.good_scores


def test_photos_left_out_after_a_ranking_count_beside_groups_that_matter(
    by_place: Path, outcome: TrainingOutcome, tmp_path: Path
) -> None:
    folder = tmp_path / "goods"
    shutil.copytree(by_place, folder)
    leave_out(folder, [list_images(folder)[9]])
    again = trained(folder)
    found, manifest = as_json(again), load_bundle(again.bundle).manifest
    alarm = found["false_alarm"]
    assert (alarm["for"], alarm["groups"], alarm["goods"], found["taken_out"]) == ("group", PLACES, 30, 1)
    assert manifest.known_threshold.false_alarm.goods == 30
    # Above all scores it is the only false alarm, in the group that lost it.
    assert manifest.promise_at(1e6).rate == pytest.approx((1 / 6 + 1) / (PLACES + 1))
    assert outcome.manifest.promise_at(1e6).rate == pytest.approx(1 / (PLACES + 1))


def test_groups_that_say_nothing_leave_the_limit_as_it_is(solar_cells: SolarCells, tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    (tmp_path / "goods").mkdir()
    for at, place in zip(random.permutation(30), random.permutation([at % PLACES for at in range(30)]), strict=True):
        photo = list_images(solar_cells.good)[at]
        write_image(tmp_path / "goods" / f"p{place}_{random.integers(1000, 9999)}.png", read_image(photo))
    found = as_json(trained(tmp_path / "goods"))
    assert found["groups"] is None
    assert found["false_alarm"]["for"] == "photo"
    asked = as_json(trained(tmp_path / "goods", sessions=SessionChoice(SessionsBy.NAME)))
    assert asked["groups"]["matters"] is False
    assert asked["threshold"] == found["threshold"]
