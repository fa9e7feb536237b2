"""The bit depth of photos, found once for a model and used for all its photos.

Files of 8 bits and files of packed 10, 12 or 14 bits state their scale. A file of 16 bits does not: it may hold a
camera's 12-bit values as 0 to 4095. Scaled as 16 bits, only 16 gray levels of these would remain.
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
"""Possible numbers of bits per value."""
FULL: Bits = 16
"""Bits per value of files whose scale is unknown."""
SPARE_BITS = 4
"""Number of unused upper bits at which a photo uses at most a sixteenth of the range."""
ALIGNED_STEP = 16
"""If all values are multiples of this, they have at most 12 bits and were shifted up to fill 16. This holds for dark
photos too."""
NEXT_BITS = 2
"""Difference between two depths in bits. A photo of the next smaller depth uses at most a quarter of the range."""
LEAST_OF_GOOD = 1 / 2
"""Share of the good photos' lowest brightest value that a photo must reach if it fits the next smaller depth."""


class DepthBy(StrEnum):
    """The origin of a depth."""

    FORMER = "former"
    """Not found: the rule of older models, which have no depth."""
    FORMAT = "format"
    """All good photos are files of 8 bits, or of packed values."""
    TAGS = "tags"
    """The good photos' files state it."""
    VALUES = "values"
    """It is the smallest depth that holds the good photos' values."""
    HAND = "hand"
    """The user chose it."""


@dataclass(frozen=True, slots=True)
class StoredRange:
    """The range of a photo's values as stored in its file.

    Parameters
    ----------
    scale : int or None
        Bits per value, if the format states them: 8, the bits of packed values, or 16 if values were shifted up. None
        for files of 16 bits whose scale is unknown.
    declared : Bits or None
        Used bits that the file states, as the next larger depth. None if it states none, or 16.
    peak : int
        The brightest value of any channel; 0 if the scale is stated.
    step : int
        The largest power of two that divides every value, at most 2**15.
    """

    scale: int | None = None
    declared: Bits | None = None
    peak: int = 0
    step: int = 1

    @property
    def deep(self) -> bool:
        """Whether the scale is unknown."""
        return self.scale is None

    @property
    def own_bits(self) -> Bits | None:
        """Bits per value that the file states; None if it states none or its values contradict it."""
        if self.scale is not None:
            return _depth_for(self.scale)
        if self.declared is None or self.peak >> self.declared:
            return None
        shifted = self.peak > 0 and self.step >= 1 << (FULL - self.declared)
        return None if shifted else self.declared


def range_of(values: NDArray[np.uint16], scale: int | None, declared: int | None) -> StoredRange:
    """Return the range of a photo's stored values; `declared` is the number of bits that the file states."""
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
    """The rule that scales all photos of a model to 8 bits.

    Parameters
    ----------
    bits : int
        Bits per value in files of 16 bits, one of `DEPTHS`. Files of 8 bits and of packed values state their own.
    floor : int
        Least brightest value of a photo in such a file. A photo below it counts as a photo of another depth.
    by : DepthBy
        Its origin.
    """

    bits: Bits = FULL
    floor: int = 0
    by: DepthBy = DepthBy.FORMER

    @property
    def top(self) -> int:
        """The largest possible value."""
        return (1 << self.bits) - 1

    def problem(self, photo: StoredRange) -> str | None:
        """Return the reason why this rule must not scale a photo, or None if it may."""
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
"""The rule of older models: the upper 8 of 16 bits."""


def to_eight_bits(values: NDArray[np.uint16], scale: int | None, depth: PixelDepth) -> NDArray[np.uint8]:
    """Scale stored values (uint16, any shape) to uint8 by dropping the lower bits.

    Values beyond the depth become white.

    `scale` is as in `StoredRange`.
    """
    bits = depth.bits if scale is None else scale
    cut: NDArray[np.uint16] = np.minimum(values >> np.uint16(bits - 8), np.uint16(255))
    return cut.astype(np.uint8)


@dataclass(frozen=True, slots=True)
class FoundDepth:
    """The bit depth of a good set, and the numbers of files behind it.

    Parameters
    ----------
    depth : PixelDepth
        The rule.
    deep : int
        Number of photos whose scale is unknown: files of 16 bits.
    others : int
        Number of all other photos.
    brightest : int
        The brightest value of the photos counted in `deep`.
    """

    depth: PixelDepth
    deep: int
    others: int
    brightest: int

    @property
    def worth_telling(self) -> bool:
        """Whether the depth is worth a sentence: not all photos are files of 8 bits."""
        return self.deep > 0 or self.depth.bits != 8


def find_depth(photos: Iterable[StoredRange], chosen: Bits | None = None) -> FoundDepth:
    """Find the common bit depth of a good set.

    The first rule that applies gives the depth. First, the most frequent depth that files state, if at least half of
    the 16-bit files state a depth and hold no larger value. Second, 16, if all values are multiples of 16 and use more
    than a sixteenth of the range: programs shift values up. Third, the smallest of `DEPTHS` that holds the brightest
    value of all photos. Files that state their scale decide only if there are no other files.

    Parameters
    ----------
    photos : iterable of StoredRange
        Ranges of all good photos.
    chosen : Bits or None
        A depth that the user chose, one of `DEPTHS`; None finds it.

    Returns
    -------
    FoundDepth
        Photos of the set with a `PixelDepth.problem` prevent training.
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
    """Return the least brightest value of a photo of this depth: from a sixteenth up to a quarter of the range."""
    if bits == 8:
        return 0
    sixteenth, quarter = 1 << (bits - SPARE_BITS), 1 << (bits - NEXT_BITS)
    peaks = sorted(one.peak for one in deep if one.peak < 1 << bits)
    if not peaks:
        return sixteenth
    if peaks[len(peaks) // 2] < sixteenth:  # a dark set, or the user chose too large a depth
        return int(LEAST_OF_GOOD * peaks[0])
    least = next(peak for peak in peaks if peak >= sixteenth)
    return max(sixteenth, min(quarter, int(LEAST_OF_GOOD * least)))
