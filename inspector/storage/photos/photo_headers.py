"""Headers read without a decoder, before the file is decoded: the number of their pieces, and the pages of a TIFF.

Decoders walk through a header in plain Python or take memory for each of its entries. The number of entries is
therefore limited first.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import BinaryIO

MOST_SEGMENTS = 20_000
"""Maximum segments or chunks before the pixels of a JPEG or PNG; colour profiles and thumbnails take some hundred."""

MOST_STRIPS = 200_000
"""Maximum strips or tiles of a TIFF page: enough for 200 megapixels in tiles of 32 pixels."""

MOST_PAGES = 100
"""Maximum pages of a TIFF that are counted."""

_MOST_TAGS = 4_096
_MOST_GARBAGE = 2**16
_KIND_TAG, _STRIP_TAGS = 254, (273, 324)
_SMALLER_COPY, _MASK = 1, 4


@dataclass(frozen=True, slots=True)
class TiffPage:
    """A page of a TIFF.

    Parameters
    ----------
    own : bool
        Whether the page is a separate picture, neither a smaller copy of another page nor a mask.
    strips : int
        Number of strips or tiles of the page.
    """

    own: bool
    strips: int


def too_many_segments(format_name: str, file: BinaryIO) -> bool:
    """Return whether the header of a JPEG or PNG has more than `MOST_SEGMENTS` pieces; False for other formats."""
    step = {"JPEG": _behind_segment, "PNG": _behind_chunk}.get(format_name)
    if step is None:
        return False
    at = 2 if format_name == "JPEG" else 8
    for _ in range(MOST_SEGMENTS):
        behind = step(file, at)
        if behind is None:
            return False
        at = behind
    return True


def _behind_segment(file: BinaryIO, at: int) -> int | None:
    """Return the start of the next segment of a JPEG; None before its pixels or its end."""
    file.seek(at)
    head = file.read(4)
    if len(head) < 4:
        return None
    if head[0] != 0xFF:  # bytes that some cameras leave between segments
        skipped = file.read(_MOST_GARBAGE).find(b"\xff")
        return MOST_SEGMENTS if skipped < 0 else at + 4 + skipped
    if head[1] in (0xDA, 0xD9):
        return None
    if head[1] == 0xFF:
        return at + 1
    return at + 2 + (0 if head[1] in (0xD8, 0x01) else max(struct.unpack_from(">H", head, 2)[0], 2))


def _behind_chunk(file: BinaryIO, at: int) -> int | None:
    """Return the start of the next chunk of a PNG; None before its pixels or its end."""
    file.seek(at)
    head = file.read(8)
    if len(head) < 8 or head[4:] in (b"IDAT", b"IEND"):
        return None
    return at + 12 + int.from_bytes(head[:4], "big")


def tiff_pages(file: BinaryIO) -> list[TiffPage]:
    """Return at most `MOST_PAGES` first pages of a TIFF; fewer if its directory is damaged."""
    file.seek(0)
    head = file.read(16)
    order, big = ("<" if head[:2] == b"II" else ">"), 43 in head[2:4]
    try:
        (at,) = struct.unpack_from(f"{order}Q" if big else f"{order}I", head, 8 if big else 4)
        pages: list[TiffPage] = []
        seen: set[int] = set()
        while at and at not in seen and len(pages) < MOST_PAGES:
            seen.add(at)
            page, at = _tiff_page(file, at, order, big)
            pages.append(page)
    except (struct.error, OverflowError, OSError):
        pass
    return pages


def _tiff_page(file: BinaryIO, at: int, order: str, big: bool) -> tuple[TiffPage, int]:
    file.seek(at)
    (tags,) = struct.unpack(f"{order}Q" if big else f"{order}H", file.read(8 if big else 2))
    size = 20 if big else 12
    if tags > _MOST_TAGS:
        return TiffPage(True, MOST_STRIPS + 1), 0
    entries = file.read(tags * size)
    own, strips = True, 0
    for number in range(tags):
        tag, _, length = struct.unpack_from(f"{order}HH{'Q' if big else 'I'}", entries, number * size)
        if tag == _KIND_TAG:
            (kind,) = struct.unpack_from(f"{order}I", entries, number * size + size - (8 if big else 4))
            own = not kind & (_SMALLER_COPY | _MASK)
        if tag in _STRIP_TAGS:
            strips = max(strips, length)
    (following,) = struct.unpack(f"{order}Q" if big else f"{order}I", file.read(8 if big else 4))
    return TiffPage(own, strips), following
