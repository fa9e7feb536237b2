"""Good photos, and turned copies of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import overload

import numpy as np
from numpy.typing import NDArray

from inspector.core.photo.turning import seen_after_turning, turn_image
from inspector.core.values import ImageRGB


class TurnedPhotos(Sequence[ImageRGB]):
    """Photos, each followed by its copies turned evenly over the full circle; turned when asked for, none is kept.

    Parameters
    ----------
    photos : sequence of ndarray of uint8, each (H, W, 3)
    photo_hw : (int, int)
        Height and width of all of them.
    rotations : int
        Views of each photo, the photo as it is included.
    """

    def __init__(self, photos: Sequence[ImageRGB], photo_hw: tuple[int, int], rotations: int) -> None:
        self._photos = photos
        self._photo_hw = photo_hw
        self._rotations = rotations

    def __len__(self) -> int:
        return len(self._photos) * self._rotations

    @overload
    def __getitem__(self, index: int) -> ImageRGB: ...
    @overload
    def __getitem__(self, index: slice) -> list[ImageRGB]: ...
    def __getitem__(self, index: int | slice) -> ImageRGB | list[ImageRGB]:
        if isinstance(index, slice):
            return [self[one] for one in range(*index.indices(len(self)))]
        return turn_image(self._photos[self.photo_of(index)], self._degrees(index))

    def photo_of(self, index: int) -> int:
        """Return which photo a view shows."""
        return index // self._rotations

    def seen(self, index: int, grid_hw: tuple[int, int]) -> NDArray[np.bool_]:
        """Return which cells of a grid over a view show the photo; bool, shape `grid_hw`."""
        return seen_after_turning(self._photo_hw, self._degrees(index), grid_hw)

    def _degrees(self, index: int) -> float:
        return 360.0 * (index % self._rotations) / self._rotations
