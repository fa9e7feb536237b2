"""Groups that nobody labelled: which grouping of the good photos, if any, makes scores rise when groups are held out.

Good photos of one place, lot or day vouch for one another in the leave-one-image-out scores. Where they do, patches of
a photo find their nearest neighbours in its own group more often than chance allows. So each candidate grouping (from
names, folders, dates, the order of the photos and their looks) is judged by how far the nearest patch of another group
is, against random groupings of the same sizes. All candidates are permuted together and the best of them counts
(Westfall and Young, Resampling-based Multiple Testing, 1993), so that trying many does not find groups by chance.

Significance alone is not enough: in 213 transistors (MVTec AD) neighbours in the order are alike beyond doubt, and
distances rise by a mere 0.5 per cent. Below `LEAST_RISE` a grouping is left alone.
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
"""A set without groups is called grouped so often, whatever the number of candidates."""
LEAST_RISE = 0.02
"""Of distances, beyond that of random groups of the same sizes; less is not worth a higher limit."""
LARGEST_SHARE = 0.75
"""A group that holds more of the photos leaves too few others to judge it by."""
AS_GOOD = 0.8
"""Of groupings whose rise is at least this share of the best one's, the one with most groups is taken: it leaves most
photos to judge by."""
FEWEST_PHOTOS, MOST_PHOTOS = 10, 1_500
"""More photos leave too few patches of each to tell them apart by; then nothing is found that nobody named."""
MOST_CANDIDATES = 24
BLOCKS = (4, 8, 16)
"""Of photos in their order, to find out whether neighbours are alike."""


@dataclass(frozen=True, slots=True, eq=False)
class Neighbours:
    """How far patches of each good photo are from the other photos.

    Parameters
    ----------
    photos : ndarray of int, shape (n, Q, K)
        For each of Q patches of a photo the K nearest other photos, the nearest first.
    distances : ndarray of float32, shape (n, Q, K)
        To their nearest patches.
    between : ndarray of float32, shape (n, n)
        Mean distance of a photo's patches from the nearest ones of each other photo; zeros on the diagonal.
    """

    photos: NDArray[np.int32]
    distances: FloatArray
    between: FloatArray

    def __len__(self) -> int:
        return len(self.photos)

    def distance(self, labels: NDArray[np.intp]) -> float:
        """Return how far photos are from those of other groups: their mean, of the quadratic means over patches.

        Parameters
        ----------
        labels : ndarray of int, shape (n,)
            The number of each photo's group.
        """
        own = labels[self.photos] == labels[:, None, None]
        first = own.argmin(axis=2)
        # Where all K are of the photo's own group, the farthest of them is a lower bound.
        first[own.all(axis=2)] = own.shape[2] - 1
        nearest = np.take_along_axis(self.distances, first[:, :, None], axis=2)[:, :, 0]
        return float(np.sqrt((nearest.astype(np.float64) ** 2).mean(axis=1)).mean())


SessionLabels = Sequence[int] | Callable[[Neighbours | None], Sequence[int] | None] | None
"""The number of each photo's group, or what finds them once the neighbours are known; None where there are none."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A candidate grouping and what its groups come to.

    Parameters
    ----------
    sessions : Sessions
    rise : float
        Of distances when its groups are held out, beyond random groups of the same sizes.
    chance : float
        How often the best of all candidates would rise as much if the photos were exchangeable.
    """

    sessions: Sessions
    rise: float
    chance: float

    @property
    def matters(self) -> bool:
        """Whether the groups are to be held out whole."""
        return self.chance <= RISK and self.rise >= LEAST_RISE


def candidates_of(groupings: Sequence[Sessions]) -> list[Sessions]:
    """Return the groupings that can say anything, each partition once, the first ones first.

    Nearly one photo a group says nothing, and neither does a group of nearly all photos.
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
    """Tell of each candidate how much distances rise, and how likely that is by chance.

    Parameters
    ----------
    neighbours : Neighbours
    candidates : sequence of Sessions
        Of the same photos.
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
    """Return the grouping to hold out; None for no candidates.

    Of those that rise nearly as much as the best one, the one with most groups.
    """
    if not judged:
        return None
    highest = max(one.rise for one in judged)
    near = [one for one in judged if one.rise >= AS_GOOD * highest]
    return max(near, key=lambda one: (len(one.sessions.names), one.rise))


def _numbered(by: SessionsBy, labels: NDArray[np.intp] | None) -> Sessions | None:
    """Return groups that have no names, numbered in the order of their first photos; None for fewer than two."""
    if labels is None:
        return None
    places = {int(label): place + 1 for place, label in enumerate(dict.fromkeys(labels.tolist()))}
    found = grouped(by, [str(places[int(label)]) for label in labels])
    return None if found.by is SessionsBy.NONE else found


class GroupSearch:
    """Finds the grouping of a good set while a detector is trained, once it knows how near photos are to one another.

    Parameters
    ----------
    suggested : sequence of Sessions
        Groupings of the photos that count.
    otherwise : Sessions
        What is held out where none of them matters; such sessions are told of, and the limit is not theirs.
    asked : bool
        Whether the user named the way: then the best of the suggested groupings is held out in any case.

    by : SessionsBy
        That way. NONE: nothing is compared. ORDER and APPEARANCE are found from what is compared.

    Attributes
    ----------
    sessions : Sessions
        What was held out.
    matters : bool
        Whether they make scores rise by more than chance explains.
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
        """Return the number of each photo's group; None where none is held out."""
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
        """Take clusters of looks; a few of them are kinds of part rather than places or days."""
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
