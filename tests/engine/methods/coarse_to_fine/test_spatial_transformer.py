"""Spatial transformers: matrices, losses compared with slow loops, and the abilities of training."""

from __future__ import annotations

import itertools
import math

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from inspector.core.progress import Cancelled, CancelToken, Progress, ignore_progress
from inspector.engine.methods.coarse_to_fine.fine_alignment import module_arrays, restore_module
from inspector.engine.methods.coarse_to_fine.spatial_transformer import (
    FREEDOMS,
    RESTRICTED,
    UNRESTRICTED,
    Family,
    FeatureTransformer,
    ImageAlignmentFacts,
    SpatialTransformer,
    alignment_loss,
    angle_spread,
    common_drift,
    compose_matrices,
    guarded_alignment_loss,
    train_image_alignment,
    transform_matrices,
    warp_by,
)

FAMILIES = list(FREEDOMS)
IDENTITY = torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=generator(seed), dtype=torch.float64)


def smooth_images(count: int, edge: int, seed: int = 0) -> Tensor:
    """Random images, 0..255, without detail finer than an eighth of the edge."""
    coarse = torch.rand(count, 3, 8, 8, generator=generator(seed)) * 255.0
    return functional.interpolate(coarse, (edge, edge), mode="bicubic").clamp(0.0, 255.0)


def matrices(count: int, family: Family = "affine", seed: int = 0) -> Tensor:
    return transform_matrices(noise(count, len(FREEDOMS[family]), seed=seed), family, RESTRICTED)


