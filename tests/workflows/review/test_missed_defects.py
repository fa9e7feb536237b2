"""The limit that catches a missed defect on a real cell, its cost, and cases without an answer."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest

from inspector.core.progress import Cancelled, CancelToken
from inspector.core.promise.threshold import promise_at
from inspector.core.review.decision import Decision, Review
from inspector.core.values import Limits, Verdict
from inspector.storage.history.records import EVERYTHING, Order
from inspector.storage.photos.images import list_images
from inspector.workflows.judging.inspect import inspect_photos
from inspector.workflows.judging.limits import keep_limits
from inspector.workflows.judging.loaded_bundle import open_bundle
from inspector.workflows.judging.record_results import record_run
from inspector.workflows.review.missed_defects import Untold, catch, is_missed
from tests.storage.history.conftest import NOON, folder, history  # noqa: F401


@pytest.fixture(scope="module")
def high(small_bundle, solar_cells, tmp_path_factory):
    """The small model at a limit so high that all new cells are OK, and its results on them; not to be changed."""
    path = shutil.copy(small_bundle, tmp_path_factory.mktemp("high") / "cells.inspector")
    loaded = open_bundle(path)
    photos = list_images(solar_cells.mixed)
    top = max(one.score for one in inspect_photos(loaded, photos).inspections if one.score is not None)
    keep_limits(loaded.stored, Limits(1.01 * top), changed_by="test")
    loaded = open_bundle(path)
    return loaded, inspect_photos(loaded, photos)


@pytest.fixture
def loaded(high):
    return high[0]


@pytest.fixture
def kept(high, history):  # noqa: F811
    """The new cells in the history: the good ones called good, the worst of the others a defect."""
    record_run(high[1], history, "early shift")
    for one in history.page(order=Order.WORST):
        good = one.source.endswith("good")
        if one.verdict is Verdict.OK:
            history.review(one.id, Review(Decision.FALSE_ALARM if good else Decision.DEFECT, "Kim", NOON))
    return history


@pytest.fixture
def defects(kept):
    """Missed defects, the highest score first."""
    return [one for one in kept.page(order=Order.WORST) if is_missed(one)]


@pytest.fixture
def goods(kept):
    return [one for one in kept.page(order=Order.WORST) if one.decision is Decision.FALSE_ALARM]


def other_version(loaded, tmp_path, limit):
    """The bundle at another limit: another file, which has scored nothing yet."""
    path = shutil.copy(loaded.stored.path, tmp_path / "cells.inspector")
    keep_limits(open_bundle(path).stored, Limits(limit), changed_by="test")
    return open_bundle(path)


def test_the_limit_lies_just_under_the_defect_and_its_costs_are_told(loaded, kept, defects, goods):
    assert len(defects) >= 4
    assert len(goods) >= 4
    for defect in defects:
        found = catch(loaded, kept, defect)
        scores = loaded.stored.manifest.good_scores
        if defect.score <= min(scores):
            assert found.untold is Untold.INSEPARABLE
            continue
        assert found.missed.threshold < defect.score
        assert Limits(found.missed.threshold).verdict_of(defect.score) is Verdict.NG
        assert found.missed.promise == promise_at(scores, found.missed.threshold, chosen=True)
        assert found.also_ng == tuple(one for one in goods if one.score > found.missed.threshold)
        assert found.missed.good_parts == len(goods)
        assert (found.same_version, found.uncounted) == (True, 0)


def test_a_part_under_every_good_photo_is_separated_by_no_limit(loaded, kept, defects):
    under = replace(defects[-1], score=0.9 * min(loaded.stored.manifest.good_scores))
    found = catch(loaded, kept, under)
    assert (found.untold, found.missed) == (Untold.INSEPARABLE, None)
    assert catch(loaded, kept, replace(under, score=0.0)).untold is Untold.NO_SCORE


def test_the_bundle_of_another_part_tells_nothing(loaded, kept, defects):
    stranger = replace(defects[0], bundle_name="boards", bundle_sha256="c" * 64)
    assert catch(loaded, kept, stranger).untold is Untold.OTHER_BUNDLE


def test_after_another_version_photos_are_scored_again(loaded, kept, defects, goods, tmp_path):
    changed = other_version(loaded, tmp_path, 1.1 * loaded.stored.manifest.limits.threshold)
    first = []
    found = catch(changed, kept, defects[0], on_first=first.append)
    assert not found.same_version
    assert found.missed.score == pytest.approx(defects[0].score, rel=1e-6)
    assert [one.id for one in found.also_ng] == [one.id for one in goods if one.score > found.missed.threshold]
    assert (found.missed.good_parts, found.uncounted) == (len(goods), 0)
    # Answers that need no photo come at once.
    assert [(one.missed.good_parts, one.uncounted) for one in first] == [(0, len(goods))]


def test_a_lower_limit_calls_it_ng_already(loaded, kept, defects, tmp_path):
    changed = other_version(loaded, tmp_path, 0.9 * defects[0].score)
    assert catch(changed, kept, defects[0]).untold is Untold.NG_ALREADY


def test_without_its_photo_only_the_version_that_judged_it_can_tell(loaded, kept, defects, goods, tmp_path):
    kept.delete_pictures(EVERYTHING, "Kim")
    assert catch(loaded, kept, defects[0]).missed is not None
    changed = other_version(loaded, tmp_path, 1.1 * loaded.stored.manifest.limits.threshold)
    found = catch(changed, kept, defects[0])
    assert found.untold is Untold.PHOTO_GONE
    assert "deleted by Kim" in found.why


def test_it_can_be_stopped(loaded, kept, defects, tmp_path):
    changed = other_version(loaded, tmp_path, 1.1 * loaded.stored.manifest.limits.threshold)
    token = CancelToken()
    with pytest.raises(Cancelled):
        catch(changed, kept, defects[0], report=lambda _progress: token.cancel(), token=token)
