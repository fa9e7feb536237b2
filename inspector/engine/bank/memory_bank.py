"""The memory bank: patch features of good parts, and how far a new patch is from the nearest of them."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from inspector.engine.bank.nearest_rows import NearestRows

CHUNK = 4096
"""Queries whose distances to all bank rows are held in memory at once."""

UNKNOWN = -1
"""The place of a row that nobody knows."""


class MemoryBank:
    """Bank rows with exact nearest-neighbour search.

    Parameters
    ----------
    rows : Tensor, float32, shape (M, D)
        Patch features on the device to search on.
    photos : Tensor of int64, shape (M,)
        Index of the good photo each row came from.
    places : Tensor of int64, shape (M,), or None
        The place in that photo: the cell of its patch grid, counted row by row, plus the number of cells of each
        earlier turned view (`inspector.engine.methods.turned_photos.TurnedPhotos`). `UNKNOWN` for rows of before places
        were kept; None where no row's is known.
    """

    def __init__(self, rows: Tensor, photos: Tensor, places: Tensor | None = None) -> None:
        self.rows = rows.contiguous()
        self.photos = photos.to(rows.device)
        self.places = places
        self._squared_norms = self.rows.square().sum(dim=1)
        self._index: NearestRows | None = None

    def nearest(self, queries: Tensor) -> tuple[Tensor, Tensor]:
        """Find the nearest bank row of each query.

        Parameters
        ----------
        queries : Tensor, float32, shape (Q, D)

        Returns
        -------
        distances : Tensor, float32, shape (Q,)
            Euclidean. A query that is itself in the bank gets exactly 0.
        indices : Tensor of int64, shape (Q,)
        """
        indices = self._search(queries, None)
        return self._distances(queries, indices), indices

    def nearest_in_other_photos(self, queries: Tensor, barred: int | Sequence[int]) -> tuple[Tensor, Tensor]:
        """Find the nearest bank row that did not come from some photos: a photo's score without its own patches.

        Parameters
        ----------
        queries : Tensor, float32, shape (Q, D)
            Patches of a photo.
        barred : int or sequence of int
            The photo's index, or those of all photos of its session.

        Returns
        -------
        distances, indices
            As in `nearest`. The bank needs at least one row from another photo.
        """
        indices = self._search(queries, torch.isin(self.photos, torch.tensor(barred, device=self.photos.device)))
        return self._distances(queries, indices), indices

    def squared_distances(self, queries: Tensor) -> Tensor:
        """Return how far each query is from each row: squared, float32, shape (Q, M); may be rounded to below 0."""
        ranking = torch.addmm(self._squared_norms, queries, self.rows.T, alpha=-2.0)
        return ranking + queries.square().sum(dim=1, keepdim=True)

    def reweighting(self, query: Tensor, distance: Tensor, index: Tensor, neighbours: int) -> Tensor:
        """Return PatchCore's factor on the image score (arXiv 2106.08265, section 3.3, equation 7).

        Parameters
        ----------
        query : Tensor, float32, shape (D,)
            The patch that gave the score.
        distance, index : Tensor, scalars
            Its distance to its nearest bank row, and that row.
        neighbours : int
            b: how many bank rows around that row, itself included, are compared.

        Returns
        -------
        Tensor, scalar
            ``1 - exp(distance) / sum over the b rows of exp(their distance to the query)``, in 0..1: small if the
            nearest row lies among equally near rows, that is, in a common place.
        """
        around = (self.rows - self.rows[index]).square().sum(dim=1).topk(min(neighbours, len(self.rows)), largest=False)
        distances = (self.rows[around.indices] - query).square().sum(dim=1).sqrt()
        # exp(d) overflows float32 from 89 on; the difference to the logarithm of the sum does not
        return 1.0 - torch.exp(distance - torch.logsumexp(distances, dim=0))

    def _distances(self, queries: Tensor, indices: Tensor) -> Tensor:
        # The search works with |q|^2 - 2 q.r + |r|^2, whose rounding error exceeds small distances. So the winner's
        # distance is computed again from the difference, and CPU and GPU agree.
        return (queries - self.rows[indices]).square().sum(dim=1).sqrt()

    def _search(self, queries: Tensor, barred: Tensor | None) -> Tensor:
        if self.rows.device.type != "cpu":
            return self._search_product(queries, barred)
        if self._index is None:
            self._index = NearestRows(self.rows)
        return self._index.search(queries, barred)

    def _search_product(self, queries: Tensor, barred: Tensor | None) -> Tensor:
        offsets = self._squared_norms if barred is None else self._squared_norms.masked_fill(barred, torch.inf)
        found = [torch.addmm(offsets, chunk, self.rows.T, alpha=-2.0).argmin(dim=1) for chunk in queries.split(CHUNK)]
        return torch.cat(found)
