"""Checks whether a photo's file is complete, and how many pictures it holds.

An interrupted copy, or a program that is still writing, often leaves a file of full length whose end is zeros. Most
decoders turn the missing part into gray without an error. This module walks through each format by its own structure:
checksums of PNG, end markers of JPEG, JPEG 2000 and GIF, lengths of all. AVIF has neither, but its arithmetic coder
never writes a long row of zeros. WebP writes such a row for an even area, and then needs each zero. A WebP that decodes
without its last zeros is truncated. BMP, PNM and uncompressed TIFF have no such mark, but a truncated photo stops in
the middle of a row.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST_PIECES = 500_000
"""Maximum chunks, segments or blocks of a file. A photo of 200 megapixels has a third; more would take long."""

_FEWEST_LOST, _CLEARLY_LIT = 4, 8
"""Minimum number of missing pixels in the last row, and minimum value of the pixels above them."""

_MOST_GIF_BLOCKS = 20_000
"""Maximum blocks of a GIF beside its pixels; its decoder walks through them in plain Python."""

EMPTY_ROW = bytes(32)
"""A row of zeros that the coder of AVIF never writes, and those of WebP seldom."""

_EMPTY_END = bytes(12)

_INFLATED_AT_ONCE = 2**16
"""Bytes of Deflate per step, which may expand to 64 MiB of pixels."""

_SPARED = 8
"""Number of zeros removed from the end of a WebP, to test whether its decoder needs them."""

_NEXT_MARKER = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")
"""A marker in a JPEG other than a restart inside a scan or a stuffed 0xFF."""
_SOI, _EOI, _SOS, _TEM = 0xD8, 0xD9, 0xDA, 0x01

_MPF_INDEX = 0xB002


class CutShort(Exception):
    """The file ends before its photo does. The message states the sign of it."""


@dataclass(frozen=True, slots=True)
class Walked:
    """The structure of a file.

    Parameters
    ----------
    pictures : int
        Number of pages or frames; always 1 for TIFF, where only the decoder can count them.
    scans : int
        Number of passes of a decoder over the photo.
    largest_hw : (int, int) or None
        Height and width of the largest picture in the file, if it may differ from the header.
    shortened : bytes or None
        The file without its last zeros. If it can still be decoded, the photo is truncated.
    """

    pictures: int = 1
    scans: int = 1
    largest_hw: tuple[int, int] | None = None
    shortened: bytes | None = None


def walk(format_name: str, content: bytes) -> Walked:
    """Walk through a file to its end.

    Parameters
    ----------
    format_name : str
        A name of `photo_formats.FORMATS`.
    content : bytes
        The whole file.

    Raises
    ------
    CutShort
        A part is missing or altered.
    """
    walker = _WALKERS.get(format_name)
    try:
        return Walked() if walker is None else walker(content)
    except (struct.error, IndexError) as error:  # a field lies after the end of the file
        raise CutShort("its end is missing") from error


def check_strips(content: bytes, strips: Iterable[tuple[int, int]], compressed: bool) -> None:
    """Check that the strips or tiles of a TIFF, given by start and length, are complete.

    Every compression except fax ends a strip with a checksum, an end code or an end marker. Decoders of TIFF stop
    before it, at the last pixel.

    Raises
    ------
    CutShort
        A strip is missing, or a compressed strip ends in zeros.
    """
    for start, length in strips:
        if start + length > len(content):
            raise CutShort("its end is missing")
        if compressed and length > 2 * len(_EMPTY_END) and content.endswith(_EMPTY_END, start, start + length):
            raise CutShort("its end was never written")


def check_deflated(content: bytes, strips: Iterable[tuple[int, int]], most_bytes: int) -> None:
    """Check that the strips of a Deflate-compressed TIFF match their checksums, which decoders ignore.

    The check stops after `most_bytes` of pixels: strips may overlap and hold far more than the photo's rows.

    Raises
    ------
    CutShort
        A strip does not match its checksum.
    """
    view, seen = memoryview(content), 0
    for start, length in strips:
        stream = zlib.decompressobj()
        for at in range(start, start + length, _INFLATED_AT_ONCE):
            try:
                seen += len(stream.decompress(view[at : min(at + _INFLATED_AT_ONCE, start + length)]))
            except zlib.error as error:
                raise CutShort("a checksum does not fit its pixels") from error
            if seen > most_bytes:
                return
            if stream.eof:
                break


def stops_within_a_row(rows: NDArray[Any]) -> bool:
    """Return whether pixels stop in the middle of a row, which no real scene does.

    Parameters
    ----------
    rows : ndarray, shape (H, W) or (H, W, C)
        Pixels in the order of the file.

    Returns
    -------
    bool
        True if everything after a position within a row is zero while the row above is clearly brighter there. A lower
        part that is black from the start of a row is accepted as a real photo.
    """
    brightness = rows.reshape(rows.shape[0], rows.shape[1], -1).max(axis=2)
    lit = np.flatnonzero(brightness.any(axis=1))
    if lit.size == 0 or lit[-1] == 0 or lit[-1] == len(brightness) - 1:
        return False
    last = int(lit[-1])
    stop = int(np.flatnonzero(brightness[last])[-1]) + 1
    before = brightness[last - 1, stop:]
    return len(before) >= _FEWEST_LOST and bool((before >= _CLEARLY_LIT).all())


def ends_in_zeros(content: bytes, fewest: int = 4096) -> bool:
    """Return whether the last `fewest` bytes of a file are zeros, as in a file that is not yet complete."""
    return len(content) >= fewest and not content[-fewest:].strip(b"\0")


def _jpeg(content: bytes) -> Walked:
    scans = _jpeg_scans(content, 0)
    # A phone's second picture (a depth map, a gain map) is not a page to judge. A truncated one shows that the copy was
    # interrupted. Other data after the end marker, such as a film, is not checked.
    for start, length in _phone_pictures(content):
        if content.startswith(b"\xff\xd8\xff", start):
            _jpeg_scans(content, start)
        elif start < len(content) and not content[start : start + length].strip(b"\0"):
            raise CutShort("its second picture is missing")
    return Walked(scans=scans)


def _jpeg_scans(content: bytes, start: int) -> int:
    """Return the number of scans of the JPEG that begins at `start`; it must have an end marker."""
    at, scans = start + 2, 0
    for _ in range(MOST_PIECES):
        found = _NEXT_MARKER.search(content, at)
        if found is None:
            raise CutShort("its end was never written")
        marker, at = content[found.end() - 1], found.end()
        if marker == _EOI and scans:
            return scans
        if marker in (_SOI, _EOI, _TEM):
            continue
        scans += marker == _SOS
        at += struct.unpack_from(">H", content, at)[0]
    raise CutShort("it has too many segments")


def _phone_pictures(content: bytes) -> list[tuple[int, int]]:
    """Return start and length of the further pictures in a JPEG's index of several pictures (CIPA DC-007)."""
    try:
        return list(_indexed_pictures(content))
    except (struct.error, IndexError):  # damaged metadata in a sound photo
        return []


