"""Simulated faults of good photos: wrong exposure, blur and sensor noise, from which guards learn."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2  # blur: an array routine
import numpy as np
from numpy.typing import NDArray

from inspector.core.photo.measures import GrayImage

SEED = 0


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault with its strength; the other values stay as in the good photo.

    Parameters
    ----------
    stops : float
        Code values are multiplied by two to this power and clipped at 255. This simulates the exposure of a camera with
        linear codes, as industrial cameras have.
    blur_px : float
        Standard deviation of a Gaussian blur, in pixels of the photo at its working size.
    noise : float
        Standard deviation of added noise in gray levels.
    """

    stops: float = 0.0
    blur_px: float = 0.0
    noise: float = 0.0


FAULTS = (
    *(Fault(stops=stops) for stops in (-1.0, -0.5, 0.5, 1.0)),
    *(Fault(blur_px=blur) for blur in (0.75, 1.5, 3.0)),
    *(Fault(noise=noise) for noise in (4.0, 8.0)),
)
"""The faults that guards learn from. Their strengths extend beyond `MUST_BE_TOLD`."""
MUST_BE_TOLD = (0.5, 1.5, 4.0)
"""The least strengths that must be refused: exposure (stops, to both sides), blur and noise."""


def with_fault(gray: GrayImage, fault: Fault) -> GrayImage:
    """Return a copy of a gray photo (uint8, shape (h, w)) with a fault; the same photo and fault give the same copy."""
    changed = gray.astype(np.float32) * np.float32(2.0**fault.stops)
    if fault.blur_px > 0.0:
        blurred = cv2.GaussianBlur(changed, (0, 0), fault.blur_px, borderType=cv2.BORDER_REFLECT_101)
        changed = np.asarray(blurred, dtype=np.float32)
    if fault.noise > 0.0:
        changed = changed + (fault.noise * _noise(gray.shape)).astype(np.float32)
    return np.asarray(np.clip(np.rint(changed), 0, 255), dtype=np.uint8)


@lru_cache(maxsize=1)
def _noise(shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Return noise of standard deviation 1; cached, since it is constant and takes most of the time of a copy."""
    return np.random.default_rng(SEED).standard_normal(shape)
