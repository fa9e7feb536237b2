"""The explanation of a flagged part: the patch with the peak, and its nearest stored patch."""

from __future__ import annotations

from dataclasses import dataclass

from inspector.core.values import ScoreMap


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on a photo, in its pixels, origin at the top left.

    Parameters
    ----------
    x, y, w, h : int
        ``w`` and ``h`` are 1 or more.
    """

    x: int
    y: int
    w: int
    h: int

    def around(self, times: float, photo_hw: tuple[int, int]) -> Box:
        """Return a box with the same centre, `times` as wide and high, moved to lie on the photo."""
        w, h = min(round(self.w * times), photo_hw[1]), min(round(self.h * times), photo_hw[0])
        x, y = self.x + (self.w - w) // 2, self.y + (self.h - h) // 2
        return Box(min(max(x, 0), photo_hw[1] - w), min(max(y, 0), photo_hw[0] - h), w, h)

    def scaled(self, from_hw: tuple[int, int], to_hw: tuple[int, int]) -> Box:
        """Return the box for the same photo at another size; boxes that touch still touch."""
        scale_y, scale_x = to_hw[0] / from_hw[0], to_hw[1] / from_hw[1]
        x, y = round(self.x * scale_x), round(self.y * scale_y)
        right, bottom = round((self.x + self.w) * scale_x), round((self.y + self.h) * scale_y)
        return Box(x, y, max(right - x, 1), max(bottom - y, 1))


def box_of_cell(cell: int, grid_hw: tuple[int, int], photo_hw: tuple[int, int]) -> Box:
    """Return the area of a cell of a grid over the whole photo; cells are counted row by row, from 0."""
    row, column = divmod(cell, grid_hw[1])
    return Box(column, row, 1, 1).scaled(grid_hw, photo_hw)


def cell_to_explain(score_map: ScoreMap, photo_hw: tuple[int, int], at_xy: tuple[int, int] | None) -> int:
    """Return the cell of a score map's grid at a pixel of the photo; without a pixel, the cell of the peak."""
    if at_xy is None:
        return int(score_map.grid.argmax())
    rows, columns = int(score_map.grid.shape[0]), int(score_map.grid.shape[1])
    row, column = at_xy[1] * rows // photo_hw[0], at_xy[0] * columns // photo_hw[1]
    return min(max(row, 0), rows - 1) * columns + min(max(column, 0), columns - 1)


@dataclass(frozen=True, slots=True)
class RememberedPatch:
    """A patch of the memory bank.

    Parameters
    ----------
    photo : int
        Index of its photo: the counted good photos from 0, then the photos that were fed back, in their order.
    box : Box or None
        Its place in that photo, turned by `degrees`, in pixels of a photo of the trained size. None in older bundles,
        which do not store it.
    degrees : float
        Turn of the photo about its centre, counterclockwise (`inspector.core.photo.turning.turn_image`).
    """

    photo: int
    box: Box | None
    degrees: float = 0.0


@dataclass(frozen=True, slots=True)
class Explanation:
    """The explanation of one place of a photo, by default its peak.

    Parameters
    ----------
    box : Box
        The patch, in pixels of the photo. The receptive field of its feature extends beyond it.
    score : float
        The score map's value there, a raw score.
    distance : float
        Distance of this patch alone from the memory bank, on the scale of raw scores. It is taken before the map is
        blurred. So it may be higher than `score`, or lower if a neighbour has a higher distance.
    nearest : RememberedPatch or None
        The stored patch that it was compared with; None for methods without a memory bank.
    """

    box: Box
    score: float
    distance: float
    nearest: RememberedPatch | None
