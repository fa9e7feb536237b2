"""Turning of photos about their centre."""

from __future__ import annotations

import cv2  # warping: a pure array routine
import numpy as np
from numpy.typing import NDArray

from inspector.core.values import ImageRGB


def turning(photo_hw: tuple[int, int], degrees: float, scale: float = 1.0) -> NDArray[np.float64]:
    """Return the affine map (2, 3), in pixels (x, y), of a counterclockwise turn about the centre, with a scale."""
    height, width = photo_hw
    return np.asarray(cv2.getRotationMatrix2D((width / 2 - 0.5, height / 2 - 0.5), degrees, scale), dtype=np.float64)


def turn_image(image_rgb: ImageRGB, degrees: float) -> ImageRGB:
    """Turn a photo about its centre, counterclockwise as it is seen.

    Parameters
    ----------
    image_rgb : ndarray of uint8, shape (H, W, 3)
    degrees : float

    Returns
    -------
    ndarray of uint8, shape (H, W, 3)
        Linear interpolation. Areas from outside the photo show the mirrored photo. 0 degrees returns the photo itself.
    """
    if degrees % 360.0 == 0.0:
        return image_rgb
    height, width = image_rgb.shape[:2]
    matrix = turning((height, width), degrees)
    turned = cv2.warpAffine(image_rgb, matrix, (width, height), borderMode=cv2.BORDER_REFLECT_101)
    return np.asarray(turned, dtype=np.uint8)


def seen_after_turning(photo_hw: tuple[int, int], degrees: float, grid_hw: tuple[int, int]) -> NDArray[np.bool_]:
    """Return a mask of the grid cells of a turned photo that show the photo, not its mirrored surroundings.

    Parameters
    ----------
    photo_hw : (int, int)
        Height and width of the photo in pixels.
    degrees : float
        As in `turn_image`.
    grid_hw : (int, int)
        Rows and columns of the grid that covers the photo.

    Returns
    -------
    ndarray of bool, shape `grid_hw`
        True if all four corners of the cell lie on the photo.
    """
    (height, width), (rows, columns) = photo_hw, grid_hw
    if degrees % 360.0 == 0.0:
        return np.ones(grid_hw, dtype=bool)
    # The corners of all cells, in pixels, mapped back to their positions before the turn.
    y, x = np.meshgrid(np.linspace(0, height, rows + 1) - 0.5, np.linspace(0, width, columns + 1) - 0.5, indexing="ij")
    back = cv2.invertAffineTransform(turning(photo_hw, degrees))
    before = np.stack([x, y, np.ones_like(x)], axis=-1) @ back.T
    on_photo = (np.abs(before[..., 0] + 0.5 - width / 2) <= width / 2) & (
        np.abs(before[..., 1] + 0.5 - height / 2) <= height / 2
    )
    return np.asarray(on_photo[:-1, :-1] & on_photo[1:, :-1] & on_photo[:-1, 1:] & on_photo[1:, 1:])
