"""Defect regions of a score map at a threshold."""

from __future__ import annotations

import cv2  # connected components and contours: array routines, faster than own code
import numpy as np

from inspector.core.values import FloatArray, Region, ScoreMap


def find_regions(score_map: ScoreMap, threshold: float, photo_hw: tuple[int, int]) -> list[Region]:
    """Find the connected areas with scores above the threshold, highest peak first.

    Parameters
    ----------
    score_map : ScoreMap
        Raw scores over the whole photo.
    threshold : float
        Raw score; scores strictly above it count.
    photo_hw : (int, int)
        Height and width of the photo in pixels, into which boxes, outlines and areas are scaled.

    Returns
    -------
    list of Region
        Empty exactly when ``score_map.score <= threshold``. Pixels that touch at a corner belong to one region.
    """
    dense = score_map.dense()
    # In double precision, like the verdict: a threshold rounded to the map's precision could equal the score.
    above = (dense.astype(np.float64) > threshold).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(above, connectivity=8)
    scale_yx = (photo_hw[0] / dense.shape[0], photo_hw[1] / dense.shape[1])
    regions = [_region(dense, labels, label, stats[label], scale_yx) for label in range(1, count)]
    return sorted(regions, key=lambda region: -region.peak)


def _region(
    dense: FloatArray, labels: np.ndarray, label: int, stats: np.ndarray, scale_yx: tuple[float, float]
) -> Region:
    x, y, w, h, area = (int(value) for value in stats)
    box = (slice(y, y + h), slice(x, x + w))  # search only the box, since a low threshold makes hundreds of regions
    inside = labels[box] == label
    scale_y, scale_x = scale_yx
    x0, y0 = int(x * scale_x), int(y * scale_y)
    x1, y1 = round((x + w) * scale_x), round((y + h) * scale_y)
    return Region(
        x=x0,
        y=y0,
        w=max(x1 - x0, 1),
        h=max(y1 - y0, 1),
        area_px=max(round(area * scale_x * scale_y), 1),
        peak=float(dense[box][inside].max()),
        outline=_outline(inside, (x, y), scale_yx),
    )


def _outline(
    inside: np.ndarray, offset_xy: tuple[int, int], scale_yx: tuple[float, float]
) -> tuple[tuple[int, int], ...]:
    contours, _ = cv2.findContours(
        inside.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE, offset=offset_xy
    )
    longest = max(contours, key=len).reshape(-1, 2)
    # A contour runs through pixel centres. Half a pixel is added before scaling to keep it at the centres in the photo.
    return tuple((int((x + 0.5) * scale_yx[1]), int((y + 0.5) * scale_yx[0])) for x, y in longest)
