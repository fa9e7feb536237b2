"""Parts in any rotation, made of real photos: a corner of each solar cell on a plain ground at a known pose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from inspector.core.values import ImageRGB

GROUND = 215


@dataclass(frozen=True)
class TurnedPart:
    """A photo, the angle (counter-clockwise) and shift in pixels it was made with, and where the part is."""

    image: ImageRGB
    degrees: float
    shift_xy: tuple[float, float]
    part: NDArray[np.bool_]


def turned_part(
    photo: ImageRGB,
    degrees: float,
    shift_xy: tuple[float, float],
    seed: int,
    *,
    size_hw: tuple[int, int] = (180, 110),
    ground_level: float = GROUND,
) -> TurnedPart:
    height, width = photo.shape[:2]
    centre = (width / 2 - 0.5, height / 2 - 0.5)
    # The top left corner of a cell has a bevel, two busbars and no symmetry; it is moved to the middle first.
    top, left = (height - size_hw[0]) // 2, (width - size_hw[1]) // 2
    corner = np.zeros((height, width), np.float32)
    corner[top : top + size_hw[0], left : left + size_hw[1]] = 1.0
    moved = np.roll(photo, (top, left), axis=(0, 1))
    matrix = cv2.getRotationMatrix2D(centre, degrees, 1.0)
    matrix[:, 2] += shift_xy
    turned = cv2.warpAffine(moved, matrix, (width, height))
    mask = cv2.warpAffine(corner, matrix, (width, height))[..., None]
    ground = ground_level + np.random.default_rng(seed).normal(0, 2, (height, width, 1))
    image = np.clip(turned * mask + ground * (1 - mask), 0, 255).astype(np.uint8)
    return TurnedPart(image, degrees, shift_xy, mask[..., 0] > 0.5)


def turned_parts(photos: Sequence[ImageRGB], seed: int = 0, *, reach_px: float = 15, **how: Any) -> list[TurnedPart]:
    """Parts in any rotation, shifted by up to `reach_px`; `how` is for `turned_part`."""
    random = np.random.default_rng(seed)
    return [
        turned_part(
            photo, float(random.uniform(-180, 180)), tuple(random.uniform(-reach_px, reach_px, 2)), seed + index, **how
        )
        for index, photo in enumerate(photos)
    ]
