"""k-centre coreset selection (Sener and Savarese, arXiv 1708.00489; PatchCore, arXiv 2106.08265, algorithm 1)."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from inspector.core.progress import CancelToken, OnProgress, Progress, ignore_progress

STAGE = "choosing the patches to remember"
REPORT_EVERY = 64
CENTRES = 256
"""Centres whose distances to all rows are held in memory at once."""


def greedy_k_centre(
    rows: Tensor,
    count: int,
    *,
    generator: torch.Generator,
    projection_dim: int = 0,
    report: OnProgress = ignore_progress,
    token: CancelToken | None = None,
) -> Tensor:
    """Choose rows so that every row is near a chosen one: always take the row farthest from those chosen so far.

    Parameters
    ----------
    rows : Tensor, float32, shape (N, D)
        On any device.
    count : int
        How many to choose; all if N is smaller.
    generator : torch.Generator
        On the CPU; draws the first row and the projection.
    projection_dim : int
        Distances are measured after a random Gaussian projection to this many dimensions (Johnson-Lindenstrauss; the
        paper does so, and the official code takes 128). 0, or a number not below D, measures them exactly.
    report, token
        Progress, and the wish to stop.

    Returns
    -------
    Tensor of int64, shape (min(count, N),)
        Indices in the order of choice, on the CPU; every prefix is itself a greedy k-centre coreset.

    Notes
    -----
    Deviation from the official code: exact farthest-point selection from one random row, where the official code starts
    from the mean distance to ten random rows.
    """
    token = token or CancelToken()
    count = min(count, len(rows))
    points = project_rows(rows, projection_dim, generator)
    chosen = torch.empty(count, dtype=torch.int64)
    last = torch.randint(len(rows), (1,), generator=generator).to(rows.device)
    squared_norms = points.square().sum(dim=1)
    nearest = torch.full_like(squared_norms, torch.inf)
    for step in range(count):
        if step % REPORT_EVERY == 0:
            token.check()
            report(Progress(STAGE, step, count))
        chosen[step] = last[0]
        _take(last, points, squared_norms, nearest)
        last = nearest.argmax().unsqueeze(0)
    report(Progress(STAGE, count, count))
    return chosen


def coresets_without(points: Tensor, chosen: Tensor, folds: Tensor, token: CancelToken) -> Iterator[Tensor]:
    """Choose for each fold as many rows of the other folds as `chosen` has, spread as evenly.

    Barring a fold's rows from a coreset leaves holes where they stood for what others share with them, and what falls
    in there seems far from everything. So the other folds' chosen rows stay, and greedy k-centre goes on from there
    over the other folds' rows until there are as many as before.

    Parameters
    ----------
    points : Tensor, float32, shape (N, D)
        On any device. Projected rows only as `chosen` was chosen from them: by another projection, rows that lie near a
        chosen one may seem far from it, and would be taken before those in the holes.
    chosen : Tensor of int64, shape (M,)
        From `greedy_k_centre` on these points.
    folds : Tensor of int64, shape (N,)
        The fold of each row, from 0; two at least.
    token : CancelToken
        The wish to stop.

    Yields
    ------
    Tensor of int64, shape (M,), shorter where the other folds have fewer rows
        Indices on the CPU. All folds together take about as many steps as `greedy_k_centre` took.
    """
    squared_norms = points.square().sum(dim=1)
    folds_chosen, count = folds[chosen], int(folds.max()) + 1
    nearest = torch.stack([_nearest(points, squared_norms, chosen[folds_chosen == fold]) for fold in range(count)])
    for fold in range(count):
        token.check()
        kept = chosen[folds_chosen != fold]
        left = nearest[torch.arange(count) != fold].amin(dim=0)
        left[(folds == fold).to(left.device)] = -torch.inf
        left[kept.to(left.device)] = -torch.inf
        added = []
        for _ in range(min(len(chosen) - len(kept), int((left > -torch.inf).sum()))):
            added.append(left.argmax().unsqueeze(0))
            _take(added[-1], points, squared_norms, left)
        yield torch.cat([kept, *(one.cpu() for one in added)])


def _nearest(points: Tensor, squared_norms: Tensor, chosen: Tensor) -> Tensor:
    """Return the squared distance of all points to the nearest chosen one; infinite without any."""
    nearest = torch.full_like(squared_norms, torch.inf)
    for centres in chosen.to(points.device).split(CENTRES):
        distances = torch.addmm(squared_norms, points[centres], points.T, alpha=-2.0) + squared_norms[centres, None]
        if len(distances):
            nearest = torch.minimum(nearest, distances.amin(dim=0))
    return nearest


def _take(last: Tensor, points: Tensor, squared_norms: Tensor, nearest: Tensor) -> None:
    """Note in place how far all points are from the nearest chosen one, now that `last` (1,) is chosen too."""
    # |x - c|^2 = |x|^2 - 2 x.c + |c|^2: one matrix-vector product instead of an (N, D) difference
    distances = torch.addmv(squared_norms + squared_norms[last], points, points[last[0]], alpha=-2.0)
    torch.minimum(nearest, distances, out=nearest)
    nearest[last] = -torch.inf


def project_rows(rows: Tensor, projection_dim: int, generator: torch.Generator) -> Tensor:
    """Return rows (N, D) after the random projection of `greedy_k_centre`, or as they are where it leaves it out."""
    if not 0 < projection_dim < rows.shape[1]:
        return rows
    matrix = torch.randn(rows.shape[1], projection_dim, generator=generator).div(projection_dim**0.5)
    return rows @ matrix.to(rows.device)


def coverage_radius(rows: Tensor, centres: Tensor) -> float:
    """Return the largest Euclidean distance from any row to its nearest centre: what greedy k-centre keeps small."""
    exact = "donot_use_mm_for_euclid_dist"
    nearest = [torch.cdist(chunk, centres, compute_mode=exact).min(dim=1).values.max() for chunk in rows.split(4096)]
    return float(torch.stack(nearest).max())
