"""Reports as a single HTML file that needs no network, for screen and print."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import jinja2

from inspector.core.ahead import Ahead
from inspector.core.judging.heatmap import COLOUR_TABLE
from inspector.core.values import Region, Verdict
from inspector.storage.photos.images import encode_indexed_png, encode_jpeg
from inspector.storage.reports.content import statements
from inspector.storage.reports.content.logo import Logo
from inspector.storage.reports.content.pictures import (
    AT_ONCE,
    JPEG_QUALITY,
    ReportPictures,
    legend_indices,
    outline_points,
    thumbnail,
)
from inspector.storage.reports.content.report import MOST_PICTURED, Report, ReportedPart, score_bars
from inspector.storage.reports.content.showing import REGION_HEADINGS, Shown, in_words, shown_part
from inspector.storage.reports.content.words import relative_words, visible
from inspector.storage.reports.formats.steps import Steps
from inspector.storage.shipped_files import resource


@dataclass(frozen=True, slots=True)
class PartEntry:
    """A part with its pictures, for the template.

    Parameters
    ----------
    shown : Shown
        The part as text.
    photo, heatmap : str
        Data URIs; empty for a missing picture.
    note : str
        Why a picture is missing; else empty.
    paths : list of (int or None, Region, str)
        For each region: its number if it is listed, the region, and its outline as an SVG path.
    """

    shown: Shown
    photo: str
    heatmap: str
    note: str
    paths: list[tuple[int | None, Region, str]]


def write_html(report: Report, file: Path, logo: Logo | None, steps: Steps) -> None:
    """Write a report as HTML; `file` is written in place, so wrap it in `replacing`.

    Raises
    ------
    OSError, HistoryError
        The file cannot be written, or the history cannot be read.
    Cancelled
        The token of `steps` was cancelled.
    """
    template = _templates().get_template("report.html")
    # Written piece by piece, so that only a few photos are in memory, whatever the number of parts.
    with file.open("w", encoding="utf-8", errors="backslashreplace") as stream, Ahead(AT_ONCE, "report") as ahead:
        entries = partial(_entries, report, steps, ahead)
        for piece in template.generate(_contents(report, logo) | {"entries": entries}):
            stream.write(piece)


def _templates() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(resource("report")),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=lambda value: visible(value) if type(value) is str else value,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _entries(report: Report, steps: Steps, ahead: Ahead, numbers: list[int]) -> Iterator[PartEntry]:
    """Yield parts with their pictures; each is made shortly before it is needed."""
    return steps.told(ahead.done(partial(_entry, report), numbers[:MOST_PICTURED], AT_ONCE + 1))


def _entry(report: Report, number: int) -> PartEntry:
    part = report.read(number)
    pictures = report.pictures(part)
    shown = shown_part(part, report)
    numbered = [row.number for row in shown.regions] + [None] * (len(part.regions) - len(shown.regions))
    return PartEntry(
        shown,
        photo="" if pictures.photo_rgb is None else data_uri("jpeg", encode_jpeg(pictures.photo_rgb, JPEG_QUALITY)),
        heatmap=_heatmap(pictures),
        note=pictures.note,
        paths=[(number, region, _path(region)) for number, region in zip(numbered, part.regions, strict=True)],
    )


def _refused(report: Report, numbers: Sequence[int]) -> Iterator[tuple[ReportedPart, str]]:
    """Yield refused or unreadable parts, each with its small photo as a data URI; empty without a photo."""
    for place, number in enumerate(numbers):
        part = report.read(number)
        pictured = place < MOST_PICTURED and part.photo_hw is not None
        photo = report.pictures(part).photo_rgb if pictured else None
        yield part, "" if photo is None else data_uri("jpeg", encode_jpeg(thumbnail(photo), JPEG_QUALITY))


def _contents(report: Report, logo: Logo | None) -> dict[str, Any]:
    tally = report.tally
    share, yield_meaning = statements.yield_words(report)
    return {
        "report": report,
        "letterhead": report.letterhead,
        "logo": None if logo is None else data_uri("png", logo.png),
        "when": statements.when_words(report),
        "written": statements.written_words(report),
        "refused_and_ng": statements.REFUSED_AND_NG,
        "refused_words": statements.refused_words(report),
        "not_judged_words": statements.not_judged_words(report),
        "reason_words": statements.reason_words,
        "counts": {str(verdict): tally.of(verdict) for verdict in Verdict},
        "unsure_possible": statements.unsure_possible(report),
        "promise_note": statements.PROMISE_NOTE,
        "yield_share": share,
        "yield_meaning": yield_meaning,
        "outcomes": statements.outcome_rows(report),
        "review_words": statements.review_words(report),
        "limits_meaning": statements.limits_meaning,
        "promise_words": statements.promise_words,
        "limits_headings": statements.LIMITS_HEADINGS,
        "limits_rows": statements.limits_rows(report),
        "several_promises": statements.several_promises(report),
        "changes": statements.changes(report),
        "legend": data_uri("png", encode_indexed_png(legend_indices(), COLOUR_TABLE)),
        "bars": score_bars(report.scores),
        "most_pictured": MOST_PICTURED,
        "refused": partial(_refused, report),
        "in_words": partial(in_words, report),
        "passed": [(name, relative_words(relative)) for name, relative in report.passed],
        "passed_left": tally.of(Verdict.OK) - tally.missed - len(report.passed),
        "provenance": statements.provenance(report),
        "region_headings": REGION_HEADINGS,
    }


def _heatmap(pictures: ReportPictures) -> str:
    if pictures.heatmap is None:
        return ""
    return data_uri("png", encode_indexed_png(pictures.heatmap, COLOUR_TABLE))


def _path(region: Region) -> str:
    return "M" + "L".join(f"{x} {y}" for x, y in outline_points(region)) + "Z"


def data_uri(kind: str, content: bytes) -> str:
    """Return the bytes of a picture file as a data URI."""
    return f"data:image/{kind};base64,{base64.b64encode(content).decode('ascii')}"
