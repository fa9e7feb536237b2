"""Coarse-to-fine on parts in any rotation: it aligns those, leaves others alone, and shows defects where they are."""

from __future__ import annotations

import numpy as np
import pytest

from inspector.core.progress import CancelToken, ignore_progress
from inspector.core.values import ImageRGB
from inspector.engine.detector import Fitted
from inspector.engine.methods.coarse_to_fine.coarse_to_fine import CoarseToFine
from inspector.engine.methods.table import load_detector
from tests.engine.conftest import NOWHERE, small_detector
from tests.engine.methods.coarse_to_fine.turned_parts import TurnedPart, turned_parts

SIZE = 128


@pytest.fixture(scope="module")
def good_parts(good_photos: list[ImageRGB]) -> list[ImageRGB]:
    return [part.image for part in turned_parts(good_photos)]


@pytest.fixture(scope="module")
def new_parts(new_good_photos: list[ImageRGB]) -> list[TurnedPart]:
    return turned_parts(new_good_photos, seed=100)


@pytest.fixture(scope="module")
def trained(good_parts: list[ImageRGB]) -> tuple[CoarseToFine, Fitted]:
    detector = small_detector("coarse-to-fine", size=SIZE, align="auto")
    assert isinstance(detector, CoarseToFine)
    return detector, detector.fit(good_parts, ignore_progress, CancelToken())


def with_blot(image: ImageRGB, centre_yx: tuple[int, int], radius: int = 9) -> ImageRGB:
    blotted = image.copy()
    y, x = np.ogrid[: image.shape[0], : image.shape[1]]
    blotted[(y - centre_yx[0]) ** 2 + (x - centre_yx[1]) ** 2 <= radius**2] = 20
    return blotted


def middle_of(part: TurnedPart) -> tuple[int, int]:
    y, x = np.nonzero(part.part)
    return round(float(y.mean())), round(float(x.mean()))


def peak_of(detector: CoarseToFine, image: ImageRGB) -> tuple[float, float]:
    dense = detector.score_maps([image])[0].dense()
    y, x = np.unravel_index(int(dense.argmax()), dense.shape)
    return float(y) * 300 / SIZE, float(x) * 300 / SIZE


def test_turned_parts_are_aligned_and_cropped(trained: tuple[CoarseToFine, Fitted]) -> None:
    detector, fitted = trained
    assert fitted.facts["aligned"] == 1.0
    arrays = detector.arrays()
    assert {"template", "frame", "mask", "background"} <= set(arrays)
    assert float(np.prod(arrays["frame"][2:])) < 0.7


def test_parts_that_lie_still_are_left_alone(good_photos: list[ImageRGB]) -> None:
    detector = small_detector("coarse-to-fine", align="auto")
    fitted = detector.fit(good_photos, ignore_progress, CancelToken())
    assert fitted.facts["aligned"] == 0.0
    assert "template" not in detector.arrays()


def test_a_defect_on_a_turned_part_is_shown_where_it_is_in_the_photo(
    trained: tuple[CoarseToFine, Fitted], new_parts: list[TurnedPart]
) -> None:
    detector, _ = trained
    for part in new_parts:
        middle = middle_of(part)
        peak = peak_of(detector, with_blot(part.image, middle))
        assert np.hypot(peak[0] - middle[0], peak[1] - middle[1]) < 20, part.degrees


def test_a_foreign_object_beside_the_part_is_found_there(
    trained: tuple[CoarseToFine, Fitted], new_parts: list[TurnedPart]
) -> None:
    detector, fitted = trained
    highest_good = max(one.score for one in fitted.good_maps)
    for part in new_parts:
        assert not part.part[:50, 250:].any()
        dense = detector.score_maps([with_blot(part.image, (25, 272), radius=14)])[0].dense()
        there = dense[: round(50 * SIZE / 300), round(250 * SIZE / 300) :]
        assert there.max() > highest_good


def test_new_good_parts_score_like_those_trained_on(
    trained: tuple[CoarseToFine, Fitted], new_parts: list[TurnedPart]
) -> None:
    detector, fitted = trained
    left_out = np.median([one.score for one in fitted.good_maps])
    new = np.median([one.score for one in detector.score_maps([part.image for part in new_parts])])
    assert new == pytest.approx(left_out, rel=0.35)


def test_a_reopened_bundle_aligns_and_scores_the_same(
    trained: tuple[CoarseToFine, Fitted], new_parts: list[TurnedPart]
) -> None:
    detector, _ = trained
    restored = load_detector(
        detector.recipe, (300, 300), detector.arrays(), detector.backbone.weights_sha256, NOWHERE, "cpu"
    )
    for part in new_parts[:3]:
        np.testing.assert_array_equal(
            detector.score_maps([part.image])[0].grid, restored.score_maps([part.image])[0].grid
        )
