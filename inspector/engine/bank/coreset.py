"""k-centre coreset selection (Sener and Savarese, arXiv 1708.00489; PatchCore, arXiv 2106.08265, algorithm 1)."""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Tensor

from inspector.core.errors import NotFinite
from inspector.core.progress import CancelToken, OnProgress, Progress, ignore_progress

STAGE = "choosing the patches to remember"
REPORT_EVERY = 64
LOWER = 0.8
"""Each time nothing is left above the floor, it is lowered to this share of the largest squared distance."""
SORT_OUT_EVERY = 32
"""Centres after which rows that fell below the floor are sorted out."""
_NOT_FINITE = (
    "the distances between patches of the good photos are not finite numbers; "
    "import the weights of the backbone again, or take the default settings"
)
REFRESHED_VALUES = 2**20
"""Distances held in memory at once while rows are looked at again."""


def greedy_k_centre(
    rows: Tensor,
    count: int,
    *,
    generator: torch.Generator,
    projection_dim: int = 0,
    report: OnProgress = ignore_progress,
    token: CancelToken | None = None,
) -> Tensor:
    """Choose rows so that every row is near a chosen row: always take the row farthest from the rows chosen so far.

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

    Raises
    ------
    NotFinite
        If the rows, or squared distances between them, are not finite numbers.
    Cancelled
        If `token` was cancelled.

    Notes
    -----
    Deviation from the official code: exact farthest-point selection from one random row, where the official code starts
    from the mean distance to ten random rows.
    """
    token = token or CancelToken()
    count = min(count, len(rows))
    points = project_rows(rows, projection_dim, generator)
    farthest = Farthest(points, points.new_full((len(points),), torch.inf), count, token)
    farthest.take(int(torch.randint(len(rows), (1,), generator=generator)))
    for step in range(1, count):
        if step % REPORT_EVERY == 0:
            report(Progress(STAGE, step, count))
        farthest.take(farthest.next())
    report(Progress(STAGE, count, count))
    return farthest.taken()


