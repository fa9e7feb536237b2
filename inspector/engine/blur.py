"""Gaussian blur of a score grid."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

TRUNCATE = 3.0
"""Standard deviations at which the kernel ends."""


def blur_grid(grid: Tensor, sigma: float) -> Tensor:
    """Blur a score grid with a Gaussian.

    Parameters
    ----------
    grid : Tensor, float32, shape (h, w)
    sigma : float
        Standard deviation in grid cells; 0 returns the grid as it is.

    Returns
    -------
    Tensor, float32, shape (h, w)
        Border cells are repeated outwards, so that the border is not damped.
    """
    radius = int(TRUNCATE * sigma + 0.5)
    if radius == 0:
        return grid
    offsets = torch.arange(-radius, radius + 1, dtype=grid.dtype, device=grid.device)
    kernel = torch.exp(-0.5 * (offsets / sigma).square())
    kernel = kernel / kernel.sum()
    padded = functional.pad(grid[None, None], (radius,) * 4, mode="replicate")
    rows = functional.conv2d(padded, kernel.view(1, 1, 1, -1))
    return functional.conv2d(rows, kernel.view(1, 1, -1, 1))[0, 0]
