"""The common colour scale of Inspector, in threshold units: 1.0 is the limit in the window, on paper and in files.

No map is stretched to its own range. So a good part stays clear, and a colour has the same meaning on every photo.
"""

from __future__ import annotations

import cv2  # colour maps and blending are pure array routines here
import numpy as np
from numpy.typing import NDArray

from inspector.core.values import FloatArray, ImageRGB, read_only

SCALE_TOP = 2.0
"""The relative score of the last colour; higher scores have the same colour."""

CLEAR_BELOW = 0.5
"""Relative scores below this are fully transparent."""

LEVELS = 256

STRIP_PIXELS = 1 << 20
"""Number of pixels that are drawn at a time. Floats of a whole photo of 100 megapixels take gigabytes."""


def _colour_table() -> NDArray[np.uint8]:
    # Plasma is perceptually even and readable with any of the common colour-vision deficiencies. Its colours are spread
    # over CLEAR_BELOW..SCALE_TOP only, because nothing below is drawn.
    relative = np.arange(LEVELS) * SCALE_TOP / (LEVELS - 1)
    position = np.clip((relative - CLEAR_BELOW) / (SCALE_TOP - CLEAR_BELOW), 0.0, 1.0)
    steps = np.round(position * 255).astype(np.uint8).reshape(-1, 1)
    rgb = cv2.cvtColor(cv2.applyColorMap(steps, cv2.COLORMAP_PLASMA), cv2.COLOR_BGR2RGB).reshape(-1, 3)
    # Faint up to the limit, so that a good part stays clear. The step at the limit makes the regions of an NG part
    # visible.
    below_limit = np.clip((relative - CLEAR_BELOW) / (1.0 - CLEAR_BELOW), 0.0, 1.0)
    alpha = np.where(relative > 1.0, 0.5 + 0.3 * position, 0.3 * below_limit**2)
    return np.concatenate([rgb, np.round(alpha * 255)[:, None].astype(np.uint8)], axis=1)


COLOUR_TABLE: NDArray[np.uint8] = read_only(_colour_table())
"""uint8 RGBA, shape (256, 4): row i is the colour of relative score ``i * SCALE_TOP / 255``; straight alpha."""


def colour_indices(dense: FloatArray, threshold: float) -> NDArray[np.uint8]:
    """Return the row of `COLOUR_TABLE` for each place of a score map.

    Parameters
    ----------
    dense : ndarray of float32, shape (H, W)
        Raw scores.
    threshold : float
        Raw score that is drawn as the limit, > 0.

    Returns
    -------
    ndarray of uint8, shape (H, W)
    """
    scaled = dense * np.float32((LEVELS - 1) / (SCALE_TOP * threshold))
    return np.asarray(np.clip(np.rint(scaled), 0, LEVELS - 1), dtype=np.uint8)


def draw_heatmap(image_rgb: ImageRGB, dense: FloatArray, threshold: float, opacity: float = 1.0) -> ImageRGB:
    """Lay the heatmap over a photo.

    Parameters
    ----------
    image_rgb : ndarray of uint8, shape (H, W, 3)
        The photo.
    dense : ndarray of float32, shape (h, w)
        Raw scores over the whole photo; resized to the photo.
    threshold : float
        Raw score that is drawn as the limit, > 0.
    opacity : float
        0 hides the heatmap, 1 draws it with the alpha of `COLOUR_TABLE`.

    Returns
    -------
    ndarray of uint8, shape (H, W, 3)
        A new array.
    """
    height, width = image_rgb.shape[:2]
    drawn = np.empty_like(image_rgb)
    rows = max(STRIP_PIXELS // max(width, 1), 1)
    for top in range(0, height, rows):
        strip = image_rgb[top : top + rows]
        colours = COLOUR_TABLE[colour_indices(_resized_rows(dense, (height, width), top, len(strip)), threshold)]
        alpha = colours[..., 3:].astype(np.float32) * (opacity / 255.0)
        drawn[top : top + rows] = np.rint(strip * (1.0 - alpha) + colours[..., :3].astype(np.float32) * alpha)
    return drawn


def _resized_rows(dense: FloatArray, hw: tuple[int, int], top: int, rows: int) -> FloatArray:
    """Return rows of a resized map, equal to `cv2.resize`: bilinear, pixel centres aligned, borders repeated.

    Parameters
    ----------
    dense : ndarray of float32, shape (h, w)
    hw : (int, int)
        Height and width of the whole resized map.
    top, rows : int
        The first row and the number of rows.
    """
    height, width = hw
    if height == dense.shape[0] and width == dense.shape[1]:
        return dense[top : top + rows]
    # In double precision, then rounded once, as OpenCV does.
    x = ((np.arange(width) + 0.5) * (dense.shape[1] / width) - 0.5).astype(np.float32)
    y = ((np.arange(top, top + rows) + 0.5) * (dense.shape[0] / height) - 0.5).astype(np.float32)
    x0, y0 = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    by_x, by_y = (x - x0).astype(np.float32), (y - y0).astype(np.float32)
    left, right = np.clip(x0, 0, dense.shape[1] - 1), np.clip(x0 + 1, 0, dense.shape[1] - 1)
    above, below = np.clip(y0, 0, dense.shape[0] - 1), np.clip(y0 + 1, 0, dense.shape[0] - 1)
    needed, place = np.unique(np.concatenate([above, below]), return_inverse=True)
    across_rows = dense[needed]
    widened = across_rows[:, left] * (1.0 - by_x) + across_rows[:, right] * by_x
    upper, lower = widened[place[:rows]], widened[place[rows:]]
    return np.asarray(upper * (1.0 - by_y[:, None]) + lower * by_y[:, None], dtype=np.float32)
