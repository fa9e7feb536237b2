"""The fingerprint of a photo: a small blurred copy for finding near-duplicates."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from inspector.core.values import FloatArray, ImageRGB

FINGERPRINT_PX = 48
"""Edge of a fingerprint."""
BLUR_PX = 1.5
"""Standard deviation of its blur, in pixels of the fingerprint. A shift must stay small relative to the visible
detail."""


def fingerprint(image_rgb: ImageRGB) -> NDArray[np.float16]:
    """Return the fingerprint of a photo, which near-duplicates share.

    Parameters
    ----------
    image_rgb : ndarray of uint8, shape (H, W, 3)

    Returns
    -------
    ndarray of float16, shape (48, 48)
        Blurred gray levels minus their mean, of norm 1; zeros for a photo of a single gray level.
    """
    gray = cv2.cvtColor(image_rgb, cv2.COLOR_RGB2GRAY)
    small = cv2.resize(gray.astype(np.float32), (FINGERPRINT_PX, FINGERPRINT_PX), interpolation=cv2.INTER_AREA)
    blurred = cv2.GaussianBlur(small, (0, 0), BLUR_PX, borderType=cv2.BORDER_REFLECT)
    return unit_length(np.asarray(blurred, dtype=np.float32)).astype(np.float16)


def unit_length(array: FloatArray) -> FloatArray:
    """Subtract the mean over the last two axes and scale the rest to norm 1; constant arrays become zeros."""
    centred = array - array.mean(axis=(-2, -1), keepdims=True)
    norm = np.sqrt((centred**2).sum(axis=(-2, -1), keepdims=True))
    return np.asarray(np.where(norm > 1e-4, centred / np.maximum(norm, 1e-4), 0.0), dtype=np.float32)
