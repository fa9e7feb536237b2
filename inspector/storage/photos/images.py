"""The only conversion between image files and uint8 RGB photos.

Pillow decodes here, not OpenCV, because a wrong picture is worse than a slow one. Pillow refuses a truncated file,
which OpenCV does not promise in all releases. It reads the claimed size before it decodes. It writes nothing to stderr.
It reads from an open file, so that any file name works on any system. OpenCV is about twice as fast on JPEG (7 against
14 ms for 3 megapixels); the detector takes longer than either.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inspector.core.errors import ImageDepthWrong, ImageUnreadable, ResultsError
from inspector.core.photo.pixel_depth import FORMER_DEPTH, DepthBy, PixelDepth, StoredRange, to_eight_bits
from inspector.core.values import ImageRGB
from inspector.storage.atomic import replacing, write_problem
from inspector.storage.photos.deep_values import deep_values, promises_deep_values, stores_deep_values
from inspector.storage.photos.photo_claims import MAX_PIXELS
from inspector.storage.photos.photo_files import BROKEN, opened, stored_hw, whole, whole_content
from inspector.storage.photos.photo_formats import IMAGE_SUFFIXES
from inspector.storage.photos.photo_list import list_images

__all__ = [
    "IMAGE_SUFFIXES",
    "MAX_PIXELS",
    "date_taken",
    "decode_image",
    "encode_indexed_png",
    "encode_jpeg",
    "encode_png",
    "image_size",
    "list_images",
    "read_image",
    "read_on_white",
    "stored_range",
    "write_image",
]

_ORIENTATION_TAG = 0x0112
_EXIF_BLOCK, _DATE_TAKEN_TAG = 0x8769, 0x9003

_TURNS: dict[int, Callable[[NDArray[np.uint8]], NDArray[np.uint8]]] = {
    1: lambda rgb: rgb,
    2: lambda rgb: rgb[:, ::-1],
    3: lambda rgb: rgb[::-1, ::-1],
    4: lambda rgb: rgb[::-1],
    5: lambda rgb: rgb.transpose(1, 0, 2),
    6: lambda rgb: np.rot90(rgb, -1),
    7: lambda rgb: rgb[::-1, ::-1].transpose(1, 0, 2),
    8: lambda rgb: np.rot90(rgb, 1),
}
"""EXIF orientation to the function that turns the photo upright."""


def read_image(path: Path, depth: PixelDepth = FORMER_DEPTH) -> ImageRGB:
    """Read a photo.

    Parameters
    ----------
    path : Path
        A photo in one of `FORMATS`, whatever its suffix.
    depth : PixelDepth
        Depth of the model or the good set. The default is for photos that belong to no model.

    Returns
    -------
    ndarray of uint8, shape (H, W, 3)
        RGB, rotated by the EXIF orientation, writable and owned by the caller. Gray photos have three equal channels.
        Values of more than 8 bits are scaled by `depth`, never by a photo's own range. An alpha channel is dropped:
        colours stay as stored and are not blended with a background.

    Raises
    ------
    ImageUnreadable
        The file is missing, a folder, not allowed, empty, truncated or not an image. Or it has several pages or frames,
        so many scans that decoding takes minutes, or a pixel type without a fixed scale.
    ImageTooLarge
        The file claims more than `MAX_PIXELS`, or decoding it takes more memory than `DECODING_BYTES`.
    ImageDepthWrong
        The photo's values do not have this depth.
    """
    with whole(path) as (image, content):
        return _pixels(image, content, path, depth)


def stored_range(path: Path) -> StoredRange:
    """Return the range of values that a photo stores and its file declares; the bit depth is determined from it.

    A file of 8 bits is not decoded.

    Raises
    ------
    ImageUnreadable, ImageTooLarge
        As for `read_image`.
    """
    with opened(path) as image:
        if not promises_deep_values(image):
            return StoredRange(8)
    with whole(path) as (image, content):
        return deep_values(image, content, path).range() if stores_deep_values(image, content) else StoredRange(8)


def read_on_white(path: Path, long_side: int) -> ImageRGB:
    """Read a drawing, such as a logo; transparent areas become white, like paper.

    Parameters
    ----------
    path : Path
        As for `read_image`.
    long_side : int
        Maximum long side in pixels; a larger drawing is reduced.

    Returns
    -------
    ndarray of uint8, shape (H, W, 3)
        RGB.

    Raises
    ------
    ImageUnreadable, ImageTooLarge
        As for `read_image`.
    """
    with whole(path) as (image, _content):
        drawn = image.convert("RGBA")
        drawn.thumbnail((long_side, long_side))
        white = Image.new("RGBA", drawn.size, "white")
        return np.array(Image.alpha_composite(white, drawn).convert("RGB"))


def decode_image(content: bytes, path: Path, depth: PixelDepth = FORMER_DEPTH) -> ImageRGB:
    """Return the photo in the bytes of a file, as `read_image` does; `path` is for the error.

    Raises
    ------
    ImageUnreadable, ImageTooLarge
        As for `read_image`.
    """
    with whole_content(content, path) as (image, _content):
        return _pixels(image, content, path, depth)


def image_size(path: Path) -> tuple[int, int]:
    """Return height and width of a photo in pixels, after EXIF rotation, from the file's header alone.

    Raises
    ------
    ImageUnreadable, ImageTooLarge
        As for `read_image`; a photo that is truncated after its header is not detected here.
    """
    with opened(path) as image:
        height, width = stored_hw(image)
        return (width, height) if _orientation(image) >= 5 else (height, width)


def date_taken(path: Path) -> datetime | None:
    """Return the time when the camera took a photo (EXIF DateTimeOriginal), from the file's header alone.

    Returns
    -------
    datetime or None
        Camera time without a time zone. None if the photo has no valid date.

    Raises
    ------
    ImageUnreadable, ImageTooLarge
        As for `image_size`.
    """
    with opened(path) as image:
        try:
            text = image.getexif().get_ifd(_EXIF_BLOCK).get(_DATE_TAKEN_TAG)
            return datetime.strptime(str(text).strip("\0 "), "%Y:%m:%d %H:%M:%S")
        except BROKEN:  # no date, or damaged metadata in a sound photo
            return None


def encode_png(image_rgb: ImageRGB, compress_level: int = 3) -> bytes:
    """Return a uint8 RGB photo of shape (H, W, 3) as the bytes of a lossless PNG file.

    Parameters
    ----------
    image_rgb : ndarray of uint8, shape (H, W, 3)
        The photo.
    compress_level : int
        1 (fast) to 9 (small).
    """
    buffer = io.BytesIO()
    Image.fromarray(image_rgb).save(buffer, "PNG", compress_level=compress_level)
    return buffer.getvalue()


def encode_indexed_png(indices: NDArray[np.uint8], table_rgba: NDArray[np.uint8]) -> bytes:
    """Return a picture of colour indices as the bytes of a PNG file with transparency.

    Parameters
    ----------
    indices : ndarray of uint8, shape (H, W)
        Rows of `table_rgba`.
    table_rgba : ndarray of uint8, shape (256, 4)
        RGBA; alpha not premultiplied.
    """
    picture = Image.fromarray(indices).convert("P")
    picture.putpalette(table_rgba[:, :3].tobytes())
    buffer = io.BytesIO()
    # An eighth larger than at the highest compression level, and nearly three times as fast.
    picture.save(buffer, "PNG", transparency=table_rgba[:, 3].tobytes(), compress_level=3)
    return buffer.getvalue()


def encode_jpeg(image_rgb: ImageRGB, quality: int = 85) -> bytes:
    """Return a uint8 RGB photo of shape (H, W, 3) as the bytes of a JPEG file.

    Parameters
    ----------
    image_rgb : ndarray of uint8, shape (H, W, 3)
        The photo.
    quality : int
        1 (small) to 95 (good).
    """
    buffer = io.BytesIO()
    Image.fromarray(image_rgb).save(buffer, "JPEG", quality=quality, optimize=True)
    return buffer.getvalue()


def write_image(path: Path, image_rgb: ImageRGB) -> None:
    """Write a uint8 RGB photo of shape (H, W, 3) as PNG or JPEG, by its suffix; an existing file is replaced.

    Raises
    ------
    ResultsError
        The suffix is not supported, or the file cannot be written; an existing file is unchanged.
    """
    encoders = {".png": encode_png, ".jpg": encode_jpeg, ".jpeg": encode_jpeg}
    encode = encoders.get(path.suffix.lower())
    if encode is None:
        raise ResultsError(
            path, "pictures are written as .png or .jpg", action="choose a name that ends in one of them"
        )
    try:
        with replacing(path) as temporary:
            temporary.write_bytes(encode(image_rgb))
    except OSError as error:
        raise ResultsError(path, write_problem(error)) from error


def _pixels(image: Image.Image, content: bytes, path: Path, depth: PixelDepth) -> ImageRGB:
    turn = _TURNS[_orientation(image)]
    # Pillow has reduced 16-bit colour to its upper byte, which is the former rule and needs no second decoder. It
    # rounds JPEG 2000 colours up, past white to black.
    deep = image.mode.startswith("I") or image.format == "JPEG2000" or depth.by is not DepthBy.FORMER
    deep = deep and stores_deep_values(image, content)
    rgb = _scaled(image, content, path, depth) if deep else _to_rgb(image, path)
    return np.array(turn(rgb), order="C")


def _scaled(image: Image.Image, content: bytes, path: Path, depth: PixelDepth) -> NDArray[np.uint8]:
    stored = deep_values(image, content, path)
    problem = depth.problem(stored.range()) if depth.by is not DepthBy.FORMER else None
    if problem is not None:
        raise ImageDepthWrong(path, problem)
    scaled = to_eight_bits(stored.values, stored.scale, depth)
    return scaled if scaled.ndim == 3 else np.repeat(scaled[:, :, None], 3, axis=2)


def _to_rgb(image: Image.Image, path: Path) -> NDArray[np.uint8]:
    if image.mode in ("I", "F"):
        sentence = (
            "its pixels are signed, 32-bit or floating-point numbers with no fixed scale; "
            "save the photo with 8 or 16 bits per channel"
        )
        raise ImageUnreadable(path, sentence)
    if image.mode == "P" and "transparency" in image.info:
        image = image.convert("RGBA")  # direct conversion to RGB makes Pillow warn for some of these photos
    return np.asarray(image if image.mode == "RGB" else image.convert("RGB"))


def _orientation(image: Image.Image) -> int:
    try:
        # load() rotates a TIFF and removes the tag.
        value = image.getexif().get(_ORIENTATION_TAG, 1)
    except BROKEN:  # damaged metadata in a sound photo
        return 1
    return value if value in _TURNS else 1
