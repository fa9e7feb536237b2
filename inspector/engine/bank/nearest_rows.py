"""The exact nearest row of each query, on a CPU.

A matrix product finds candidates. A bound on its rounding proves the nearest row. Otherwise, the candidates are
compared again.
"""

from __future__ import annotations

import threading

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

BLOCK_ROWS = 16_384
BLOCK_VALUES = 2**20
"""Most rows per product; the number of queries is chosen so that the product has this many values: 4 MiB, which fits a
CPU's caches during the comparison."""
SECOND_LOOK_VALUES = 2**22
"""Differences held in memory at once while winners are looked at again."""
UNIT = 2.0**-24
"""Rounding of one float32 operation, relative."""

_OWN = threading.local()
"""Each thread's memory for products. Fresh memory for each would take half as long again: its pages are cleared."""


class NearestRows:
    """Rows of float32, ready to find the nearest one of each query.

    The nearest row is read from ``|r|^2 / 2 - q.r``, from a matrix product whose rounding errors have a proven bound
    (Higham, Accuracy and Stability of Numerical Algorithms, 2nd edition, section 3.5). Where a row wins by more than
    twice that bound, it is the nearest. Where it does not, all rows that may be are compared by their differences. Rows
    and queries are centred first, which keeps the products, and so the bound, small.

    Parameters
    ----------
    rows : Tensor, float32, shape (M, D)
        On the CPU. A second copy of them is kept, centred, with half their squared length as another column.
    """

    def __init__(self, rows: Tensor) -> None:
        self._rows = rows
        self._centre = rows.double().mean(dim=0).float()
        centred = rows - self._centre
        squares = torch.linalg.vector_norm(centred, dim=1, dtype=torch.float64).square()
        self._columns = torch.cat([-centred, (squares / 2.0).float()[:, None]], dim=1)
        self._longest = squares.max().sqrt().float()

    def search(self, queries: Tensor, barred: Tensor | None = None) -> Tensor:
        """Return the index of the nearest row of each query.

        Parameters
        ----------
        queries : Tensor, float32, shape (Q, D)
        barred : Tensor of bool, shape (M,), or None
            Rows that do not count.

        Returns
        -------
        Tensor of int64, shape (Q,)
            The nearest row, up to float32's rounding of a difference: no other row is nearer by more than about 1 in
            10^6. The first one of rows that are equally near as far as their differences tell.
        """
        columns = self._columns if barred is None else self._barring(barred)
        centred = torch.cat([queries - self._centre, queries.new_ones(len(queries), 1)], dim=1)
        reach = torch.linalg.vector_norm(centred[:, :-1], dim=1) + self._longest
        # (|q| + |r|)^2 / 2 bounds the products and half the squared lengths together, and the rounding of the centring.
        margin = ((centred.shape[1] + 8) * UNIT * reach.square()).numpy()
        winners = np.empty(len(queries), dtype=np.int64)
        lead = np.empty(len(queries), dtype=np.float32)
        step = max(BLOCK_VALUES // min(len(columns), BLOCK_ROWS), 1)
        for start in range(0, len(queries), step):
            winners[start : start + step], lead[start : start + step] = _best(centred[start : start + step], columns)
        # Written so that a query with NaN, whose lead is NaN, too, gets no second look.
        (doubtful,) = np.nonzero(lead <= margin)
        for some in np.split(doubtful, range(step, len(doubtful), step)):
            self._look_again(some, queries, centred, columns, margin, winners)
        return torch.from_numpy(winners)

    def _barring(self, barred: Tensor) -> Tensor:
        columns = self._columns.clone()
        columns[barred, -1] = torch.inf
        return columns

    def _look_again(
        self,
        doubtful: NDArray[np.int64],
        queries: Tensor,
        centred: Tensor,
        columns: Tensor,
        margin: NDArray[np.float32],
        winners: NDArray[np.int64],
    ) -> None:
        """Set `winners` of the `doubtful` queries by the differences to all rows that may be nearest."""
        if len(doubtful) == 0:
            return
        ranking = np.concatenate([(centred[doubtful] @ block.T).numpy() for block in columns.split(BLOCK_ROWS)], axis=1)
        limits = ranking.min(axis=1) + margin[doubtful]
        of_query, candidates = np.nonzero(ranking <= limits[:, None])
        distances = self._distances(queries, doubtful[of_query], candidates)
        starts = np.searchsorted(of_query, np.arange(len(doubtful)))
        nearest = distances == np.minimum.reduceat(distances, starts)[of_query]
        # Written from the last to the first, so that the first of equals stays.
        winners[doubtful[of_query[nearest]][::-1]] = candidates[nearest][::-1]

    def _distances(
        self, queries: Tensor, of_query: NDArray[np.int64], candidates: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        step = max(SECOND_LOOK_VALUES // self._rows.shape[1], 1)
        found = []
        for start in range(0, len(candidates), step):
            one, other = of_query[start : start + step], candidates[start : start + step]
            found.append((queries[one] - self._rows[other]).square().sum(dim=1).numpy())
        return np.concatenate(found)


def _best(centred: Tensor, columns: Tensor) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return the nearest row of each query (Q, D + 1), and its lead before all others."""
    places = np.arange(len(centred))
    first = np.full(len(centred), np.inf, dtype=np.float32)
    second, winners = first.copy(), np.zeros(len(centred), dtype=np.int64)
    for start in range(0, len(columns), BLOCK_ROWS):
        block = columns[start : start + BLOCK_ROWS]
        # numpy's argmin takes a tenth of the time of torch's
        ranking = torch.mm(centred, block.T, out=_memory(len(centred), len(block))).numpy()
        here = ranking.argmin(axis=1)
        lowest = ranking[places, here]
        ranking[places, here] = np.inf
        better = lowest < first
        second = np.minimum(np.minimum(second, ranking.min(axis=1)), np.where(better, first, lowest))
        winners[better] = here[better] + start
        first = np.where(better, lowest, first)
    with np.errstate(invalid="ignore"):  # infinity less itself, where a single row counts
        return winners, second - first


def _memory(queries: int, rows: int) -> Tensor:
    # A numpy array, since torch would not write into a tensor made in inference mode outside of it.
    if not hasattr(_OWN, "memory") or len(_OWN.memory) < queries * rows:
        _OWN.memory = np.empty(max(BLOCK_VALUES, queries * rows), dtype=np.float32)
    return torch.from_numpy(_OWN.memory[: queries * rows].reshape(queries, rows))
