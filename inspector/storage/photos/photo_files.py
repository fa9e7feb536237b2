"""Opening of files as photos: each file is checked against its header and for completeness, and then decoded.

Decoders raise many kinds of errors; here, every problem of a file becomes an `ImageError`.
"""

from __future__ import annotations

import io
import os
import re
import stat
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile, UnidentifiedImageError

from inspector.core.errors import ImageTooLarge, ImageUnreadable, Message
from inspector.core.photo.pixel_depth import FULL
from inspector.storage.photos.deep_values import pnm_highest, promises_deep_values, with_pnm_values
from inspector.storage.photos.photo_claims import DECODING, MAX_FILE_BYTES, check_claim, check_scans
from inspector.storage.photos.photo_completeness import (
    CutShort,
    Walked,
    check_deflated,
    check_strips,
    ends_in_zeros,
    stops_within_a_row,
    walk,
    webp_hw,
)
from inspector.storage.photos.photo_formats import (
    FEWEST_BYTES_TO_TELL,
    FORMATS,
    FORMATS_IN_WORDS,
    PhotoFormat,
    format_of,
)
from inspector.storage.photos.photo_headers import MOST_PAGES, MOST_STRIPS, tiff_pages, too_many_segments

# Replaced by the limit of photo_claims: Pillow's limit only warns and depends on the release.
Image.MAX_IMAGE_PIXELS = None
# Pillow warns of unusual metadata in photos that it then decodes, or refuses with its own error. The filter is set once
# for its modules: warnings.catch_warnings changes the whole process and must not be used from several threads.
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")

BROKEN = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    AssertionError,
    EOFError,
    ArithmeticError,
    RuntimeError,
    MemoryError,
    struct.error,
    zlib.error,
)
"""Errors that Pillow's decoders raise on damaged or hostile files."""

_TILE_WIDTH_TAG, _TILE_HEIGHT_TAG = 0x0142, 0x0143
_STRIP_TAGS = ((0x0111, 0x0117), (0x0144, 0x0145))
_COMPRESSION_TAG, _ORIENTATION_TAG = 0x0103, 0x0112
_FEWEST_ZEROS = 512
_WITHOUT_END = (1, 2, 3, 4, 32771)
"""No compression, and the fax compressions."""
_DEFLATE = (8, 32946)
_MOST_INFLATED_PER_PIXEL = 16

_SLOW_DECODERS = {"bmp_rle", "ppm_plain"}
"""Decoders that Pillow implements in plain Python: about a second for two megabytes, blocking all other threads."""
_MOST_SLOW_BYTES = 8 * 2**20


@contextmanager
def opened(path: Path) -> Iterator[Image.Image]:
    """Open a photo up to its header, and translate errors that occur while it is in use; see `whole`."""
    with _open_file(path) as file, _decoding(file, path) as image:
        yield image


@contextmanager
def whole(path: Path) -> Iterator[tuple[Image.Image, bytes]]:
    """Open and decode a photo, and reserve its memory while the block runs; yields the image and the file's content.

    Raises
    ------
    ImageUnreadable, ImageTooLarge
        As for `images.read_image`; errors that Pillow raises in the block are converted too.
    """
    with _open_file(path) as file:
        with _decoding(file, path) as image:
            needed = _needed_bytes(image, file.seek(0, os.SEEK_END))
        with DECODING.taken(path, needed):
            # Read at once, so that the checked content is the decoded content even if another program writes to the
            # file.
            try:
                file.seek(0)
                content = file.read()
            except (OSError, MemoryError) as error:
                raise ImageUnreadable(path, _broken(error)) from error
            with _loaded(content, path) as image:
                yield image, content


@contextmanager
def whole_content(content: bytes, path: Path) -> Iterator[tuple[Image.Image, bytes]]:
    """Decode the bytes of a file; see `whole`."""
    with _decoding(io.BytesIO(content), path) as image:
        needed = _needed_bytes(image, len(content))
    with DECODING.taken(path, needed), _loaded(content, path) as image:
        yield image, content


