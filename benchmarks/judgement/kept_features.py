"""Patch features computed once: many trainings on the same photos without the backbone's time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import torch
from torch import Tensor

from inspector.core.values import ImageRGB
from inspector.engine.features.patches import BATCH, PatchExtractor


class KeptFeatures(PatchExtractor):
    """Stands in for a detector's extractor: photos become tickets, images of one pixel that name a photo's features.

    So a detector's own `fit` and `score_maps` do everything but the backbone's work.

    Parameters
    ----------
    extractor : PatchExtractor
        Computes the features.
    photos : sequence of ndarray of uint8, each (H, W, 3)
        All of one size, fewer than 2**24. Read once, a few at a time.
    """

    def __init__(self, extractor: PatchExtractor, photos: Sequence[ImageRGB]) -> None:
        super().__init__(extractor.backbone, extractor.working_hw, extractor.neighbourhood)
        starts = range(0, len(photos), BATCH)
        batches = [[photos[at] for at in range(start, min(start + BATCH, len(photos)))] for start in starts]
        self._kept = torch.cat([extractor.extract(batch) for batch in batches])

    def extract(self, photos: Sequence[ImageRGB]) -> Tensor:
        """Return the features that tickets name, shape (N, h, w, C)."""
        return self._kept[[_position(photo) for photo in photos]]


def tickets(positions: Iterable[int]) -> list[ImageRGB]:
    """Return the arrays of the photos at these positions."""
    return [np.frombuffer(int(one).to_bytes(3, "big"), dtype=np.uint8).reshape(1, 1, 3) for one in positions]


def _position(ticket: ImageRGB) -> int:
    if ticket.shape != (1, 1, 3):
        raise ValueError(f"a ticket has one pixel; this photo has the shape {ticket.shape}")
    return int.from_bytes(ticket.tobytes(), "big")
