"""When good parts are aligned: turned ones are, those that lie still and textures are not, from few photos too."""

from __future__ import annotations

import pytest
import torch

from inspector.core.progress import Cancelled, CancelToken, ignore_progress
from inspector.core.values import ImageRGB
from inspector.engine.features.backbones import Backbone, load_backbone
from inspector.engine.methods.coarse_to_fine.alignment_gate import Tightness, measure_tightness
from inspector.engine.methods.coarse_to_fine.settings import CoarseToFineSettings
from tests.engine.conftest import NOWHERE, small_detector
from tests.engine.methods.coarse_to_fine.turned_parts import turned_part, turned_parts

GATE = CoarseToFineSettings().gate_tightness


@pytest.fixture(scope="module")
def backbone() -> Backbone:
    return load_backbone("tf_efficientnet_lite0", NOWHERE, torch.device("cpu"))


def tightness_of(photos: list[ImageRGB], backbone: Backbone) -> Tightness:
    return measure_tightness(photos, backbone, CancelToken())


@pytest.mark.parametrize(
    "how",
    [
        pytest.param({}, id="dark on light"),
        pytest.param({"ground_level": 12.0}, id="light on dark"),
        pytest.param({"size_hw": (230, 36)}, id="elongated"),
        pytest.param({"size_hw": (100, 66)}, id="small"),
        pytest.param({"reach_px": 75.0}, id="partly out of the photo"),
    ],
)
def test_turned_parts_become_much_easier_to_foretell(
    how: dict[str, object], good_photos: list[ImageRGB], backbone: Backbone
) -> None:
    photos = [part.image for part in turned_parts(good_photos[:8], **how)]
    assert tightness_of(photos, backbone).ratio < GATE - 0.1


def test_textures_and_parts_that_lie_still_do_not(good_photos: list[ImageRGB], backbone: Backbone) -> None:
    textures = good_photos[:8]
    still = [turned_part(photo, 0.0, (0.0, 0.0), seed).image for seed, photo in enumerate(textures)]
    for photos in (textures, still):
        assert tightness_of(photos, backbone).ratio > GATE + 0.1


def test_copies_of_one_photo_leave_nothing_to_foretell(good_photos: list[ImageRGB], backbone: Backbone) -> None:
    tightness = tightness_of([good_photos[0]] * 4, backbone)
    assert tightness.before < 0.01
    assert tightness.ratio > GATE


def test_measuring_stops_when_asked_to(good_photos: list[ImageRGB], backbone: Backbone) -> None:
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        measure_tightness(good_photos, backbone, token)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_too_few_photos_to_tell_are_taken_as_they_are(
    count: int, good_photos: list[ImageRGB], new_good_photos: list[ImageRGB], defective_photos: list[ImageRGB]
) -> None:
    detector = small_detector("coarse-to-fine")
    fitted = detector.fit(good_photos[:count], ignore_progress, CancelToken())
    assert fitted.facts == {"aligned": 0.0}
    assert len(fitted.good_maps) == (count if count > 1 else 0)
    good = [one.score for one in detector.score_maps(new_good_photos)]
    defective = [one.score for one in detector.score_maps(defective_photos)]
    assert sum(defective) / len(defective) > sum(good) / len(good)


def test_one_photo_can_be_a_template_of_its_own(good_photos: list[ImageRGB], new_good_photos: list[ImageRGB]) -> None:
    parts = turned_parts([good_photos[0], good_photos[0]])
    detector = small_detector("coarse-to-fine", align="always", background_rows=0)
    fitted = detector.fit([parts[0].image], ignore_progress, CancelToken())
    assert fitted.good_maps == []
    assert fitted.facts["aligned"] == 1.0
    same_turned, other = detector.score_maps([parts[1].image, turned_parts(new_good_photos)[0].image])
    assert same_turned.score < other.score