@contextmanager
def _loaded(content: bytes, path: Path) -> Iterator[Image.Image]:
    """Decode the content of a file, after checking that it is one complete photo."""
    with _decoding(io.BytesIO(content), path) as image:
        form = _format(image)
        walked = _walked(form, content, path)
        if walked.largest_hw is not None:
            check_claim(path, form, walked.largest_hw, _bits(image, content), len(content))
        check_scans(path, stored_hw(image), walked.scans)
        pages = _pages(image, walked, content)
        if pages > 1:
            raise ImageUnreadable(path, _several(pages))
        if len(content) > _MOST_SLOW_BYTES and image.tile and image.tile[0][0] in _SLOW_DECODERS:
            raise ImageUnreadable(
                path, "a file of this kind and size takes too long to decode", action="save it again as PNG"
            )
        if image.format == "PPM" and _has_own_scale(image):
            deep = _deep_pnm(image, content)
            _check_rows(deep, content, path)
            yield deep
            return
        if image.format == "TIFF":
            _check_strips(image, content, path)
        raw = not form.verifiable and _is_raw(image)
        image.load()
        if raw:
            _check_rows(image, content, path)
        if walked.shortened is not None and _decodes(walked.shortened):
            raise ImageUnreadable(path, _cut_short("its pixels end in zeros"))
        yield image


def _decodes(content: bytes) -> bool:
    try:
        with Image.open(io.BytesIO(content)) as image:
            image.load()
    except BROKEN:
        return False
    return True


@contextmanager
def _decoding(file: BinaryIO, path: Path) -> Iterator[ImageFile.ImageFile]:
    try:
        head = file.read(FEWEST_BYTES_TO_TELL)
        form = format_of(head)
        if form is None:
            raise ImageUnreadable(path, _no_photo())
        file_bytes = file.seek(0, os.SEEK_END)
        if form.name == "WEBP":
            check_claim(path, form, webp_hw(head), 24, file_bytes)
        elif form.name == "GIF":
            file.seek(0)
            check_claim(path, form, _walked(form, file.read(), path).largest_hw or (0, 0), 8, file_bytes)
        elif form.name == "TIFF" and any(page.strips > MOST_STRIPS for page in tiff_pages(file)):
            raise ImageUnreadable(path, "the photo has too many strips or tiles to read", action="save it again as PNG")
        elif too_many_segments(form.name, file):
            raise ImageUnreadable(path, "the photo has too much data before its pixels", action="save it again as PNG")
        file.seek(0)
        with Image.open(file, formats=(form.name,)) as image:
            check_claim(path, form, _claimed_hw(image), _bits(image, head), file_bytes)
            yield image
    except BROKEN as error:
        raise ImageUnreadable(path, _broken(error)) from error


def _walked(form: PhotoFormat, content: bytes, path: Path) -> Walked:
    try:
        return walk(form.name, content)
    except CutShort as error:
        raise ImageUnreadable(path, _cut_short(str(error))) from error


def _format(image: Image.Image) -> PhotoFormat:
    return FORMATS["JPEG" if image.format == "MPO" else image.format or ""]


def _needed_bytes(image: Image.Image, file_bytes: int) -> int:
    height, width = _claimed_hw(image)
    decoders = 2 if promises_deep_values(image) else 1
    return height * width * _format(image).bytes_per_pixel * decoders + file_bytes


def _claimed_hw(image: Image.Image) -> tuple[int, int]:
    """Return the height and width for which memory is taken: those of a TIFF's tile if it is larger than the photo."""
    height, width = stored_hw(image)
    tags = getattr(image, "tag_v2", {})
    tile_height, tile_width = int(tags.get(_TILE_HEIGHT_TAG, 0)), int(tags.get(_TILE_WIDTH_TAG, 0))
    return (tile_height, tile_width) if tile_height * tile_width > height * width else (height, width)


