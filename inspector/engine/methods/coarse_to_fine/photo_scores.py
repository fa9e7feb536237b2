"""Scores of the part and of the area beside it, brought to one grid over the photo."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from inspector.core.values import ScoreMap
from inspector.engine.blur import blur_grid
from inspector.engine.methods.coarse_to_fine.background import Background
from inspector.engine.methods.coarse_to_fine.coarse_alignment import CoarseAlignment
from inspector.engine.methods.coarse_to_fine.congealing import Pose
from inspector.engine.methods.coarse_to_fine.geometry import to_photo_frame, whole_frame

GRID_STRIDE = 4
"""Pixels of the working size per cell of an aligned map brought back to the photo: finer than the patch grid, so that
turning does not blur it."""


class PhotoScores:
    """The way from distances to the score map of a photo.

    Parameters
    ----------
    photo_hw, working_hw : (int, int)
        Of the photo, and of the backbone's input for a whole photo.
    blur_patches : float
        See `PatchCoreSettings`.
    alignment : CoarseAlignment or None
        None: the photo is taken as it is.
    """

    def __init__(
        self,
        photo_hw: tuple[int, int],
        working_hw: tuple[int, int],
        blur_patches: float,
        alignment: CoarseAlignment | None,
    ) -> None:
        self.photo_hw = photo_hw
        self.working_hw = working_hw
        self._blur = blur_patches
        self._alignment = alignment
        self._grid_hw = (working_hw[0] // GRID_STRIDE, working_hw[1] // GRID_STRIDE)

    def of_part(self, distances: Tensor, pose: Pose, moved: Tensor | None) -> Tensor:
        """Return scores on the photo's grid for distances on the patch grid of the backbone's input.

        Parameters
        ----------
        distances : Tensor, float32, shape (h, w)
        pose : Pose
        moved : Tensor, shape (2, 3), or None
            See `PartFeatures.extract`.
        """
        grid = blur_grid(distances, self._blur).cpu()
        if self._alignment is None:
            if moved is None:
                return grid
            whole = whole_frame(self.photo_hw)
            return to_photo_frame(grid, pose, whole, self.photo_hw, self._grid_hw, padding="border", moved=moved)
        return self._alignment.to_photo(grid, pose, self.photo_hw, self._grid_hw, moved)

    def beside(self, distances: Tensor) -> Tensor:
        """Return distances to the background on the photo's grid, for those on the whole photo's patch grid."""
        blurred = blur_grid(distances, self._blur).cpu()
        fine = functional.interpolate(blurred[None, None], self._grid_hw, mode="bilinear", align_corners=False)
        return fine[0, 0]

    def joined(self, part: Tensor, beside: Tensor | None, pose: Pose, background: Background | None) -> ScoreMap:
        """Return the score map of a photo from `of_part` and, if there is a background, `beside`."""
        if self._alignment is None or self._alignment.mask is None:
            return self._map(part)
        on_part, near = self._zones(pose)
        if beside is None or background is None:
            return self._map(torch.where(on_part, part, 0.0))
        # On the part, its own score counts; far from it, the background's score. In between, the lower score counts: a
        # patch there sees some of the part and some of the ground, so both are uncertain.
        scaled = background.scores(beside)
        return self._map(torch.where(on_part, part, torch.where(near, torch.minimum(part, scaled), scaled)))

    def balance(
        self, background: Background, parts: Sequence[Tensor], besides: Sequence[Tensor], poses: Sequence[Pose]
    ) -> None:
        """Bring the background's scores in scale with the part's, from those of good photos."""
        zones = [self._zones(pose) for pose in poses]
        background.balance(
            [part[on_part] for part, (on_part, _) in zip(parts, zones, strict=True)],
            [beside[~near] for beside, (_, near) in zip(besides, zones, strict=True)],
        )

    def _zones(self, pose: Pose) -> tuple[Tensor, Tensor]:
        assert self._alignment is not None
        return (
            self._alignment.part(pose, self.photo_hw, self._grid_hw),
            self._alignment.near(pose, self.photo_hw, self._grid_hw),
        )

    def _map(self, grid: Tensor) -> ScoreMap:
        return ScoreMap(grid.float().contiguous().numpy(), self.working_hw)
