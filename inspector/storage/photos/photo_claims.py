"""What a photo's header claims, held against its file and this computer's memory before anything is decoded."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Condition

from inspector.core.errors import ImageTooLarge, ImageUnreadable
from inspector.storage.photos.photo_formats import PhotoFormat

MAX_PIXELS = 200_000_000
"""A file that claims more pixels is refused before it is decoded: a few bytes can claim terabytes."""

MAX_FILE_BYTES = 2**31
"""A larger file is refused before it is read."""

FREE_PIXELS = 4_000_000
"""Up to here an empty picture may be tiny, such as the mask of a good photo: decoding it costs little."""

MAX_SCANS = 50
MAX_SCANNED_PIXELS = 2_500_000_000
"""Scans of one JPEG, and pixels times scans: each scan goes over the whole photo. Programs write ten or so."""

DECODING_BYTES = 3 * 2**30
"""Memory for all photos that are being decoded at one time."""


def check_pixels(path: Path, width: int, height: int) -> None:
    """Make sure that a photo does not claim more pixels than Inspector accepts.

    Raises
    ------
    ImageTooLarge
        It does.
    """
    if width * height > MAX_PIXELS:
        raise ImageTooLarge(
            path,
            f"the file claims {width} x {height} pixels, more than the {MAX_PIXELS // 1_000_000} megapixels that "
            "Inspector accepts",
            action="make the photo smaller, or check whether the file is damaged",
        )


def check_claim(path: Path, form: PhotoFormat, hw: tuple[int, int], bits: int, file_bytes: int) -> None:
    """Make sure that the file is large enough for the pixels that its header claims.

    Parameters
    ----------
    path : Path
        For the error.
    form : PhotoFormat
        The file's format.
    hw : (int, int)
        Claimed height and width in pixels.
    bits : int
        Bits per pixel, all channels together.
    file_bytes : int
        The file's size.

    Raises
    ------
    ImageTooLarge
        More pixels than `MAX_PIXELS`.
    ImageUnreadable
        No photo of this size is in so few bytes.
    """
    height, width = hw
    check_pixels(path, width, height)
    impossible = form.name == "PNG" or height * width > FREE_PIXELS
    if impossible and height * width * bits // 8 > form.densest * file_bytes + 4096:
        raise ImageUnreadable(
            path,
            f"the photo is cut short or damaged (it claims {width} x {height} pixels, which its {file_bytes} bytes "
            "cannot hold)",
            action="copy or take it again",
        )


def check_scans(path: Path, hw: tuple[int, int], scans: int) -> None:
    """Make sure that a JPEG can be decoded in reasonable time.

    Raises
    ------
    ImageUnreadable
        It has so many scans that decoding it would take minutes.
    """
    if scans > MAX_SCANS or scans * hw[0] * hw[1] > MAX_SCANNED_PIXELS:
        raise ImageUnreadable(
            path,
            f"the photo is written in {scans} scans, which take too long to decode",
            action="save it again as JPEG or PNG",
        )


class DecodingMemory:
    """The memory that photos may take while they are decoded; one that does not fit beside others waits for them.

    Parameters
    ----------
    budget_bytes : int
        For all of them together.
    """

    def __init__(self, budget_bytes: int) -> None:
        self._budget = budget_bytes
        self._taken = 0
        self._changed = Condition()

    @contextmanager
    def taken(self, path: Path, needed_bytes: int) -> Iterator[None]:
        """Hold memory for one photo while the block lasts.

        Raises
        ------
        ImageTooLarge
            It does not fit even alone.
        """
        if needed_bytes > self._budget:
            raise ImageTooLarge(
                path,
                f"decoding the photo takes {needed_bytes / 2**30:.1f} GiB of memory, more than the "
                f"{self._budget / 2**30:.1f} GiB that Inspector uses for it",
                action="make the photo smaller",
            )
        with self._changed:
            self._changed.wait_for(lambda: self._taken + needed_bytes <= self._budget)
            self._taken += needed_bytes
        try:
            yield
        finally:
            with self._changed:
                self._taken -= needed_bytes
                self._changed.notify_all()


def _budget_bytes() -> int:
    """Return `DECODING_BYTES`, or half of this computer's memory if that is less."""
    if not hasattr(os, "sysconf"):
        return DECODING_BYTES
    return min(DECODING_BYTES, os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2)


DECODING = DecodingMemory(_budget_bytes())
"""Shared by all threads of the program."""
