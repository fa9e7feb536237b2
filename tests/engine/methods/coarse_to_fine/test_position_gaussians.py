"""Gaussians at each place, against numpy and against refitting without the photo."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from inspector.engine.methods.coarse_to_fine.position_gaussians import PlaceSums


@pytest.fixture
def photos() -> Tensor:
    """(40 photos, 6 places, 5 channels), every place with its own mean and spread."""
    generator = torch.Generator().manual_seed(0)
    offsets = torch.randn(40, 6, 5, generator=generator)
    mixing = torch.randn(6, 5, 5, generator=generator)
    return torch.einsum("npc,pcd->npd", offsets, mixing) * 3 + torch.randn(6, 5, generator=generator) * 10


def test_distances_are_mahalanobis(photos: Tensor) -> None:
    gaussians = PlaceSums(photos).gaussians(ridge=0.1)
    scaled = photos.double().numpy() / photos.double().numpy().reshape(-1, 5).std(axis=0)
    new = np.random.default_rng(1).normal(size=(6, 5)) * 5
    raw = torch.from_numpy(new * photos.double().numpy().reshape(-1, 5).std(axis=0)).float()
    distances = gaussians.distances(raw[None])[0]
    for place in range(6):
        covariance = np.cov(scaled[:, place], rowvar=False) + 0.1 * np.eye(5)
        offset = new[place] - scaled[:, place].mean(axis=0)
        expected = np.sqrt(offset @ np.linalg.solve(covariance, offset))
        assert float(distances[place]) == pytest.approx(expected, rel=1e-3)


def test_leave_one_out_is_what_refitting_without_the_photo_gives(photos: Tensor) -> None:
    whole = PlaceSums(photos).gaussians(ridge=1e-6)
    closed_form = whole.leave_one_out(whole.distances(photos))
    for index in (0, 7, 39):
        rest = torch.cat([photos[:index], photos[index + 1 :]])
        refitted = PlaceSums(rest).gaussians(ridge=1e-6).distances(photos[index][None])[0]
        torch.testing.assert_close(closed_form[index] * (38 / 39) ** 0.5, refitted, rtol=5e-3, atol=1e-3)


def test_with_a_ridge_and_few_photos_it_is_still_close(photos: Tensor) -> None:
    few = photos[:8]
    whole = PlaceSums(few).gaussians(ridge=0.1)
    closed_form = whole.leave_one_out(whole.distances(few))
    refitted = torch.stack(
        [
            PlaceSums(torch.cat([few[:k], few[k + 1 :]])).gaussians(ridge=0.1).distances(few[k][None])[0]
            for k in range(8)
        ]
    )
    # A ridge that dominates few photos is not part of the closed form.
    assert float((closed_form / refitted).median()) == pytest.approx(1.0, abs=0.2)


def test_a_place_where_good_parts_never_differ_stays_finite() -> None:
    constant = torch.ones(5, 3, 4)
    gaussians = PlaceSums(constant + torch.arange(4.0)).gaussians(ridge=0.1)
    assert bool(torch.isfinite(gaussians.distances(constant * 2)).all())
