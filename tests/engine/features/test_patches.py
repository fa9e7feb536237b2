"""Feature maps to patch features, and the blur of the score grid."""

from __future__ import annotations

import pytest
import torch

from inspector.engine.blur import blur_grid
from inspector.engine.features.patches import patch_features, sample_patches


def test_a_patch_is_the_mean_of_its_neighbourhood() -> None:
    fine = torch.randn(1, 2, 6, 8)
    features = patch_features([fine], neighbourhood=3)
    assert features.shape == (1, 6, 8, 2)
    torch.testing.assert_close(features[0, 3, 4], fine[0, :, 2:5, 3:6].mean(dim=(1, 2)))


def test_outside_the_photo_counts_as_zero() -> None:
    features = patch_features([torch.ones(1, 1, 4, 4)], neighbourhood=3)
    assert float(features[0, 0, 0, 0]) == pytest.approx(4 / 9)
    assert float(features[0, 0, 1, 0]) == pytest.approx(6 / 9)
    assert float(features[0, 1, 1, 0]) == pytest.approx(1.0)


def test_deeper_maps_come_to_the_finest_grid_behind_the_finer_channels() -> None:
    features = patch_features([torch.zeros(2, 3, 8, 8), torch.full((2, 5, 4, 4), 7.0)], neighbourhood=1)
    assert features.shape == (2, 8, 8, 8)
    assert bool((features[..., :3] == 0).all())
    assert bool((features[..., 3:] == 7).all())


def test_sampled_patches_are_distinct_and_come_from_their_places() -> None:
    features = torch.arange(24.0).reshape(4, 6, 1)
    rows, places = sample_patches(features, 10, torch.Generator().manual_seed(0))
    assert len(set(places.tolist())) == 10
    assert torch.equal(rows[:, 0], features.reshape(-1)[places])
    assert len(sample_patches(features, 100, torch.Generator())[0]) == 24


def test_blur_keeps_a_flat_grid_and_spreads_a_peak_without_losing_any_of_it() -> None:
    flat = torch.full((9, 11), 2.5)
    torch.testing.assert_close(blur_grid(flat, 0.8), flat)
    peak = torch.zeros(15, 15)
    peak[7, 7] = 1.0
    blurred = blur_grid(peak, 0.8)
    assert float(blurred.sum()) == pytest.approx(1.0, abs=1e-5)
    assert float(blurred[7, 7]) == pytest.approx(float(blurred.max()))
    assert torch.equal(blur_grid(peak, 0.0), peak)


def test_blur_has_the_stated_standard_deviation() -> None:
    peak = torch.zeros(41, 41)
    peak[20, 20] = 1.0
    blurred = blur_grid(peak, 2.0)
    offsets = torch.arange(-20.0, 21.0)
    variance = float((blurred.sum(dim=0) * offsets.square()).sum())
    assert variance**0.5 == pytest.approx(2.0, rel=0.03)  # the kernel ends at 3 standard deviations
