"""Conversion of industrial cameras' pixels to uint8 RGB.

Codes and layouts follow the GenICam Pixel Format Naming Convention (PFNC) 2.4 and its table of 32-bit values. Formats
of 10 to 16 bits are the unpacked ones: a little-endian 16-bit word for each value, with the value in its low bits.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inspector.core.errors import Message
from inspector.core.values import ImageRGB

# OpenCV names a Bayer pattern by its second row and column, PFNC by its first: PFNC's RG is OpenCV's BG.
_TO_RGB = {
    "mono": cv2.COLOR_GRAY2RGB,
    "BayerGR": cv2.COLOR_BayerGB2RGB,
    "BayerRG": cv2.COLOR_BayerBG2RGB,
    "BayerGB": cv2.COLOR_BayerGR2RGB,
    "BayerBG": cv2.COLOR_BayerRG2RGB,
    "BGR": cv2.COLOR_BGR2RGB,
    "RGBa": cv2.COLOR_RGBA2RGB,
    "BGRa": cv2.COLOR_BGRA2RGB,
}


@dataclass(frozen=True, slots=True)
class PixelFormat:
    """Memory layout of the pixels of a PFNC format.

    Parameters
    ----------
    name : str
        Name in PFNC and in the camera, such as ``BayerRG8``.
    code : int
        PFNC's 32-bit value.
    layout : str
        ``mono``, ``RGB``, ``BGR``, ``RGBa``, ``BGRa`` or ``Bayer`` with its pattern.
    channels : int
        Number of values per pixel.
    bits : int
        Number of bits of a value; above 8, a value takes two bytes.
    """

    name: str
    code: int
    layout: str
    channels: int
    bits: int


def _colour(name: str, code: int, channels: int) -> PixelFormat:
    return PixelFormat(name, code, name.removesuffix("8"), channels, 8)


def _mono(bits: int, code: int) -> PixelFormat:
    return PixelFormat(f"Mono{bits}", code, "mono", 1, bits)


def _bayer(bits: int, first_code: int) -> list[PixelFormat]:
    patterns = ("BayerGR", "BayerRG", "BayerGB", "BayerBG")
    return [PixelFormat(f"{name}{bits}", first_code + i, name, 1, bits) for i, name in enumerate(patterns)]


# Best first: a camera whose current format is not readable is switched to the first of these formats that it offers.
_FORMATS = (
    _colour("RGB8", 0x02180014, 3),
    _colour("BGR8", 0x02180015, 3),
    *_bayer(8, 0x01080008),
    *_bayer(12, 0x01100010),
    *_bayer(10, 0x0110000C),
    *_bayer(16, 0x0110002E),
    _colour("RGBa8", 0x02200016, 4),
    _colour("BGRa8", 0x02200017, 4),
    _mono(8, 0x01080001),
    _mono(12, 0x01100005),
    _mono(10, 0x01100003),
    _mono(14, 0x01100025),
    _mono(16, 0x01100007),
)
PIXEL_FORMATS = {pixels.code: pixels for pixels in _FORMATS}
"""The readable formats by PFNC code, best first."""


class PixelsUnreadable(ValueError):
    """The pixel format is not readable, or there are too few bytes for the picture."""


def no_readable_format(offered: Iterable[str]) -> str:
    """Return the sentence for a camera that offers no readable pixel format."""
    readable = ", ".join(pixels.name for pixels in _FORMATS)
    return Message(
        f"the camera offers only pixel formats that cannot be read ({', '.join(offered)})", f"readable are {readable}"
    )


def to_rgb(data: NDArray[np.uint8], width: int, height: int, code: int, padding: int = 0) -> ImageRGB:
    """Return a camera's picture as uint8 RGB in newly allocated memory.

    Parameters
    ----------
    data : ndarray of uint8, shape (N,)
        The bytes as sent, row by row; extra bytes at the end are allowed.
    width, height : int
        Size of the picture in pixels, > 0.
    code : int
        PFNC's value of the format.
    padding : int
        Bytes after each row that are not pixels.

    Returns
    -------
    ndarray of uint8, shape (H, W, 3)
        Values of more than 8 bits are divided by a power of two, so that the format's whole range becomes 0 to 255.
        Bayer patterns are demosaiced by OpenCV's bilinear interpolation.

    Raises
    ------
    PixelsUnreadable
        The format is none of `PIXEL_FORMATS`, or `data` is too short.
    """
    pixels = PIXEL_FORMATS.get(code)
    if pixels is None:
        raise PixelsUnreadable(f"pixel format 0x{code:08X}")
    values = _eight_bits(_rows(data, width, height, pixels, padding), pixels.bits)
    if pixels.layout == "RGB":
        return np.array(values.reshape(height, width, 3))
    shape = (height, width) if pixels.channels == 1 else (height, width, pixels.channels)
    return np.asarray(cv2.cvtColor(values.reshape(shape), _TO_RGB[pixels.layout]), np.uint8)


def _rows(data: NDArray[np.uint8], width: int, height: int, pixels: PixelFormat, padding: int) -> NDArray[np.uint8]:
    used = width * pixels.channels * (2 if pixels.bits > 8 else 1)
    needed = height * (used + padding)
    # Cameras often do not send the padding of the last row.
    if data.size < needed - padding:
        raise PixelsUnreadable(f"{data.size} bytes where {width} x {height} pixels of {pixels.name} take {needed}")
    if padding == 0:
        return data[:needed].reshape(height, used)
    whole = np.zeros(needed, np.uint8)
    whole[: min(needed, data.size)] = data[:needed]
    return whole.reshape(height, used + padding)[:, :used]


def _eight_bits(rows: NDArray[np.uint8], bits: int) -> NDArray[np.uint8]:
    if bits == 8:
        return np.ascontiguousarray(rows)
    words = np.ascontiguousarray(rows).view("<u2")
    # Values above the declared bits violate the convention and would wrap round to black; they are clipped to white.
    clipped: NDArray[np.uint16] = np.minimum(words >> np.uint16(bits - 8), np.uint16(255))
    return clipped.astype(np.uint8)
