"""Half precision on a GPU, where a trained detector then scores as it does in float32."""

from __future__ import annotations

import logging
from collections.abc import Callable

import numpy as np
import torch

from inspector.core.photo.resizing import resize_image
from inspector.core.values import ImageRGB, ScoreMap
from inspector.engine.features.patches import PatchExtractor

HALF = torch.float16
TOLERANCE = 1e-3
"""How far scores may lie apart, relative to the highest of the probe."""

_LOG = logging.getLogger(__name__)


def halve(extractor: PatchExtractor, score: Callable[[ImageRGB], ScoreMap], photo_hw: tuple[int, int]) -> bool:
    """Let a trained detector's backbone compute in half precision, if its scores do not change.

    Parameters
    ----------
    extractor : PatchExtractor
        The detector's; stays in float32 where a probe is scored otherwise by more than `TOLERANCE`.
    score : callable
        Scores a photo by that extractor.
    photo_hw : (int, int)
        Height and width of the good photos in pixels.

    Returns
    -------
    bool
        Whether it does.
    """
    probe = probe_photo(photo_hw)
    expected = score(probe).grid
    extractor.half, overflows = HALF, extractor.overflows
    apart = float(np.abs(score(probe).grid - expected).max())
    # A probe that overflows is computed in float32, and then shows nothing of half precision.
    if extractor.overflows == overflows and apart <= TOLERANCE * float(expected.max()):
        return True
    extractor.half = None
    _LOG.warning("%s stays in float32: in half precision it would score otherwise", extractor.backbone.name)
    return False


def probe_photo(photo_hw: tuple[int, int]) -> ImageRGB:
    """Return a photo of coarse and fine noise, always the same: uint8, shape (*photo_hw, 3)."""
    random = np.random.default_rng(0)
    smooth = resize_image(random.integers(48, 208, (12, 12, 3), dtype=np.uint8), photo_hw)
    return np.asarray(np.clip(smooth + random.normal(0.0, 10.0, smooth.shape), 0, 255), dtype=np.uint8)
