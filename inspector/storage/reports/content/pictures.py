"""The pictures in a report: small enough to send, and exact enough to rely on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inspector.core.errors import HistoryError, ImageError, InspectorError
from inspector.core.judging.heatmap import COLOUR_TABLE, LEVELS, colour_indices
from inspector.core.values import ImageRGB, Region, ScoreMap

LONG_SIDE = 640
"""Longest side of an embedded photo in pixels: 500 defects take about 40 MB, and 80 mm on paper stay sharp."""

THUMBNAIL_SIDE = 200
"""Longest side of the photo of a refused part in pixels."""

JPEG_QUALITY = 82

AT_ONCE = 2
"""Number of parts whose pictures are made concurrently. Decoding, scaling and encoding release the interpreter. More
parts would mostly take memory."""

_REPLACED = "the file has been replaced since the inspection"


@dataclass(frozen=True, slots=True, eq=False)
class ReportPictures:
    """A photo and its heatmap at the size that reports show.

    Parameters
    ----------
    photo_rgb : ndarray of uint8, shape (H, W, 3), or None
        The photo; None if it is gone.
    heatmap : ndarray of uint8, shape (H, W), or None
        Rows of `COLOUR_TABLE`, with the photo's aspect ratio; None if the score map is gone.
    note : str
        Why a picture is missing, as a sentence; empty if both are shown.
    """

    photo_rgb: ImageRGB | None
    heatmap: NDArray[np.uint8] | None
    note: str = ""


def part_pictures(
    photo_hw: tuple[int, int],
    threshold: float,
    read_photo: Callable[[], ImageRGB],
    read_map: Callable[[], ScoreMap | None],
) -> ReportPictures:
    """Read a part's photo and score map and make its pictures; the note states a missing or replaced file."""
    photo, heatmap, problem = None, None, ""
    try:
        photo_rgb = read_photo()
        photo = _shrunk(photo_rgb) if photo_rgb.shape[:2] == photo_hw else None
        problem = "" if photo is not None else _REPLACED
    except (ImageError, HistoryError) as error:
        problem = _sentence(error)
    try:
        score_map = read_map()
        heatmap = None if score_map is None else heatmap_indices(score_map, threshold, photo_hw)
    except HistoryError as error:
        problem = problem or _sentence(error)
    what = "The photo" if photo is None else "The heatmap"
    return ReportPictures(photo, heatmap, f"{what} cannot be shown: {problem}." if problem else "")


def heatmap_indices(score_map: ScoreMap, threshold: float, photo_hw: tuple[int, int]) -> NDArray[np.uint8]:
    """Return the rows of `COLOUR_TABLE` for a photo's heatmap at the size that reports show."""
    # Scores are enlarged before they are coloured, as in the window, so that the edge at the limit keeps its place.
    dense = cv2.resize(score_map.dense(), preview_hw(photo_hw)[::-1], interpolation=cv2.INTER_LINEAR)
    return colour_indices(np.asarray(dense, dtype=np.float32), threshold)


def laid_over(pictures: ReportPictures) -> ImageRGB | None:
    """Return the heatmap over the photo, or over gray if the photo is gone; None without a heatmap."""
    if pictures.heatmap is None:
        return None
    colours = COLOUR_TABLE[pictures.heatmap]
    ground = np.full_like(colours[..., :3], 227) if pictures.photo_rgb is None else pictures.photo_rgb
    alpha = colours[..., 3:].astype(np.float32) / np.float32(255.0)
    return np.asarray(np.rint(ground * (1.0 - alpha) + colours[..., :3] * alpha), dtype=np.uint8)


def legend_indices() -> NDArray[np.uint8]:
    """Return the colour scale from 0 to SCALE_TOP as rows of `COLOUR_TABLE`, one pixel high."""
    return np.arange(LEVELS, dtype=np.uint8)[None, :]


def outline_points(region: Region) -> tuple[tuple[int, int], ...]:
    """Return a region's outline in pixels of the photo; without an outline, its box."""
    left, top, right, bottom = region.x, region.y, region.x + region.w, region.y + region.h
    # An outline of one or two points encloses no area and would be invisible.
    return region.outline if len(region.outline) > 2 else ((left, top), (right, top), (right, bottom), (left, bottom))


def preview_hw(photo_hw: tuple[int, int]) -> tuple[int, int]:
    """Return height and width of the pictures of a photo."""
    factor = min(LONG_SIDE / max(photo_hw), 1.0)
    return max(round(photo_hw[0] * factor), 1), max(round(photo_hw[1] * factor), 1)


def thumbnail(image_rgb: ImageRGB) -> ImageRGB:
    """Return the whole photo at the size of a list of parts: at most `THUMBNAIL_SIDE` pixels on the long side."""
    factor = min(THUMBNAIL_SIDE / max(image_rgb.shape[:2]), 1.0)
    height, width = (max(round(side * factor), 1) for side in image_rgb.shape[:2])
    return np.asarray(cv2.resize(image_rgb, (width, height), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _shrunk(image_rgb: ImageRGB) -> ImageRGB:
    small_hw = preview_hw((image_rgb.shape[0], image_rgb.shape[1]))
    if small_hw == image_rgb.shape[:2]:
        return image_rgb
    return np.asarray(cv2.resize(image_rgb, small_hw[::-1], interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _sentence(error: InspectorError) -> str:
    return error.sentence.rstrip(".")
