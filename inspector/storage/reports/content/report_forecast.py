"""How large a report will be and how long it takes, told before it is written."""

from __future__ import annotations

import time
from dataclasses import dataclass

from inspector.storage.photos.images import encode_jpeg
from inspector.storage.reports.content.pictures import AT_ONCE, JPEG_QUALITY
from inspector.storage.reports.content.report import Report

WORTH_TELLING_S = 5.0
"""A report that is written sooner needs no word on it."""

PROBED = 3
"""Parts whose pictures are made to see what one takes."""

ROUGH_BYTES, ROUGH_SECONDS = 80_000, 0.15
"""What a part with pictures takes where none is looked at."""

_LISTED_BYTES, _LISTED_SECONDS = 400, 0.004
_FRAME_BYTES = 60_000


@dataclass(frozen=True, slots=True)
class ReportForecast:
    """What a report as HTML or PDF will take, as far as a probe can tell.

    Parameters
    ----------
    pictured : int
        Parts with photo and heatmap.
    listed : int
        Other parts that have a line.
    size_bytes : int
        Of the file.
    seconds : float
        Until it is written.
    """

    pictured: int
    listed: int
    size_bytes: int
    seconds: float


def rough_forecast(
    pictured: int, listed: int, bytes_each: float = ROUGH_BYTES, seconds_each: float = ROUGH_SECONDS
) -> ReportForecast:
    """Return what a report with so many parts takes.

    Parameters
    ----------
    pictured, listed : int
        Parts with pictures, and others that have a line.
    bytes_each, seconds_each : float
        What a part with pictures takes.
    """
    size = _FRAME_BYTES + pictured * bytes_each + listed * _LISTED_BYTES
    return ReportForecast(pictured, listed, round(size), pictured * seconds_each + listed * _LISTED_SECONDS)


def forecast_report(report: Report) -> ReportForecast:
    """Make the pictures of a few parts of a report, and return what all of it will take.

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
        size += 0 if made.heatmap is None else made.heatmap.size // 20  # packed, a heatmap has few colours
    each = (time.perf_counter() - begun) / len(probed)
    # Pictures are text in HTML, a third larger, and are made several at a time.
    return rough_forecast(report.pictured, lines, 4 / 3 * size / len(probed) + _LISTED_BYTES, each / AT_ONCE)
