"""Sessions held out whole: the same as training without them, wherever that can be exact."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from inspector.core.progress import CancelToken, Progress, ignore_progress
from inspector.core.promise.groups import Neighbours
from inspector.core.training.plan import Recipe
from inspector.core.values import ImageRGB
from inspector.engine.detector import Fitted
from inspector.engine.methods.coarse_to_fine.background import companions_of
from inspector.engine.methods.coarse_to_fine.position_gaussians import PlaceSums
from inspector.engine.methods.table import METHODS, make_detector
from tests.engine.conftest import NOWHERE, SMALL, small_detector
from tests.engine.methods.coarse_to_fine.turned_parts import turned_parts

SESSIONS = [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2]
EVERYTHING = {"pool_rows": 8 * 8 * 12, "bank_rows": 8 * 8 * 12}


def fit(photos: list[ImageRGB], sessions: list[int] | None, method: str, **settings: Any) -> Fitted:
    detector = small_detector(method, size=64, **settings)
    return detector.fit(photos, ignore_progress, CancelToken(), sessions)


@pytest.mark.parametrize(
    ("method", "settings"),
    [("patchcore", EVERYTHING), ("coarse-to-fine", {"channels": 152, "place_quantile": 0.0, "align": "never"})],
)
def test_a_session_held_out_scores_as_if_it_had_not_been_trained_on(
    method: str, settings: dict[str, Any], good_photos: list[ImageRGB]
) -> None:
    fitted = fit(good_photos, SESSIONS, method, **settings)
    assert len(fitted.session_maps) == len(good_photos)
    for session in (0, 2):
        kept = [photo for photo, own in zip(good_photos, SESSIONS, strict=True) if own != session]
        without = small_detector(method, size=64, **settings)
        without.fit(kept, ignore_progress, CancelToken())
        for photo, own, held_out in zip(good_photos, SESSIONS, fitted.session_maps, strict=True):
            if own == session:
                np.testing.assert_allclose(held_out.grid, without.score_maps([photo])[0].grid, rtol=2e-3, atol=2e-3)


@pytest.mark.parametrize("method", METHODS)
def test_holding_sessions_out_changes_nothing_that_is_learned(method: str, good_photos: list[ImageRGB]) -> None:
    plain, with_sessions = small_detector(method, size=64), small_detector(method, size=64)
    one = plain.fit(good_photos, ignore_progress, CancelToken())
    other = with_sessions.fit(good_photos, ignore_progress, CancelToken(), SESSIONS)
    for name, array in plain.arrays().items():
        np.testing.assert_array_equal(array, with_sessions.arrays()[name])
    assert [a.score for a in one.good_maps] == [b.score for b in other.good_maps]
    assert one.session_maps == []
    assert one.session_scores == []
    # With fewer photos to compare them with, the photos come less near; the Gaussians of fewer photos may.
    if method != "coarse-to-fine":
        assert np.mean(other.session_scores) > np.mean([own.score for own in one.good_maps])


def test_an_ensemble_joins_held_out_maps_as_it_joins_the_others(good_photos: list[ImageRGB]) -> None:
    names = ("tf_efficientnet_lite0", "tf_efficientnet_lite1")
    recipe = Recipe(method="patchcore", backbone="+".join(names), size=64, settings=SMALL["patchcore"])
    fitted = make_detector(recipe, (300, 300), NOWHERE).fit(good_photos, ignore_progress, CancelToken(), SESSIONS)
    members = [
        make_detector(recipe.model_copy(update={"backbone": name}), (300, 300), NOWHERE).fit(
            good_photos, ignore_progress, CancelToken(), SESSIONS
        )
        for name in names
    ]
    first, second = (fitted.facts[f"{name}.scale"] for name in names)
    for joined, one, other in zip(fitted.session_maps, *(member.session_maps for member in members), strict=True):
        np.testing.assert_allclose(joined.grid, (one.grid / first + other.grid / second) / 2, rtol=1e-5)


def test_parts_in_any_rotation_are_held_out_with_what_lies_beside_them(good_photos: list[ImageRGB]) -> None:
    parts = [part.image for part in turned_parts(good_photos)]
    told: list[Progress] = []
    detector = small_detector("coarse-to-fine", size=128, align="auto")
    fitted = detector.fit(parts, told.append, CancelToken(), SESSIONS)
    assert fitted.facts["aligned"] == 1.0
    assert "background" in detector.arrays()
    assert [one.grid.shape for one in fitted.session_maps] == [one.grid.shape for one in fitted.good_maps]
    # A third fewer photos: the rest covers less of the variation of good parts.
    assert np.median(fitted.session_scores) > np.median([one.score for one in fitted.good_maps])
    done = [one.done for one in told if one.stage == "holding out whole sessions"]
    assert done == sorted(set(done))
    assert done[-1] == 24


@pytest.mark.parametrize("sessions", [None, [3] * 12])
def test_without_two_sessions_nothing_is_held_out(sessions: list[int] | None, good_photos: list[ImageRGB]) -> None:
    assert fit(good_photos, sessions, "patchcore").session_maps == []


def test_a_session_that_gave_the_whole_memory_leaves_nothing_to_judge_it_by() -> None:
    assert companions_of([0, 0, 1], torch.tensor([0, 1, 1])) == []
    assert companions_of([0, 0, 1], torch.tensor([0, 1, 2])) == [[0, 1], [0, 1], [2]]
    assert companions_of([5, 9, 5], torch.tensor([0, 1])) == [[0, 2], [1], [0, 2]]


def test_gaussians_without_some_photos_are_those_of_the_others() -> None:
    photos = torch.randn(20, 6, 5, generator=torch.Generator().manual_seed(0)) * torch.arange(1.0, 6.0) + 3.0
    some, others = PlaceSums(photos[:7]), PlaceSums(photos[7:]).gaussians(0.1)
    left = PlaceSums(photos).gaussians(0.1, without=some)
    assert left.count == others.count == 13
    torch.testing.assert_close(left.distances(photos), others.distances(photos), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("method", METHODS)
def test_sessions_may_be_found_once_the_features_are_known(method: str, good_photos: list[ImageRGB]) -> None:
    asked: list[Neighbours | None] = []

    def find(neighbours: Neighbours | None) -> list[int]:
        asked.append(neighbours)
        return SESSIONS

    detector = small_detector(method, size=64)
    fitted = detector.fit(good_photos, ignore_progress, CancelToken(), find)
    given = small_detector(method, size=64).fit(good_photos, ignore_progress, CancelToken(), SESSIONS)
    assert len(asked) == 1
    assert asked[0] is not None
    assert len(asked[0]) == len(good_photos)
    assert fitted.session_scores == given.session_scores


def test_an_ensemble_asks_for_sessions_once(good_photos: list[ImageRGB]) -> None:
    names = ("tf_efficientnet_lite0", "tf_efficientnet_lite1")
    recipe = Recipe(method="patchcore", backbone="+".join(names), size=64, settings=SMALL["patchcore"])
    asked: list[Neighbours | None] = []

    def find(neighbours: Neighbours | None) -> list[int]:
        asked.append(neighbours)
        return SESSIONS

    fitted = make_detector(recipe, (300, 300), NOWHERE).fit(good_photos, ignore_progress, CancelToken(), find)
    assert len(asked) == 1
    assert len(fitted.session_maps) == len(good_photos)