def _bits(image: Image.Image, head: bytes) -> int:
    """Return the bits per pixel, all channels together."""
    if image.format == "PNG":
        return head[24] * {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}.get(head[25], 1)
    return {"1": 1, "I": 32, "F": 32}.get(
        image.mode, 16 if image.mode.startswith("I;16") else 8 * len(image.getbands())
    )


def _pages(image: ImageFile.ImageFile, walked: Walked, content: bytes) -> int:
    """Return the number of pages or frames; if a TIFF has a single such page, go to it."""
    if image.format == "AVIF":
        return int(getattr(image, "n_frames", 1))
    if image.format == "PPM":
        return 2 if _followed_by_another(image, content) else 1
    if image.format != "TIFF":
        return walked.pictures
    pages = tiff_pages(io.BytesIO(content))
    own = [number for number, page in enumerate(pages) if page.own]
    if len(own) == 1 and own[0]:
        image.seek(own[0])
    return max(len(own), 1)


def _check_strips(image: Image.Image, content: bytes, path: Path) -> None:
    tags = getattr(image, "tag_v2", {})
    starts, lengths = next((kind for kind in _STRIP_TAGS if kind[0] in tags), _STRIP_TAGS[0])
    if starts in tags and lengths in tags:
        try:
            compression = tags.get(_COMPRESSION_TAG, 1)
            strips = list(zip(tags[starts], tags[lengths], strict=False))
            check_strips(content, strips, compression not in _WITHOUT_END)
            if compression in _DEFLATE:
                height, width = _claimed_hw(image)
                check_deflated(content, strips, _MOST_INFLATED_PER_PIXEL * height * width)
        except CutShort as error:
            raise ImageUnreadable(path, _cut_short(str(error))) from error


def _is_raw(image: Image.Image) -> bool:
    """Return whether a photo that is not decoded yet stores its rows uncompressed, one after another."""
    tags = getattr(image, "tag_v2", {})
    return tags.get(_COMPRESSION_TAG, 1) == tags.get(_ORIENTATION_TAG, 1) == 1 and _STRIP_TAGS[1][0] not in tags


def _check_rows(image: Image.Image, content: bytes, path: Path) -> None:
    """Check that raw pixels do not stop within a row, in a format that does not mark its end."""
    if not ends_in_zeros(content, _FEWEST_ZEROS):
        return
    rows = np.asarray(image)
    bottom_up = image.format == "BMP" and struct.unpack_from("<i", content, 22)[0] > 0
    if stops_within_a_row(rows[::-1] if bottom_up else rows):
        raise ImageUnreadable(path, _cut_short("its pixels stop in the middle of a row"))


