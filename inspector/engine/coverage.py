"""The coverage curve of a memory bank: what good photos would score if fewer others were remembered.

The distance of each patch to the nearest remembered patch of each other photo is taken once. The minimum over any set
of photos is then the distance to a bank that holds those photos alone, so adding photos one by one in a random order
gives the score for every number of them, and several orders give its mean.

Memory holds fewer rows, the fewer photos it is reduced to, while a training on fewer photos would choose as many rows
from each of them as there is room for. So the curve is steeper than that of retraining: docs/benchmarks.md measures by
how much.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from inspector.core.coverage import CoveragePoint
from inspector.engine.memory_bank import MemoryBank

QUERIES = 24
"""Good photos whose scores the curve is the mean of, evenly spread over the good set: bounds what it costs."""
ORDERS = 4
"""Random orders, for each of them, in which the other photos are added."""
STEPS = 7
"""Points of the curve, from an eighth of the photos to all of them."""


class CoverageCurve:
    """Collects the curve while good photos are scored.

    Parameters
    ----------
    bank : MemoryBank
        Of the good photos.
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
        self._counts = np.unique(np.geomspace(max(others / 8, 1), others, STEPS).round().astype(int)).tolist()
        self._chosen = set(np.linspace(0, photos - 1, min(QUERIES, photos)).round().astype(int).tolist())
        self._scores: list[list[float]] = []

    def add(self, photo: int, queries: Tensor) -> None:
        """Take a good photo's patches, float32 of shape (Q, D) as the bank's rows are; most photos are not needed."""
        if photo not in self._chosen or self._photos < 2:
            return
        by_photo = self._bank.distances_by_photo(queries, self._photos)
        others = torch.cat([torch.arange(photo), torch.arange(photo + 1, self._photos)])
        for _ in range(ORDERS):
            order = others[torch.randperm(len(others), generator=self._generator)]
            nearest = torch.full_like(by_photo[:, 0], torch.inf)
            scores, before = [], 0
            for count in self._counts:
                added = by_photo[:, order[before:count].to(by_photo.device)].amin(dim=1)
                nearest, before = torch.minimum(nearest, added), count
                scores.append(self._score(nearest))
            self._scores.append(scores)

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
