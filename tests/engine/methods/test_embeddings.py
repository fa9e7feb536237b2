"""The embedding of a photo, from the features that scoring extracts anyway."""

from __future__ import annotations

import numpy as np
import pytest

from inspector.core.progress import CancelToken, ignore_progress
from inspector.core.training.plan import Recipe
from inspector.core.values import FloatArray, ImageRGB
from inspector.engine.detector import Detector, Fitted
from inspector.engine.methods.table import METHODS, make_detector
from tests.engine.conftest import NOWHERE, SMALL, small_detector
from tests.engine.methods.coarse_to_fine.turned_parts import turned_parts

CHANNELS = 152
ENSEMBLE = "tf_efficientnet_lite1+tf_efficientnet_lite0"

Trained = tuple[Detector, Fitted]


@pytest.fixture(scope="module", params=[*METHODS, "ensemble"])
def trained(request: pytest.FixtureRequest, good_photos: list[ImageRGB]) -> Trained:
    if request.param == "ensemble":
        recipe = Recipe(method="patchcore", backbone=ENSEMBLE, size=128, settings=SMALL["patchcore"])
        detector = make_detector(recipe, (300, 300), NOWHERE)
    else:
        detector = small_detector(request.param)
    return detector, detector.fit(good_photos, ignore_progress, CancelToken())


def embeddings(detector: Detector, photos: list[ImageRGB]) -> FloatArray:
    return np.stack([one.embedding for one in detector.examine(photos)])


def test_training_embeds_a_photo_as_examining_it_does(trained: Trained, good_photos: list[ImageRGB]) -> None:
    detector, fitted = trained
    assert fitted.good_embeddings.dtype == np.float32
    assert not fitted.good_embeddings.flags.writeable
    np.testing.assert_allclose(fitted.good_embeddings, embeddings(detector, good_photos), rtol=1e-3, atol=1e-4)


def test_each_photo_has_its_own_embedding_in_order(trained: Trained, good_photos: list[ImageRGB]) -> None:
    detector, fitted = trained
    again = embeddings(detector, good_photos[::-1])[::-1]
    apart = np.linalg.norm(fitted.good_embeddings[:, None] - again[None], axis=2)
    assert apart.argmin(axis=1).tolist() == list(range(len(good_photos)))


def test_another_part_lies_farther_off_than_any_good_one(trained: Trained, new_good_photos: list[ImageRGB]) -> None:
    detector, fitted = trained
    centre = fitted.good_embeddings.mean(axis=0)
    goods = np.concatenate([fitted.good_embeddings, embeddings(detector, new_good_photos)])
    others = embeddings(detector, [part.image for part in turned_parts(new_good_photos)])
    assert np.linalg.norm(others - centre, axis=1).min() > np.linalg.norm(goods - centre, axis=1).max()


def test_score_maps_are_those_of_examining(trained: Trained, new_good_photos: list[ImageRGB]) -> None:
    detector, _ = trained
    for one, other in zip(detector.score_maps(new_good_photos), detector.examine(new_good_photos), strict=True):
        np.testing.assert_array_equal(one.grid, other.score_map.grid)


def test_an_ensemble_embeds_as_its_first_member_does(good_photos: list[ImageRGB]) -> None:
    settings = SMALL["patchcore"]
    both, first = (
        make_detector(Recipe(method="patchcore", backbone=name, size=64, settings=settings), (300, 300), NOWHERE)
        for name in (ENSEMBLE, ENSEMBLE.partition("+")[0])
    )
    fitted, alone = (one.fit(good_photos[:4], ignore_progress, CancelToken()) for one in (both, first))
    np.testing.assert_array_equal(fitted.good_embeddings, alone.good_embeddings)
    np.testing.assert_array_equal(embeddings(both, good_photos[:2]), embeddings(first, good_photos[:2]))


@pytest.mark.parametrize("method", METHODS)
def test_where_there_is_no_good_map_there_is_no_embedding(method: str, good_photos: list[ImageRGB]) -> None:
    fitted = small_detector(method).fit(good_photos[:1], ignore_progress, CancelToken())
    assert fitted.good_embeddings.shape == (0, CHANNELS)
