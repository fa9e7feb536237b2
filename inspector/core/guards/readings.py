"""The readings of the guards, their names and ranges, and the sentences of a refusal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspector.core.errors import Message
from inspector.core.promise.threshold import FEWEST_GROUPS, Promise
from inspector.core.promise.words import significant
from inspector.core.values import GuardReading, ScoreMap

Readings = Sequence[GuardReading]


@dataclass(frozen=True, slots=True)
class Guard:
    """One kind of reading, learned from the good photos.

    Parameters
    ----------
    name, unit : str
        Name and unit as shown to users.
    too_low, too_high : str
        Meaning of a reading outside the range, as the start of a sentence; empty for an unguarded side.
    advice : str
        Action for the user.
    floor : float
        Least distance from the centre that counts as far, in the reading's unit. A photo of the same scene, saved or
        scaled differently, may read that much.
    margin : float
        Allowed distance as a multiple of the distance of the furthest good photos. It is above 1 where a defect may
        look like a fault, or where only large faults matter. The other guards then get more of the promise.
    stiffness : float
        All ranges widen by a factor f to keep the promise. This range widens by f to the power of 1 / `stiffness`.
    furthest_two : bool
        The unit is the mean distance of the two furthest good photos instead of the furthest twentieth. For readings
        that are mostly 0 and sometimes far off.
    too_wide : float
        Largest spread of the good photos, from the 10 % to the 90 % quantile. Above it there is no usual value, and the
        guard is off.
    from_zero : bool
        Distances count from 0 instead of from the median of the good photos.
    """

    name: str
    unit: str
    too_low: str
    too_high: str
    advice: str
    floor: float
    margin: float = 1.0
    stiffness: float = 1.0
    furthest_two: bool = False
    too_wide: float = np.inf
    from_zero: bool = False

    def guards(self, side: float) -> bool:
        """Whether a side (1: above, -1: below) is guarded."""
        return bool(self.too_high if side > 0.0 else self.too_low)

    def usable(self, readings: NDArray[np.float64]) -> bool:
        """Whether good photos (shape (N,)) have a usual value."""
        low, high = np.quantile(readings, [0.1, 0.9])
        return bool(high - low <= self.too_wide)


_OTHER = "another part, or photographed another way"
_FOCUS = "check the focus, and that the part stands still"
_GAIN = "check the light and the gain of the camera"
_PLACE = "check how the part lies and how the camera is mounted"
_LIGHT = "check the light and the exposure time"
_COLOUR = "check the light and the white balance"
_STRANGE = "light, sharpness and texture of no good photo"
_SCENE = "check what the camera sees, its light and its focus"
_PART = "check that this model was trained on this part"


def _placed(name: str, unit: str, too_low: str, too_high: str, *, floor: float, too_wide: float) -> Guard:
    return Guard(name, unit, too_low, too_high, _PLACE, floor, margin=1.45, furthest_two=True, too_wide=too_wide)


def _cast(name: str, unit: str, too_low: str, too_high: str, *, floor: float) -> Guard:
    return Guard(name, unit, too_low, too_high, _COLOUR, floor, margin=1.8, stiffness=4.0)


GUARDS = (
    Guard("exposure", "stops", "too dark", "too bright", _LIGHT, floor=0.07),
    Guard("blur", "px", "", "out of focus or moved", _FOCUS, floor=0.25, stiffness=4.0),
    Guard("noise", "gray levels", "", "too noisy", _GAIN, floor=1.25, stiffness=4.0),
    _placed("shift right", "%", "too far left", "too far right", floor=0.5, too_wide=12.0),
    _placed("shift down", "%", "too far up", "too far down", floor=0.5, too_wide=12.0),
    _placed("turn", "degrees", "turned clockwise", "turned counter-clockwise", floor=0.4, too_wide=10.0),
    _cast("red", "stops", "too little red", "too much red", floor=0.04),
    _cast("blue", "stops", "too little blue", "too much blue", floor=0.04),
    _cast("colour", "%", "", "too colourful", floor=1.0),
    Guard("strangeness", "times the usual", "", _STRANGE, _SCENE, 0.1, margin=2.75, stiffness=4.0, from_zero=True),
    Guard("unlikeness", "times the usual", "", _OTHER, _PART, 0.1, margin=2.0, stiffness=4.0, from_zero=True),
)
"""The guards, in the order of the readings. Only exposure and placement have stiffness 1. Photos of good parts differ
in these, so their ranges widen to keep the promise. The margin of unlikeness is wide. A large defect also makes a photo
unlike good photos, and the part must be NG."""
LATER = ("strangeness",)
"""Readings that were added later: older bundles have no range for them."""

OVERALL = ("strangeness", "unlikeness")
"""Readings that show that a photo as a whole is unlike the good photos, without naming a fault."""
CASTS = ("red", "blue", "colour")
"""Means over a photo. A missing or soiled piece of the part changes them as a colour cast of the light does."""
PLACES = ("shift right", "shift down", "turn")
"""Readings of the position of the part."""
MOST_LOCATED = 0.5
"""Largest share of a photo over the limit for a located anomaly: the detector recognises the rest as this part."""
CLEARLY = 1.3
"""Score in units of the limit above which an anomaly is located. A fault all over a photo may lift its highest place
slightly over the limit."""

_SHOWN = {"strangeness": "difference in appearance", "unlikeness": "difference in content"}
"""Names in sentences for users, where they differ from the names in files."""
_MOST_DECIMALS = 6

_BY_NAME = {guard.name: guard for guard in GUARDS}


@dataclass(frozen=True, slots=True)
class GuardRange:
    """The allowed range of one guard.

    Parameters
    ----------
    name, unit : str
        Name and unit of the reading.
    low, high : float or None
        Ends of the range in `unit`; None for an unguarded side. Both are None if the guard is off, since the good
        photos differ too much.
    """

    name: str
    unit: str
    low: float | None
    high: float | None

    def reading(self, value: float) -> GuardReading:
        """Return a photo's reading against this range."""
        return GuardReading(self.name, value, self.low, self.high, self.unit)


