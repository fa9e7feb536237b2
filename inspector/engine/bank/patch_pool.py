"""Patches drawn from good photos, one photo after the other."""

from __future__ import annotations

import torch
from torch import Tensor


class PatchPool:
    """Rows of patches, with the photo and the place of each, in memory that is taken once.

    Otherwise, a photo's few kept rows would lie between freed feature maps. The C library could not reuse that memory,
    and memory would grow by the size of a photo's maps with each photo.

    Parameters
    ----------
    most_rows : int
        How many rows may be added.
    channels : int
        Numbers in a row.
    device : torch.device
        Where the rows lie; photos and places lie on the CPU.
    """

    def __init__(self, most_rows: int, channels: int, device: torch.device) -> None:
        self._features = torch.empty(most_rows, channels, device=device)
        self._origin = torch.empty(most_rows, dtype=torch.int64)
        self._places = torch.empty(most_rows, dtype=torch.int64)
        self._rows = 0

    def add(self, features: Tensor, photo: int, places: Tensor) -> None:
        """Take patches of one photo.

        Parameters
        ----------
        features : Tensor, float32, shape (n, C)
        photo : int
            Its number.
        places : Tensor of int64, shape (n,)
            As in `MemoryBank`.
        """
        taken = slice(self._rows, self._rows + len(features))
        self._features[taken], self._origin[taken], self._places[taken] = features, photo, places
        self._rows = taken.stop

    @property
    def features(self) -> Tensor:
        """float32, shape (N, C)."""
        return self._features[: self._rows]

    @property
    def origin(self) -> Tensor:
        """The photo of each row: int64, shape (N,)."""
        return self._origin[: self._rows]

    @property
    def places(self) -> Tensor:
        """The place of each row in its photo: int64, shape (N,)."""
        return self._places[: self._rows]
