"""False alarms fed back: patches of theirs are remembered too, and nothing is trained again.

The memory bank is a greedy k-centre coreset (`inspector.engine.bank.coreset`), and growing continues it. Of all patches
of the false alarms, the patch farthest from the bank is added, until no patch is farther than the reach. The space of
the distances (ReConPatch's representation) stays unchanged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from inspector.core.progress import CancelToken, OnProgress, Progress
from inspector.engine.bank.coreset import Farthest
from inspector.engine.bank.memory_bank import UNKNOWN, MemoryBank

STAGE = "remembering false alarms"
REPORT_EVERY = 64


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Patches of false alarms that are farther than the reach from everything remembered.

    Parameters
    ----------
    rows : Tensor, float32, shape (N, D)
        As the bank remembers them.
    distances : Tensor, float32, shape (N,)
        To the nearest row of the bank.
    photos, places : Tensor of int64, shape (N,)
        As in `MemoryBank`.
    """

    rows: Tensor
    distances: Tensor
    photos: Tensor
    places: Tensor


def grown_bank(
    bank: MemoryBank, found: Candidates, reach: float, most_rows: int, report: OnProgress, token: CancelToken
) -> MemoryBank:
    """Return a bank with the fewest candidates added, greedily, such that none is farther than the reach.

    Parameters
    ----------
    bank : MemoryBank
        Stays as it is.
    found : Candidates
    reach : float
        Raw distance.
    most_rows : int
        At which it ends in any case.
    report, token
        Progress, and the wish to stop.

    Returns
    -------
    MemoryBank
        The rows of before, in their order, then those added in the order of choice. Places that `bank` does not know
        are `UNKNOWN`.
    """
    most = min(most_rows, len(found.rows))
    farthest = Farthest(found.rows, found.distances.square(), most, token)
    for step in range(most):
        if step % REPORT_EVERY == 0:
            report(Progress(STAGE, step, most))
        row = farthest.next()
        if farthest.reached <= reach * reach:
            break
        farthest.take(row)
    report(Progress(STAGE, most, most))
    added = farthest.taken()
    known = torch.full((len(bank.rows),), UNKNOWN) if bank.places is None else bank.places
    return MemoryBank(
        torch.cat([bank.rows, found.rows[added.to(found.rows.device)]]),
        torch.cat([bank.photos.cpu(), found.photos[added]]),
        torch.cat([known, found.places[added]]),
    )


def nearer(distances: Tensor, queries: Tensor, added: Tensor) -> Tensor:
    """Return distances to the nearest row of a bank to which rows were added, without looking at those of before.

    Parameters
    ----------
    distances : Tensor, float32, shape (Q,)
        To the nearest row of before.
    queries : Tensor, float32, shape (Q, D)
    added : Tensor, float32, shape (A, D)
        A may be 0.

    Returns
    -------
    Tensor, float32, shape (Q,)
        None is larger than it was.
    """
    if len(added) == 0:
        return distances
    found, _ = MemoryBank(added, torch.zeros(len(added), dtype=torch.int64)).nearest(queries)
    return torch.minimum(distances, found)


def joined_candidates(found: Sequence[Candidates]) -> Candidates:
    """Return the candidates of several photos, one at least, as one."""
    return Candidates(
        torch.cat([one.rows for one in found]),
        torch.cat([one.distances for one in found]),
        torch.cat([one.photos for one in found]),
        torch.cat([one.places for one in found]),
    )
