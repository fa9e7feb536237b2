"""How many bits a value of a photo has, found once for a model and used for every photo of it.

Files of 8 bits state their scale, and so do files that pack 10, 12 or 14 bits. A file of 16 bits does not: a camera's
values of 12 bits lie in it as 0 to 4095. Scaled as 16 bits, only 16 gray levels of these would remain.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from inspector.core.errors import Message

Bits = Literal[8, 10, 12, 14, 16]
DEPTHS: tuple[Bits, ...] = get_args(Bits)
"""Bits a value that cameras give."""
FULL: Bits = 16
"""Bits of the files whose scale is in doubt."""
SPARE_BITS = 4
"""A photo whose brightest value leaves so many of the upper bits unused uses a sixteenth of the range at most."""
ALIGNED_STEP = 16
"""Values that are all multiples of this are of 12 bits or fewer, shifted up to fill 16, however dark they are."""
NEXT_BITS = 2
"""From one depth to the next. A photo of the next smaller depth uses a quarter of the range at most."""
LEAST_OF_GOOD = 1 / 2
"""A photo that fits the next smaller depth must reach this share of the lowest brightest value of the good photos."""


class DepthBy(StrEnum):
    """How a depth was found."""

    FORMER = "former"
    """Not at all: the rule of models that were made before depths were found."""
    FORMAT = "format"
    """All good photos are files of 8 bits, or of packed values."""
    TAGS = "tags"
    """The good photos' files say it."""
    VALUES = "values"
    """It is the smallest depth that holds the good photos' values."""
    HAND = "hand"
    """A person chose it."""


@dataclass(frozen=True, slots=True)
class StoredRange:
    """The values of one photo as its file stores them.

    Parameters
    ----------
    scale : int or None
        Bits a value, where the format states them: 8, those of packed values, and 16 where values were shifted up.
        None for the files of 16 bits whose scale is in doubt.
    declared : Bits or None
        Bits that are in use, as the file says, as the next larger depth; None where it says nothing, or 16.
    peak : int
        The brightest value of any channel. 0 where the scale is stated.
    step : int
        The largest power of two that divides every value, at most 2**15.
    """

    scale: int | None = None
    declared: Bits | None = None
    peak: int = 0
    step: int = 1

    @property
    def deep(self) -> bool:
        """Whether the scale is in doubt."""
        return self.scale is None

    @property
    def own_bits(self) -> Bits | None:
        """Bits a value as the file says, or None where it says nothing, or its values were shifted up all the same."""
        if self.scale is not None:
            return _depth_for(self.scale)
        if self.declared is None or self.peak >> self.declared:
            return None
        shifted = self.peak > 0 and self.step >= 1 << (FULL - self.declared)
        return None if shifted else self.declared


def range_of(values: NDArray[np.uint16], scale: int | None, declared: int | None) -> StoredRange:
    """Return the range of stored values of any shape; `declared` as the file says it."""
    if scale is not None:
        return StoredRange(scale)
    used = int(np.bitwise_or.reduce(values, axis=None)) if values.size else 0
    step = used & -used if used else 1
    said = None if declared is None else _depth_for(declared)
    return StoredRange(None, None if said == FULL else said, int(values.max(initial=0)), step)


def _depth_for(bits: int) -> Bits:
    return next((depth for depth in DEPTHS if depth >= bits), FULL)


@dataclass(frozen=True, slots=True)
class PixelDepth:
    """The one rule that scales all photos of a model to 8 bits.

    Parameters
    ----------
    bits : int
        Bits a value in files of 16 bits, one of `DEPTHS`. Files of 8 bits and of packed values state their own.
    floor : int
        Lowest brightest value of a photo in such a file; a lower one is taken for a photo of another depth.
    by : DepthBy
        How it was found.
    """

    bits: Bits = FULL
    floor: int = 0
    by: DepthBy = DepthBy.FORMER

    @property
    def top(self) -> int:
        """The largest value that there can be."""
        return (1 << self.bits) - 1

    def problem(self, photo: StoredRange) -> str | None:
        """Return why a photo must not be scaled by this rule, or None if it may."""
        if not photo.deep or self.by is DepthBy.FORMER:
            return None
        if photo.peak > self.top:
            return (
                f"its values reach {photo.peak}, and the good photos have {self.bits} bits a value, up to {self.top}; "
                "save it with the good photos' bit depth, or train again with this depth"
            )
        own = photo.own_bits
        if own is not None and own != self.bits and self.by is not DepthBy.HAND:
            return (
                f"the file says that it has {own} bits a value, and the good photos have {self.bits}; "
                "save it with the good photos' bit depth, or train again with this depth"
            )
        if photo.peak < self.floor:
            return Message(
                f"its brightest value is {photo.peak}, and photos of {self.bits} bits a value that resemble the good "
                f"ones reach {self.floor} at least",
                "check its bit depth and its exposure",
            )
        return None


