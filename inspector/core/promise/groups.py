"""The search for groups that the user did not name: groupings whose held-out scores rise.

Good photos of one place, lot or day support one another in the leave-one-image-out scores. Where they do, patches of a
photo find their nearest neighbours in its own group more often than by chance. So each candidate grouping is judged by
the distance to the nearest patch of another group. Random groupings of the same sizes are the reference. Candidates
come from names, folders, dates, the order of the photos and their appearance. All candidates are permuted together, and
the best of them counts, so that many candidates do not find groups by chance (Westfall and Young, Resampling-based
Multiple Testing, 1993).

Significance alone is not enough. In 213 transistors (MVTec AD), neighbours in the order are significantly alike, but
distances rise by only 0.5 per cent. A grouping with a rise below `LEAST_RISE` is not used.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspector.core.good_photos.sessions import Sessions, SessionsBy, are_sessions, grouped
from inspector.core.promise.group_clusters import clusters, stretches
from inspector.core.promise.threshold import FEWEST_GROUPS
from inspector.core.values import FloatArray

PERMUTATIONS = 199
RISK = 0.01
"""Probability that groups are found in a set without groups, for any number of candidates."""
LEAST_RISE = 0.02
"""Least relative rise of distances beyond random groups of the same sizes. A smaller rise does not justify a higher
limit."""
LARGEST_SHARE = 0.75
"""Largest share of the photos in a group. A larger group leaves too few other photos to judge it."""
AS_GOOD = 0.8
"""Groupings count as equal if their rise is at least this share of the highest rise. Among equals, the grouping with
the most groups is taken, since it leaves the most photos to judge each group."""
FEWEST_PHOTOS, MOST_PHOTOS = 10, 1_500
"""Numbers of photos for which groups are searched. With more photos, too few patches of each remain to distinguish
groups."""
MOST_CANDIDATES = 24
BLOCKS = (4, 8, 16)
"""Numbers of equal blocks of the order, to test whether neighbours are alike."""


@dataclass(frozen=True, slots=True, eq=False)
class Neighbours:
    """Distances from patches of each good photo to the other photos.

    Parameters
    ----------
    photos : ndarray of int, shape (n, Q, K)
        The K nearest other photos for each of Q patches of a photo, nearest first.
    distances : ndarray of float32, shape (n, Q, K)
        Distances to their nearest patches.
    between : ndarray of float32, shape (n, n)
        Mean distance of a photo's patches from the nearest patches of each other photo; zeros on the diagonal.
    """

    photos: NDArray[np.int32]
    distances: FloatArray
    between: FloatArray

    def __len__(self) -> int:
        return len(self.photos)

    def distance(self, labels: NDArray[np.intp]) -> float:
        """Return the mean distance of photos from other groups.

        The distance of a photo is the root mean square over its patches.

        Parameters
        ----------
        labels : ndarray of int, shape (n,)
            The number of each photo's group.
        """
        own = labels[self.photos] == labels[:, None, None]
        first = own.argmin(axis=2)
        # If all K belong to the photo's own group, the farthest of them is a lower bound.
        first[own.all(axis=2)] = own.shape[2] - 1
        nearest = np.take_along_axis(self.distances, first[:, :, None], axis=2)[:, :, 0]
        return float(np.sqrt((nearest.astype(np.float64) ** 2).mean(axis=1)).mean())


SessionLabels = Sequence[int] | Callable[[Neighbours | None], Sequence[int] | None] | None
"""The number of each photo's group, or a callable that finds these numbers from the neighbours; None without groups."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A candidate grouping with its rise and significance.

    Parameters
    ----------
    sessions : Sessions
    rise : float
        Relative rise of distances when its groups are held out, beyond random groups of the same sizes.
    chance : float
        Probability that the best of all candidates rises as much if the photos are exchangeable.
    """

    sessions: Sessions
    rise: float
    chance: float

    @property
    def matters(self) -> bool:
        """Whether the groups must be held out whole."""
        return self.chance <= RISK and self.rise >= LEAST_RISE


def candidates_of(groupings: Sequence[Sessions]) -> list[Sessions]:
    """Return the usable groupings, each partition once, in the order given.

    A grouping is not usable if it has nearly one photo per group, or a group of nearly all photos.
    """
    found: dict[tuple[int, ...], Sessions] = {}
    for one in groupings:
        if are_sessions(one) and max(one.counts) <= LARGEST_SHARE * len(one.of_photos):
            found.setdefault(tuple(one.labels()), one)
    return list(found.values())[:MOST_CANDIDATES]


def in_blocks(photos: int, blocks: int) -> Sessions:
    """Return photos in equal blocks of their order."""
    return grouped(SessionsBy.ORDER, [str(at * blocks // photos + 1) for at in range(photos)])


def judge_groupings(neighbours: Neighbours, candidates: Sequence[Sessions]) -> list[Judged]:
    """Return the rise of distances of each candidate and its probability by chance.

    Parameters
    ----------
    neighbours : Neighbours
    candidates : sequence of Sessions
        Groupings of the same photos.
    """
    if not candidates or len(neighbours) < FEWEST_PHOTOS:
        return []
    random = np.random.default_rng(0)
    labels = [np.asarray(one.labels()) for one in candidates]
    found = np.array([neighbours.distance(one) for one in labels])
    by_chance = np.empty((PERMUTATIONS, len(labels)))
    for row in by_chance:
        order = random.permutation(len(neighbours))
        row[:] = [neighbours.distance(one[order]) for one in labels]
    mean, spread = by_chance.mean(axis=0), by_chance.std(axis=0)
    spread = np.maximum(spread, 1e-12 * np.maximum(mean, 1e-12))
    highest = ((by_chance - mean) / spread).max(axis=1)
    strength = (found - mean) / spread
    return [
        Judged(
            one,
            float(found[at] / max(mean[at], 1e-12) - 1.0),
            float((highest >= strength[at]).sum() + 1) / (PERMUTATIONS + 1),
        )
        for at, one in enumerate(candidates)
    ]


def best_of(judged: Sequence[Judged]) -> Judged | None:
    """Return the grouping to hold out; None without candidates.

    Of the groupings that rise nearly as much as the best, it is the grouping with the most groups.
    """
    if not judged:
        return None
    highest = max(one.rise for one in judged)
    near = [one for one in judged if one.rise >= AS_GOOD * highest]
    return max(near, key=lambda one: (len(one.sessions.names), one.rise))


def _numbered(by: SessionsBy, labels: NDArray[np.intp] | None) -> Sessions | None:
    """Return groups without names, numbered in the order of their first photos; None for fewer than two."""
    if labels is None:
        return None
    places = {int(label): place + 1 for place, label in enumerate(dict.fromkeys(labels.tolist()))}
    found = grouped(by, [str(places[int(label)]) for label in labels])
    return None if found.by is SessionsBy.NONE else found


class GroupSearch:
    """Finds the grouping of a good set during training, when the distances between photos are known.

    Parameters
    ----------
    suggested : sequence of Sessions
        Groupings of the counted photos.
    otherwise : Sessions
        The sessions that are held out if no grouping matters. Their rates are reported, but they do not set the limit.
    asked : bool
        Whether the user chose the kind of grouping. The best suggested grouping is then held out in any case.

    by : SessionsBy
        The chosen kind. NONE: nothing is compared. ORDER and APPEARANCE are found from the distances.

    Attributes
    ----------
    sessions : Sessions
        The sessions that were held out.
    matters : bool
        Whether they make scores rise by more than chance.
    """

    def __init__(
        self, suggested: Sequence[Sessions], otherwise: Sessions, *, asked: bool, by: SessionsBy = SessionsBy.AUTO
    ) -> None:
        self._suggested = candidates_of(suggested)
        self.asked = asked
        self._by = by
        self.sessions = otherwise
        self.matters = False

    def __call__(self, neighbours: Neighbours | None) -> list[int] | None:
        """Return the number of each photo's group; None if no group is held out."""
        if self._by is SessionsBy.NONE:
            return None
        judged = [] if neighbours is None else judge_groupings(neighbours, self._candidates(neighbours))
        best = best_of([one for one in judged if one.matters])
        if best is not None:
            self.sessions, self.matters = best.sessions, True
            if best.sessions.by is SessionsBy.ORDER and neighbours is not None:
                self.sessions = _numbered(SessionsBy.ORDER, stretches(neighbours.between)) or best.sessions
        elif neighbours is not None and self._looks_are_asked and self._look_apart(neighbours):
            self.matters = True
        elif self.asked and judged:
            self.sessions = max(judged, key=lambda one: one.rise).sessions
        elif self.asked and self._suggested:
            self.sessions = self._suggested[0]
        return self.sessions.labels() or None

    @property
    def _looks_are_asked(self) -> bool:
        return not self.asked or self._by is SessionsBy.APPEARANCE

    def _look_apart(self, neighbours: Neighbours) -> bool:
        """Use clusters of appearance, if enough: a small number of clusters are kinds of part, not places or days."""
        found = _numbered(SessionsBy.APPEARANCE, clusters(neighbours.between))
        if found is None or len(found.names) < FEWEST_GROUPS or not candidates_of([found]):
            return False
        self.sessions = found
        return True

    def _candidates(self, neighbours: Neighbours) -> list[Sessions]:
        if self.asked and self._by is not SessionsBy.ORDER:
            return self._suggested
        in_order = (in_blocks(len(neighbours), blocks) for blocks in BLOCKS)
        return candidates_of([*self._suggested, *in_order])