@dataclass(frozen=True, slots=True)
class GuardPromise:
    """The allowed ranges of the guards, and the share of good photos that they refuse.

    Parameters
    ----------
    ranges : tuple of GuardRange
        The range of each reading, in the order of `GUARDS`.
    promise : Promise
        Share of good photos that are refused. With too few good photos for the requested rate, ranges extend beyond the
        furthest of them. The true share is then lower than promised.
    """

    ranges: tuple[GuardRange, ...]
    promise: Promise


def size_refusal(photo_hw: tuple[int, int], good_hw: tuple[int, int]) -> str | None:
    """Return the reason to refuse a photo of this height and width, or None if it has the size of the good photos.

    Training has the same rule: all good photos have one size, from one camera at one distance. A photo of another size
    shows the part at another scale, cropped or turned.
    """
    if photo_hw == good_hw:
        return None
    return Message(
        f"the photo is {photo_hw[1]} x {photo_hw[0]} pixels, the good photos are {good_hw[1]} x {good_hw[0]}: "
        "its size differs, so it cannot be compared with them",
        "photograph it as the good parts were",
    )


def refusal(readings: Readings) -> str | None:
    """Return the reason to refuse a photo, from its worst reading, or None if all readings are within their ranges."""
    worst = worst_outside(readings)
    return None if worst is None else _sentence(worst)


def located_share(score_map: ScoreMap, limit: float) -> float:
    """Return the share of a photo (0..1) over a limit (raw score); 0 if no place is over `CLEARLY` times the limit."""
    dense = score_map.dense()
    return float((dense > limit).mean()) if float(dense.max()) > CLEARLY * limit else 0.0


def refusal_beside(readings: Readings, located: float, displaced: bool = True) -> str | None:
    """Return the reason to refuse a photo although part of it is over the limit; None if it is to be judged.

    A defect makes a whole photo unlike the good photos, darker and of another colour. If the anomaly is located, and
    the rest is below the limit, the photo shows this part in usual conditions. The region then explains the difference.
    A region can darken and tint a photo. Darkness and tints of the light behave differently. They lift most of a photo
    over the limit, or no place clearly. Too much light, blur and noise still refuse a photo, since they lift single
    places over the limit.

    Parameters
    ----------
    readings : sequence of GuardReading
    located : float
        The result of `located_share`.
    displaced : bool
        Whether the part is displaced, judged beside the regions; see `Guards.displaced`.
    """
    if not 0.0 < located <= MOST_LOCATED:
        return refusal(readings)
    return refusal([reading for reading in readings if _tells_a_fault(reading, displaced)])


