"""The ranking of good photos by suspicion, and the counting of near-duplicates as one photo.

The other good photos explain a defective photo worst, so its leave-one-image-out score is high. This holds only for
rare defects: several photos of the same defect explain each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inspector.core.good_photos.near_duplicates import first_of_its_kind
from inspector.core.progress import CancelToken, OnProgress
from inspector.core.values import ScoreMap


@dataclass(frozen=True, slots=True, eq=False)
class SuspectGood:
    """A good photo with its leave-one-image-out score.

    Parameters
    ----------
    path : Path
        The photo.
    score : float
        Raw score.
    relative_score : float
        In threshold units; above 1 the photo itself would be NG.
    peak_xy : (int, int)
        The place of the score in pixels of the photo, x from the left and y from the top.
    score_map : ScoreMap
        The score map of the photo.
    """

    path: Path
    score: float
    relative_score: float
    peak_xy: tuple[int, int]
    score_map: ScoreMap


def rank_goods(
    paths: Sequence[Path], good_maps: Sequence[ScoreMap], threshold: float, photo_hw: tuple[int, int]
) -> tuple[SuspectGood, ...]:
    """Rank good photos by suspicion.

    Parameters
    ----------
    paths : sequence of Path
        The photos.
    good_maps : sequence of ScoreMap
        The score map of each photo, scored without its own patches.
    threshold : float
        Raw score, > 0.
    photo_hw : (int, int)
        Height and width of the photos in pixels.

    Returns
    -------
    tuple of SuspectGood
        Highest score first; equal scores in the order given.
    """
    suspects = [_suspect(path, one, threshold, photo_hw) for path, one in zip(paths, good_maps, strict=True)]
    return tuple(sorted(suspects, key=lambda good: -good.score))


def _suspect(path: Path, score_map: ScoreMap, threshold: float, photo_hw: tuple[int, int]) -> SuspectGood:
    dense = score_map.dense()
    row, column = divmod(int(dense.argmax()), dense.shape[1])
    x = int((column + 0.5) * photo_hw[1] / dense.shape[1])  # the pixel centres of map and photo coincide
    y = int((row + 0.5) * photo_hw[0] / dense.shape[0])
    score = float(dense[row, column])
    return SuspectGood(path, score, score / threshold, (x, y), score_map)


@dataclass(frozen=True, slots=True)
class Counted:
    """The good photos that count, and their near-duplicates.

    Parameters
    ----------
    distinct : tuple of int
        Positions of the photos that count, in order. No two are near-duplicates.
    near_duplicates : tuple of (int, int)
        Positions of each photo that does not count and of the photo that counts instead.
    """

    distinct: tuple[int, ...]
    near_duplicates: tuple[tuple[int, int], ...]


def count_once(fingerprints: NDArray[np.float16], report: OnProgress, token: CancelToken) -> Counted:
    """Choose the first photo of each group of near-duplicates.

    Training uses only the chosen photos. Leave-one-image-out removes a photo's own patches from the memory bank, but
    not the patches of its copy. A photo with a copy would therefore score far too low. A promise that counts every copy
    as a good part would be too low as well. By definition, a copy adds almost nothing to the memory bank.

    Parameters
    ----------
    fingerprints : ndarray of float16, shape (N, 48, 48)
        Fingerprints of the good photos, in order.
    report, token
        Progress, and the stop request.
    """
    first = [int(position) for position in first_of_its_kind(fingerprints, report, token)]
    return Counted(
        distinct=tuple(position for position, kept in enumerate(first) if kept == position),
        near_duplicates=tuple((position, kept) for position, kept in enumerate(first) if kept != position),
    )
