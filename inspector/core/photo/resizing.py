"""Resizing of photos and masks."""

from __future__ import annotations

import math

import cv2  # area and linear interpolation: pure array routines
import numpy as np
from numpy.typing import NDArray

from inspector.core.values import FloatArray, ImageRGB

LEAST_SHRINKING, FEWEST_ALIKE = 1.5, 16
"""Conditions for averaging rows first: the least shrinking factor, and the least number of result rows with the same
relative position to the photo's rows."""


def resize_image(image_rgb: ImageRGB, size_hw: tuple[int, int]) -> ImageRGB:
    """Resize a photo as a whole; nothing is cropped.

    Parameters
    ----------
    image_rgb : ndarray of uint8, shape (H, W, 3)
    size_hw : (int, int)
        Height and width of the result in pixels.

    Returns
    -------
    ndarray of uint8, shape (*size_hw, 3)
        Area average for shrinking, so that fine texture does not alias into false detail; linear for enlarging.
    """
    height, width = size_hw
    if image_rgb.shape[:2] == size_hw:
        return image_rgb
    shrinking = image_rgb.shape[0] > height
    if shrinking and _rows_pay(image_rgb.shape, size_hw):
        averaged = cv2.resize(_averaged_rows(image_rgb, height), (width, height), interpolation=cv2.INTER_AREA)
        return np.rint(averaged).astype(np.uint8)
    interpolation = cv2.INTER_AREA if shrinking else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image_rgb, (width, height), interpolation=interpolation), dtype=np.uint8)


def _rows_pay(shape: tuple[int, ...], size_hw: tuple[int, int]) -> bool:
    """Whether averaging rows first is faster. OpenCV would process the photo by pixel, in twice the time."""
    alike = math.gcd(shape[0], size_hw[0])
    whole = shape[0] % size_hw[0] == 0 and shape[1] % size_hw[1] == 0  # OpenCV has a fast path for it
    narrower = size_hw[1] <= shape[1]
    return not whole and narrower and alike >= FEWEST_ALIKE and shape[0] >= LEAST_SHRINKING * size_hw[0]


def _averaged_rows(image_rgb: ImageRGB, height: int) -> FloatArray:
    """Return a photo with fewer rows, each the average of the rows that it covers: float32, shape (height, W, 3).

    Result rows with the same relative position, such as 2 of 288 over 5 of 720, are computed together by whole rows.
    """
    rows = np.ascontiguousarray(image_rgb).reshape(len(image_rgb), -1)
    alike = math.gcd(len(rows), height)
    of, to = len(rows) // alike, height // alike
    found = np.empty((alike, to, rows.shape[1]), dtype=np.float32)
    for place in range(to):
        start, stop = place * of / to, (place + 1) * of / to
        total = np.zeros((alike, rows.shape[1]), dtype=np.float32)
        for row in range(math.floor(start), math.ceil(stop)):
            share = min(stop, row + 1) - max(start, row)
            if share == 1.0:
                cv2.accumulate(rows[row::of], total)
            else:
                cv2.addWeighted(total, 1.0, rows[row::of], share, 0.0, dst=total, dtype=cv2.CV_32F)
        np.multiply(total, np.float32(to / of), out=found[:, place])
    return found.reshape(height, *image_rgb.shape[1:])


def shrunk(image_rgb: ImageRGB, longest_edge: int) -> ImageRGB:
    """Return a photo whose longer edge is at most `longest_edge` pixels; the photo itself if it is no larger."""
    height, width = image_rgb.shape[:2]
    scale = longest_edge / max(height, width)
    if scale >= 1.0:
        return image_rgb
    return resize_image(image_rgb, (max(1, round(height * scale)), max(1, round(width * scale))))


def resize_mask(mask: NDArray[np.bool_], size_hw: tuple[int, ...]) -> NDArray[np.bool_]:
    """Resize a mask of shape (H, W) by nearest neighbour to `size_hw`."""
    height, width = size_hw
    return np.asarray(cv2.resize(mask.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST) > 0)
