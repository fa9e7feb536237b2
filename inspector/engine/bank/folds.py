"""Good photos in folds, and what a fold's photos are scored by: a bank without their patches.

The representation leaves them out as far as it can: ReConPatch's default start does, and its axes and steps do not
(`inspector.engine.methods.reconpatch`; docs/threshold.md says what that comes to).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from inspector.engine.bank.memory_bank import MemoryBank

FOLDS = 20
"""Folds at most. More of them cost time and memory; with fewer, what scores the photos of a fold has clearly seen fewer
photos than what will score new parts."""


@dataclass(frozen=True, slots=True, eq=False)
class Judge:
    """What photos are scored by.

    Parameters
    ----------
    represent : callable
        From patch features (N, C) to what is remembered (N, D).
    bank : MemoryBank
        Rows of the same representation.
    """

    represent: Callable[[Tensor], Tensor]
    bank: MemoryBank


class Folds:
    """Good photos in `FOLDS` folds, or in as many as there are groups if those are fewer.

    Parameters
    ----------
    groups : sequence of int, length n
        The group of each photo: the photos of one group stay together. Groups that follow each other come into
        different folds, since photos taken one after the other are often alike: a photo that lost them too would seem
        stranger than a new one from the middle of the good set.
    """

    def __init__(self, groups: Sequence[int]) -> None:
        numbers = np.unique(np.asarray(groups), return_inverse=True)[1]
        count = int(numbers.max()) + 1
        self.of_photo: list[int] = (numbers % min(count, FOLDS)).tolist()

    def __len__(self) -> int:
        return max(self.of_photo) + 1

    def photos(self, fold: int) -> list[int]:
        """Return the photos of a fold."""
        return [photo for photo, own in enumerate(self.of_photo) if own == fold]

    def of_rows(self, origin: Tensor) -> Tensor:
        """Return the fold of each row, given the photo that it comes from."""
        return torch.tensor(self.of_photo)[origin]
