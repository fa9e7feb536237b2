"""The coverage curve of a memory bank: what good photos would score if fewer others had been trained on.

Training on fewer photos fills a bank of the same size from them. So the curve compares banks of equal size: of the rows
of a number of photos, the rows that the greedy coreset chose first. These are themselves a coreset. That size is the
number of rows of the smallest number of photos on the curve, a quarter of the bank.

Deviations from a new training, whose effect docs/benchmarks measures: the compared banks are a quarter of the real
bank. Rows of the photos were chosen beside those of all other photos, so they leave holes. Learned parts (ReConPatch's
linear map) stay as all photos taught them.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from inspector.core.good_photos.enough_photos import CoveragePoint
from inspector.engine.bank.memory_bank import MemoryBank

QUERIES = 24
"""Good photos that the curve averages over, evenly spread over the good set; limits the cost."""
ORDERS = 2
"""Random orders, for each of them, in which the other photos are added."""
STEPS = 5
"""Points of the curve, from a quarter of the photos to all of them."""


class CoverageCurve:
    """Collects the curve while good photos are scored.

    Parameters
    ----------
    bank : MemoryBank
        Of the good photos, its rows in the order in which the coreset chose them.
    photos : int
        How many there are.
    score : callable
        From distances, float32 of shape (Q,), to the photo's score.
    seed : int
        Of the orders.
    """

    def __init__(self, bank: MemoryBank, photos: int, score: Callable[[Tensor], float], seed: int) -> None:
        self._bank = bank
        self._photos = photos
        self._score = score
        self._generator = torch.Generator().manual_seed(seed)
        others = max(photos - 1, 1)
        self._counts = np.unique(np.geomspace(max(others / 4, 1), others, STEPS).round().astype(int)).tolist()
        self._size = max(len(bank.rows) * self._counts[0] // photos, 1)
        self._chosen = set(np.linspace(0, photos - 1, min(QUERIES, photos)).round().astype(int).tolist())
        self._scores: list[list[float]] = []

    def add(self, photo: int, queries: Tensor) -> None:
        """Take a good photo's patches, float32 of shape (Q, D) as the bank's rows are; most photos are not needed."""
        if photo not in self._chosen or self._photos < 2:
            return
        squared = self._bank.squared_distances(queries)
        others = torch.cat([torch.arange(photo), torch.arange(photo + 1, self._photos)])
        for _ in range(ORDERS):
            order = others[torch.randperm(len(others), generator=self._generator)]
            self._scores.append([self._score_by(squared, order[:count]) for count in self._counts])

    def _score_by(self, squared: Tensor, photos: Tensor) -> float:
        rows = torch.isin(self._bank.photos, photos.to(squared.device)).nonzero()[:, 0][: self._size]
        if len(rows) == 0:
            return float("inf")
        # index_select takes a quarter of the time of indexing
        return self._score(squared.index_select(1, rows).amin(dim=1).clamp_min(0.0).sqrt())

    def points(self) -> tuple[CoveragePoint, ...]:
        """Return the curve, fewest photos first; without the numbers of photos that left a memory empty."""
        if not self._scores:
            return ()
        means = np.mean(self._scores, axis=0)
        return tuple(
            CoveragePoint(count, float(mean))
            for count, mean in zip(self._counts, means, strict=True)
            if np.isfinite(mean)
        )
