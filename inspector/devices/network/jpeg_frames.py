"""Decoding of a camera's JPEG into a frame; the claimed size is checked before memory is allocated for it."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from inspector.core.errors import ImageTooLarge, ImageUnreadable, Message
from inspector.core.values import ImageRGB
from inspector.devices.sources import opencv_capture  # noqa: F401  makes OpenCV silent
from inspector.storage.photos.photo_claims import DECODING, check_scans

LARGEST_PIXELS = 64_000_000
"""Maximum number of pixels: twice the picture of an 8K camera."""

PIXELS_PER_BYTE = 400
"""Maximum pixels per byte: 16 x 16 pixels take 6 blocks, and a block takes at least 1 bit."""

BYTES_PER_PIXEL = 12
"""Memory for decoding: coefficients of a progressive JPEG, and the picture twice."""

_SEGMENTS = 2000
"""Maximum segments before the first scan; a camera writes about a dozen."""

_SIZES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_ALONE = frozenset((0x01, *range(0xD0, 0xD8)))
_SCAN = b"\xff\xda"


def decode_frame(jpeg: bytes, name: str) -> ImageRGB:
    """Return the picture, uint8 RGB (H, W, 3).

    Parameters
    ----------
    jpeg : bytes
        The JPEG from its start marker to its end marker.
    name : str
        Name of the source, for errors.

    Raises
    ------
    ImageTooLarge
        The JPEG claims more than `LARGEST_PIXELS`, or needs more memory than is available.
    ImageUnreadable
        The JPEG is damaged, cannot hold the claimed pixels, or takes minutes to decode.
    """
    size = claimed_size(jpeg)
    if size is None:
        raise ImageUnreadable(name, "the picture has no size")
    pixels = size[0] * size[1]
    if pixels > LARGEST_PIXELS:
        sentence = Message(
            f"the camera sends pictures of {size[0]} x {size[1]} pixels, more than the "
            f"{LARGEST_PIXELS // 1_000_000} megapixels that Inspector accepts",
            "choose smaller ones in its settings",
        )
        raise ImageTooLarge(name, sentence)
    if pixels > PIXELS_PER_BYTE * len(jpeg):
        raise ImageUnreadable(name, "the picture does not hold the pixels that it claims")
    check_scans(Path(name), size[::-1], jpeg.count(_SCAN))
    with DECODING.taken(Path(name), BYTES_PER_PIXEL * pixels):
        try:
            bgr = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
        except cv2.error:
            bgr = None
    if bgr is None:
        raise ImageUnreadable(name, "the picture is damaged")
    return cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False)


def claimed_size(jpeg: bytes) -> tuple[int, int] | None:
    """Return width and height that the head of a JPEG claims; None if it claims no size.

    The head is read as libjpeg does, which skips stray bytes between segments.
    """
    place = 2
    for _ in range(_SEGMENTS):
        place = jpeg.find(b"\xff", place)
        while 0 <= place < len(jpeg) and jpeg[place] == 0xFF:
            place += 1
        if place < 0 or place >= len(jpeg):
            return None
        kind = jpeg[place]
        place += 1
        if kind == 0 or kind in _ALONE:
            continue
        segment = jpeg[place : place + 7]
        if kind in _SIZES and len(segment) == 7:
            height, width = int.from_bytes(segment[3:5], "big"), int.from_bytes(segment[5:7], "big")
            return (width, height) if width and height else None
        if kind in (0xD8, 0xD9, 0xDA) or len(segment) < 2:
            return None
        place += max(2, int.from_bytes(segment[:2], "big"))
    return None
