"""ReConPatch's similarities, loss and training against slow loops that follow the equations letter by letter."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from inspector.core.progress import Cancelled, CancelToken, Progress, ignore_progress
from inspector.engine.methods.contrastive import (
    ContrastiveSettings,
    contextual_similarity,
    mixed_similarity,
    pairwise_similarity,
    relaxed_contrastive_loss,
    train_representation,
)
from inspector.engine.methods.reconpatch import ReConPatchSettings


def embeddings(count: int, dim: int, seed: int) -> Tensor:
    return torch.randn(count, dim, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def distance(z: Tensor, i: int, j: int) -> float:
    return math.sqrt(sum((float(a) - float(b)) ** 2 for a, b in zip(z[i], z[j], strict=True)))


def neighbours(z: Tensor, i: int, k: int) -> set[int]:
    """Everything as near as the k-th nearest; a point is its own first neighbour."""
    distances = [0.0 if i == j else distance(z, i, j) for j in range(len(z))]
    farthest = sorted(distances)[k - 1]
    return {j for j, d in enumerate(distances) if d <= farthest}


def slow_contextual(z: Tensor, k: int, half: int) -> list[list[float]]:
    n = len(z)
    near = [neighbours(z, i, k) for i in range(n)]
    nearer = [neighbours(z, i, half) for i in range(n)]
    shared = [[len(near[i] & near[j]) / len(near[i]) if j in near[i] else 0.0 for j in range(n)] for i in range(n)]
    reciprocal = [{j for j in nearer[i] if i in nearer[j]} for i in range(n)]
    expanded = [[sum(shared[m][j] for m in reciprocal[i]) / len(reciprocal[i]) for j in range(n)] for i in range(n)]
    return [[(expanded[i][j] + expanded[j][i]) / 2 for j in range(n)] for i in range(n)]


def slow_loss(z: Tensor, w: Tensor, margin: float) -> float:
    n = len(z)
    total = 0.0
    for i in range(n):
        mean = sum(distance(z, i, m) for m in range(n)) / n
        for j in range(n):
            if i != j:
                delta = distance(z, i, j) / mean
                total += float(w[i, j]) * delta**2 + (1 - float(w[i, j])) * max(margin - delta, 0.0) ** 2
    return total / n


@pytest.mark.parametrize("seed", range(5))
def test_pairwise_similarity_is_the_gaussian_of_the_distance(seed: int) -> None:
    z = embeddings(9, 4, seed)
    fast = pairwise_similarity(z, sigma=1.7)
    for i in range(9):
        for j in range(9):
            assert float(fast[i, j]) == pytest.approx(math.exp(-(distance(z, i, j) ** 2) / 1.7), abs=1e-12)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("k", "half"), [(5, 2), (4, 2), (3, 2), (7, 4), (1, 1)])
def test_contextual_similarity_agrees_with_the_equations(seed: int, k: int, half: int) -> None:
    z = embeddings(14, 3, seed)
    expected = torch.tensor(slow_contextual(z, k, half), dtype=torch.float64)
    torch.testing.assert_close(contextual_similarity(z, k), expected, rtol=0, atol=1e-12)


def test_contextual_similarity_includes_all_ties() -> None:
    """Four corners of a square: two neighbours of each tie, so with k = 2 each set has three members."""
    square = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], dtype=torch.float64)
    expected = torch.tensor(slow_contextual(square, 2, 1), dtype=torch.float64)
    torch.testing.assert_close(contextual_similarity(square, 2), expected)
    assert float(expected[0, 1]) > 0.0
    assert float(expected[0, 3]) == 0.0


def test_similarities_are_symmetric_and_between_0_and_1() -> None:
    w = mixed_similarity(embeddings(40, 6, 3), sigma=1.0, k=5, alpha=0.5)
    torch.testing.assert_close(w, w.T)
    assert float(w.min()) >= 0.0
    assert float(w.max()) <= 1.0 + 1e-12


def test_two_clusters_are_similar_inside_and_not_across() -> None:
    z = torch.cat([embeddings(8, 3, 0) * 0.01, embeddings(8, 3, 1) * 0.01 + 10.0])
    w = mixed_similarity(z, sigma=1.0, k=5, alpha=0.5)
    assert float(w[:8, :8].mean()) > 0.5
    assert float(w[:8, 8:].max()) == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("margin", [0.1, 1.0, 2.0])
def test_loss_agrees_with_the_equation(seed: int, margin: float) -> None:
    z = embeddings(8, 3, seed)
    w = mixed_similarity(embeddings(8, 3, seed + 100), sigma=1.0, k=3, alpha=0.5)
    assert float(relaxed_contrastive_loss(z, w, margin)) == pytest.approx(slow_loss(z, w, margin), rel=1e-6)


def test_gradient_of_the_loss_is_right() -> None:
    z = embeddings(6, 3, 0).requires_grad_(True)
    w = mixed_similarity(embeddings(6, 3, 7), sigma=1.0, k=3, alpha=0.5)
    assert torch.autograd.gradcheck(lambda point: relaxed_contrastive_loss(point, w, 1.0), (z,))


def test_equal_embeddings_give_a_finite_gradient() -> None:
    z = torch.cat([embeddings(3, 3, 0)] * 2).requires_grad_(True)
    relaxed_contrastive_loss(z, torch.full((6, 6), 0.5, dtype=torch.float64), 1.0).backward()
    assert z.grad is not None
    assert bool(torch.isfinite(z.grad).all())


def settings(**changes: object) -> ContrastiveSettings:
    chosen = ReConPatchSettings(**({"steps": 20, "anchors": 16} | changes))  # type: ignore[arg-type]
    return ContrastiveSettings(**{name: getattr(chosen, name) for name in ContrastiveSettings.__dataclass_fields__})


def linear(dim: int, seed: int = 0) -> nn.Linear:
    layer = nn.Linear(dim, dim)
    nn.init.orthogonal_(layer.weight, generator=torch.Generator().manual_seed(seed))
    nn.init.zeros_(layer.bias)
    return layer


@pytest.mark.parametrize("loss_on", ["representation", "projection"])
@pytest.mark.parametrize("neighbours_drawn", [0, 3])
def test_training_moves_f_without_collapse_and_the_same_way_for_the_same_seed(
    loss_on: str, neighbours_drawn: int
) -> None:
    pool = embeddings(500, 8, 0).float()
    results = []
    for _ in range(2):
        layer = linear(8)
        start = layer.weight.detach().clone()
        facts = train_representation(
            pool,
            torch.arange(500) // 50,
            layer,
            settings(loss_on=loss_on, neighbours=neighbours_drawn, projection_dim=4),
            generator=torch.Generator().manual_seed(5),
            report=ignore_progress,
            token=CancelToken(),
        )
        assert not torch.equal(layer.weight, start)
        assert facts.spread > 0.5
        results.append(layer.weight.detach().clone())
    assert torch.equal(results[0], results[1])


def batches_drawn(photos: Tensor, neighbours_from: str) -> list[Tensor]:
    """Which rows of a pool make up a few batches: shape (anchors, 1 + neighbours), the anchor first."""
    from inspector.engine.methods import contrastive

    pool = embeddings(60, 8, 0).float()
    chosen = settings(anchors=4, neighbours=2, neighbours_from=neighbours_from)
    draw = contrastive._batches(pool, photos, linear(8), chosen, torch.Generator().manual_seed(0))
    return [(draw()[:, None] == pool[None]).all(dim=-1).int().argmax(dim=1).reshape(4, 3) for _ in range(5)]


def test_neighbours_come_from_other_photos_than_their_anchor() -> None:
    photos = torch.arange(60) // 6
    for rows in batches_drawn(photos, "other photos"):
        assert (photos[rows[:, 1:]] != photos[rows[:, :1]]).all()
    assert any((photos[rows[:, 1:]] == photos[rows[:, :1]]).any() for rows in batches_drawn(photos, "all photos"))


def test_neighbours_of_a_single_photo_come_from_that_photo() -> None:
    for rows in batches_drawn(torch.zeros(60, dtype=torch.int64), "other photos"):
        assert all(len(set(row.tolist())) == 3 for row in rows)


def test_training_lowers_the_loss_on_clustered_patches() -> None:
    centres = embeddings(10, 8, 1).float() * 3
    pool = (centres[:, None] + embeddings(500, 8, 2).float().reshape(10, 50, 8)).reshape(-1, 8)
    facts = train_representation(
        pool,
        torch.arange(500) % 10,
        linear(8),
        settings(steps=150, learning_rate=1e-2),
        generator=torch.Generator().manual_seed(0),
        report=ignore_progress,
        token=CancelToken(),
    )
    assert facts.last_loss < facts.first_loss


def test_training_stops_when_asked_to() -> None:
    token = CancelToken()
    seen: list[Progress] = []

    def report(progress: Progress) -> None:
        seen.append(progress)
        token.cancel()

    with pytest.raises(Cancelled):
        train_representation(
            embeddings(100, 4, 0).float(),
            torch.arange(100) // 10,
            linear(4),
            settings(),
            generator=torch.Generator().manual_seed(0),
            report=report,
            token=token,
        )
    assert [one.done for one in seen] == [1]
