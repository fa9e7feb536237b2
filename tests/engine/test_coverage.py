"""The coverage curve on real photos: what it means, and that it costs nothing of what is learned."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from inspector.core.progress import CancelToken, ignore_progress
from inspector.core.recipe import Recipe
from inspector.core.values import ImageRGB
from inspector.engine.coverage import CoverageCurve
from inspector.engine.detector import make_detector
from inspector.engine.memory_bank import MemoryBank
from tests.engine.conftest import NOWHERE, SMALL, small_detector


@pytest.mark.parametrize("method", ["patchcore", "reconpatch"])
def test_the_curve_falls_to_the_scores_that_the_threshold_is_taken_from(
    method: str, good_photos: list[ImageRGB]
) -> None:
    fitted = small_detector(method, size=64).fit(good_photos, ignore_progress, CancelToken())
    goods, scores = zip(*((point.goods, point.score) for point in fitted.coverage), strict=True)
    assert list(goods) == sorted(set(goods))
    assert list(scores) == sorted(scores, reverse=True)
    # With all others remembered it is leave-one-image-out: of twelve photos each is asked.
    assert goods[-1] == 11
    assert scores[-1] == pytest.approx(np.mean([one.score for one in fitted.good_maps]), rel=1e-3)


def test_fewer_others_score_as_a_training_on_them_would(good_photos: list[ImageRGB]) -> None:
    """With every patch remembered, leaving photos out of the memory is the same as not training on them."""
    everything = {"pool_rows": 8 * 8 * 12, "bank_rows": 8 * 8 * 12, "blur_patches": 0.0}
    fitted = small_detector("patchcore", size=64, **everything).fit(good_photos, ignore_progress, CancelToken())
    by_goods = {point.goods: point.score for point in fitted.coverage}
    (few,) = (goods for goods in by_goods if goods == 4)
    random = np.random.default_rng(0)
    scores = []
    for _ in range(6):
        order = random.permutation(12)
        trained_on, others = order[:few], order[few:]
        detector = small_detector("patchcore", size=64, **everything)
        detector.fit([good_photos[at] for at in trained_on], ignore_progress, CancelToken())
        scores += [one.score for one in detector.score_maps([good_photos[at] for at in others])]
    assert by_goods[few] == pytest.approx(np.mean(scores), rel=0.1)


def test_distances_by_photo_are_those_to_its_own_rows() -> None:
    generator = torch.Generator().manual_seed(0)
    rows, queries = torch.randn(30, 5, generator=generator), torch.randn(7, 5, generator=generator)
    photos = torch.arange(30) % 3
    found = MemoryBank(rows, photos).distances_by_photo(queries, 4)
    for photo in range(3):
        expected = torch.cdist(queries, rows[photos == photo]).amin(dim=1)
        torch.testing.assert_close(found[:, photo], expected, rtol=1e-4, atol=1e-4)
    assert torch.isinf(found[:, 3]).all()  # a photo of which nothing is remembered


def test_a_bounded_number_of_photos_is_asked() -> None:
    asked: list[int] = []

    def score(distances: torch.Tensor) -> float:
        asked.append(len(distances))
        return float(distances.max())

    bank = MemoryBank(torch.randn(600, 4, generator=torch.Generator().manual_seed(0)), torch.arange(600) % 300)
    curve = CoverageCurve(bank, 300, score, seed=0)
    for photo in range(300):
        curve.add(photo, torch.randn(2, 4, generator=torch.Generator().manual_seed(photo)))
    assert len(asked) == 24 * 4 * len(curve.points())
    assert [point.goods for point in curve.points()][-1] == 299


def test_numbers_of_photos_that_leave_a_memory_empty_are_no_points() -> None:
    bank = MemoryBank(torch.eye(4), torch.tensor([0, 0, 1, 1]))
    curve = CoverageCurve(bank, 20, lambda distances: float(distances.max()), seed=0)
    for photo in range(20):
        curve.add(photo, torch.ones(1, 4))
    assert all(np.isfinite(point.score) for point in curve.points())
    assert len(curve.points()) < 7


def test_an_ensemble_joins_its_members_curves_and_other_methods_have_none(good_photos: list[ImageRGB]) -> None:
    names = ("tf_efficientnet_lite0", "tf_efficientnet_lite1")
    recipe = Recipe(method="patchcore", backbone="+".join(names), size=64, settings=SMALL["patchcore"])
    fitted = make_detector(recipe, (300, 300), NOWHERE).fit(good_photos, ignore_progress, CancelToken())
    members = [
        make_detector(recipe.model_copy(update={"backbone": name}), (300, 300), NOWHERE)
        .fit(good_photos, ignore_progress, CancelToken())
        .coverage
        for name in names
    ]
    for joined, one, other in zip(fitted.coverage, *members, strict=True):
        first, second = (fitted.facts[f"{name}.scale"] for name in names)
        assert joined.score == pytest.approx((one.score / first + other.score / second) / 2)
    gaussians = small_detector("coarse-to-fine", size=64, align="never")
    assert gaussians.fit(good_photos, ignore_progress, CancelToken()).coverage == ()
