"""Values of more than 8 bits as stored in files, and the bit depth that files declare.

Pillow returns gray values completely, but only the upper byte of 16-bit colours. OpenCV returns the complete colours.
The upper byte of each OpenCV value must equal Pillow's value, so that one decoder checks the other. The values of a PNM
are read without either decoder.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile

from inspector.core.errors import ImageUnreadable, Message
from inspector.core.photo.pixel_depth import FULL, StoredRange, range_of

_BITS_PER_SAMPLE, _MAX_SAMPLE, _SMAX_SAMPLE = 258, 281, 341
_PNG_BITS_AT = 24
_CODESTREAM, _COMPONENT_BITS_AT = b"\xff\x4f\xff\x51", 42
_PNM_VALUES = "values of more than 8 bits"
_FULL_RANGES = {(1 << bits) - 1: bits for bits in range(8, FULL)}
"""Largest value of a range to its bits. Any other number is the photo's own maximum and does not state a range."""


@dataclass(frozen=True, slots=True, eq=False)
class DeepValues:
    """Values of more than 8 bits.

    Parameters
    ----------
    values : ndarray of uint16, shape (H, W) or (H, W, 3)
        Gray or RGB, as stored: neither rotated nor scaled.
    scale : int or None
        As in `StoredRange`.
    declared : int or None
        Number of significant bits of 16, as the file declares it.
    """

    values: NDArray[np.uint16]
    scale: int | None
    declared: int | None = None

    def range(self) -> StoredRange:
        """Return the range of values from which the bit depth is determined."""
        return range_of(self.values, self.scale, self.declared)


def promises_deep_values(image: Image.Image) -> bool:
    """Return whether a photo may store more than 8 bits per value, judged by its header, before it is decoded."""
    if image.mode.startswith("I") or image.format == "JPEG2000":  # Pillow does not report the depth of colours
        return True
    if image.format == "TIFF":
        return _tiff_bits(image) > 8
    if image.format == "PPM":
        return pnm_highest(image) > 255
    return image.format == "PNG" and any(";16" in str(tile[3]) for tile in getattr(image, "tile", ()))


def stores_deep_values(image: Image.Image, content: bytes) -> bool:
    """Return whether a decoded photo stores unsigned integers of more than 8 bits per value.

    Parameters
    ----------
    image : PIL.Image.Image
        The decoded photo.
    content : bytes
        Content of its file.
    """
    if image.mode.startswith("I;16"):
        return True
    if image.format == "PNG":
        return content[_PNG_BITS_AT] > 8
    if image.format == "TIFF":
        return image.mode not in ("I", "F") and _tiff_bits(image) > 8
    if image.format == "JPEG2000":
        return _jpeg2000_bits(content) > 8
    if image.format is None and _PNM_VALUES in image.info:
        return True
    return image.mode == "I" and image.format == "PPM"


def deep_values(image: Image.Image, content: bytes, path: Path) -> DeepValues:
    """Return the values of a photo for which `stores_deep_values` is true.

    Raises
    ------
    ImageUnreadable
        The two decoders read the photo's 16-bit colours differently.
    """
    if image.format is None and _PNM_VALUES in image.info:
        values, scale = image.info[_PNM_VALUES]
        return DeepValues(values, scale)
    if image.mode.startswith("I"):
        scale, declared = _scale(image, content)
        return DeepValues(np.asarray(image).astype(np.uint16), scale, declared)
    if image.format == "JPEG2000":
        bits = _jpeg2000_bits(content)
        return DeepValues(_colours(image, content, path), None if bits >= FULL else bits)
    return DeepValues(_colours(image, content, path), None, _declared_bits(image, content))


def pnm_highest(image: Image.Image) -> int:
    """Return the largest value that a PNM declares, before it is decoded; 255 if it declares none."""
    details = image.tile[0][3] if isinstance(image, ImageFile.ImageFile) and image.tile else None
    return int(details[1]) if isinstance(details, tuple) else 65535 if image.mode == "I" else 255


