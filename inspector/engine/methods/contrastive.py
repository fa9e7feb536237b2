"""The learning half of ReConPatch (arXiv 2305.16713, section 3): similarities, relaxed contrastive loss, training of f.

No official code exists. The equations are those of the paper as reported in public notes on it. Where these are silent,
the parent method's official code decides (STML, CVPR 2022) or a measurement, and the docstring states that.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from timm.optim import AdamP
from torch import Tensor, nn
from torch.nn import functional

from inspector.core.errors import DetectorError, Message
from inspector.core.progress import CancelToken, OnProgress, Progress

STAGE = "learning what belongs together"
_RAN_AWAY = Message(
    "training ran away to values that cannot be computed", "take a lower 'learning_rate', or leave it out"
)
EPSILON = 1e-12


def pairwise_similarity(embeddings: Tensor, sigma: float) -> Tensor:
    """Return how similar two patches look (ReConPatch, section 3.2, w^Pairwise).

    Parameters
    ----------
    embeddings : Tensor, float, shape (N, E)
        Of the teacher.
    sigma : float
        Bandwidth of the Gaussian kernel, in squared units of the embeddings.

    Returns
    -------
    Tensor, float, shape (N, N)
        ``exp(-|z_i - z_j|^2 / sigma)``, in 0..1.
    """
    return torch.exp(-_squared_distances(embeddings) / sigma)


def contextual_similarity(embeddings: Tensor, k: int) -> Tensor:
    """Return how much of their neighbourhoods two patches share (ReConPatch, section 3.2, w^Contextual).

    Parameters
    ----------
    embeddings : Tensor, float, shape (N, E)
        Of the teacher.
    k : int
        Neighbours of a patch, itself included; ties at the k-th distance are all included.

    Returns
    -------
    Tensor, float, shape (N, N)
        Symmetric, in 0..1.

    Notes
    -----
    With N_k(i) the k nearest of i and R_h(i) the reciprocal ones among h = k / 2 (rounded half to even, as STML's
    code): first ``|N_k(i) & N_k(j)| / |N_k(i)|`` where j is in N_k(i), else 0; then the mean of those rows over R_h(i)
    (query expansion); then the mean of the matrix and its transpose.
    """
    distances = _squared_distances(embeddings)
    near = _nearest_sets(distances, k)
    shared = (near @ near.T) / near.sum(dim=1, keepdim=True) * near
    nearer = _nearest_sets(distances, int(np.around(k / 2)))
    reciprocal = nearer * nearer.T
    expanded = (reciprocal / reciprocal.sum(dim=1, keepdim=True)) @ shared
    return (expanded + expanded.T) / 2.0


def mixed_similarity(embeddings: Tensor, sigma: float, k: int, alpha: float) -> Tensor:
    """Return the pseudo-labels w: `alpha` parts pairwise, ``1 - alpha`` parts contextual similarity; shape (N, N)."""
    return alpha * pairwise_similarity(embeddings, sigma) + (1.0 - alpha) * contextual_similarity(embeddings, k)


def relaxed_contrastive_loss(embeddings: Tensor, similarity: Tensor, margin: float) -> Tensor:
    """Return the relaxed contrastive loss (ReConPatch, section 3.3, L_RC).

    Parameters
    ----------
    embeddings : Tensor, float, shape (N, E)
        Of the student; gradients flow into them.
    similarity : Tensor, float, shape (N, N)
        Pseudo-labels w in 0..1, from the teacher.
    margin : float
        Distance, in units of a row's mean distance, beyond which dissimilar patches are left alone.

    Returns
    -------
    Tensor, scalar
        ``1/N sum_i sum_{j != i} w_ij d_ij^2 + (1 - w_ij) max(margin - d_ij, 0)^2`` with d_ij the Euclidean distance
        divided by the mean distance of row i over the batch. The gradient flows through that mean too, as in STML.

    Notes
    -----
    Deviations: pairs i = j are left out; they add a constant, and the square root has no derivative there. 1e-12
    inside the root keeps the derivative finite for equal embeddings.
    """
    distances = (_squared_distances(embeddings) + EPSILON).sqrt()
    relative = distances / distances.mean(dim=1, keepdim=True)
    pull = similarity * relative.square()
    push = (1.0 - similarity) * functional.relu(margin - relative).square()
    others = 1.0 - torch.eye(len(embeddings), dtype=embeddings.dtype, device=embeddings.device)
    return ((pull + push) * others).sum() / len(embeddings)


def _squared_distances(embeddings: Tensor) -> Tensor:
    # The product form trains about ten times faster than differences. Its rounding error must not move a patch away
    # from itself, or below zero: the patch has to be the first in its own ranking.
    squared_norms = embeddings.square().sum(dim=1)
    squared = squared_norms[:, None] + squared_norms[None, :] - 2.0 * (embeddings @ embeddings.T)
    itself = torch.eye(len(embeddings), dtype=torch.bool, device=embeddings.device)
    return squared.clamp_min(0.0).masked_fill(itself, 0.0)


def _nearest_sets(squared_distances: Tensor, k: int) -> Tensor:
    k = max(min(k, len(squared_distances)), 1)
    farthest = squared_distances.kthvalue(k, dim=1, keepdim=True).values
    return (squared_distances <= farthest).to(squared_distances.dtype)


@dataclass(frozen=True, slots=True)
class ContrastiveSettings:
    """Constants of the training; `ReConPatchSettings` documents and chooses them."""

    steps: int
    anchors: int
    neighbours: int
    learning_rate: float
    weight_decay: float
    ema: float
    sigma: float
    k: int
    alpha: float
    margin: float
    loss_on: Literal["representation", "projection"]
    projection_dim: int
    neighbours_from: Literal["all photos", "other photos"]


@dataclass(frozen=True, slots=True)
class ContrastiveFacts:
    """The course of training.

    Parameters
    ----------
    first_loss, last_loss : float
        Mean of the first and last tenth of the steps. A rising loss is no failure: the teacher moves.
    spread : float
        Mean standard deviation of f's outputs over the pool after training, divided by that before: near 0 for a
        collapsed representation.
    """

    first_loss: float
    last_loss: float
    spread: float


def train_representation(
    pool: Tensor,
    photos: Tensor,
    representation: nn.Linear,
    settings: ContrastiveSettings,
    *,
    generator: torch.Generator,
    report: OnProgress,
    token: CancelToken,
) -> ContrastiveFacts:
    """Train the linear representation f in place (ReConPatch, section 3.1 and algorithm 1).

    Parameters
    ----------
    pool : Tensor, float32, shape (N, D)
        Patch features of good photos, normalised.
    photos : Tensor of int64, shape (N,)
        Which photo each row comes from.
    representation : nn.Linear
        f, initialised, on the pool's device.
    settings : ContrastiveSettings
        Constants.
    generator : torch.Generator
        On the CPU; draws batches and the projection's start.
    report, token
        Progress, and the wish to stop.

    Returns
    -------
    ContrastiveFacts

    Raises
    ------
    DetectorError
        If training runs away to values that are not finite numbers.
    Cancelled
        If `token` was cancelled.

    Notes
    -----
    The teacher (f and g as exponential moving averages of the student's) gives the pseudo-labels, on embeddings scaled
    to unit length as in STML, so that sigma does not depend on the backbone's scale. AdamP with cosine annealing, as in
    the paper.
    """
    student = _student(representation, settings, generator)
    teacher = copy.deepcopy(student).requires_grad_(False)
    optimizer = AdamP(student.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=settings.steps)
    draw = _batches(pool, photos.to(pool.device), representation, settings, generator)
    before = _spread(pool, representation)
    losses = []
    for step in range(settings.steps):
        token.check()
        batch = draw()
        with torch.no_grad():
            labels = functional.normalize(teacher(batch), dim=1)
            similarity = mixed_similarity(labels, settings.sigma, settings.k, settings.alpha)
        loss = relaxed_contrastive_loss(student(batch), similarity, settings.margin)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        _follow(teacher, student, settings.ema)
        losses.append(float(loss.detach()))
        if not math.isfinite(losses[-1]):
            raise DetectorError("learning_rate", _RAN_AWAY)
        report(Progress(STAGE, step + 1, settings.steps))
    tenth = max(len(losses) // 10, 1)
    return ContrastiveFacts(
        float(np.mean(losses[:tenth])), float(np.mean(losses[-tenth:])), _spread(pool, representation) / before
    )


def _student(representation: nn.Linear, settings: ContrastiveSettings, generator: torch.Generator) -> nn.Module:
    if settings.loss_on == "representation":
        return representation
    projection = nn.Linear(representation.out_features, settings.projection_dim)
    nn.init.orthogonal_(projection.weight, generator=generator)
    nn.init.zeros_(projection.bias)
    return nn.Sequential(representation, projection.to(representation.weight.device))


@torch.no_grad()
def _follow(teacher: nn.Module, student: nn.Module, ema: float) -> None:
    for slow, fast in zip(teacher.parameters(), student.parameters(), strict=True):
        slow.lerp_(fast, 1.0 - ema)


@torch.no_grad()
def _spread(pool: Tensor, representation: nn.Linear) -> float:
    return float(representation(pool).std(dim=0).mean())


def _batches(
    pool: Tensor, photos: Tensor, representation: nn.Linear, settings: ContrastiveSettings, generator: torch.Generator
) -> Callable[[], Tensor]:
    # Random patches rarely have a neighbour in the batch, and the contextual similarity is then empty; for that reason,
    # STML builds batches from neighbourhoods. The neighbourhoods are those before training. The nearest patch is often
    # its overlapping neighbour in the same photo; other photos show how good parts vary.
    others_only = settings.neighbours_from == "other photos" and bool((photos != photos[0]).any())
    with torch.no_grad():
        start = representation(pool)
        squared_norms = start.square().sum(dim=1)
    anchors = min(settings.anchors, len(pool))

    def draw() -> Tensor:
        chosen = torch.randint(len(pool), (anchors,), generator=generator).to(pool.device)
        if settings.neighbours == 0:
            return pool[chosen]
        ranking = torch.addmm(squared_norms, start[chosen], start.T, alpha=-2.0)
        if others_only:
            ranking.masked_fill_(photos[chosen, None] == photos[None, :], torch.inf)
            ranking[torch.arange(anchors), chosen] = -torch.inf  # the anchor itself comes first all the same
        near = ranking.topk(min(settings.neighbours + 1, len(pool)), dim=1, largest=False).indices
        return pool[near.flatten()]

    return draw
