"""How near patches of each good photo are to the other photos, from the rows that the coreset was chosen from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from inspector.core.progress import CancelToken
from inspector.core.promise.groups import MOST_PHOTOS, Neighbours

QUERIES = 6_000
"""Patches that are compared, of all photos together: their nearest photos, not their scores, are asked for."""
MOST_QUERIES, FEWEST_QUERIES = 48, 4
"""Of one photo."""
MOST_POINTS = 30_000
KEPT = 64
"""Nearest photos of a patch that are kept."""
COMPARED = 64
"""Patches of a photo, for methods that draw no pool of them."""
CHUNK = 512


@torch.inference_mode()
def find_neighbours(points: Tensor, origin: Tensor, token: CancelToken) -> Neighbours | None:
    """Compare patches of each photo with those of the others.

    Parameters
    ----------
    points : Tensor, float32, shape (N, P)
        Patches of all good photos.
    origin : Tensor of int64, shape (N,)
        The photo of each, on the CPU; every photo has the same number.
    token : CancelToken

    Returns
    -------
    Neighbours or None
        None for more than `inspector.core.promise.groups.MOST_PHOTOS` photos, whose numbers of patches are too small to
        tell.

    Raises
    ------
    Cancelled
        If `token` was cancelled.
    """
    photos = int(origin.max()) + 1
    if not 2 <= photos <= MOST_PHOTOS:
        return None
    rows = [(origin == photo).nonzero()[:, 0] for photo in range(photos)]
    each = min(max(MOST_POINTS // photos, 1), min(len(one) for one in rows))
    asked = min(max(QUERIES // photos, FEWEST_QUERIES), MOST_QUERIES, each)
    compared = torch.cat([spread(one, each) for one in rows]).to(points.device)
    queries = torch.cat([spread(one, asked) for one in rows]).to(points.device)
    distances = _to_photos(points[queries], points[compared], photos, token).reshape(photos, asked, photos)
    between = distances.mean(dim=1)
    between.fill_diagonal_(0.0)
    place = torch.arange(photos)
    distances[place, :, place] = torch.inf
    nearest, order = distances.sort(dim=2)
    kept = min(KEPT, photos - 1)
    return Neighbours(
        order[:, :, :kept].numpy().astype(np.int32), nearest[:, :, :kept].contiguous().numpy(), between.numpy()
    )


def neighbours_of(patches: Sequence[Tensor], token: CancelToken) -> Neighbours | None:
    """Return the same for patches that are sorted by photo already, each float32 of shape (M, P)."""
    if len(patches) < 2:
        return None
    origin = torch.arange(len(patches)).repeat_interleave(len(patches[0]))
    return find_neighbours(torch.cat(list(patches)), origin, token)


def spread(rows: Tensor, count: int) -> Tensor:
    """Return so many of the rows, evenly spread; all of them if there are fewer."""
    return rows[torch.linspace(0, len(rows) - 1, min(count, len(rows))).round().long()]


def _to_photos(queries: Tensor, points: Tensor, photos: int, token: CancelToken) -> Tensor:
    """Return the distance of each query from the nearest point of each photo, shape (Q, photos), on the CPU."""
    found = torch.empty(len(queries), photos)
    for start in range(0, len(queries), CHUNK):
        token.check()
        distances = torch.cdist(queries[start : start + CHUNK], points)
        found[start : start + CHUNK] = distances.reshape(len(distances), photos, -1).amin(dim=2).cpu()
    return found
