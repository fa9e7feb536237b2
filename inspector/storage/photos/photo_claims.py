"""Checks of the size that a photo's header claims, against its file and this computer's memory, before decoding."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Condition

from inspector.core.errors import ImageTooLarge, ImageUnreadable
from inspector.storage.photos.photo_formats import PhotoFormat

MAX_PIXELS = 200_000_000
"""Maximum number of pixels; a larger claim is refused before decoding. A few bytes can claim terabytes."""

MAX_FILE_BYTES = 2**31
"""Maximum file size in bytes; a larger file is refused before it is read."""

FREE_PIXELS = 4_000_000
"""Up to this size, an empty picture (such as the mask of a good photo) may be tiny, because decoding costs little."""

MAX_SCANS = 50
MAX_SCANNED_PIXELS = 2_500_000_000
"""Maximum scans of a JPEG, and maximum pixels times scans: each scan covers the whole photo. About ten are usual."""

DECODING_BYTES = 3 * 2**30
"""Memory for all photos that are decoded at the same time."""


def check_pixels(path: Path, width: int, height: int) -> None:
    """Check that a photo does not claim more pixels than Inspector accepts.

    Raises
    ------
    ImageTooLarge
        It claims more than `MAX_PIXELS`.
    """
    if width * height > MAX_PIXELS:
        raise ImageTooLarge(
            path,
            f"the file claims {width} x {height} pixels, more than the {MAX_PIXELS // 1_000_000} megapixels that "
            "Inspector accepts",
            action="make the photo smaller, or check whether the file is damaged",
        )


def check_claim(path: Path, form: PhotoFormat, hw: tuple[int, int], bits: int, file_bytes: int) -> None:
    """Check that the file is large enough for the pixels that its header claims.

    Parameters
    ----------
    path : Path
        The file, for the error.
    form : PhotoFormat
        The file's format.
    hw : (int, int)
        Claimed height and width in pixels.
    bits : int
        Bits per pixel, all channels together.
    file_bytes : int
        Size of the file.

    Raises
    ------
    ImageTooLarge
        The photo has more pixels than `MAX_PIXELS`.
    ImageUnreadable
        The file is too small for a photo of this size.
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
    """Check that a JPEG can be decoded in reasonable time.

    Raises
    ------
    ImageUnreadable
        The JPEG has so many scans that decoding would take minutes.
    """
    if scans > MAX_SCANS or scans * hw[0] * hw[1] > MAX_SCANNED_PIXELS:
        raise ImageUnreadable(
            path,
            f"the photo is written in {scans} scans, which take too long to decode",
            action="save it again as JPEG or PNG",
        )


class DecodingMemory:
    """The memory for decoding photos; a photo that does not fit beside others waits for them.

    Parameters
    ----------
    budget_bytes : int
        Memory for all photos together.
    """

    def __init__(self, budget_bytes: int) -> None:
        self._budget = budget_bytes
        self._taken = 0
        self._changed = Condition()

    @contextmanager
    def taken(self, path: Path, needed_bytes: int) -> Iterator[None]:
        """Reserve memory for a photo while the block runs.

        Raises
        ------
        ImageTooLarge
            The photo exceeds the budget even alone.
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