def with_pnm_values(image: Image.Image, values: NDArray[np.uint16], scale: int | None) -> Image.Image:
    """Return an 8-bit image that carries a PNM's own values, because no mode of Pillow holds 16-bit colours."""
    image.info[_PNM_VALUES] = (values, scale)
    return image


def _scale(image: Image.Image, content: bytes) -> tuple[int | None, int | None]:
    """Return the scale of gray values, or else the number of significant bits, as far as the file states them."""
    if image.format == "TIFF":
        bits = _tiff_bits(image)
        return (None, _declared_bits(image, content)) if bits == FULL else (bits, None)
    if image.format == "JPEG2000":
        return (None, None) if _jpeg2000_bits(content) >= FULL else (FULL, None)  # Pillow has shifted the values up
    if image.format is None:
        return FULL, None  # a PNM that declares its largest value, scaled to 16 bits
    return None, _declared_bits(image, content)


def _colours(image: Image.Image, content: bytes, path: Path) -> NDArray[np.uint16]:
    try:
        stored = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error:
        stored = None
    upper = np.asarray(image if image.mode == "RGB" else image.convert("RGB"))
    if stored is not None and stored.dtype == np.uint16:
        if stored.ndim == 2:
            stored = np.repeat(stored[:, :, None], 3, axis=2)
        rgb = stored[:, :, :3][:, :, ::-1] if stored.shape[2] >= 3 else np.repeat(stored[:, :, :1], 3, axis=2)
        words = np.ascontiguousarray(rgb, np.uint16)
        if words.shape == upper.shape and np.array_equal(_as_pillow(words, image, content), upper):
            return words
    sentence = Message(
        "its 16-bit colours are stored in a form that Inspector cannot read for certain", "save it as RGB PNG"
    )
    raise ImageUnreadable(path, sentence)


def _as_pillow(words: NDArray[np.uint16], image: Image.Image, content: bytes) -> NDArray[np.uint8]:
    """Return the 8 bits that Pillow makes of colours. It rounds JPEG 2000 colours, so that white becomes black."""
    if image.format != "JPEG2000":
        return (words >> np.uint16(8)).astype(np.uint8)
    dropped = _jpeg2000_bits(content) - 8
    return (words.astype(np.uint32) + (1 << dropped >> 1) >> dropped).astype(np.uint8)


def _declared_bits(image: Image.Image, content: bytes) -> int | None:
    """Return the number of significant bits of 16 that the file declares; None if it declares none."""
    if image.format == "PNG":
        return next((bits for bits in _significant_bits(content) if 8 <= bits < FULL), None)
    tags = getattr(image, "tag_v2", {}) if image.format == "TIFF" else {}
    for tag in (_SMAX_SAMPLE, _MAX_SAMPLE):
        stated = tags.get(tag)
        largest = max(stated, default=0) if isinstance(stated, tuple) else stated
        if largest is not None and math.isfinite(largest) and int(largest) in _FULL_RANGES:
            return _FULL_RANGES[int(largest)]
    return None


def _tiff_bits(image: Image.Image) -> int:
    stated = getattr(image, "tag_v2", {}).get(_BITS_PER_SAMPLE, (8,))
    return int(stated[0]) if isinstance(stated, tuple) else int(stated)


def _jpeg2000_bits(content: bytes) -> int:
    at = content.find(_CODESTREAM) + _COMPONENT_BITS_AT
    return (content[at] & 0x7F) + 1 if _COMPONENT_BITS_AT <= at < len(content) else FULL


def _significant_bits(content: bytes) -> tuple[int, ...]:
    """Return the significant bits of each channel from a PNG's sBIT chunk, largest first; empty without the chunk."""
    at = 8
    while at + 8 <= len(content):
        length, kind = int.from_bytes(content[at : at + 4]), content[at + 4 : at + 8]
        if kind == b"sBIT" and length <= 4:
            return tuple(sorted(content[at + 8 : at + 8 + length], reverse=True))
        if kind in (b"IDAT", b"IEND"):
            break
        at += 12 + length
    return ()