def train(images: Tensor, family: Family, **changes: object) -> tuple[SpatialTransformer, ImageAlignmentFacts]:
    chosen: dict[str, object] = {"generator": generator(), "report": ignore_progress, "token": CancelToken()}
    return train_image_alignment(images, family, **(chosen | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize("family", FAMILIES)
def test_every_transformer_starts_as_the_identity_exactly(family: Family) -> None:
    images = smooth_images(3, 32)
    found = SpatialTransformer(32, family, RESTRICTED, generator()).eval()(images)
    assert torch.equal(found, IDENTITY.expand(3, 2, 3))
    torch.testing.assert_close(warp_by(images, found), images, rtol=0, atol=1e-2)
    maps, moved = FeatureTransformer(3, (32, 32), family, RESTRICTED, generator()).eval()(images)
    assert torch.equal(moved, IDENTITY.expand(3, 2, 3))
    torch.testing.assert_close(maps, images, rtol=0, atol=1e-2)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_changes_what_it_names_and_nothing_else(family: Family) -> None:
    found = matrices(50, family)
    linear, shift = found[:, :, :2], found[:, :, 2]
    assert ("shift_y" in FREEDOMS[family]) == bool(shift.abs().max() > 0)
    scales = torch.linalg.det(linear)
    if "scale" not in FREEDOMS[family]:
        torch.testing.assert_close(scales, torch.ones_like(scales))
    if family != "affine":
        # Angles and proportions are kept: the linear part is a multiple of a rotation.
        square = linear @ linear.transpose(1, 2)
        torch.testing.assert_close(square, scales[:, None, None] * torch.eye(2, dtype=square.dtype).expand_as(square))
    if "angle" not in FREEDOMS[family]:
        torch.testing.assert_close(linear, IDENTITY[:, :2].double().expand_as(linear))


def test_matrices_stay_within_their_range() -> None:
    raw = noise(200, 6) * 1000.0
    found = transform_matrices(raw, "affine", RESTRICTED)
    zoom = torch.linalg.det(found[:, :, :2]).log() / 2
    assert float(zoom.abs().max()) <= RESTRICTED.scale + 1e-9
    assert float(found[:, :, 2].abs().max()) <= 2 * RESTRICTED.shift + 1e-9


def test_gradient_reaches_every_freedom_from_the_identity() -> None:
    raw = torch.zeros(2, 6, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: transform_matrices(x, "affine", RESTRICTED), (raw,))
    images = noise(2, 1, 9, 9)
    target = noise(2, 1, 9, 9, seed=1)
    warped = warp_by(images, transform_matrices(raw, "affine", RESTRICTED))
    (warped * target).sum().backward()
    assert raw.grad is not None
    assert bool((raw.grad.abs() > 1e-6).all())


def test_rotation_agrees_with_rotating_the_array() -> None:
    """A quarter turn of the sampling grid moves whole pixels, and says which way the angle goes."""
    images = noise(1, 1, 8, 8).float()
    quarter = torch.tensor([[[0.0, -1.0, 0.0], [1.0, 0.0, 0.0]]])
    torch.testing.assert_close(warp_by(images, quarter), torch.rot90(images, 1, (2, 3)), rtol=0, atol=1e-5)


def test_shift_is_in_edges_from_template_to_photo() -> None:
    images = noise(1, 1, 8, 8).float()
    moved = IDENTITY.clone()[None]
    moved[0, 0, 2] = 2 * 0.25  # the template's pixel lies a quarter of the edge further right in the photo
    torch.testing.assert_close(warp_by(images, moved)[..., :6], images[..., 2:], rtol=0, atol=1e-5)


def test_composition_is_that_of_3x3_matrices() -> None:
    a, b = matrices(20), matrices(20, seed=1)
    bottom = torch.tensor([0.0, 0.0, 1.0], dtype=torch.float64).expand(20, 1, 3)
    full_a, full_b = torch.cat([a, bottom], dim=1), torch.cat([b, bottom], dim=1)
    torch.testing.assert_close(compose_matrices(a, b), (full_a @ full_b)[:, :2])


def test_composition_is_one_warp_after_the_other() -> None:
    images = smooth_images(2, 64)
    a, b = matrices(2, "rotation").float(), matrices(2, "rotation", seed=1).float()
    twice, once = warp_by(warp_by(images, a), b), warp_by(images, compose_matrices(a, b))
    middle = slice(20, 44)
    assert float((twice - once)[:, :, middle, middle].abs().mean()) < 2.0


def slow_alignment_loss(images: Tensor) -> float:
    pairs = list(itertools.permutations(images, 2))
    return sum(float((a - b).square().sum(dim=0).mean()) for a, b in pairs) / len(pairs)


@pytest.mark.parametrize("count", [2, 3, 7])
def test_alignment_loss_is_the_mean_over_pairs(count: int) -> None:
    images = noise(count, 3, 4, 5) + 100.0
    assert float(alignment_loss(images)) == pytest.approx(slow_alignment_loss(images), rel=1e-9)


def test_alignment_loss_has_the_pair_loops_gradient() -> None:
    images = noise(4, 2, 3, 3).requires_grad_(True)
    assert torch.autograd.gradcheck(alignment_loss, (images,))
    (fast,) = torch.autograd.grad(alignment_loss(images), images)
    pairs = list(itertools.permutations(images, 2))
    slow = torch.stack([(a - b).square().sum(dim=0).mean() for a, b in pairs]).mean()
    torch.testing.assert_close(fast, torch.autograd.grad(slow, images)[0])


def test_guard_rewards_no_transform_that_is_the_same_for_all() -> None:
    """Zooming into a flat place lowers the paper's loss, and leaves the guarded one where it is."""
    ramp = torch.linspace(-1, 1, 32).abs().clamp_min(0.3)
    images = (ramp[None, None, None, :] + ramp[None, None, :, None]) * torch.linspace(0.5, 1.5, 6)[:, None, None, None]
    zoom = torch.tensor([[[0.2, 0.0, 0.0], [0.0, 0.2, 0.0]]]).expand(6, 2, 3)
    whole = IDENTITY.expand(6, 2, 3)
    assert float(alignment_loss(warp_by(images, zoom))) < 0.8 * float(alignment_loss(warp_by(images, whole)))
    for same in (whole, zoom):
        assert float(guarded_alignment_loss(images, same, 2)) == pytest.approx(1.0)


def test_guard_rewards_each_photos_own_transform() -> None:
    angles = torch.linspace(-0.6, 0.6, 5)
    raw = angles[:, None]
    images = warp_by(smooth_images(1, 64).expand(5, -1, -1, -1), transform_matrices(-raw, "rotation", RESTRICTED))
    right = transform_matrices(raw, "rotation", RESTRICTED)
    assert float(guarded_alignment_loss(images, right, 1)) < 0.5


def test_drift_is_what_all_transforms_share_of_shift_and_zoom() -> None:
    opposite = torch.tensor([[0.4, 0.1, -0.2, 0.1], [1.4, -0.1, 0.2, -0.1]], dtype=torch.float64)
    family: Family = "rotation+scale+translation"
    assert float(common_drift(transform_matrices(opposite, family, RESTRICTED))) == pytest.approx(0.0, abs=1e-12)
    alike = transform_matrices(opposite[:1].expand(3, -1), family, UNRESTRICTED)
    assert float(common_drift(alike)) == pytest.approx(0.2**2 + 0.4**2 + 0.1**2, rel=1e-3)


def test_angle_spread_is_the_standard_deviation_on_the_circle() -> None:
    angles = noise(4000, 1) * 0.2 + math.pi  # around the seam, where a plain standard deviation would fail
    spread = angle_spread(transform_matrices(angles, "rotation", UNRESTRICTED))
    assert spread == pytest.approx(0.2, rel=0.05)
    assert angle_spread(matrices(1, "rotation").expand(9, 2, 3)) == pytest.approx(0.0, abs=1e-6)


def shifted_dots(count: int, edge: int = 32) -> tuple[Tensor, Tensor]:
    """A bright spot at a random place near the middle, and its shift from there (y, x) in edges."""
    shifts = (torch.rand(count, 2, generator=generator(3)) - 0.5) * 0.3
    places = (torch.arange(edge) + 0.5) / edge - 0.5
    far = (places[None, :, None] - shifts[:, 0, None, None]).square() + (
        places[None, None, :] - shifts[:, 1, None, None]
    ).square()
    return (255.0 * torch.exp(-far / (2 * 0.12**2)))[:, None].expand(-1, 3, -1, -1).contiguous(), shifts


def test_training_with_the_guard_finds_shifts() -> None:
    images, shifts = shifted_dots(32, 20)
    net, facts = train(images, "translation", steps=80)
    found = net(images)
    assert facts.relative_after < 0.1 * facts.relative_before
    assert facts.loss_before == pytest.approx(float(alignment_loss(images / 255.0)))
    assert facts.scale == pytest.approx(1.0)
    both = torch.cat([found[:, [1, 0], 2] / 2, shifts], dim=1)
    correlation = torch.corrcoef(both.T)
    assert float(correlation[0, 2]) > 0.95
    assert float(correlation[1, 3]) > 0.95


def test_the_same_seed_gives_the_same_transformer() -> None:
    images, _ = shifted_dots(8, 16)
    first, again = (train(images, "affine", steps=4)[0](images) for _ in range(2))
    other, _ = train(images, "affine", steps=4, generator=generator(1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other(images))


def test_training_stops_when_asked_to() -> None:
    token = CancelToken()
    seen: list[Progress] = []

    def report(progress: Progress) -> None:
        seen.append(progress)
        token.cancel()

    with pytest.raises(Cancelled):
        train(smooth_images(4, 32), "rotation", report=report, token=token)
    assert [one.done for one in seen] == [1]


@pytest.mark.parametrize("guard", [True, False])
def test_two_photos_are_enough_and_larger_ones_can_be_asked_about(guard: bool) -> None:
    net, _ = train(smooth_images(2, 32), "rotation+scale+translation", steps=2, guard=guard)
    assert net(smooth_images(5, 48)).shape == (5, 2, 3)
    assert not any(parameter.requires_grad for parameter in net.parameters())


def test_a_bundle_carries_the_transformer() -> None:
    images, _ = shifted_dots(8)
    net, _ = train(images, "affine", steps=3)
    arrays = module_arrays(net)
    fresh = SpatialTransformer(32, "affine", RESTRICTED, generator(9)).eval()
    restore_module(fresh, arrays)
    assert torch.equal(fresh(images), net(images))
    with pytest.raises(KeyError):
        restore_module(fresh, {})
    with pytest.raises(ValueError, match="tell"):
        restore_module(SpatialTransformer(32, "rotation", RESTRICTED, generator()), arrays)
