"""False alarms are remembered: they score under the reach, nothing else scores higher, and nothing is trained again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from inspector.core.errors import DetectorError
from inspector.core.progress import Cancelled, CancelToken, ignore_progress
from inspector.core.training.plan import Recipe
from inspector.core.values import ImageRGB
from inspector.engine.detector import Detector, GrownMaps, Wanted
from inspector.engine.methods.ensemble import Ensemble
from inspector.engine.methods.table import make_detector
from tests.engine.conftest import NOWHERE, SMALL, small_detector

GOODS = 12


def fitted(detector: Detector, photos: list[ImageRGB]) -> Detector:
    detector.fit(photos, ignore_progress, CancelToken())
    return detector


def grown(detector: Detector, wanted: Wanted) -> tuple[Detector, GrownMaps]:
    return detector.grow(wanted, ignore_progress, CancelToken())


@pytest.fixture(scope="module")
def learned(good_photos: list[ImageRGB]) -> Detector:
    return fitted(small_detector("reconpatch"), good_photos)


@pytest.fixture(scope="module")
def wanted(learned: Detector, new_good_photos: list[ImageRGB]) -> Wanted:
    """New good cells as false alarms, at a reach that they exceed."""
    reach = 0.6 * min(one.score for one in learned.score_maps(new_good_photos[:3]))
    return Wanted(new_good_photos[:3], reach, 2000, GOODS)


def test_false_alarms_score_at_most_the_reach(learned: Detector, wanted: Wanted) -> None:
    more, maps = grown(learned, wanted)
    assert all(one.score > wanted.reach for one in maps.before)
    assert all(one.score <= wanted.reach for one in maps.after)
    for told, photo in zip(maps.after, wanted.photos, strict=True):
        np.testing.assert_allclose(more.score_maps([photo])[0].grid, told.grid, rtol=1e-4, atol=1e-4)
    assert sum(maps.rows) == len(more.arrays()["bank"]) - len(learned.arrays()["bank"])


def test_no_place_of_any_photo_scores_higher(
    learned: Detector, wanted: Wanted, new_good_photos: list[ImageRGB], defective_photos: list[ImageRGB]
) -> None:
    more, _ = grown(learned, wanted)
    for photo in new_good_photos + defective_photos:
        before, after = (one.score_maps([photo])[0].grid for one in (learned, more))
        assert (after <= before * (1.0 + 1e-5)).all()


def test_what_was_learned_stays_and_the_first_rows_too(learned: Detector, wanted: Wanted) -> None:
    before = {name: array.copy() for name, array in learned.arrays().items()}
    more, maps = grown(learned, wanted)
    rows = len(before["bank"])
    for name, array in more.arrays().items():
        np.testing.assert_array_equal(array[:rows], before[name])
        np.testing.assert_array_equal(learned.arrays()[name], before[name])
    numbers = more.arrays()["bank_photos"][rows:]
    assert [int((numbers == GOODS + one).sum()) for one in range(3)] == maps.rows
    again, _ = grown(learned, wanted)
    assert all(np.array_equal(array, again.arrays()[name]) for name, array in more.arrays().items())


def test_no_more_rows_are_added_than_allowed(learned: Detector, wanted: Wanted) -> None:
    _, maps = grown(learned, replace(wanted, most_rows=5))
    assert sum(maps.rows) == 5
    _, few = grown(learned, wanted)
    assert 5 < sum(few.rows) < 3 * 256  # greedy: one row stands for the patches around it
    _, none = grown(learned, replace(wanted, reach=1e9))
    assert none.rows == [0, 0, 0]
    np.testing.assert_array_equal(none.after[0].grid, none.before[0].grid)


def test_a_part_without_its_own_help_is_helped_by_its_copy(learned: Detector, wanted: Wanted) -> None:
    photo = wanted.photos[0]
    _, alone = grown(learned, replace(wanted, photos=[photo]))
    np.testing.assert_allclose(alone.unaided[0].grid, alone.before[0].grid, rtol=1e-5)
    _, twice = grown(learned, replace(wanted, photos=[photo, photo]))
    assert twice.rows[1] == 0
    assert twice.unaided[1].score <= wanted.reach < twice.unaided[0].score


def test_a_patch_of_a_false_alarm_is_found_and_its_place_too(learned: Detector, wanted: Wanted) -> None:
    more, _ = grown(learned, wanted)
    arrays = more.arrays()
    row, column = divmod(int(arrays["bank_places"][-1]), 16)
    middle = round((column + 0.5) * 300 / 16), round((row + 0.5) * 300 / 16)
    photo = int(arrays["bank_photos"][-1])
    told = more.explain(wanted.photos[photo - GOODS], middle)
    assert told.nearest is not None
    assert (told.nearest.photo, told.nearest.box) == (photo, told.box)
    assert told.distance < 1e-3


def test_a_memory_without_places_grows_and_knows_those_that_are_new(learned: Detector, wanted: Wanted) -> None:
    old = small_detector("reconpatch")
    old.restore({name: array for name, array in learned.arrays().items() if name != "bank_places"})
    more, _ = grown(old, wanted)
    places = more.arrays()["bank_places"]
    assert (places[: len(old.arrays()["bank"])] == -1).all()
    assert (places[len(old.arrays()["bank"]) :] >= 0).all()


def test_an_ensemble_grows_in_every_member(good_photos: list[ImageRGB], new_good_photos: list[ImageRGB]) -> None:
    backbone = Recipe().backbone
    recipe = Recipe(method="patchcore", backbone=f"{backbone}+{backbone}", size=128, settings=SMALL["patchcore"])
    joined = Ensemble(recipe, lambda member: make_detector(member, (300, 300), NOWHERE))
    fitted(joined, good_photos)
    reach = 0.6 * min(one.score for one in joined.score_maps(new_good_photos[:2]))
    more, maps = grown(joined, Wanted(new_good_photos[:2], reach, 2000, GOODS))
    assert all(one.score > reach for one in maps.before)
    assert all(one.score <= reach for one in more.score_maps(new_good_photos[:2]))
    assert sum(maps.rows) == sum(len(more.arrays()[f"member{m}.bank"]) for m in (0, 1)) - 2 * 200


def test_what_cannot_grow_says_why(good_photos: list[ImageRGB], wanted: Wanted) -> None:
    reweighted = fitted(small_detector("patchcore", reweight_neighbours=3), good_photos[:4])
    with pytest.raises(DetectorError, match=r"reweight_neighbours.*train again"):
        grown(reweighted, wanted)
    with pytest.raises(DetectorError, match=r"remembers no patches.*train again"):
        grown(small_detector("coarse-to-fine"), wanted)


def test_growing_can_be_stopped(learned: Detector, wanted: Wanted) -> None:
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        learned.grow(wanted, ignore_progress, token)


def test_what_is_told_of_false_alarms_only_falls_and_falls_less_without_their_own_help(
    learned: Detector, wanted: Wanted
) -> None:
    _, maps = grown(learned, wanted)
    for before, after, unaided in zip(maps.before, maps.after, maps.unaided, strict=True):
        assert (after.grid <= unaided.grid).all()
        assert (unaided.grid <= before.grid).all()
        assert (after.grid < before.grid).any()