def _tells_a_fault(reading: GuardReading, displaced: bool) -> bool:
    """Whether a reading outside its range shows a fault of the photo although a defect is located in it."""
    if reading.name in PLACES:
        return displaced
    if reading.name == "exposure":
        return reading.low is None or reading.value >= reading.low
    return reading.name not in (*OVERALL, *CASTS)


def worst_outside(readings: Readings) -> GuardReading | None:
    """Return the reading furthest outside its range, in widths of the range; None if all are within."""
    return max((reading for reading in readings if reading.outside), key=_excess, default=None)


def value_words(reading: GuardReading) -> str:
    """Return a reading's value as text for users: "+0.52 stops", "1.9 px"."""
    return _with_unit(reading.value, reading)


def range_words(reading: GuardReading | GuardRange) -> str:
    """Return the allowed range as text for users: "-0.20 to +0.24 stops", "up to 1.2 px"; "anything" without ends."""
    low, high = reading.low, reading.high
    if low is not None and high is not None:
        return f"{_number(low, reading)} to {_with_unit(high, reading)}"
    if high is not None:
        return f"up to {_with_unit(high, reading)}"
    return "anything" if low is None else f"at least {_with_unit(low, reading)}"


def guard_promise_words(allowed: GuardPromise | None) -> str:
    """Return the promise of the guards and the names of guards that are off, as one or two sentences."""
    if allowed is None:
        return Message(
            "No guards: any photo of the good photos' size is judged", "guards take at least 20 good photos."
        )
    words = _promise_words(allowed.promise)
    off = [one.name for one in allowed.ranges if one.low is None and one.high is None]
    return f"{words} Not guarded, because the good photos vary too much: {', '.join(off)}." if off else words


def _promise_words(promise: Promise) -> str:
    if 0 < promise.groups < FEWEST_GROUPS:
        return f"{promise.groups} groups are too few to state a rate of refusals for a new group."
    rate = significant(100.0 * promise.rate, upwards=promise.groups > 0)
    rate, parts = (f"up to {rate}", "good parts of a new group") if promise.groups else (rate, "good parts")
    source = f"{promise.groups:,} groups of good photos" if promise.groups else f"{promise.goods:,} good photos"
    return (
        f"Expect {rate} photos of {parts} in 100 to be refused, {100.0 * promise.confidence:.0f} % sure it is "
        f"under {significant(100.0 * promise.under, upwards=True)}, from {source}."
    )


def _sentence(reading: GuardReading) -> str:
    measured = f"{_SHOWN.get(reading.name, reading.name)} {value_words(reading)}, allowed {range_words(reading)}"
    guard = _BY_NAME[reading.name]
    below = reading.low is not None and reading.value < reading.low
    return f"{guard.too_low if below else guard.too_high}: {measured}; {guard.advice}"


def _excess(reading: GuardReading) -> float:
    """Return the distance of a reading outside its range, in widths of the range."""
    low, high = reading.low, reading.high
    width = high - low if low is not None and high is not None else abs(high if high is not None else low or 0.0)
    over = max(reading.value - high if high is not None else 0.0, low - reading.value if low is not None else 0.0)
    return over / max(width, 1e-9)


def _number(value: float, reading: GuardReading | GuardRange) -> str:
    signed = "+" if reading.low is not None and reading.high is not None else ""
    value = value if abs(value) >= 0.005 else 0.0  # avoids "-0.00 px"
    return f"{value:{signed}.{_decimals(value) + _more_decimals(reading)}f}"


def _decimals(value: float) -> int:
    return 0 if abs(value) >= 100.0 else 1 if abs(value) >= 10.0 else 2


def _more_decimals(reading: GuardReading | GuardRange) -> int:
    """Return the number of extra decimals that distinguish a value outside its range from the end of the range."""
    if isinstance(reading, GuardRange) or not reading.outside:
        return 0
    ends = [end for end in (reading.low, reading.high) if end is not None]

    def alike(more: int) -> bool:
        return any(f"{end:.{_decimals(end) + more}f}" == f"{reading.value:.{_decimals(end) + more}f}" for end in ends)

    return next((more for more in range(_MOST_DECIMALS) if not alike(more)), _MOST_DECIMALS)


def _with_unit(value: float, reading: GuardReading | GuardRange) -> str:
    return f"{_number(value, reading)} {reading.unit}".rstrip()
