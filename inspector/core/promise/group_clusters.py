"""Groups found in the photos alone: stretches of their order that are alike, and clusters of appearance.

Both are cut from the distances between photos, so holding them out makes scores rise by construction. A test on
independent data decides first. For stretches, these are equal blocks of the order. For clusters, the test is a wide
gap. The nearest photos of each photo are in its own cluster, far nearer than photos of other clusters.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inspector.core.values import FloatArray

MOST_STRETCHES = 30
FEWEST_IN_STRETCH = 3
SHUFFLES = 4
"""Random orders, to choose the number of stretches."""
ENOUGH = 0.8
"""Share of the largest gain that the stretches must reach. The rest is gained by cuts within photos that are alike."""
GAP = 1.5
"""Clusters are farther apart than this times the distance of neighbours within them."""
MOST_CLUSTERS = 40


def stretches(between: FloatArray) -> NDArray[np.intp] | None:
    """Cut photos in their order into stretches of photos that are alike.

    The method is kernel change-point detection by dynamic programming (Arlot, Celisse and Harchaoui, A kernel multiple
    change-point algorithm via model selection, Journal of Machine Learning Research 20, 2019). Gains are measured
    against the same photos in random order. The smallest number of stretches with nearly the largest gain is taken
    (after the gap statistic of Tibshirani, Walther and Hastie, Journal of the Royal Statistical Society B 63, 2001).

    Parameters
    ----------
    between : ndarray of float32, shape (n, n)
        Distances between photos, in their order.

    Returns
    -------
    ndarray of int, shape (n,), or None
        The number of each photo's stretch; None if the photos are too few for two stretches.
    """
    count = len(between)
    most = min(MOST_STRETCHES, count // FEWEST_IN_STRETCH)
    if most < 2:
        return None
    squared = ((between + between.T) / 2.0).astype(np.float64) ** 2
    costs, starts = _cut(squared, most)
    random = np.random.default_rng(0)
    by_chance = np.mean([_cut(squared[np.ix_(o, o)], most)[0] for o in _orders(random, count)], axis=0)
    gains = np.log(np.maximum(by_chance, 1e-12)) - np.log(np.maximum(costs, 1e-12))
    pieces = int((gains[1:] >= ENOUGH * gains[1:].max()).argmax()) + 2
    labels, stop = np.zeros(count, dtype=np.intp), count
    for piece in range(pieces, 0, -1):
        start = int(starts[piece - 1, stop])
        labels[start:stop] = piece - 1
        stop = start
    return labels


def _orders(random: np.random.Generator, count: int) -> list[NDArray[np.intp]]:
    return [random.permutation(count) for _ in range(SHUFFLES)]


def _cut(squared: NDArray[np.float64], most: int) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Return the least cost of 1 to `most` stretches, and the start of the last stretch for each end."""
    count = len(squared)
    sums = np.zeros((count + 1, count + 1))
    sums[1:, 1:] = squared.cumsum(axis=0).cumsum(axis=1)
    at = np.arange(count + 1)
    length = at[None, :] - at[:, None]
    within = sums[at, at][None, :] - sums[at[:, None], at[None, :]] * 2.0 + sums[at, at][:, None]
    cost = np.where(length >= FEWEST_IN_STRETCH, within / np.maximum(2.0 * length, 1.0), np.inf)
    best, costs = cost[0].copy(), [cost[0, -1]]
    starts = np.zeros((most, count + 1), dtype=np.intp)
    for piece in range(1, most):
        tried = best[:, None] + cost
        starts[piece] = tried.argmin(axis=0)
        best = tried.min(axis=0)
        costs.append(best[-1])
    return np.array(costs), starts


def clusters(between: FloatArray) -> NDArray[np.intp] | None:
    """Find clusters of photos that look alike, with a wide gap between them.

    Single linkage is cut at the widest gap between two successive lengths of the minimum spanning tree.

    Parameters
    ----------
    between : ndarray of float32, shape (n, n)
        Distances between photos.

    Returns
    -------
    ndarray of int, shape (n,), or None
        The number of each photo's cluster. None if no gap is as wide as `GAP`, or if a cluster has a single photo.
    """
    symmetric = np.minimum(between, between.T).astype(np.float64)
    lengths, edges = _spanning_tree(symmetric)
    order = np.argsort(lengths)
    most = min(MOST_CLUSTERS - 1, len(lengths) - 1)
    if most < 1:  # two photos have a single length, hence no gap
        return None
    ratios = lengths[order][-most:] / np.maximum(lengths[order][-most - 1 : -1], 1e-12)
    at = int(ratios.argmax())
    if ratios[at] < GAP:
        return None
    kept = [edges[one] for one in order[: len(lengths) - most + at]]
    labels = _components(len(between), kept)
    return labels if np.bincount(labels).min() >= 2 else None


def _spanning_tree(distances: NDArray[np.float64]) -> tuple[NDArray[np.float64], list[tuple[int, int]]]:
    """Return the lengths and ends of a minimum spanning tree's edges (Prim)."""
    count = len(distances)
    nearest, parent = distances[0].copy(), np.zeros(count, dtype=np.intp)
    outside = np.ones(count, dtype=bool)
    outside[0] = False
    lengths, edges = [], []
    for _ in range(count - 1):
        photo = int(np.where(outside, nearest, np.inf).argmin())
        lengths.append(float(nearest[photo]))
        edges.append((int(parent[photo]), photo))
        outside[photo] = False
        closer = distances[photo] < nearest
        parent[closer & outside] = photo
        nearest = np.minimum(nearest, distances[photo])
    return np.array(lengths), edges


def _components(count: int, edges: list[tuple[int, int]]) -> NDArray[np.intp]:
    labels = np.arange(count)
    for one, other in edges:
        labels[labels == labels[other]] = labels[one]
    return np.unique(labels, return_inverse=True)[1].astype(np.intp)
