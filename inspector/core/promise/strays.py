"""Strays: good photos that stand apart and set the limit. A person decides whether they are good.

The gap below the highest one, two or three scores is the test statistic. It is compared with the excesses of the upper
half of the other scores over their median. Let such excesses be exponential. The gaps between sorted scores, each times
its rank from above, are then independent with a common scale (Renyi 1953). Their ratio then follows an F distribution.
Tails of good scores are seldom longer than exponential, so clean good sets rarely have a stray. Photos that look like a
stray belong to it: several boards among toys explain one another.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from inspector.core.values import FloatArray

MOST_STRAYS = 3
"""Maximum number of strays; the maximum is also a sixth of the photos. A larger number is a separate kind of part."""
RISK = 0.05
"""Share of clean good sets with a stray, if excesses are exponential."""
LEAST_INFLUENCE = 0.1
"""Least share by which the limit falls without the strays. With a smaller fall, no answer is needed."""
ALIKE = 0.5
"""A photo is like a stray if their distance is below this share of the stray's median distance. Distances are between
embeddings."""


class Answer(StrEnum):
    """A person's answer about a stray."""

    DEFECTIVE = "defective"
    RARE = "rare"
    MORE = "more"


@dataclass(frozen=True, slots=True)
class Stray:
    """A good photo that stands apart, or a good photo that looks like it.

    Parameters
    ----------
    position : int
        Index of the photo among the scored photos.
    relative_score : float
        Score of the photo in units of the limit.
    limit_without : float
        The limit without all strays, in units of the limit.
    """

    position: int
    relative_score: float
    limit_without: float


def find_strays(
    scores: Sequence[float], embeddings: FloatArray, limit_of: Callable[[Sequence[int]], float]
) -> tuple[Stray, ...]:
    """Find good photos that stand apart and set the limit.

    Parameters
    ----------
    scores : sequence of float, length n
        Raw leave-one-image-out scores of the good photos.
    embeddings : ndarray of float32, shape (n, E)
        Embeddings of the good photos; shape (0, E) if the method has none.
    limit_of : callable
        Maps positions of photos to the limit that these photos alone would set, as a raw score.

    Returns
    -------
    tuple of Stray
        Highest score first; empty if no photo stands apart, or if the strays do not set the limit.
    """
    values = np.asarray(scores, dtype=np.float64)
    order = np.argsort(-values, kind="stable")
    apart = _standing_apart(values[order])
    if not apart:
        return ()
    strays = _with_alike(order[:apart], order, embeddings)
    taken = {int(one) for one in strays}
    limit = limit_of(range(len(values)))
    without = limit_of([place for place in range(len(values)) if place not in taken]) / limit
    if without > 1.0 - LEAST_INFLUENCE:
        return ()
    return tuple(Stray(int(one), float(values[one]) / limit, without) for one in strays)


def _standing_apart(highest_first: NDArray[np.float64]) -> int:
    """Return the number of highest scores above the least likely gap; 0 if that gap is not unlikely."""
    most = min(MOST_STRAYS, len(highest_first) // 6)
    chances = {_chance(highest_first, above): above for above in range(1, most + 1)}
    least = min(chances, default=1.0)
    return chances[least] if chances and least < RISK / most else 0


def _chance(highest_first: NDArray[np.float64], above: int) -> float:
    """Return the probability of so wide a gap below the first `above` scores, if excesses are exponential."""
    rest = highest_first[above:]
    used = len(rest) // 2
    excess = float((rest[:used] - rest[used]).sum() + above * (rest[0] - rest[used]))
    gap = float(highest_first[above - 1] - rest[0])
    if gap <= 0.0:
        return 1.0
    return (1.0 + above * gap / excess) ** -used if excess > 0.0 else 0.0


def _with_alike(strays: NDArray[np.intp], order: NDArray[np.intp], embeddings: FloatArray) -> NDArray[np.intp]:
    """Return the strays, followed by photos that look like a stray; at most `MOST_STRAYS` per stray."""
    if len(embeddings) != len(order):
        return strays
    points = embeddings.astype(np.float64)
    alike: set[int] = set()
    for stray in strays:
        away = np.linalg.norm(points - points[stray], axis=1)
        usual = float(np.median(away))
        near = [int(one) for one in np.argsort(away, kind="stable") if one != stray and away[one] < ALIKE * usual]
        alike.update(near if len(near) <= MOST_STRAYS else ())  # more photos like it form a kind of part, not a stray
    more = [int(one) for one in order if int(one) in alike and int(one) not in strays]
    return np.array([*strays.tolist(), *more], dtype=np.intp)
