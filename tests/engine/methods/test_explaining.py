"""A detector names the remembered patch that a place was compared with, and its place in the good photo."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from inspector.core.photo.turning import turn_image
from inspector.core.progress import CancelToken, ignore_progress
from inspector.core.training.plan import Recipe
from inspector.core.values import ImageRGB
from inspector.engine.detector import Detector
from inspector.engine.methods.patchcore import PatchCore
from inspector.engine.methods.table import make_detector
from tests.engine.conftest import NOWHERE, SMALL, small_detector


def fitted(detector: Detector, photos: list[ImageRGB]) -> Detector:
    detector.fit(photos, ignore_progress, CancelToken())
    return detector


@pytest.mark.parametrize("rotations", [1, 4])
def test_every_row_of_the_bank_is_the_patch_at_its_place(good_photos: list[ImageRGB], rotations: int) -> None:
    detector = fitted(small_detector("patchcore", rotations=rotations), good_photos)
    assert isinstance(detector, PatchCore)
    arrays = detector.arrays()
    cells = 16 * 16
    views, places = np.divmod(arrays["bank_places"], cells)
    assert set(views) <= set(range(rotations))
    for photo in range(0, 12, 5):
        for view in range(rotations):
            of_view = (arrays["bank_photos"] == photo) & (views == view)
            turned = turn_image(good_photos[photo], 360.0 * view / rotations)
            features = detector.extractor.extract([turned])[0].reshape(cells, -1).numpy()
            np.testing.assert_allclose(arrays["bank"][of_view], features[places[of_view]], rtol=1e-3, atol=1e-3)


def test_a_good_photo_finds_itself_and_the_place(good_photos: list[ImageRGB]) -> None:
    detector = fitted(small_detector("reconpatch", bank_rows=2000), good_photos)
    places, photos = detector.arrays()["bank_places"], detector.arrays()["bank_photos"]
    row, column = divmod(int(places[0]), 16)
    middle = (round((column + 0.5) * 300 / 16), round((row + 0.5) * 300 / 16))
    told = detector.explain(good_photos[photos[0]], middle)
    assert told.nearest is not None
    assert told.nearest.photo == photos[0]
    assert told.nearest.box == told.box
    assert told.box.x <= middle[0] < told.box.x + told.box.w
    assert told.box.y <= middle[1] < told.box.y + told.box.h
    assert told.distance < 1e-3


@pytest.mark.parametrize("method", ["reconpatch", "patchcore", "coarse-to-fine"])
def test_the_peak_is_explained_where_the_map_is_highest(
    method: str, good_photos: list[ImageRGB], defective_photos: list[ImageRGB]
) -> None:
    detector = fitted(small_detector(method), good_photos)
    for photo in defective_photos[:2]:
        told, score_map = detector.explain(photo), detector.score_maps([photo])[0]
        assert told.score == pytest.approx(float(score_map.grid.max()))
        row, column = divmod(int(score_map.grid.argmax()), score_map.grid.shape[1])
        assert told.box.y == round(row * 300 / score_map.grid.shape[0])
        assert told.box.x == round(column * 300 / score_map.grid.shape[1])
        assert (told.nearest is None) == (method == "coarse-to-fine")


def test_the_distance_is_that_to_the_nearest_row(good_photos: list[ImageRGB], defective_photos: list[ImageRGB]) -> None:
    detector = fitted(small_detector("patchcore"), good_photos)
    assert isinstance(detector, PatchCore)
    told = detector.explain(defective_photos[0])
    peak = int(detector.score_maps(defective_photos[:1])[0].grid.argmax())
    query = detector.extractor.extract(defective_photos[:1])[0].flatten(0, 1)[peak]
    distances = (torch.from_numpy(detector.arrays()["bank"]) - query).square().sum(dim=1).sqrt()
    assert told.distance == pytest.approx(float(distances.min()), rel=1e-4)
    assert told.nearest is not None
    assert told.nearest.photo == detector.arrays()["bank_photos"][int(distances.argmin())]


def test_a_state_of_before_places_were_kept_knows_the_photo(
    good_photos: list[ImageRGB], defective_photos: list[ImageRGB]
) -> None:
    detector = fitted(small_detector("patchcore"), good_photos)
    old = small_detector("patchcore")
    old.restore({name: array for name, array in detector.arrays().items() if name != "bank_places"})
    now, before = detector.explain(defective_photos[0]), old.explain(defective_photos[0])
    assert now.nearest is not None
    assert before.nearest is not None
    assert now.nearest.box is not None
    assert before.nearest.box is None
    assert (before.nearest.photo, before.distance) == (now.nearest.photo, now.distance)
    assert "bank_places" not in old.arrays()


def test_an_ensemble_answers_by_the_member_to_which_the_place_is_strangest(
    good_photos: list[ImageRGB], defective_photos: list[ImageRGB]
) -> None:
    backbone = Recipe().backbone
    recipe = Recipe(method="patchcore", backbone=backbone, size=128, settings=SMALL["patchcore"])
    from inspector.engine.methods.ensemble import Ensemble

    joined = Ensemble(
        recipe.model_copy(update={"backbone": f"{backbone}+{backbone}"}),
        lambda member: make_detector(member, (300, 300), NOWHERE),
    )
    fitted(joined, good_photos)
    told = joined.explain(defective_photos[0])
    each = [one.explain(defective_photos[0]) for one in joined.members]
    scales = joined.arrays()["ensemble.scales"]
    assert told.distance == pytest.approx(max(one.distance / s for one, s in zip(each, scales, strict=True)), rel=1e-5)
    assert told.score == pytest.approx(float(joined.score_maps(defective_photos[:1])[0].grid.max()))