def _followed_by_another(image: ImageFile.ImageFile, content: bytes) -> bool:
    """Return whether a second picture directly follows a binary PNM, as its specification allows."""
    decoder, _, offset, details = _first_tile(image)
    if decoder == "ppm_plain":
        return False
    row_bits = image.width * (1 if image.mode == "1" else 8 * len(image.getbands()))
    deep = image.mode == "I" or (decoder == "ppm" and details[1] > 255)
    end = offset + -(-row_bits // 8) * image.height * (2 if deep else 1)
    return re.match(rb"\s*P[1-6]\s", content[end : end + 16]) is not None


def _first_tile(image: ImageFile.ImageFile) -> tuple[str, Any, int, Any]:
    """Return the decoder, extents, offset and details that Pillow chose for the file."""
    decoder, extents, offset, details = image.tile[0]
    return decoder, extents, offset, details


def _has_own_scale(image: ImageFile.ImageFile) -> bool:
    """Return whether Pillow would scale the values of a PNM individually and lose depth."""
    decoder = _first_tile(image)[0]
    return decoder == "ppm" or (decoder == "ppm_plain" and pnm_highest(image) > 255)


def _deep_pnm(image: ImageFile.ImageFile, content: bytes) -> Image.Image:
    """Return a PNM with its own values, which Pillow does not keep.

    Gray becomes 16 bits and colour 8 bits, both from 0 to the largest value. An image of more than 8 bits carries its
    values.
    """
    highest, bands = pnm_highest(image), len(image.getbands())
    values = np.minimum(_pnm_values(image, content), highest).astype(np.uint32)
    values *= 65535
    values //= highest
    deep = values.astype(np.uint16).reshape((image.height, image.width) + (bands,) * (bands > 1))
    made = Image.fromarray(deep if bands == 1 else (deep // 257).astype(np.uint8))
    return made if highest <= 255 else with_pnm_values(made, deep, None if highest == 65535 else FULL)


def _pnm_values(image: ImageFile.ImageFile, content: bytes) -> NDArray[np.integer]:
    decoder, _, offset, _ = _first_tile(image)
    count = image.width * image.height * len(image.getbands())
    if decoder == "ppm_plain":
        words = re.sub(rb"#[^\r\n]*", b"", content[offset:]).split()[:count]
        return np.array(words).astype(np.uint32)
    return np.frombuffer(content, ">u2" if pnm_highest(image) > 255 else "u1", count, offset)


def _open_file(path: Path) -> BinaryIO:
    try:
        kind = os.stat(path)
        if stat.S_ISDIR(kind.st_mode):
            raise ImageUnreadable(path, "this is a folder, not a photo", action="choose a file")
        if not stat.S_ISREG(kind.st_mode):  # a pipe would block for ever
            raise ImageUnreadable(path, "this is not an ordinary file", action="choose a photo")
        if kind.st_size > MAX_FILE_BYTES:
            raise ImageTooLarge(
                path, f"the file is larger than {MAX_FILE_BYTES >> 30} GiB", action="make the photo smaller"
            )
        if kind.st_size == 0:
            raise ImageUnreadable(path, "the file is empty", action="copy or take the photo again")
        return path.open("rb")
    except OSError as error:
        raise ImageUnreadable(path, _unopened(error)) from error
    except ValueError as error:  # a NUL in the name
        raise ImageUnreadable(path, "no file can have this name", action="check the path") from error


def _unopened(error: OSError) -> str:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return Message("there is no such file", "check the path, or whether the drive is still connected")
    if isinstance(error, PermissionError):
        return Message("reading this file is not allowed", "change its permissions or copy it elsewhere")
    return Message(f"the file cannot be opened ({error.strerror or error})", "check the drive or copy it elsewhere")


def _broken(error: BaseException) -> str:
    if isinstance(error, UnidentifiedImageError):
        return Message("the photo is cut short or damaged (its header cannot be read)", "copy or take it again")
    if isinstance(error, MemoryError):
        return Message(
            "there is not enough memory to read this photo", "close other programs, or make the photo smaller"
        )
    return Message(f"the photo is cut short or damaged ({error})", "copy or take it again")


def _no_photo() -> str:
    return f"this is not a photo that Inspector can read ({FORMATS_IN_WORDS}), or its beginning is damaged"


def _cut_short(sign: str) -> str:
    return Message(f"the photo is cut short: {sign}", "copy or take it again")


def _several(pages: int) -> str:
    number = f"{pages} or more" if pages >= MOST_PAGES else str(pages)
    return Message(
        f"the file holds {number} pictures, and Inspector judges one a file", "save each as a file of its own"
    )


def stored_hw(image: Image.Image) -> tuple[int, int]:
    """Return the height and width in which the pixels are stored, before rotation."""
    if image.format != "TIFF":
        return image.height, image.width
    tags = getattr(image, "tag_v2", {})  # releases of Pillow differ on whether a TIFF's size is rotated
    return int(tags[257]), int(tags[256])
