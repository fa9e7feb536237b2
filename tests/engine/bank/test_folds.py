"""Folds of good photos: the scorer of a photo does not know the photo."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch

from inspector.core.progress import CancelToken, ignore_progress
from inspector.core.values import ImageRGB
from inspector.engine.bank.folds import FOLDS, Folds
from inspector.engine.methods.patchcore import PatchCore
from tests.engine.conftest import small_detector


@pytest.mark.parametrize("count", [2, FOLDS, FOLDS + 1, 150, 1001])
def test_folds_share_the_photos_evenly_and_part_neighbours(count: int) -> None:
    folds = Folds(range(count))
    sizes = [len(folds.photos(fold)) for fold in range(len(folds))]
    assert len(folds) == min(count, FOLDS)
    assert max(sizes) - min(sizes) <= 1
    assert sorted(photo for fold in range(len(folds)) for photo in folds.photos(fold)) == list(range(count))
    assert all(one != other for one, other in pairwise(folds.of_photo))


def test_photos_of_one_group_stay_together() -> None:
    groups = np.random.default_rng(0).integers(0, 50, size=300).tolist()
    folds = Folds(groups)
    assert len(folds) == FOLDS
    assert len({(group, fold) for group, fold in zip(groups, folds.of_photo, strict=True)}) == len(set(groups))
    assert Folds([7, 7, 3]).of_photo == [1, 1, 0]
    assert len(Folds([4, 4])) == 1


def test_rows_follow_their_photos() -> None:
    assert Folds([0, 0, 1]).of_rows(torch.tensor([2, 0, 1, 2])).tolist() == [1, 0, 0, 1]


@pytest.mark.parametrize("method", ["patchcore", "reconpatch"])
def test_good_photos_score_like_photos_never_seen(method: str, good_photos: list[ImageRGB]) -> None:
    """Each photo's training score is near the score that a training without the photo gives it."""
    detector = small_detector(method)
    trained = [one.score for one in detector.fit(good_photos, ignore_progress, CancelToken()).good_maps]
    refitted, own_help = [], [one.score for one in detector.score_maps(good_photos)]
    for left_out, photo in enumerate(good_photos):
        without = small_detector(method)
        without.fit([*good_photos[:left_out], *good_photos[left_out + 1 :]], ignore_progress, CancelToken())
        refitted.append(without.score_maps([photo])[0].score)
    assert np.mean(trained) == pytest.approx(np.mean(refitted), rel=0.05)
    assert np.mean(own_help) < 0.9 * np.mean(refitted)


def test_reconpatch_represents_for_a_fold_as_if_it_had_not_learned_from_it(good_photos: list[ImageRGB]) -> None:
    detector = small_detector("reconpatch")
    assert isinstance(detector, PatchCore)
    detector.fit(good_photos, ignore_progress, CancelToken())
    features = torch.randn(50, 152, generator=torch.Generator().manual_seed(0))
    all_known = detector._represent(features)
    nobody_left_out = detector._represent_without([])(features)
    torch.testing.assert_close(nobody_left_out, all_known, rtol=1e-3, atol=1e-3)
    assert not torch.allclose(detector._represent_without([0])(features), all_known, rtol=1e-2, atol=1e-2)
