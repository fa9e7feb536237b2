"""Is the good set good? Its photos ranked by how suspicious they are, and each counted once.

A defective photo among the good ones is hardest to explain by the others, so it scores high when it is scored without
its own help. It must be rare for that: several photos of the same defect explain each other.
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
    """A good photo as its leave-one-image-out score shows it.

    Parameters
    ----------
    path : Path
        The photo.
    score : float
        Raw score.
    relative_score : float
        In threshold units: above 1 the photo itself would be called NG.
    peak_xy : (int, int)
        The place of the score in pixels of the photo, x from the left and y from the top.
    score_map : ScoreMap
        Where the score comes from.
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
        Of each of them, scored without its own patches.
    threshold : float
        Raw score, > 0.
    photo_hw : (int, int)
        Height and width of the photos in pixels.

    Returns
    -------
    tuple of SuspectGood
        The most suspicious first; equal scores in the order given.
    """
    suspects = [_suspect(path, one, threshold, photo_hw) for path, one in zip(paths, good_maps, strict=True)]
    return tuple(sorted(suspects, key=lambda good: -good.score))


def _suspect(path: Path, score_map: ScoreMap, threshold: float, photo_hw: tuple[int, int]) -> SuspectGood:
    dense = score_map.dense()
    row, column = divmod(int(dense.argmax()), dense.shape[1])
    x = int((column + 0.5) * photo_hw[1] / dense.shape[1])  # pixel centres lie on each other
    y = int((row + 0.5) * photo_hw[0] / dense.shape[0])
    score = float(dense[row, column])
    return SuspectGood(path, score, score / threshold, (x, y), score_map)


@dataclass(frozen=True, slots=True)
class Counted:
    """Which good photos count.

    Parameters
    ----------
    distinct : tuple of int
        Positions of the photos that count, in order: no two are near-duplicates.
    near_duplicates : tuple of (int, int)
        Positions of each photo that does not count, and of the one that counts for it.
    """

    distinct: tuple[int, ...]
    near_duplicates: tuple[tuple[int, int], ...]


def count_once(fingerprints: NDArray[np.float16], report: OnProgress, token: CancelToken) -> Counted:
    """Choose one photo of each group of near-duplicates: the first.

    Training sees the chosen ones only. Leave-one-image-out bars from the memory a photo's own patches but not those of
    its copy, so a photo with a copy in training would score far too low; and a promise that takes each of them for a
    good part of its own would be too good. What a copy could add to the memory is next to nothing, by definition.

    Parameters
    ----------
    fingerprints : ndarray of float16, shape (N, 48, 48)
        Of the good photos, in order.
    report, token
        Progress, and the wish to stop.
    """
    first = [int(position) for position in first_of_its_kind(fingerprints, report, token)]
    return Counted(
        distinct=tuple(position for position, kept in enumerate(first) if kept == position),
        near_duplicates=tuple((position, kept) for position, kept in enumerate(first) if kept != position),
    )
