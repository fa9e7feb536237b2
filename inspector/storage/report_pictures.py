"""The pictures inside a report: small enough to send, exact enough to trust."""

from __future__ import annotations

import base64
from dataclasses import dataclass

import cv2
import numpy as np

from inspector.core.errors import ImageError
from inspector.core.heatmap import COLOUR_TABLE, LEVELS, colour_indices
from inspector.core.values import ImageRGB, Inspection, Region
from inspector.storage.images import encode_indexed_png, encode_jpeg, read_image

LONG_SIDE = 640
"""Longest side of an embedded photo in pixels: 500 defects stay near 40 MB, and 80 mm on paper stay sharp."""

JPEG_QUALITY = 82


@dataclass(frozen=True, slots=True)
class PartPictures:
    """A photo and its heatmap as data URIs.

    Parameters
    ----------
    photo : str or None
        JPEG; None where the photo is gone.
    heatmap : str
        PNG of the heatmap alone, clear where nothing is drawn, of the photo's aspect ratio.
    note : str
        Why the photo is not shown; else empty.
    """

    photo: str | None
    heatmap: str
    note: str


def part_pictures(inspection: Inspection, threshold: float) -> PartPictures:
    """Read a judged photo again and make its pictures; a photo that is gone or was replaced is told in the note."""
    assert inspection.photo_hw is not None
    photo, note = _photo(inspection)
    return PartPictures(photo, _heatmap(inspection, threshold, _preview_hw(inspection.photo_hw)), note)


def legend_picture() -> str:
    """Return the colour scale from 0 to SCALE_TOP as the data URI of a PNG one pixel high."""
    indices = np.arange(LEVELS, dtype=np.uint8)[None, :]
    return _data_uri("png", encode_indexed_png(indices, COLOUR_TABLE))


def outline_path(region: Region) -> str:
    """Return a region's outline as the path of an SVG in pixels of the photo; without an outline, its box."""
    left, top, right, bottom = region.x, region.y, region.x + region.w, region.y + region.h
    box = ((left, top), (right, top), (right, bottom), (left, bottom))
    # An outline of one or two points encloses nothing and would not show.
    points = region.outline if len(region.outline) > 2 else box
    return "M" + "L".join(f"{x} {y}" for x, y in points) + "Z"


def _photo(inspection: Inspection) -> tuple[str | None, str]:
    try:
        image_rgb = read_image(inspection.path)
    except ImageError as error:
        return None, f"The photo cannot be shown: {error.sentence}."
    if image_rgb.shape[:2] != inspection.photo_hw:
        return None, "The photo cannot be shown: the file has been replaced since the inspection."
    return _data_uri("jpeg", encode_jpeg(_shrunk(image_rgb), JPEG_QUALITY)), ""


def _heatmap(inspection: Inspection, threshold: float, preview_hw: tuple[int, int]) -> str:
    assert inspection.score_map is not None
    # Scores are enlarged before they are coloured, as in the window: the edge at the limit stays where it is.
    dense = cv2.resize(inspection.score_map.dense(), preview_hw[::-1], interpolation=cv2.INTER_LINEAR)
    indices = colour_indices(np.asarray(dense, dtype=np.float32), threshold)
    return _data_uri("png", encode_indexed_png(indices, COLOUR_TABLE))


def _preview_hw(photo_hw: tuple[int, int]) -> tuple[int, int]:
    factor = min(LONG_SIDE / max(photo_hw), 1.0)
    return max(round(photo_hw[0] * factor), 1), max(round(photo_hw[1] * factor), 1)


def _shrunk(image_rgb: ImageRGB) -> ImageRGB:
    preview_hw = _preview_hw((image_rgb.shape[0], image_rgb.shape[1]))
    if preview_hw == image_rgb.shape[:2]:
        return image_rgb
    return np.asarray(cv2.resize(image_rgb, preview_hw[::-1], interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _data_uri(kind: str, content: bytes) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(content).decode('ascii')}"