def _indexed_pictures(content: bytes) -> Iterator[tuple[int, int]]:
    at = 2
    while content[at : at + 1] == b"\xff" and content[at + 1] not in (_SOS, _EOI):
        length = struct.unpack_from(">H", content, at + 2)[0]
        if content[at + 1] == 0xE2 and content.startswith(b"MPF\0", at + 4):
            base = at + 8
            for size, offset in _phone_index(content[base : at + 2 + length]):
                if offset:
                    yield base + offset, size
        at += 2 + length


def _phone_index(block: bytes) -> Iterator[tuple[int, int]]:
    order = "<" if block.startswith(b"II") else ">"
    (directory,) = struct.unpack_from(f"{order}I", block, 4)
    (tags,) = struct.unpack_from(f"{order}H", block, directory)
    for number in range(tags):
        tag, _, length, offset = struct.unpack_from(f"{order}HHII", block, directory + 2 + 12 * number)
        if tag == _MPF_INDEX:
            for entry in range(min(length // 16, 100)):
                yield struct.unpack_from(f"{order}II", block, offset + 16 * entry + 4)


def _png(content: bytes) -> Walked:
    at, pictures = 8, 1
    view = memoryview(content)
    for _ in range(MOST_PIECES):
        length, kind = struct.unpack_from(">I4s", content, at)
        end = at + 8 + length
        (checksum,) = struct.unpack_from(">I", content, end)
        # Chunks with a lower-case first letter are metadata, and damage there leaves the photo sound. Frame chunks do
        # matter.
        matters = not kind[0] & 0x20 or kind in (b"acTL", b"fcTL", b"fdAT")
        if matters and zlib.crc32(view[at + 4 : end]) != checksum:
            raise CutShort("a checksum does not fit its pixels")
        if kind == b"acTL":
            (pictures,) = struct.unpack_from(">I", content, at + 8)
        if kind == b"IEND":
            return Walked(pictures)
        at = end + 4
    raise CutShort("it has too many chunks")


def _webp(content: bytes) -> Walked:
    (length,) = struct.unpack_from("<I", content, 4)
    if 8 + length > len(content):
        raise CutShort("its end is missing")
    at, pictures, shortened = 12, 0, None
    for _ in range(MOST_PIECES):
        if at >= length:
            return Walked(max(pictures, 1), shortened=shortened)
        kind, size = struct.unpack_from("<4sI", content, at)
        end = at + 8 + size
        if end > 8 + length or not kind.strip(b"\0"):
            raise CutShort("its end was never written")
        pictures += kind in (b"VP8 ", b"VP8L", b"ANMF")
        if kind in (b"VP8 ", b"VP8L") and size > 64 and content.endswith(EMPTY_ROW, at, end):
            chunk = struct.pack("<4sI", kind, size - _SPARED) + content[at + 8 : end - _SPARED]
            riff = struct.pack("<4sI", b"RIFF", length - _SPARED)
            shortened = riff + content[8:at] + chunk + content[end : 8 + length]
        at = end + size % 2
    raise CutShort("it has too many chunks")


def webp_hw(head: bytes) -> tuple[int, int]:
    """Return the height and width that the first 32 bytes of a WebP claim; its decoder takes memory on opening."""
    if head[12:16] == b"VP8X":
        return 1 + int.from_bytes(head[27:30], "little"), 1 + int.from_bytes(head[24:27], "little")
    if head[12:16] == b"VP8L":
        packed = int.from_bytes(head[21:25], "little")
        return 1 + (packed >> 14 & 0x3FFF), 1 + (packed & 0x3FFF)
    return int.from_bytes(head[28:30], "little") & 0x3FFF, int.from_bytes(head[26:28], "little") & 0x3FFF


def _gif(content: bytes) -> Walked:
    width, height, flags = struct.unpack_from("<HHB", content, 6)
    at, pictures = 13 + _gif_table(flags), 0
    for _ in range(_MOST_GIF_BLOCKS):
        kind = content[at]
        if kind == 0x3B:
            return Walked(max(pictures, 1), largest_hw=(height, width))
        if kind == 0x21:
            at = _behind_blocks(content, at + 2, _MOST_GIF_BLOCKS)
        elif kind == 0x2C:
            pictures += 1
            left, top, own_width, own_height, flags = struct.unpack_from("<HHHHB", content, at + 1)
            width, height = max(width, left + own_width), max(height, top + own_height)
            at = _behind_blocks(content, at + 11 + _gif_table(flags), len(content))
        else:
            raise CutShort("its end was never written")
    raise CutShort("it has too many blocks")


def _gif_table(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _behind_blocks(content: bytes, at: int, most: int) -> int:
    for _ in range(most):
        if not content[at]:
            return at + 1
        at += 1 + content[at]
    raise CutShort("it has too many blocks")


def _jpeg_2000(content: bytes) -> Walked:
    start, end = 0, len(content)
    if not content.startswith(b"\xff\x4f"):
        codestreams = (box[1:] for box in _boxes(content) if box[0] == b"jp2c")
        start, end = next(codestreams, (end, end))
    (length, _, width, height, left, top, tile_width, tile_height) = struct.unpack_from(">HHIIIIII", content, start + 4)
    if not tile_width or not tile_height:
        raise CutShort("its header is damaged")
    tiles = -(-width // tile_width) * -(-height // tile_height)
    if tiles > 20_000:  # each tile takes memory before it is decoded
        raise CutShort(f"it claims {tiles} tiles")
    at = start + 4 + length
    for _ in range(MOST_PIECES):
        marker, length = struct.unpack_from(">HH", content, at)
        if marker == 0xFF90:  # start of a tile part; a part without length extends to the end
            (part,) = struct.unpack_from(">I", content, at + 6)
            at = at + part if part else max(content.rfind(b"\xff\xd9", at, end), at)
            if content[at : at + 2] == b"\xff\xd9":
                return Walked(largest_hw=(height - top, width - left))
            if part < 14 or content[at : at + 2] != b"\xff\x90":
                raise CutShort("its end was never written")
        else:
            at += 2 + length
    raise CutShort("it has too many parts")


def _avif(content: bytes) -> Walked:
    pixels = False
    for kind, start, end in _boxes(content):
        pixels = pixels or kind == b"mdat"
        # At the end only: metadata, which may hold rows of zeros, lies before the pixels.
        if kind == b"mdat" and content.endswith(EMPTY_ROW, start, end):
            raise CutShort("its pixels end in zeros")
    if not pixels:
        raise CutShort("its pixels are missing")
    return Walked()


def _boxes(content: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield kind, start and end of the content of each box of a file; every box must be complete."""
    at = 0
    for _ in range(MOST_PIECES):
        if at == len(content):
            return
        length, kind = struct.unpack_from(">I4s", content, at)
        head = 8
        if length == 1:
            (length,), head = struct.unpack_from(">Q", content, at + 8), 16
        end = at + length if length else len(content)
        if end > len(content) or end < at + head or not kind.strip(b"\0"):
            raise CutShort("its end was never written")
        yield kind, at + head, end
        at = end
    raise CutShort("it has too many boxes")


_WALKERS: dict[str, Callable[[bytes], Walked]] = {
    "JPEG": _jpeg,
    "PNG": _png,
    "WEBP": _webp,
    "GIF": _gif,
    "JPEG2000": _jpeg_2000,
    "AVIF": _avif,
}
