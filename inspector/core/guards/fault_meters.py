"""Meters for exposure, blur and noise, learned from good photos and from copies of them with simulated faults.

Photos of good parts vary in brightness and detail, often by more than the fault that must be detected. The fault shows
in the relation of many numbers of a photo, and this relation is learned. The method is kernel ridge regression
(Saunders, Gammerman and Vovk, Ridge regression learning algorithm in dual variables, ICML 1998) with a Gaussian kernel.
It maps a photo's appearance to the strength of the fault, which is 0 for the good photos.

Strengths beyond those that must be detected are compressed before learning. A smooth function cannot rise steeply at
half a stop and then continue evenly. Readings are stretched back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inspector.core.arrays import checked
from inspector.core.guards.simulated_faults import Fault
from inspector.core.photo.measures import APPEARANCE_NUMBERS
from inspector.core.values import FloatArray

KNEES = np.array([0.5, 1.5, 6.0])
"""Strengths above which exposure (stops), blur (pixels) and noise (gray levels) are compressed."""
COMPRESSION = 0.15
MOST = np.array([2.0, 5.0, 25.0])
"""Readings are clipped here, since stronger faults were not learned."""
WIDTH = 0.3
"""Width of the kernel: its exponent is minus this value times the mean square difference of two appearances."""
RIDGE = 0.03
SCALE_FLOOR = 0.1
"""Added to the standard deviation by which each number of an appearance is divided, in octaves."""

LEAST_SCALE = 1e-3
"""Least scale in a bundle; learned scales are at least `SCALE_FLOOR`."""

MOST_TAUGHT = 1_000
"""Maximum number of good photos that meters learn from, evenly spread; originals of copies come in addition. Training
time grows with the cube of this number, and the time per photo linearly. Further good photos are read like new
photos."""

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Meters:
    """Meters for exposure, blur and noise with a common kernel.

    Parameters
    ----------
    centre, scale : ndarray of float32, shape (D,)
        Centre and scale of the good photos' appearances.
    rows : ndarray of float32, shape (M, D)
        Scaled appearances of the good photos and of their copies with faults.
    weights : ndarray of float32, shape (M, 3)
        Contribution of each row to exposure, blur and noise.
    """

    centre: FloatArray
    scale: FloatArray
    rows: FloatArray
    weights: FloatArray

    def read(self, appearances: FloatArray) -> Matrix:
        """Return exposure in stops, blur in working pixels and noise in gray levels, relative to the good photos.

        Parameters
        ----------
        appearances : ndarray of float32, shape (N, D) or wider
            Appearances. Numbers beyond the D that these meters learned are ignored.

        Returns
        -------
        ndarray of float64, shape (N, 3)
            Compressed; see `stretched`. Around 0 for good photos.
        """
        return _kernel(self._scaled(appearances), self.rows) @ self.weights

    def strangeness(self, appearances: FloatArray) -> NDArray[np.float64]:
        """Return the distance of appearances (N, D) from the nearest learned row, with or without a fault; >= 0."""
        return _nearest(_squares(self._scaled(appearances), self.rows))

    def _scaled(self, appearances: FloatArray) -> FloatArray:
        return (appearances[:, : len(self.centre)] - self.centre) / self.scale

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the state, for the bundle."""
        return {"centre": self.centre, "scale": self.scale, "rows": self.rows, "weights": self.weights}

    @classmethod
    def restore(cls, arrays: Mapping[str, NDArray[Any]]) -> Meters:
        """Restore the state from a bundle; KeyError if a part is missing, ValueError if the parts do not fit."""
        centre = checked(arrays, "centre", np.float32, (None,))
        scale = checked(arrays, "scale", np.float32, centre.shape)
        rows = checked(arrays, "rows", np.float32, (None, len(centre)))
        weights = checked(arrays, "weights", np.float32, (len(rows), len(KNEES)))
        if len(centre) > APPEARANCE_NUMBERS or scale.min() < LEAST_SCALE:
            raise ValueError("scale")
        return cls(centre, scale, rows, weights)


@dataclass(frozen=True, slots=True, eq=False)
class Lessons:
    """The data that meters are learned from.

    Parameters
    ----------
    good : ndarray of float32, shape (N, D)
        Appearances of the good photos.
    faulty : ndarray of float32, shape (M, D)
        Appearances of copies with a fault.
    owners : ndarray of int, shape (M,)
        Index of the good photo of each copy.
    faults : tuple of Fault, length M
        The fault of each copy.
    groups : ndarray of int, shape (N,), or None
        The number of each good photo's group. None: each photo is held out alone.
    """

    good: FloatArray
    faulty: FloatArray
    owners: NDArray[np.intp]
    faults: tuple[Fault, ...]
    groups: NDArray[np.intp] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class LeftOut:
    """The readings of photos by meters that were learned without them.

    Parameters
    ----------
    good : ndarray of float64, shape (N, 3)
        Compressed reading of each good photo. The meters know neither the photo and its copies nor others of its group.
        So it reads like a new good photo.
    faulty : ndarray of float64, shape (M, 3)
        Compressed reading of each copy, by the same rule.
    strangeness : ndarray of float64, shape (N,)
        Distance of each good photo from the nearest photo or copy of another group.
    """

    good: Matrix
    faulty: Matrix
    strangeness: NDArray[np.float64]


