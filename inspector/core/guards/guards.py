"""Guards: ranges for the readings of a photo that is fit to be judged, learned from the good photos.

For each reading, the good photos give a centre and, for each side, the mean distance of the furthest photos. For
exposure, blur and noise, copies with a simulated fault also give the distance of photos that must be refused. The unit
of these readings is half way between both distances.

A photo's excursion is its largest distance from a centre in these units, over all readings. For stiffer readings, the
distance is raised to a power. Excursions of the good photos, each measured without its own help, are ranked as scores
are. The rank for the refusal rate gives the factor by which ranges extend beyond their units, at least 1. So all guards
together have one promise, for any number of guards and any dependence between them
(`inspector.core.promise.threshold`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import cv2  # dilation: an array routine
import numpy as np
from numpy.typing import NDArray

from inspector.core.arrays import checked
from inspector.core.good_photos.sessions import NO_SESSIONS, Sessions
from inspector.core.guards.fault_meters import Lessons, Matrix, Meters, learn_meters, stretched
from inspector.core.guards.placement import MeanPhoto, Placement, placements
from inspector.core.guards.readings import GUARDS, LATER, PLACES, GuardPromise, GuardRange, Readings
from inspector.core.guards.simulated_faults import MUST_BE_TOLD, Fault
from inspector.core.photo.fingerprint import FINGERPRINT_PX
from inspector.core.photo.measures import PhotoMeasures, working_hw
from inspector.core.promise.session_promise import held_out_sessions, promise_for_new_group, threshold_of_groups
from inspector.core.promise.threshold import Promise, promise_at, threshold_from_good_scores
from inspector.core.values import FloatArray, GuardReading, ScoreMap

FEWEST_GOODS = 20
"""Minimum number of good photos for guards. With fewer, the variation of good photos is not known."""
TAIL = 0.05
"""Share of the good photos whose mean distance is the unit of a side: the furthest photos to that side."""
FEWEST_IN_TAIL = 2
LEAST_FACTOR = 1.0
"""Least extent of a range from its centre, in units. A smaller extent would refuse defects that change a reading
slightly, and no relevant fault."""
SIMULATED = (0, 1, 2)
"""Readings with simulated faults: exposure, blur, noise. Strengths have the same order."""
ESCAPED = 0.025
"""Quantile of the readings of copies with the least fault that must be refused. It marks where photos to refuse
begin."""
AT_MOST = 2.5
"""Largest unit, as a multiple of the distance of the furthest good photos. If all good photos are alike, a wide range
would accept faults that were not simulated, such as strong compression."""
FEWEST_FOR_THAT = 5
"""Minimum number of photos in the tail for `AT_MOST`. With fewer, the tail varies so much that good photos would lie
outside, and all ranges would widen."""
NEIGHBOURS = 3
"""Number of nearest good photos that an embedding is compared with."""
MOST_EMBEDDINGS = 400
_BLOCK = 1_000
"""Number of embeddings whose distances to all others are in memory at once."""
STIFFNESS = np.array([guard.stiffness for guard in GUARDS])

LEAST_USUAL = 1e-6
"""Least usual distance; distances are divided by it."""

GROWN_PX = 2
"""Margin around a region over the limit, in pixels of a fingerprint; the defect may have changed it too."""
LEAST_GAIN_BESIDE = 1.05
"""Least ratio of residuals beside the regions for a displaced part. The ratio is the residual at the nearest allowed
place divided by the residual at the found place."""

PREFIX = "guards."
"""Prefix of the names of the arrays in a bundle."""

Told = Mapping[tuple[int, float], float]


@dataclass(frozen=True, slots=True, eq=False)
class GuardLessons:
    """The data that guards are learned from.

    Parameters
    ----------
    measures : list of PhotoMeasures, length N
        Measures of the good photos, each counted once.
    lessons : Lessons
        Appearances of the good photos and of copies with faults.
    embeddings : ndarray of float32, shape (N, E)
        Embeddings of the good photos by the detector.
    photo_hw : (int, int)
        Height and width of the good photos in pixels.
    sessions : Sessions
        Groups that matter. Each photo is then measured without its whole group, and the promise is for a photo of a new
        group.
    """

    measures: list[PhotoMeasures]
    lessons: Lessons
    embeddings: FloatArray
    photo_hw: tuple[int, int]
    sessions: Sessions = NO_SESSIONS


class Guards:
    """The guards of a model, which check photos.

    Parameters
    ----------
    allowed : GuardPromise
        The allowed ranges and their promise.
    meters : Meters
        The meters for exposure, blur and noise.
    fingerprint : ndarray of float32, shape (48, 48)
        Sum of the good photos' fingerprints.
    embeddings : ndarray of float32, shape (M, E)
        Embeddings of good photos, at length 1.
    usual : float
        Median distance of a good photo's embedding from its nearest neighbours.
    usual_strangeness : float
        Median strangeness of the good photos; 0 in bundles without a range for it.
    photo_hw : (int, int)
        Height and width of the good photos in pixels.
    """

    def __init__(
        self,
        allowed: GuardPromise,
        meters: Meters,
        fingerprint: FloatArray,
        embeddings: FloatArray,
        usual: float,
        usual_strangeness: float,
        photo_hw: tuple[int, int],
    ) -> None:
        self.allowed = allowed
        self._ranges = {one.name: one for one in allowed.ranges}
        self._meters, self._fingerprint, self._embeddings = meters, fingerprint, embeddings
        self._usual, self._usual_strangeness, self._photo_hw = usual, usual_strangeness, photo_hw
        self._mean = MeanPhoto(fingerprint, photo_hw[1] / photo_hw[0])

    def check(self, measures: PhotoMeasures) -> tuple[GuardReading, ...]:
        """Return the readings of a photo that need no backbone."""
        light = self._meters.read(measures.appearance[None])[0]
        place = np.array(self._mean.place(measures.fingerprint).readings())
        strange = self._meters.strangeness(measures.appearance[None]) / max(self._usual_strangeness, 1e-6)
        return self._readings(np.concatenate([light, place, measures.colour, strange]), 0)

    def displaced(
        self, fingerprint: NDArray[np.float16], readings: Readings, score_map: ScoreMap, limit: float
    ) -> bool:
        """Whether a photo's part lies outside the allowed places, judged beside the regions over the limit.

        A missing or bent piece draws the placement towards it. The rest of the part then fits no better there than at
        an allowed place.

        Parameters
        ----------
        fingerprint : ndarray of float16, shape (48, 48)
        readings : sequence of GuardReading
            The readings from `check`.
        score_map : ScoreMap
        limit : float
            Raw score above which a pixel belongs to a region.
        """
        read = {one.name: one for one in readings if one.name in PLACES}
        if not any(one.outside for one in read.values()):
            return False
        found = Placement.of_readings(*(read[name].value for name in PLACES))
        allowed = Placement.of_readings(*(_nearest_allowed(read[name]) for name in PLACES))
        over = cv2.resize(score_map.grid, fingerprint.shape) > limit
        grown = cv2.dilate(over.astype(np.uint8), np.ones((2 * GROWN_PX + 1, 2 * GROWN_PX + 1), np.uint8))
        return self._mean.gain_beside(fingerprint, found, allowed, grown == 0) >= LEAST_GAIN_BESIDE

    def check_embedding(self, embedding: FloatArray) -> GuardReading:
        """Return the reading for a photo's embedding (shape (E,)): its distance from the good photos."""
        distance = _distances(_at_length_one(embedding[None]), self._embeddings)
        return self._readings(distance / self._usual, len(GUARDS) - 1)[0]

    def _readings(self, raw: NDArray[np.float64], first: int) -> tuple[GuardReading, ...]:
        whole = np.zeros(len(GUARDS))
        whole[first : first + len(raw)] = raw
        shown = _shown(whole, self._photo_hw)
        told = [(GUARDS[place].name, float(shown[place])) for place in range(first, first + len(raw))]
        return tuple(self._ranges[name].reading(value) for name, value in told if name in self._ranges)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays for the bundle, under names that begin with `PREFIX`; the manifest stores the ranges."""
        usual = np.array([self._usual, self._usual_strangeness])
        own = {"fingerprint": self._fingerprint, "embeddings": self._embeddings, "usual": usual}
        return {PREFIX + name: array for name, array in (self._meters.arrays() | own).items()}

    @classmethod
    def restore(
        cls,
        allowed: GuardPromise,
        arrays: Mapping[str, NDArray[Any]],
        photo_hw: tuple[int, int],
        width: int | None = None,
    ) -> Guards:
        """Restore guards from a bundle; KeyError if an array is missing, ValueError if it does not fit.

        `width` is the width of the detector's embeddings, if known.
        """
        own = {name.removeprefix(PREFIX): array for name, array in arrays.items() if name.startswith(PREFIX)}
        fingerprint = checked(own, "fingerprint", np.float32, (FINGERPRINT_PX, FINGERPRINT_PX))
        embeddings = checked(own, "embeddings", np.float32, (None, width))
        ranged = [one.name for one in allowed.ranges]
        later = [name for name in LATER if name in ranged]
        if ranged != [one.name for one in GUARDS if one.name not in LATER or one.name in later]:
            raise ValueError("ranges")
        usual, *strange = (float(one) for one in checked(own, "usual", np.float64, (None,)))
        if usual < LEAST_USUAL or len(strange) < len(later) or any(one < 0.0 for one in strange):
            raise ValueError("usual")
        return cls(
            allowed, Meters.restore(own), fingerprint, embeddings, usual, strange[0] if strange else 0.0, photo_hw
        )


def learn_guards(good: GuardLessons, refusal_rate: float) -> Guards:
    """Learn guards from good photos.

    Parameters
    ----------
    good : GuardLessons
        At least `FEWEST_GOODS` photos.
    refusal_rate : float
        Share of good photos that may be refused, in 0..1.

    Returns
    -------
    Guards
    """
    groups = np.asarray(good.sessions.labels() or range(len(good.measures)), dtype=np.intp)
    meters, left_out = learn_meters(replace(good.lessons, groups=groups))
    prints = np.stack([one.fingerprint for one in good.measures])
    places = np.array([one.readings() for one in placements(prints, good.photo_hw[1] / good.photo_hw[0])])
    colours = np.stack([one.colour for one in good.measures])
    embeddings = _at_length_one(good.embeddings)
    # Good photos are compared with the same embeddings as new photos, since fewer neighbours lie further apart.
    spread = np.linspace(0, len(embeddings) - 1, min(len(embeddings), MOST_EMBEDDINGS)).round().astype(int)
    kept = embeddings[spread]
    apart = _distances(embeddings, kept, groups, groups[spread])
    usual, usual_strangeness = (max(float(np.median(one)), LEAST_USUAL) for one in (apart, left_out.strangeness))
    raw = np.column_stack([left_out.good, places, colours, left_out.strangeness / usual_strangeness, apart / usual])
    told = _must_be_told(good.lessons.faults, left_out.faulty)
    return Guards(
        _allowed(raw, told, refusal_rate, good),
        meters,
        np.asarray(prints.astype(np.float32).sum(axis=0), dtype=np.float32),
        kept,
        usual,
        usual_strangeness,
        good.photo_hw,
    )


def _nearest_allowed(reading: GuardReading) -> float:
    low = -math.inf if reading.low is None else reading.low
    return min(max(reading.value, low), math.inf if reading.high is None else reading.high)


def _must_be_told(faults: tuple[Fault, ...], readings: Matrix) -> dict[tuple[int, float], float]:
    """Return the readings where photos to refuse begin, by index of the reading and side.

    `readings` are the readings of the copies, shape (M, 3).
    """
    strengths = np.array([(fault.stops, fault.blur_px, fault.noise) for fault in faults])
    found = {}
    for place in SIMULATED:
        for side in (1.0, -1.0):
            strength = side * strengths[:, place]
            wanted = np.isclose(strength, MUST_BE_TOLD[place])
            if wanted.any():
                found[place, side] = side * float(np.quantile(side * readings[wanted, place], ESCAPED))
    return found


def _allowed(raw: Matrix, told: Told, rate: float, good: GuardLessons) -> GuardPromise:
    photo_hw, groups = good.photo_hw, good.sessions.labels()
    used = [guard.usable(raw[:, place]) for place, guard in enumerate(GUARDS)]
    centres = np.where([guard.from_zero for guard in GUARDS], 0.0, np.median(raw, axis=0))
    above, below = (_Side.of(raw, centres, used, told, side, groups) for side in (1.0, -1.0))
    factor, promise = _factor(np.maximum(above.excursions, below.excursions), rate, good.sessions)
    factors = factor ** (1.0 / STIFFNESS)
    high = _shown(centres + factors * above.units, photo_hw)
    low = _shown(centres - factors * below.units, photo_hw)
    ranges = tuple(
        GuardRange(
            guard.name,
            guard.unit,
            float(low[place]) if below.guarded[place] else None,
            float(high[place]) if above.guarded[place] else None,
        )
        for place, guard in enumerate(GUARDS)
    )
    return GuardPromise(ranges, promise)


@dataclass(frozen=True, slots=True, eq=False)
class _Side:
    """One side of all ranges: the guarded readings, the unit of each reading, and the excursion of each photo."""

    guarded: list[bool]
    units: NDArray[np.float64]
    excursions: NDArray[np.float64]

    @classmethod
    def of(
        cls,
        raw: Matrix,
        centres: NDArray[np.float64],
        used: list[bool],
        told: Told,
        side: float,
        groups: Sequence[int],
    ) -> _Side:
        far = np.maximum(side * (raw - centres), 0.0)
        guarded = [on and guard.guards(side) for on, guard in zip(used, GUARDS, strict=True)]
        floors = np.array([guard.floor for guard in GUARDS])
        margins = np.array([guard.margin for guard in GUARDS])
        common = max(round(TAIL * len(far)), FEWEST_IN_TAIL)
        counts = [FEWEST_IN_TAIL if guard.furthest_two else common for guard in GUARDS]
        tails = [_tail(far[:, place], count, groups) for place, count in enumerate(counts)]
        units, own = np.array([whole for whole, _ in tails]), np.stack([without for _, without in tails], axis=1)
        for place in SIMULATED:
            if (place, side) in told:
                reach = max(side * (told[place, side] - centres[place]), 0.0)
                one = slice(place, place + 1)
                most = AT_MOST if common >= FEWEST_FOR_THAT else math.inf
                units[one], own[:, one] = _between(units[one], reach, most), _between(own[:, one], reach, most)
        units, own = np.maximum(units, floors) * margins, np.maximum(own, floors) * margins
        excursions = (far / own) ** STIFFNESS
        return cls(guarded, units, np.asarray(excursions[:, guarded].max(axis=1, initial=0.0)))


def _between(tails: NDArray[np.float64], reach: float, most: float) -> NDArray[np.float64]:
    """Return units half way from the furthest good photos to photos to refuse, at most `most` times the former."""
    half_way = (tails + reach) / 2.0
    return half_way if math.isinf(most) else np.minimum(half_way, most * tails)


def _tail(far: NDArray[np.float64], count: int, groups: Sequence[int]) -> tuple[float, NDArray[np.float64]]:
    """Return the mean of the `count` largest distances of all photos, and for each photo without its own group."""
    ordered = np.sort(far)[::-1]
    whole = float(ordered[:count].mean())
    if groups:
        labels = np.asarray(groups)
        others = [np.sort(far[labels != group])[::-1][:count].mean() for group in range(max(groups) + 1)]
        return whole, np.asarray(others)[labels]
    without = (ordered[: count + 1].sum() - far) / count
    return whole, np.where(far >= ordered[count - 1], without, whole)


def _factor(excursions: NDArray[np.float64], rate: float, sessions: Sessions) -> tuple[float, Promise]:
    """Return the factor from units to ranges, and its promise.

    With groups, the factor is the limit for a photo of a new group (`inspector.core.promise.session_promise`).

    With too few good photos for the rate, the factor exceeds the largest excursion. The extension is an exponential
    tail; its scale is the mean excess over the median. The promise stays that of the largest excursion.
    """
    chosen = threshold_from_good_scores(list(excursions), rate)
    held_out = held_out_sessions(sessions, list(excursions))
    if held_out is not None:
        factor = max(threshold_of_groups(held_out, chosen, rate).value, LEAST_FACTOR)
        return factor, promise_for_new_group(held_out, factor)
    short = 1.0 / ((len(excursions) + 1) * rate)
    middle = float(np.median(excursions))
    above = excursions[excursions > middle]
    excess = float(above.mean()) - middle if above.size else 0.0
    factor = max(chosen.value + excess * max(math.log(short), 0.0), LEAST_FACTOR)
    return factor, promise_at(list(excursions), factor)


def _shown(raw: NDArray[np.float64], photo_hw: tuple[int, int]) -> NDArray[np.float64]:
    """Return readings of shape (..., G) in shown units: exposure, blur and noise stretched, blur in photo pixels."""
    shown = np.array(raw, dtype=np.float64)
    shown[..., :3] = stretched(raw[..., :3])
    shown[..., 1] *= photo_hw[0] / working_hw(photo_hw)[0]
    return shown


def _at_length_one(embeddings: FloatArray) -> FloatArray:
    lengths = np.maximum(np.linalg.norm(embeddings, axis=1, keepdims=True), 1e-12)
    return np.asarray(embeddings / lengths, dtype=np.float32)


def _distances(
    embeddings: FloatArray,
    goods: FloatArray,
    groups: NDArray[np.intp] | None = None,
    groups_of_goods: NDArray[np.intp] | None = None,
) -> NDArray[np.float64]:
    """Return the mean distance to the nearest good photos outside the photo's own group."""
    largest = 0 if groups_of_goods is None else int(np.bincount(groups_of_goods).max())
    count = max(min(NEIGHBOURS, len(goods) - largest), 1)
    found = []
    for start in range(0, len(embeddings), _BLOCK):
        some = embeddings[start : start + _BLOCK].astype(np.float64)
        squares = np.maximum(2.0 - 2.0 * (some @ goods.astype(np.float64).T), 0.0)
        if groups is not None and groups_of_goods is not None:
            squares[groups[start : start + len(some), None] == groups_of_goods] = np.inf
        nearest = np.partition(squares, count - 1, axis=1)[:, :count]
        found.append(np.sort(np.sqrt(nearest), axis=1).mean(axis=1))
    return np.concatenate(found)
