"""The start of the learned representation: the effect of the maps on patches with a known spread."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from inspector.core.values import ImageRGB
from inspector.engine.methods.reconpatch import ReConPatch
from inspector.engine.methods.whitening import find_counterparts, half_whitening, residual_whitening
from tests.engine.conftest import small_detector


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def parts_with_places(photos: int, places: int) -> tuple[Tensor, Tensor, Tensor]:
    """Rows of `photos` photos of one part: each place has features of its own, and each photo its own deviation.

    Places differ in all four channels by 10,000; from photo to photo a place deviates by 8, 4, 2 and 1.
    """
    generator = seeded()
    deviation = torch.tensor([8.0, 4.0, 2.0, 1.0])
    place = torch.randn(places, 4, generator=generator) * 10_000.0
    rows = (place[None] + torch.randn(photos, places, 4, generator=generator) * deviation).reshape(-1, 4)
    return rows - rows.mean(dim=0), torch.arange(photos).repeat_interleave(places), deviation


def whitening_of(rows: Tensor, photos: Tensor, dim: int, floor: float) -> Tensor:
    return residual_whitening(rows, find_counterparts(rows, photos, seeded()), dim, floor)


def test_half_whitening_evens_the_spread_out_half_way() -> None:
    spread = torch.tensor([16.0, 4.0, 1.0])
    rows = torch.randn(50_000, 3, generator=seeded()) * spread
    represented = rows @ half_whitening(rows, 3, floor=1e-9).T
    torch.testing.assert_close(represented.std(dim=0), spread.sqrt(), rtol=0.02, atol=0.0)


def test_residual_whitening_evens_out_what_differs_from_photo_to_photo_half_way() -> None:
    # Two photos: each patch has one counterpart, and nothing is gained by choosing among several.
    rows, photos, deviation = parts_with_places(photos=2, places=1000)
    weight = whitening_of(rows, photos, 4, 1e-9)
    # Channels in which parts vary from photo to photo lose weight: lengths follow the square root.
    lengths = weight.norm(dim=0)
    torch.testing.assert_close(lengths / lengths[0], (deviation[0] / deviation).sqrt(), rtol=0.05, atol=0.0)


def test_residual_whitening_looks_at_other_photos_only() -> None:
    rows, photos, _ = parts_with_places(photos=40, places=20)
    # Each row again in its own photo: that copy must not count as its counterpart, since the differences would be zero.
    twice = whitening_of(rows.repeat(2, 1), photos.repeat(2), 4, 1e-9)
    once = whitening_of(rows, photos, 4, 1e-9)
    torch.testing.assert_close(twice.T @ twice, once.T @ once, rtol=1e-3, atol=1e-6)


def test_fewer_dimensions_keep_the_principal_axes_of_what_is_mapped() -> None:
    rows, photos, _ = parts_with_places(photos=10, places=20)
    full = rows @ whitening_of(rows, photos, 4, 0.01).T
    two = rows @ whitening_of(rows, photos, 2, 0.01).T
    torch.testing.assert_close(two, full[:, :2], rtol=1e-4, atol=1e-2)
    assert (full.var(dim=0).diff() <= 0).all()


def test_the_floor_keeps_axes_without_variation_finite() -> None:
    rows, photos, _ = parts_with_places(photos=10, places=20)
    rows[:, 3] = 0.0
    assert bool(torch.isfinite(whitening_of(rows, photos, 4, 0.01)).all())


def test_photos_left_out_have_no_say() -> None:
    rows, photos, _ = parts_with_places(photos=6, places=50)
    rows[photos == 2, 3] += torch.randn(50, generator=seeded(1)) * 500.0
    told = find_counterparts(rows, photos, seeded())
    others = photos != 2
    alone = find_counterparts(rows[others], photos[others], seeded())
    # The odd photo is nobody's counterpart here, so leaving it out is the same as never having had it.
    torch.testing.assert_close(told.evening(0.01, without=[2]), alone.evening(0.01), rtol=1e-9, atol=0.0)
    assert not torch.allclose(told.evening(0.01), alone.evening(0.01), rtol=0.1)


def test_where_nothing_would_be_left_all_photos_have_their_say() -> None:
    rows, photos, _ = parts_with_places(photos=2, places=50)
    told = find_counterparts(rows, photos, seeded())
    assert torch.equal(told.evening(0.01, without=[0]), told.evening(0.01))


@pytest.mark.parametrize("start", ["residual", "whitening", "orthogonal"])
def test_every_start_trains_on_real_photos_and_is_what_the_settings_say(
    start: str, good_photos: list[ImageRGB]
) -> None:
    from inspector.core.progress import CancelToken, ignore_progress

    detector = small_detector("reconpatch", steps=0, start=start)
    assert isinstance(detector, ReConPatch)
    detector.fit(good_photos, ignore_progress, CancelToken())
    gram = torch.from_numpy(detector.arrays()["f_weight"])
    gram = gram.T @ gram
    is_scaled_rotation = torch.allclose(gram / gram.diagonal().mean(), torch.eye(152), atol=1e-3)
    assert is_scaled_rotation == (start == "orthogonal")