def learn_meters(lessons: Lessons) -> tuple[Meters, LeftOut]:
    """Learn meters, and read each good photo and its copies by meters without their group.

    Above `MOST_TAUGHT` good photos, only a part is learned from. The meters already do not know the rest.
    """
    count = len(lessons.good)
    spread = np.linspace(0, count - 1, min(count, MOST_TAUGHT)).round().astype(int)
    taught = np.union1d(spread, lessons.owners)
    others = np.setdiff1d(np.arange(count), taught)
    owners = np.searchsorted(taught, lessons.owners)
    groups = None if lessons.groups is None else lessons.groups[taught]
    meters, left_out = _learn(Lessons(lessons.good[taught], lessons.faulty, owners, lessons.faults, groups))
    if others.size == 0:
        return meters, left_out
    good, strangeness = np.empty((count, len(KNEES))), np.empty(count)
    good[taught], strangeness[taught] = left_out.good, left_out.strangeness
    for some in np.array_split(others, -(-others.size // MOST_TAUGHT)):
        good[some] = meters.read(lessons.good[some])
        strangeness[some] = meters.strangeness(lessons.good[some])
    return meters, LeftOut(good, left_out.faulty, strangeness)


def _learn(lessons: Lessons) -> tuple[Meters, LeftOut]:
    """Learn from all good photos; see `learn_meters`.

    Rows can be left out of a ridge regression without a new fit (the PRESS statistic: Allen, Technometrics 1974, here
    with several rows at once). Let H be the inverse of the regularised kernel matrix and a the weights. Let g be the
    rows of a photo or group with its copies. Their held-out reading is y_g - inverse(H_gg) a_g. Only centre and scale
    include the left-out rows.

    Parameters
    ----------
    lessons : Lessons
        At least two good photos.
    """
    count = len(lessons.good)
    centre, scale = lessons.good.mean(axis=0), lessons.good.std(axis=0) + np.float32(SCALE_FLOOR)
    rows = (np.concatenate([lessons.good, lessons.faulty]) - centre) / scale
    strengths = np.array([(fault.stops, fault.blur_px, fault.noise) for fault in lessons.faults], dtype=np.float64)
    targets = np.concatenate([np.zeros((count, len(KNEES))), compressed(strengths)])
    # A good photo gets the weight that one of its copies would have if every photo had copies.
    trust = np.ones(len(rows))
    trust[:count] = max(len(np.unique(lessons.owners)), 1) / count
    squares = _squares(rows, rows)
    kernel = _gaussian(squares, rows.shape[1])
    kernel[np.diag_indices_from(kernel)] += RIDGE / trust
    inverse = np.linalg.inv(kernel)
    weights = inverse @ targets
    groups = np.arange(count) if lessons.groups is None else lessons.groups
    group_of = groups[np.concatenate([np.arange(count), lessons.owners])]
    read = np.empty_like(targets)
    strangeness = np.empty(count)
    for group in np.unique(groups):
        own, photos = np.flatnonzero(group_of == group), np.flatnonzero(groups == group)
        read[own] = targets[own] - np.linalg.solve(inverse[np.ix_(own, own)], weights[own])
        strangeness[photos] = _nearest(np.delete(squares[photos], own, axis=1))
    meters = Meters(centre, scale, rows.astype(np.float32), weights.astype(np.float32))
    return meters, LeftOut(read[:count], read[count:], strangeness)


def compressed(strengths: Matrix) -> Matrix:
    """Compress strengths of shape (..., 3) beyond `KNEES`."""
    size = np.abs(strengths)
    small = np.minimum(size, KNEES) + COMPRESSION * np.maximum(size - KNEES, 0.0)
    return np.asarray(np.sign(strengths) * small, dtype=np.float64)


def stretched(readings: Matrix) -> Matrix:
    """Invert `compressed`, and clip at `MOST`."""
    size = np.abs(readings)
    whole = np.minimum(size, KNEES) + np.maximum(size - KNEES, 0.0) / COMPRESSION
    return np.asarray(np.sign(readings) * np.minimum(whole, MOST), dtype=np.float64)


def _kernel(one: FloatArray, other: FloatArray) -> Matrix:
    return _gaussian(_squares(one, other), one.shape[1])


def _gaussian(squares: Matrix, width: int) -> Matrix:
    return np.asarray(np.exp(-WIDTH / width * squares), dtype=np.float64)


def _squares(one: FloatArray, other: FloatArray) -> Matrix:
    """Return the squared distances of rows, shape (len(one), len(other))."""
    first, second = one.astype(np.float64), other.astype(np.float64)
    squares = (first**2).sum(axis=1)[:, None] + (second**2).sum(axis=1) - 2.0 * first @ second.T
    return np.asarray(np.maximum(squares, 0.0), dtype=np.float64)


def _nearest(squares: Matrix) -> NDArray[np.float64]:
    return np.asarray(np.sqrt(squares.min(axis=1)), dtype=np.float64)
