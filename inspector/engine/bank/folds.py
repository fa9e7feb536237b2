"""Good photos in folds, and the scorer of each fold: a bank without the patches of its photos.

The representation leaves them out as far as it can: The start of ReConPatch's default does, and its axes and steps do
not (`inspector.engine.methods.reconpatch`; docs/threshold.md states the effect).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from inspector.engine.bank.memory_bank import MemoryBank

FOLDS = 20
"""Folds at most.

More folds cost time and memory. With fewer folds, each fold's scorer sees too few photos and its scores are biased
upward.
"""


@dataclass(frozen=True, slots=True, eq=False)
class Judge:
    """The scorer of photos.

    Parameters
    ----------
    represent : callable
        From patch features (N, C) to remembered rows (N, D).
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
        The group of each photo: the photos of one group stay together. Groups that follow each other go into different
        folds, since consecutive photos are often alike. A photo that also lost its neighbours would seem more anomalous
        than a new photo from the middle of the good set.
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
