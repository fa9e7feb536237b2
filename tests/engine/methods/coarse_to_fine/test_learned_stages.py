"""The paper's learned stages inside coarse-to-fine: trained, bundled, restored, cancelled, and undone on the map."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
import torch

from benchmarks.measuring.ablation_rows import ABLATION
from inspector.core.errors import DetectorError
from inspector.core.progress import Cancelled, CancelToken, Progress, ignore_progress
from inspector.core.values import ImageRGB
from inspector.engine.features.backbones import Backbone, load_backbone
from inspector.engine.methods.coarse_to_fine.coarse_alignment import CoarseAlignment
from inspector.engine.methods.coarse_to_fine.congealing import STILL, search_image, unit
from inspector.engine.methods.coarse_to_fine.geometry import to_photo_frame, whole_frame
from inspector.engine.methods.coarse_to_fine.part_features import PartFeatures
from inspector.engine.methods.coarse_to_fine.photo_scores import PhotoScores
from inspector.engine.methods.coarse_to_fine.poses import TRANSFORMER_EDGE, LearnedPoses, pose_of, square_photo
from inspector.engine.methods.coarse_to_fine.settings import CoarseToFineSettings, refuse_contradictions
from inspector.engine.methods.coarse_to_fine.spatial_transformer import (
    RESTRICTED,
    SpatialTransformer,
    transform_matrices,
)
from inspector.engine.methods.table import load_detector
from tests.engine.conftest import NOWHERE, small_detector

LEARNED: dict[str, dict[str, Any]] = {
    "ICA": {"coarse": "transformer", "align": "always", "family": "affine", "transformer_steps": 4},
    "ICA without guard": {"coarse": "transformer", "align": "always", "guard": False, "transformer_steps": 2},
    "FCA": {"feature_transformers": True, "fine_steps": 2, "fine_trains": "heads", "fine_batch": 3},
    "fine alignment": {"fine_steps": 2, "fine_batch": 3},
    "projection": {"fine_steps": 2, "fine_trains": "heads", "gaussians_on": "projection", "fine_batch": 3},
}
SIZE = 96


def learned_detector(name: str, **more: Any) -> Any:
    return small_detector("coarse-to-fine", size=SIZE, **(LEARNED[name] | {"channels": 12} | more))


@pytest.fixture(scope="module")
def backbone() -> Backbone:
    return load_backbone("tf_efficientnet_lite0", NOWHERE, torch.device("cpu"))


@pytest.mark.parametrize("name", LEARNED)
def test_a_bundle_holds_what_was_learned(
    name: str, good_photos: list[ImageRGB], new_good_photos: list[ImageRGB]
) -> None:
    detector = learned_detector(name)
    detector.fit(good_photos[:6], ignore_progress, CancelToken())
    arrays = detector.arrays()
    restored = load_detector(
        detector.recipe, (300, 300), arrays, detector.backbone.weights_sha256, NOWHERE, "cpu"
    ).score_maps(new_good_photos[:2])
    for one, again in zip(detector.score_maps(new_good_photos[:2]), restored, strict=True):
        np.testing.assert_array_equal(one.grid, again.grid)
    learned = [key for key in arrays if key.startswith(("transformer.", "fine."))]
    assert learned
    shorter = arrays | {learned[-1]: np.atleast_1d(arrays[learned[-1]])[:-1]}
    for damaged in ({key: arrays[key] for key in arrays if key not in learned}, shorter):
        with pytest.raises((KeyError, ValueError)):
            detector.restore(damaged)


def test_the_same_seed_learns_the_same(good_photos: list[ImageRGB]) -> None:
    first, second = (learned_detector("FCA", fine_trains="blocks") for _ in range(2))
    for detector in (first, second):
        detector.fit(good_photos[:4], ignore_progress, CancelToken())
    for name, array in first.arrays().items():
        np.testing.assert_array_equal(array, second.arrays()[name])


@pytest.mark.parametrize(
    ("name", "stage"), [("ICA", "learning how parts are turned"), ("FCA", "matching places over good photos")]
)
def test_learning_can_be_cancelled(name: str, stage: str, good_photos: list[ImageRGB]) -> None:
    token = CancelToken()

    def report(progress: Progress) -> None:
        if progress.stage == stage:
            token.cancel()

    with pytest.raises(Cancelled):
        learned_detector(name).fit(good_photos[:4], report, token)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"coarse": "transformer", "align": "never"}, "'coarse': nothing is aligned with align=never"),
        ({"feature_transformers": True}, "'feature_transformers': only fine alignment trains them"),
        ({"gaussians_on": "projection"}, "'gaussians_on': only fine alignment trains a projection"),
        ({"fine_steps": 5, "fine_trains": "heads"}, "'fine_trains': training the heads alone changes no feature"),
        ({"family": "perspective"}, "'family': Input should be 'rotation'"),
    ],
)
def test_what_could_have_no_effect_is_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(DetectorError, match=message):
        small_detector("coarse-to-fine", **settings)


@pytest.mark.parametrize(("name", "message"), [("ICA", "one good photo has no other"), ("FCA", "no other to agree")])
def test_a_single_photo_cannot_train_these_stages(name: str, message: str, good_photos: list[ImageRGB]) -> None:
    with pytest.raises(DetectorError, match=message):
        learned_detector(name).fit(good_photos[:1], ignore_progress, CancelToken())


@pytest.mark.parametrize("family", ["rotation", "translation"])
def test_a_transformer_is_used_only_if_it_lowers_the_relative_loss(family: str, good_photos: list[ImageRGB]) -> None:
    detector = learned_detector("ICA", align="auto", family=family, transformer_steps=10)
    facts = detector.fit(good_photos[:6], ignore_progress, CancelToken()).facts
    lowered = facts["relative_loss_aligned"] < facts["relative_loss"]
    assert facts["aligned"] == float(lowered)
    assert ("template" in detector.arrays()) == lowered


def test_a_pose_says_what_its_matrix_does() -> None:
    raw = torch.randn(8, 6, generator=torch.Generator().manual_seed(0)) * 0.5
    ramp = (torch.arange(64) + 0.5) / 64 * 2 - 1
    for matrix in transform_matrices(raw, "affine", RESTRICTED):
        # A map that holds its own x (and y) in the template, brought to the photo, must hold the inverse matrix there.
        pose = pose_of(matrix, 1.0)
        aligned = (ramp.expand(64, 64), ramp[:, None].expand(64, 64).contiguous())
        x, y = (
            to_photo_frame(one, pose, whole_frame((64, 64)), (64, 64), (64, 64), padding="border") for one in aligned
        )
        inside = (x.abs() < 0.95) & (y.abs() < 0.95)
        assert int(inside.sum()) > 200
        template = torch.stack([x[inside], y[inside]])
        photo = matrix[:, :2] @ template + matrix[:, 2:]
        where = torch.stack([ramp.expand(64, 64)[inside], ramp[:, None].expand(64, 64)[inside]])
        torch.testing.assert_close(photo, where, rtol=0, atol=1e-4)


def with_blot(photo: ImageRGB, centre_yx: tuple[int, int]) -> ImageRGB:
    blotted = photo.copy()
    y, x = np.ogrid[: photo.shape[0], : photo.shape[1]]
    blotted[(y - centre_yx[0]) ** 2 + (x - centre_yx[1]) ** 2 <= 15**2] = 255 - blotted[centre_yx]
    return blotted


def peak_of(grid: torch.Tensor) -> tuple[float, float]:
    row, column = divmod(int(grid.argmax()), grid.shape[1])
    return (row + 0.5) / grid.shape[0] * 300, (column + 0.5) / grid.shape[1] * 300


BLOT = (100, 200)
KNOWN_TURN = 0.7


def test_what_an_image_transformer_turned_is_shown_where_it_is(backbone: Backbone, good_photos: list[ImageRGB]) -> None:
    transformer = SpatialTransformer(TRANSFORMER_EDGE, "affine", RESTRICTED, torch.Generator().manual_seed(0)).eval()
    with torch.no_grad():
        transformer.localisation.tell.bias.copy_(torch.tensor([KNOWN_TURN, 0.05, -0.04, 0.1, 0.05, -0.1]))
    finder = LearnedPoses(transformer, unit(search_image(good_photos[0])))
    alignment = CoarseAlignment.from_template(finder, (300, 300), 0.0, outline=True)
    photos = [good_photos[0], with_blot(good_photos[0], BLOT)]
    poses = [finder.find(photo)[0] for photo in photos]
    assert math.isclose(poses[1].angle, KNOWN_TURN, abs_tol=0.02)
    features = PartFeatures(backbone, (256, 256), CoarseToFineSettings())
    clean, blotted = features.extract(
        [alignment.crop(photo, pose, (256, 256)) for photo, pose in zip(photos, poses, strict=True)]
    )[0]
    scores = PhotoScores((300, 300), (256, 256), 0.8, alignment)
    distances = (blotted - clean).norm(dim=-1)
    assert np.hypot(*np.subtract(peak_of(scores.of_part(distances, poses[1], None)), BLOT)) < 12
    assert np.hypot(*np.subtract(peak_of(distances), BLOT)) > 40  # in the aligned frame it lies elsewhere


def test_what_a_feature_transformer_turned_is_shown_where_it_is(
    backbone: Backbone, good_photos: list[ImageRGB]
) -> None:
    settings = CoarseToFineSettings(feature_transformers=True, fine_steps=1, fine_trains="heads", fine_batch=2)
    features = PartFeatures(backbone, (256, 256), settings)
    generator = torch.Generator().manual_seed(0)
    features.train(good_photos[:2], generator, ignore_progress, CancelToken())
    arrays = features.arrays()
    for name in arrays:
        if name.endswith("0.localisation.tell.weight"):
            arrays[name] = np.zeros_like(arrays[name])
        if name.endswith("0.localisation.tell.bias"):
            arrays[name] = np.array([KNOWN_TURN], np.float32)
    features.restore(arrays)
    (clean, blotted), moved = features.extract([good_photos[0], with_blot(good_photos[0], BLOT)])
    assert moved is not None
    distances = (blotted - clean).norm(dim=-1)
    scores = PhotoScores((300, 300), (256, 256), 0.8, None)
    assert np.hypot(*np.subtract(peak_of(scores.of_part(distances, STILL, moved[1])), BLOT)) < 14
    assert np.hypot(*np.subtract(peak_of(distances), BLOT)) > 40


@pytest.mark.parametrize("label", ABLATION)
def test_every_row_of_the_ablation_can_be_trained(label: str) -> None:
    words = (word.split("=", 1) for word in ABLATION[label])
    settings = {name: plain_value(value) for name, value in words}
    made = CoarseToFineSettings(**settings)
    refuse_contradictions(made, "coarse-to-fine")
    assert settings.items() <= made.model_dump().items()


def plain_value(word: str) -> Any:
    try:
        return json.loads(word)
    except json.JSONDecodeError:
        return word


@pytest.mark.parametrize("hw", [(300, 300), (200, 300), (300, 90)])
def test_a_transformer_looks_at_the_middle_of_a_square(hw: tuple[int, int], good_photos: list[ImageRGB]) -> None:
    photo = np.ascontiguousarray(good_photos[0][: hw[0], : hw[1]])
    square = square_photo(photo)
    assert square.shape == (3, TRANSFORMER_EDGE, TRANSFORMER_EDGE)
    height, width = (round(edge * TRANSFORMER_EDGE / 300) for edge in hw)
    top, left = (TRANSFORMER_EDGE - height) // 2, (TRANSFORMER_EDGE - width) // 2
    inside = square[:, top : top + height, left : left + width]
    assert float(inside.mean()) == pytest.approx(float(photo.mean()), rel=0.02)
    torch.testing.assert_close(square[:, 0], square[:, top])
    torch.testing.assert_close(square[:, :, 0], square[:, :, left])
