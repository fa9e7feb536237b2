"""Forecast of the size of a report and of the time to write it."""

from __future__ import annotations

import time
from dataclasses import dataclass

from inspector.storage.photos.images import encode_jpeg
from inspector.storage.reports.content.pictures import AT_ONCE, JPEG_QUALITY
from inspector.storage.reports.content.report import Report

WORTH_TELLING_S = 5.0
"""Minimum writing time in seconds for which the user sees a forecast."""

PROBED = 3
"""Number of parts whose pictures are made as a sample."""

ROUGH_BYTES, ROUGH_SECONDS = 80_000, 0.15
"""Bytes and seconds for a part with pictures, without a sample."""

_LISTED_BYTES, _LISTED_SECONDS = 400, 0.004
_FRAME_BYTES = 60_000


@dataclass(frozen=True, slots=True)
class ReportForecast:
    """Forecast for a report as HTML or PDF, from a sample of its pictures.

    Parameters
    ----------
    pictured : int
        Parts with photo and heatmap.
    listed : int
        Other parts with a line.
    size_bytes : int
        Size of the file.
    seconds : float
        Time to write the file.
    """

    pictured: int
    listed: int
    size_bytes: int
    seconds: float


def rough_forecast(
    pictured: int, listed: int, bytes_each: float = ROUGH_BYTES, seconds_each: float = ROUGH_SECONDS
) -> ReportForecast:
    """Return the forecast for a report with these numbers of parts.

    Parameters
    ----------
    pictured, listed : int
        Parts with pictures, and other parts with a line.
    bytes_each, seconds_each : float
        Bytes and seconds for each part with pictures.
    """
    size = _FRAME_BYTES + pictured * bytes_each + listed * _LISTED_BYTES
    return ReportForecast(pictured, listed, round(size), pictured * seconds_each + listed * _LISTED_SECONDS)


def forecast_report(report: Report) -> ReportForecast:
    """Make the pictures of a sample of a report's parts, and return the forecast for the whole report.

    Raises
    ------
    HistoryError
        The history cannot be read.
    """
    kinds = (report.refused_and_ng, report.defects, report.missed, report.unsure)
    lines = sum(len(numbers) for numbers in (*kinds, report.not_judged)) - report.pictured
    probed = [number for numbers in kinds for number in numbers[:PROBED]][:PROBED]
    if not probed:
        return rough_forecast(0, lines)
    begun, size = time.perf_counter(), 0
    for number in probed:
        made = report.pictures(report.read(number))
        size += 0 if made.photo_rgb is None else len(encode_jpeg(made.photo_rgb, JPEG_QUALITY))
        size += 0 if made.heatmap is None else made.heatmap.size // 20  # a heatmap has few colours and compresses well
    each = (time.perf_counter() - begun) / len(probed)
    # In HTML, pictures are text that is a third larger. Several pictures are made concurrently.
    return rough_forecast(report.pictured, lines, 4 / 3 * size / len(probed) + _LISTED_BYTES, each / AT_ONCE)
