"""The coverage curve on real photos: its meaning, and no effect on the trained state."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from inspector.core.progress import CancelToken, ignore_progress
from inspector.core.training.plan import Recipe
from inspector.core.values import ImageRGB
from inspector.engine.bank.coverage_curve import CoverageCurve
from inspector.engine.bank.memory_bank import MemoryBank
from inspector.engine.methods.table import make_detector
from tests.engine.conftest import NOWHERE, SMALL, small_detector


@pytest.mark.parametrize("method", ["patchcore", "reconpatch"])
def test_the_curve_falls_to_all_other_photos(method: str, good_photos: list[ImageRGB]) -> None:
    detector = small_detector(method, size=64)
    fitted = detector.fit(good_photos, ignore_progress, CancelToken())
    goods = [point.goods for point in fitted.coverage]
    assert goods == sorted(set(goods))
    assert goods[-1] == 11  # each photo by all of the others
    assert fitted.coverage[-1].score < fitted.coverage[0].score
    # A quarter of the bank, without a photo's own rows, remembers less than all of it: in the same representation.
    assert fitted.coverage[-1].score > np.mean([one.score for one in detector.score_maps(good_photos)])


def test_fewer_photos_score_as_a_training_on_them_with_as_many_rows_would(good_photos: list[ImageRGB]) -> None:
    settings = {"pool_rows": 8 * 8 * 12, "bank_rows": 320, "blur_patches": 0.0}
    fitted = small_detector("patchcore", size=64, **settings).fit(good_photos, ignore_progress, CancelToken())
    fewest = fitted.coverage[0].goods
    assert fewest == 3
    random = np.random.default_rng(0)
    scores = []
    for _ in range(6):
        order = random.permutation(12)
        detector = small_detector("patchcore", size=64, **settings | {"bank_rows": 320 * fewest // 12})
        detector.fit([good_photos[at] for at in order[:fewest]], ignore_progress, CancelToken())
        scores += [one.score for one in detector.score_maps([good_photos[at] for at in order[fewest:]])]
    assert fitted.coverage[0].score == pytest.approx(np.mean(scores), rel=0.1)


def test_all_points_rest_on_as_many_rows() -> None:
    used: list[int] = []

    class Watched(MemoryBank):
        def squared_distances(self, queries: torch.Tensor) -> torch.Tensor:
            # The nearest of the first k rows is the k-th: each is nearer than those before it.
            return torch.arange(len(self.rows), 0, -1, dtype=torch.float32).square().expand(len(queries), -1)

    bank = Watched(torch.zeros(400, 3), torch.arange(400) % 40)
    curve = CoverageCurve(bank, 40, lambda distances: used.append(int(distances[0])) or 0.0, seed=0)  # type: ignore[func-returns-value]
    curve.add(0, torch.zeros(1, 3))
    counts = [point.goods for point in curve.points()]
    assert counts[0] == 10
    # The first 100 chosen rows, of all 39 photos or of 10: with fewer photos, the last of them comes later.
    assert used[: len(counts)] == sorted(used[: len(counts)])
    assert used[len(counts) - 1] == 400 - 102


def test_distances_to_all_rows_are_those_of_the_difference() -> None:
    generator = torch.Generator().manual_seed(0)
    rows, queries = torch.randn(30, 5, generator=generator), torch.randn(7, 5, generator=generator)
    found = MemoryBank(rows, torch.arange(30)).squared_distances(queries)
    torch.testing.assert_close(found, torch.cdist(queries, rows).square(), rtol=1e-4, atol=1e-4)


def test_a_bounded_number_of_photos_is_asked() -> None:
    asked: list[int] = []

    def score(distances: torch.Tensor) -> float:
        asked.append(len(distances))
        return float(distances.max())

    bank = MemoryBank(torch.randn(600, 4, generator=torch.Generator().manual_seed(0)), torch.arange(600) % 300)
    curve = CoverageCurve(bank, 300, score, seed=0)
    for photo in range(300):
        curve.add(photo, torch.randn(2, 4, generator=torch.Generator().manual_seed(photo)))
    assert len(asked) == 24 * 2 * len(curve.points())
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
