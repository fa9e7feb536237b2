"""Photos to the size that the backbone sees."""

from __future__ import annotations

import cv2  # area and linear interpolation: pure array routines
import numpy as np
from numpy.typing import NDArray

from inspector.core.values import ImageRGB


def resize_image(image_rgb: ImageRGB, size_hw: tuple[int, int]) -> ImageRGB:
    """Resize a photo as a whole; nothing is cropped.

    Parameters
    ----------
    image_rgb : ndarray of uint8, shape (H, W, 3)
    size_hw : (int, int)
        Wanted height and width in pixels.

    Returns
    -------
    ndarray of uint8, shape (*size_hw, 3)
        Area average when shrinking, so that fine texture does not alias into false detail; linear when enlarging.
    """
    height, width = size_hw
    if image_rgb.shape[:2] == size_hw:
        return image_rgb
    shrinking = image_rgb.shape[0] > height
    interpolation = cv2.INTER_AREA if shrinking else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image_rgb, (width, height), interpolation=interpolation), dtype=np.uint8)


def shrunk(image_rgb: ImageRGB, longest_edge: int) -> ImageRGB:
    """Return a photo whose longer edge is at most so many pixels; itself if it is no larger."""
    height, width = image_rgb.shape[:2]
    scale = longest_edge / max(height, width)
    return image_rgb if scale >= 1.0 else resize_image(image_rgb, (round(height * scale), round(width * scale)))


def resize_mask(mask: NDArray[np.bool_], size_hw: tuple[int, ...]) -> NDArray[np.bool_]:
    """Resize a mask of shape (H, W) by nearest neighbour to `size_hw`."""
    height, width = size_hw
    return np.asarray(cv2.resize(mask.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST) > 0)
