"""k-centre coreset selection (Sener and Savarese, arXiv 1708.00489; PatchCore, arXiv 2106.08265, algorithm 1)."""

from __future__ import annotations

import torch
from torch import Tensor

from inspector.core.progress import CancelToken, OnProgress, Progress, ignore_progress

STAGE = "choosing the patches to remember"
REPORT_EVERY = 64


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
    points = _project(rows, projection_dim, generator)
    chosen = torch.empty(count, dtype=torch.int64)
    last = torch.randint(len(rows), (1,), generator=generator).to(rows.device)
    squared_norms = points.square().sum(dim=1)
    nearest = torch.full_like(squared_norms, torch.inf)
    for step in range(count):
        if step % REPORT_EVERY == 0:
            token.check()
            report(Progress(STAGE, step, count))
        chosen[step] = last[0]
        # |x - c|^2 = |x|^2 - 2 x.c + |c|^2: one matrix-vector product instead of an (N, D) difference
        distances = torch.addmv(squared_norms + squared_norms[last], points, points[last[0]], alpha=-2.0)
        nearest = torch.minimum(nearest, distances)
        nearest[last] = -torch.inf
        last = nearest.argmax().unsqueeze(0)
    report(Progress(STAGE, count, count))
    return chosen


def _project(rows: Tensor, projection_dim: int, generator: torch.Generator) -> Tensor:
    if not 0 < projection_dim < rows.shape[1]:
        return rows
    matrix = torch.randn(rows.shape[1], projection_dim, generator=generator).div(projection_dim**0.5)
    return rows @ matrix.to(rows.device)


def coverage_radius(rows: Tensor, centres: Tensor) -> float:
    """Return the largest Euclidean distance from any row to its nearest centre: what greedy k-centre keeps small."""
    exact = "donot_use_mm_for_euclid_dist"
    nearest = [torch.cdist(chunk, centres, compute_mode=exact).min(dim=1).values.max() for chunk in rows.split(4096)]
    return float(torch.stack(nearest).max())