FORMER_DEPTH = PixelDepth()
"""The rule of former models: the upper 8 of 16 bits."""


def to_eight_bits(values: NDArray[np.uint16], scale: int | None, depth: PixelDepth) -> NDArray[np.uint8]:
    """Scale stored values (uint16, any shape) to uint8 by dropping the lower bits; what exceeds the depth is white.

    `scale` is as `StoredRange` has it.
    """
    bits = depth.bits if scale is None else scale
    cut: NDArray[np.uint16] = np.minimum(values >> np.uint16(bits - 8), np.uint16(255))
    return cut.astype(np.uint8)


@dataclass(frozen=True, slots=True)
class FoundDepth:
    """The depth of a good set, and the files that it was found from.

    Parameters
    ----------
    depth : PixelDepth
        The rule.
    deep : int
        Photos whose scale is in doubt: files of 16 bits.
    others : int
        All others.
    brightest : int
        The brightest value of the deep ones.
    """

    depth: PixelDepth
    deep: int
    others: int
    brightest: int

    @property
    def worth_telling(self) -> bool:
        """Whether there is more to say than that all photos have 8 bits."""
        return self.deep > 0 or self.depth.bits != 8


def find_depth(photos: Iterable[StoredRange], chosen: Bits | None = None) -> FoundDepth:
    """Find the one depth of a good set.

    Where at least half of the 16-bit files say how many bits they use, and hold no larger value, the most frequent of
    these depths is taken. Else it is 16 if all values are multiples of 16 and more than a sixteenth of the range is
    used, as programs do that shift values up. Else it is the smallest of `DEPTHS` that holds the brightest value of
    all photos. Files that state their scale decide only where there are no others.

    Parameters
    ----------
    photos : iterable of StoredRange
        Of all good photos.
    chosen : Bits or None
        A depth that a person chose, one of `DEPTHS`; None finds it.

    Returns
    -------
    FoundDepth
        Photos of the set that `PixelDepth.problem` objects to are in the way of training.
    """
    every = list(photos)
    deep = [one for one in every if one.deep]
    brightest = max((one.peak for one in deep), default=0)
    bits, by = (chosen, DepthBy.HAND) if chosen is not None else _bits(every, deep, brightest)
    return FoundDepth(PixelDepth(bits, _floor(deep, bits), by), len(deep), len(every) - len(deep), brightest)


def _bits(every: Sequence[StoredRange], deep: Sequence[StoredRange], brightest: int) -> tuple[Bits, DepthBy]:
    if not deep:
        return _depth_for(max((one.scale or FULL for one in every), default=8)), DepthBy.FORMAT
    declared = Counter(own for one in deep if (own := one.own_bits) is not None)
    if 2 * declared.total() >= len(deep):
        return max(declared, key=lambda bits: (declared[bits], bits)), DepthBy.TAGS
    shifted = min((one.step for one in deep if one.peak), default=1)
    if shifted >= ALIGNED_STEP and brightest >> (FULL - SPARE_BITS):
        return FULL, DepthBy.VALUES
    return _depth_for(brightest.bit_length()), DepthBy.VALUES


def _floor(deep: Sequence[StoredRange], bits: int) -> int:
    """Return the lowest brightest value of a photo of this depth: a sixteenth of the range, and up to a quarter."""
    if bits == 8:
        return 0
    sixteenth, quarter = 1 << (bits - SPARE_BITS), 1 << (bits - NEXT_BITS)
    peaks = sorted(one.peak for one in deep if one.peak < 1 << bits)
    if not peaks:
        return sixteenth
    if peaks[len(peaks) // 2] < sixteenth:  # a dark set, or a depth that a person chose larger than it is
        return int(LEAST_OF_GOOD * peaks[0])
    least = next(peak for peak in peaks if peak >= sixteenth)
    return max(sixteenth, min(quarter, int(LEAST_OF_GOOD * least)))