def coresets_without(points: Tensor, chosen: Tensor, folds: Tensor, token: CancelToken) -> Iterator[Tensor]:
    """Choose for each fold as many rows of the other folds as `chosen` has, spread as evenly.

    Removing a fold's rows from a coreset leaves holes where these rows also represented rows of other photos. Patches
    in a hole seem far from everything. So the other folds' chosen rows stay. Greedy k-centre continues over the other
    folds' rows until the coreset has its former size.

    Parameters
    ----------
    points : Tensor, float32, shape (N, D)
        On any device. Projected rows are valid only with the projection of `chosen`. In another projection, rows near a
        chosen row may seem far from it and would be taken before the rows in the holes.
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
    folds_chosen = folds[chosen]
    nearest, its_fold = _nearest_of_two_folds(points, squared_norms, chosen, folds_chosen, token)
    for fold in range(int(folds.max()) + 1):
        token.check()
        kept = chosen[folds_chosen != fold]
        left = torch.where(its_fold == fold, nearest[:, 1], nearest[:, 0])
        left[(folds == fold).to(left.device)] = -torch.inf
        left[kept.to(left.device)] = -torch.inf
        wanted = min(len(chosen) - len(kept), int((left > -torch.inf).sum()))
        farthest = Farthest(points, left, wanted, token, squared_norms)
        for _ in range(wanted):
            farthest.take(farthest.next())
        yield torch.cat([kept, farthest.taken()])


class Farthest:
    """Farthest-point selection that looks again only at rows that may be the farthest.

    The distance of a row from any centre is an upper bound of its distance from the nearest centre. So only rows whose
    bound lies above a floor are updated with each centre. The floor lies below the largest distance, so all other rows
    cannot be next. If no row is left above the floor, the floor is lowered. Rows that come to lie above it are compared
    with the missed centres in a single product. The chosen rows equal those of a full comparison after each centre, up
    to the rounding of equal distances.

    Parameters
    ----------
    points : Tensor, float32, shape (N, D)
        On any device.
    bounds : Tensor, float32, shape (N,)
        Squared distance to the nearest centre so far, infinite without any, and -infinity for rows that must not be
        chosen. Changed in place.
    most : int
        How many will be taken at most.
    token : CancelToken
        The wish to stop, read before each block of distances is taken.
    squared_norms : Tensor, float32, shape (N,), or None
        Of the points, where they are known.

    Raises
    ------
    NotFinite
        If there were no farthest row: points or squared distances are not finite numbers.
    """

    def __init__(
        self, points: Tensor, bounds: Tensor, most: int, token: CancelToken, squared_norms: Tensor | None = None
    ) -> None:
        self._points, self._bounds, self._token = points, bounds, token
        self._squared_norms = points.square().sum(dim=1) if squared_norms is None else squared_norms
        if not bool(self._squared_norms.isfinite().all()) or bool(bounds.isnan().any()):
            raise NotFinite("patches", _NOT_FINITE)
        self._centres = torch.empty(most, dtype=torch.int64, device=points.device)
        self._count = 0
        self._seen = torch.zeros(len(points), dtype=torch.int64, device=points.device)  # centres its bound knows of
        self._floor = torch.inf
        self._active = self._seen[:0]
        self._gather(self._active)
        self.looked_at = 0
        """Distances taken so far; a look at all rows for each centre takes N for each."""
        self.reached = torch.inf
        """Squared distance of the row that `next` gave last to the nearest centre before it."""

    def taken(self) -> Tensor:
        """Return the chosen rows in order: int64, on the CPU."""
        return self._centres[: self._count].cpu()

    def take(self, row: int) -> None:
        """Make a row a centre."""
        self._token.check()
        self._centres[self._count] = row
        self._count += 1
        self._bounds[row] = -torch.inf
        self._active_bounds[self._active == row] = -torch.inf
        if len(self._active):
            distances = _squared(
                self._active_points, self._active_norms, self._points[row, None], self._squared_norms[row, None]
            )
            torch.minimum(self._active_bounds, distances[:, 0], out=self._active_bounds)
            self.looked_at += len(self._active)
        if self._count % SORT_OUT_EVERY == 0:
            self._sort_out()

    def next(self) -> int:
        """Return the row that is farthest from all centres; one that may be chosen must be left.

        Raises
        ------
        NotFinite
            If no row is the farthest, since distances are not finite numbers.
        Cancelled
            If the token was cancelled.
        """
        if self._count == 0:  # all bounds are true distances, or infinite where nothing was chosen before
            row = int(self._bounds.argmax())
            self.reached = float(self._bounds[row])
            return row
        while True:
            if len(self._active):
                value, place = self._active_bounds.max(dim=0)
                if float(value) > self._floor:
                    self.reached = float(value)
                    return int(self._active[place])
            self._lower()

    def _lower(self) -> None:
        self._sort_out(-torch.inf)
        self._refresh((self._bounds == torch.inf).nonzero()[:, 0])
        largest = float(self._bounds.max())
        if not math.isfinite(largest):  # else none would ever lie above the floor
            raise NotFinite("patches", _NOT_FINITE)
        self._floor = LOWER * largest if largest > 0.0 else -torch.inf
        above = (self._bounds > self._floor).nonzero()[:, 0]
        self._refresh(above)
        self._gather(above[self._bounds[above] > self._floor])

    def _refresh(self, rows: Tensor) -> None:
        """Compare rows with the centres that they missed."""
        seen = self._seen[rows]
        for since in seen.unique().tolist():
            if since == self._count:
                continue
            missed = self._centres[since : self._count]
            for some in rows[seen == since].split(max(REFRESHED_VALUES // len(missed), 1)):
                self._token.check()
                distances = _squared(
                    self._points[some], self._squared_norms[some], self._points[missed], self._squared_norms[missed]
                )
                self._bounds[some] = torch.minimum(self._bounds[some], distances.amin(dim=1))
                self.looked_at += distances.numel()
        self._seen[rows] = self._count

    def _sort_out(self, floor: float | None = None) -> None:
        """Let go of active rows that cannot be the next, or of all that lie above a given floor."""
        self._bounds[self._active] = self._active_bounds
        self._seen[self._active] = self._count
        floor = self._floor if floor is None else torch.inf
        stay = self._active_bounds > floor
        self._gather(self._active[stay])

    def _gather(self, rows: Tensor) -> None:
        self._active = rows
        self._active_points, self._active_norms = self._points[rows], self._squared_norms[rows]
        self._active_bounds = self._bounds[rows]


def _squared(rows: Tensor, norms: Tensor, centres: Tensor, centre_norms: Tensor) -> Tensor:
    """Return squared distances (rows, centres); |x - c|^2 = |x|^2 - 2 x.c + |c|^2 is one product."""
    return torch.addmm(norms[:, None] + centre_norms, rows, centres.T, alpha=-2.0)


def _nearest_of_two_folds(
    points: Tensor, squared_norms: Tensor, chosen: Tensor, folds_chosen: Tensor, token: CancelToken
) -> tuple[Tensor, Tensor]:
    """Return the distances of all points from the nearest chosen point, and from the nearest of another fold.

    Squared, ascending, shape (N, 2), infinite without any; and the fold of the nearest, shape (N,).
    """
    order = folds_chosen.argsort(stable=True)
    centres = chosen[order].to(points.device)
    of_folds = folds_chosen.bincount(minlength=2).tolist()
    step = max(REFRESHED_VALUES // len(chosen), 1)
    found, folds = [], []
    for start in range(0, len(points), step):
        token.check()
        some = slice(start, start + step)
        distances = _squared(points[some], squared_norms[some], points[centres], squared_norms[centres])
        by_fold = [
            part.amin(dim=1) if part.shape[1] else part.new_full((len(part),), torch.inf)
            for part in distances.split(of_folds, dim=1)
        ]
        two = torch.stack(by_fold, dim=1).topk(2, dim=1, largest=False)
        found.append(two.values)
        folds.append(two.indices[:, 0])
    return torch.cat(found), torch.cat(folds)


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
