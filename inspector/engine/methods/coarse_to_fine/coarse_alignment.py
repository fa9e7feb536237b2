"""How photos are brought to the template and their maps back: poses, frame, and where the part is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from inspector.core.arrays import checked
from inspector.core.values import ImageRGB
from inspector.engine.methods.coarse_to_fine.congealing import FINE_EDGE, Pose
from inspector.engine.methods.coarse_to_fine.geometry import (
    MARGIN,
    TemplateFrame,
    aligned_crop,
    box_of,
    foreground_mask,
    to_photo_frame,
    whole_frame,
)
from inspector.engine.methods.coarse_to_fine.poses import PoseFinder, restore_poses
from inspector.engine.methods.coarse_to_fine.settings import CoarseToFineSettings

TEMPLATE_FRAME = TemplateFrame((0.0, 0.0), (1.0, 1.0))
"""The template's own, which is square whatever the photo is."""

LEAST_FRAME = 1e-3
"""Edge of a frame at least, in longer edges of the photo: the working size follows from its aspect ratio."""

PART_REACH = 3
"""Template pixels by which the part is widened before it is scored: half a patch at 256 px, for defects at its edge."""

NEAR_REACH = 9
"""Template pixels around the part in which a patch still sees some of it."""


@dataclass(frozen=True, slots=True)
class CoarseAlignment:
    """Alignment of one kind of part.

    Parameters
    ----------
    finder : PoseFinder
        Of poses against the template.
    frame : TemplateFrame
        The template area that is compared.
    mask : Tensor of bool, shape (FINE_EDGE, FINE_EDGE), or None
        Where the part is in the template; None if the whole frame is the part.
    """

    finder: PoseFinder
    frame: TemplateFrame
    mask: Tensor | None

    @classmethod
    def from_template(
        cls, finder: PoseFinder, photo_hw: tuple[int, int], crop_below: float, *, outline: bool
    ) -> CoarseAlignment:
        """Return the alignment for a template, cropped to the part's box if that is at most `crop_below` of the photo.

        Parameters
        ----------
        finder : PoseFinder
        photo_hw : (int, int)
        crop_below : float
            In 0..1; 0 never crops.
        outline : bool
            Whether the part is its area in the template; otherwise its whole box is taken.
        """
        whole = whole_frame(photo_hw)
        mask = foreground_mask(finder.template)
        if not bool(mask.any()):
            return cls(finder, whole, None)
        box = box_of(mask)
        if box.area > crop_below * whole.area:
            return cls(finder, whole, None)
        if not outline:
            rows, columns = mask.any(dim=1).nonzero()[:, 0], mask.any(dim=0).nonzero()[:, 0]
            mask[int(rows[0]) : int(rows[-1]) + 1, int(columns[0]) : int(columns[-1]) + 1] = True
        return cls(finder, box, mask)

    def crop(self, photo_rgb: ImageRGB, pose: Pose, out_hw: tuple[int, int]) -> ImageRGB:
        """Return the part in the template's pose; see `aligned_crop`."""
        return aligned_crop(photo_rgb, pose, self.frame, out_hw)

    def to_photo(
        self,
        grid: Tensor,
        pose: Pose,
        photo_hw: tuple[int, int],
        out_hw: tuple[int, int],
        moved: Tensor | None = None,
    ) -> Tensor:
        """Bring a map of the aligned frame back to the photo; beyond the frame its border is repeated."""
        return to_photo_frame(grid, pose, self.frame, photo_hw, out_hw, padding="border", moved=moved)

    def part(self, pose: Pose, photo_hw: tuple[int, int], grid_hw: tuple[int, int]) -> Tensor:
        """Return where the part is in a photo: bool of shape `grid_hw`."""
        return self._zone(PART_REACH, pose, photo_hw, grid_hw)

    def near(self, pose: Pose, photo_hw: tuple[int, int], grid_hw: tuple[int, int]) -> Tensor:
        """Return the part and its surroundings whose patches still see the part: bool of shape `grid_hw`."""
        return self._zone(NEAR_REACH, pose, photo_hw, grid_hw)

    def _zone(self, reach: int, pose: Pose, photo_hw: tuple[int, int], grid_hw: tuple[int, int]) -> Tensor:
        if self.mask is None:
            return torch.ones(grid_hw, dtype=torch.bool)
        mask = self.mask.float()[None, None]
        widened = functional.max_pool2d(mask, 2 * reach + 1, stride=1, padding=reach)[0, 0]
        return to_photo_frame(widened, pose, TEMPLATE_FRAME, photo_hw, grid_hw, padding="zeros") > 0.5

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the alignment for the bundle."""
        arrays = self.finder.arrays() | {"frame": np.array([*self.frame.centre_yx, *self.frame.size_hw])}
        if self.mask is not None:
            arrays["mask"] = self.mask.to(torch.uint8).numpy()
        return arrays

    @classmethod
    def restore(cls, arrays: Mapping[str, NDArray[Any]], settings: CoarseToFineSettings) -> CoarseAlignment:
        """Take the alignment from a bundle; KeyError or ValueError if something is missing or does not fit."""
        finder = restore_poses(arrays, settings)
        centre_y, centre_x, height, width = (float(value) for value in checked(arrays, "frame", np.float64, (4,)))
        centred = max(abs(centre_y), abs(centre_x)) <= 0.5 + MARGIN
        if not centred or not all(LEAST_FRAME <= edge <= 1.0 + 2.0 * MARGIN + 1e-9 for edge in (height, width)):
            raise ValueError("frame")
        mask = None
        if "mask" in arrays:
            mask = torch.from_numpy(checked(arrays, "mask", np.uint8, (FINE_EDGE, FINE_EDGE)).copy()).bool()
        return cls(finder, TemplateFrame((centre_y, centre_x), (height, width)), mask)
