"""Dense non-contrastive learning: the loss compared with the pair loop, and the effect of training."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from inspector.core.progress import Cancelled, CancelToken, Progress, ignore_progress
from inspector.core.values import ImageRGB
from inspector.engine.features.backbones import Backbone, load_backbone
from inspector.engine.methods.coarse_to_fine.fine_alignment import (
    AdaptedBackbone,
    FineAlignmentFacts,
    FineAlignmentSettings,
    Heads,
    dense_similarity_loss,
    projection_spreads,
    train_fine_alignment,
)
from inspector.engine.methods.coarse_to_fine.spatial_transformer import RESTRICTED, transform_matrices
from tests.engine.conftest import NOWHERE

HW = (64, 64)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=generator(seed), dtype=torch.float64)


def slow_loss(q: Tensor, z: Tensor) -> Tensor:
    """D(q_a, z_b) of FYD over all ordered pairs a != b, letter by letter."""
    pairs = [
        -functional.cosine_similarity(q[a], z[b].detach(), dim=0).mean()
        for a, b in itertools.permutations(range(len(q)), 2)
    ]
    return torch.stack(pairs).mean()


@pytest.mark.parametrize("count", [2, 3, 6])
def test_loss_and_gradient_are_those_of_the_pair_loop(count: int) -> None:
    q, z = noise(count, 5, 3, 4).requires_grad_(True), noise(count, 5, 3, 4, seed=1).requires_grad_(True)
    fast, slow = dense_similarity_loss(q, z), slow_loss(q, z)
    torch.testing.assert_close(fast, slow, rtol=0, atol=1e-12)
    torch.testing.assert_close(torch.autograd.grad(fast, q)[0], torch.autograd.grad(slow, q)[0])


def test_gradient_of_the_loss_is_right() -> None:
    z = noise(3, 4, 2, 2, seed=1)
    assert torch.autograd.gradcheck(lambda q: dense_similarity_loss(q, z), (noise(3, 4, 2, 2).requires_grad_(True),))


def test_no_gradient_flows_into_the_goals() -> None:
    z = noise(3, 4, 2, 2).requires_grad_(True)
    q = noise(3, 4, 2, 2, seed=1).requires_grad_(True)
    dense_similarity_loss(q, z).backward()
    assert z.grad is None
    assert q.grad is not None


def test_loss_is_least_where_all_photos_agree_at_each_place() -> None:
    same = noise(1, 4, 3, 3).expand(5, -1, -1, -1)
    assert float(dense_similarity_loss(same * 7.0, same)) == pytest.approx(-1.0)
    assert float(dense_similarity_loss(-same, same)) == pytest.approx(1.0)


def test_places_are_not_mixed() -> None:
    """Photos that agree only after moving one of them by a place do not agree."""
    one = functional.one_hot(torch.arange(4), 4).double().T.reshape(4, 2, 2)
    q = torch.stack([one, one.flip(2)])
    assert float(dense_similarity_loss(q, q)) == pytest.approx(0.0)


def test_spreads_tell_collapse_and_a_mere_code_of_the_place() -> None:
    free, collapsed = noise(40, 16, 8, 8), noise(1, 16, 1, 1).expand(40, 16, 8, 8)
    code = noise(1, 16, 8, 8).expand(40, 16, 8, 8)
    everywhere, at_one_place = projection_spreads(free)
    assert everywhere == pytest.approx(1.0, abs=0.02)
    assert at_one_place == pytest.approx(1.0, abs=0.05)
    assert projection_spreads(collapsed) == pytest.approx((0.0, 0.0), abs=1e-6)
    everywhere, at_one_place = projection_spreads(code)
    assert everywhere > 0.9
    assert at_one_place == pytest.approx(0.0, abs=1e-6)


@pytest.fixture(scope="module")
def backbone() -> Backbone:
    return load_backbone("tf_efficientnet_lite0", NOWHERE, torch.device("cpu"))


@pytest.fixture(scope="module")
def photos(good_photos: Sequence[ImageRGB]) -> list[Tensor]:
    """The middle of each photo, small."""
    return [torch.from_numpy(photo[100:164, 100:164].copy()).permute(2, 0, 1) for photo in good_photos[:6]]


def train(
    backbone: Backbone, photos: Sequence[Tensor], seed: int = 0, **changes: Any
) -> tuple[AdaptedBackbone, Heads, FineAlignmentFacts]:
    settings = FineAlignmentSettings(**({"steps": 3, "batch": 4} | changes))
    return train_fine_alignment(
        backbone, photos, settings, generator=generator(seed), report=ignore_progress, token=CancelToken()
    )


def state(module: torch.nn.Module) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in module.state_dict().items()}


def test_heads_alone_leave_the_backbone_as_it_is(backbone: Backbone, photos: list[Tensor]) -> None:
    adapted, heads, facts = train(backbone, photos, trains="heads", steps=12)
    for name, tensor in adapted.backbone.state_dict().items():
        assert torch.equal(tensor, backbone.state_dict()[name]), name
    assert facts.last_loss < facts.first_loss
    assert 0.0 < facts.spread <= 1.0
    assert not heads.training
    assert facts.angle_spreads == ()


def test_blocks_are_trained_from_the_first_used_stage_on_and_statistics_stay(
    backbone: Backbone, photos: list[Tensor]
) -> None:
    before = state(backbone.network)
    adapted, _, _ = train(backbone, photos, trains="blocks")
    after = state(adapted.backbone.network)
    trained = set(adapted.block_parameters())
    changed = {name for name, tensor in after.items() if not torch.equal(tensor, before[name])}
    assert changed
    assert changed <= trained
    assert all(name.startswith(("blocks.2", "blocks.3", "blocks.4")) for name in trained)
    assert {name.split(".")[1] for name in changed} == {"2", "3", "4"}
    assert all(torch.equal(tensor, before[name]) for name, tensor in backbone.network.state_dict().items())
    assert not any(parameter.requires_grad for parameter in backbone.parameters())
    assert not any(parameter.requires_grad for parameter in adapted.parameters())


@pytest.mark.parametrize("trains", ["heads", "blocks"])
def test_the_same_seed_gives_the_same_features(backbone: Backbone, photos: list[Tensor], trains: str) -> None:
    images = torch.stack(photos)
    runs = [train(backbone, photos, trains=trains, feature_family="affine")[0](images)[0] for _ in range(2)]
    other = train(backbone, photos, seed=1, trains=trains, feature_family="affine")[0](images)[0]
    for one, two, three in zip(*runs, other, strict=True):
        assert torch.equal(one, two)
        assert not torch.equal(one, three)


def test_feature_transformers_start_as_the_identity(backbone: Backbone, photos: list[Tensor]) -> None:
    images = torch.stack(photos)
    plain, none = AdaptedBackbone(backbone, None, RESTRICTED, HW, generator())(images)
    aligned, matrices = AdaptedBackbone(backbone, "affine", RESTRICTED, HW, generator())(images)
    assert none == []
    assert len(matrices) == len(plain) == 2
    for one, two, moved in zip(plain, aligned, matrices, strict=True):
        torch.testing.assert_close(one, two, rtol=0, atol=1e-3)
        assert torch.equal(moved, torch.eye(3)[:2].expand(len(photos), 2, 3))


def test_the_fine_loss_alone_moves_the_feature_transformers(backbone: Backbone, photos: list[Tensor]) -> None:
    adapted, _, facts = train(backbone, photos, trains="heads", feature_family="rotation+translation", steps=6)
    _, matrices = adapted(torch.stack(photos))
    assert len(facts.angle_spreads) == 2
    for moved in matrices:
        assert not torch.equal(moved, torch.eye(3)[:2].expand_as(moved))


def test_the_next_stage_sees_aligned_maps_and_matrices_add_up(backbone: Backbone, photos: list[Tensor]) -> None:
    """A quarter turn by the first transformer and another by the second: half a turn in all for the deeper stage."""
    adapted = AdaptedBackbone(backbone, "rotation", RESTRICTED, HW, generator())
    quarter = math.pi * math.atanh(0.5)  # the net's output for an angle of pi / 2
    for transformer in adapted.transformers:
        transformer.localisation.tell.bias.data.fill_(quarter)
    images = torch.stack(photos)
    (fine, deep), (first, second) = adapted(images)
    plain = backbone(images)
    turned = torch.rot90(plain[0], 1, (2, 3))
    torch.testing.assert_close(fine, turned, rtol=0, atol=1e-2)
    half = transform_matrices(torch.full((1, 1), 2.0), "rotation", RESTRICTED)
    assert float(half[0, 0, 0]) < 0.0
    torch.testing.assert_close(first[0], torch.tensor([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0]]), rtol=0, atol=1e-5)
    torch.testing.assert_close(second[0], torch.tensor([[-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]]), rtol=0, atol=1e-5)
    with torch.no_grad():
        blocks: Any = backbone.network.blocks
        seen = blocks[4](blocks[3](turned))
    torch.testing.assert_close(deep, torch.rot90(seen, 1, (2, 3)), rtol=0, atol=5e-2)


@pytest.mark.parametrize("trains", ["heads", "blocks"])
def test_a_bundle_carries_what_was_trained(backbone: Backbone, photos: list[Tensor], trains: str) -> None:
    blocks = trains == "blocks"
    adapted, _, _ = train(backbone, photos, trains=trains, feature_family="rotation+scale")
    arrays = adapted.arrays(blocks)
    assert all(array.dtype == "float32" for array in arrays.values())
    assert any(name.startswith("blocks.") for name in arrays) == blocks
    fresh = AdaptedBackbone(backbone, "rotation+scale", RESTRICTED, HW, generator(5))
    fresh.restore(arrays, blocks)
    images = torch.stack(photos)
    for one, two in zip(adapted(images)[0], fresh(images)[0], strict=True):
        assert torch.equal(one, two)
    with pytest.raises(KeyError):
        fresh.restore({}, blocks)


def test_a_block_of_another_shape_is_refused(backbone: Backbone) -> None:
    adapted = AdaptedBackbone(backbone, None, RESTRICTED, HW, generator())
    arrays = adapted.arrays(blocks=True)
    name = next(iter(arrays))
    with pytest.raises(ValueError, match="blocks"):
        adapted.restore(arrays | {name: arrays[name][:1]}, blocks=True)


def test_training_stops_when_asked_to(backbone: Backbone, photos: list[Tensor]) -> None:
    token = CancelToken()
    seen: list[Progress] = []

    def report(progress: Progress) -> None:
        seen.append(progress)
        token.cancel()

    with pytest.raises(Cancelled):
        train_fine_alignment(
            backbone,
            photos,
            FineAlignmentSettings(trains="heads"),
            generator=generator(),
            report=report,
            token=token,
        )
    assert [one.done for one in seen] == [1]


@pytest.mark.parametrize("name", ["resnet18"])
def test_other_backbones_have_stages_to_hook_into(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Untrained weights suffice: the test is about the place of the transformers and the trained parameters."""
    import timm

    from inspector.engine.features import backbones
    from inspector.engine.features.weights import Weights

    network = timm.create_model(name, features_only=True, out_indices=(2, 3), pretrained=False)
    monkeypatch.setattr(backbones, "_build_network", lambda *_: network)
    built = Backbone(name, backbones.entry_for(name), Weights({}, "", NOWHERE))
    adapted = AdaptedBackbone(built, "rotation", RESTRICTED, HW, generator())
    maps, matrices = adapted(torch.zeros(2, 3, *HW))
    assert [one.shape[1] for one in maps] == [128, 256]
    assert len(matrices) == 2
    assert {parameter.split(".")[0] for parameter in adapted.block_parameters()} == {"layer2", "layer3"}
