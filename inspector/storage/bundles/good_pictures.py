"""Small pictures of the good photos with patches in the memory bank; they illustrate explanations.

A bundle holds them in two arrays: all JPEG files in sequence, and the start of each file. The number of a photo is the
number that the rows of the memory bank refer to. Photos without a row have no picture.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inspector.core.errors import BundleCorrupt, ImageError
from inspector.core.photo.resizing import resize_image
from inspector.core.progress import CancelToken, OnProgress, Progress, ignore_progress
from inspector.core.values import ImageRGB
from inspector.storage.photos.images import decode_image, encode_jpeg

PICTURES, STARTS = "pictures", "pictures_at"
_ROWS_OF = "bank_photos"

BUDGET_BYTES = 8 << 20
"""Limit for all pictures together, whatever the number of good photos."""
SCALES = (1.0, 0.5, 0.25)
"""Scales to try, largest first. All pictures of a bundle have one size, except pictures that were added later."""
QUALITY = 85


def remembered_photos(arrays: Mapping[str, NDArray[Any]]) -> list[int]:
    """Return the numbers of the photos that have rows in the memory bank (or in an ensemble's banks), ascending."""
    rows = [array for name, array in arrays.items() if name == _ROWS_OF or name.endswith("." + _ROWS_OF)]
    return [int(number) for number in np.unique(np.concatenate(rows))] if rows else []


def picture_arrays(
    photos: Sequence[ImageRGB],
    numbers: Sequence[int],
    size_hw: tuple[int, int],
    *,
    report: OnProgress = ignore_progress,
    token: CancelToken | None = None,
) -> dict[str, NDArray[Any]]:
    """Encode pictures of good photos as JPEG files.

    Parameters
    ----------
    photos : sequence of ndarray of uint8, each (H, W, 3)
        All counted good photos, in order; the photos in `numbers` are read one at a time.
    numbers : sequence of int
        From `remembered_photos`.
    size_hw : (int, int)
        Working size of the backbone in pixels. Pictures have this size, or half or a quarter of it in each direction
        where they would exceed `BUDGET_BYTES`. If the smallest size exceeds it too, the last photos get no picture.
    report, token
        Progress, and the request to stop.

    Returns
    -------
    dict of str to ndarray
        ``pictures`` uint8 (bytes,) and ``pictures_at`` int64 (photos + 1,); empty without photos.
    """
    sizes = [(max(round(size_hw[0] * scale), 1), max(round(size_hw[1] * scale), 1)) for scale in SCALES]
    encoded: list[dict[int, bytes]] = [{} for _ in sizes]
    for done, number in enumerate(numbers, start=1):
        if token is not None:
            token.check()
        seen = resize_image(photos[number], size_hw)
        for files, hw in zip(encoded, sizes, strict=True):
            files[number] = encode_jpeg(resize_image(seen, hw), QUALITY)
        report(Progress("storing pictures of good photos", done, len(numbers)))
    fitting = [files for files in encoded if sum(map(len, files.values())) <= BUDGET_BYTES]
    chosen = fitting[0] if fitting else _within_budget(encoded[-1])
    return _packed([chosen.get(number, b"") for number in range(len(photos))]) if chosen else {}


def with_pictures(
    arrays: Mapping[str, NDArray[Any]], before: int, photos: Iterable[ImageRGB], size_hw: tuple[int, int]
) -> dict[str, NDArray[Any]]:
    """Return the arrays of `picture_arrays` with the pictures of more photos added; the budget is not applied.

    Parameters
    ----------
    arrays : mapping of str to ndarray
        A bundle's arrays. Without pictures, the earlier photos have none.
    before : int
        Number of photos that are numbered already.
    photos : iterable of ndarray of uint8
        The photos to add; they get the next numbers.
    size_hw : (int, int)
        Size of the pictures in pixels.
    """
    files = [_file(arrays, number) for number in range(before)]
    return _packed([*files, *(encode_jpeg(resize_image(photo, size_hw), QUALITY) for photo in photos)])


def check_pictures(arrays: Mapping[str, NDArray[Any]]) -> None:
    """Check that a bundle's pictures can be cut out of its arrays; a bundle may have none.

    Raises
    ------
    ValueError
        The arrays are inconsistent.
    """
    if PICTURES not in arrays and STARTS not in arrays:
        return
    pictures, starts = arrays.get(PICTURES), arrays.get(STARTS)
    if pictures is None or starts is None or pictures.dtype != np.uint8 or starts.dtype != np.int64:
        raise ValueError(PICTURES)
    if pictures.ndim != 1 or starts.ndim != 1 or not len(starts) or starts[0] != 0 or starts[-1] != len(pictures):
        raise ValueError(STARTS)
    if (np.diff(starts) < 0).any():
        raise ValueError(STARTS)


def good_picture(arrays: Mapping[str, NDArray[Any]], number: int, bundle: Path) -> ImageRGB | None:
    """Return the picture of a photo by its number, uint8 RGB; None if the bundle has no picture of it.

    Raises
    ------
    BundleCorrupt
        The stored bytes are not a picture.
    """
    content = _file(arrays, number)
    if not content:
        return None
    try:
        return decode_image(content, bundle)
    except ImageError as error:
        raise BundleCorrupt(bundle, "a picture of a good photo in it is damaged", action="train again") from error


def _file(arrays: Mapping[str, NDArray[Any]], number: int) -> bytes:
    starts = arrays.get(STARTS)
    if starts is None or not 0 <= number < len(starts) - 1:
        return b""
    return bytes(arrays[PICTURES][int(starts[number]) : int(starts[number + 1])])


def _packed(files: Sequence[bytes]) -> dict[str, NDArray[Any]]:
    starts = np.array([0, *accumulate(map(len, files))], dtype=np.int64)
    return {PICTURES: np.frombuffer(b"".join(files), dtype=np.uint8), STARTS: starts}


def _within_budget(files: dict[int, bytes]) -> dict[int, bytes]:
    ends = accumulate(map(len, files.values()))
    return {number: file for (number, file), end in zip(files.items(), ends, strict=True) if end <= BUDGET_BYTES}
