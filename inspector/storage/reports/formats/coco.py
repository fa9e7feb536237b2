"""Reports as COCO JSON, for labelling programs and training on labels.

The file holds parts that are NG or UNSURE, that were refused and would be NG, or that have a review; the photo must
exist. Regions of a part that people decided to be good are not annotated: its photo shows a part without a defect.
"""

from __future__ import annotations

import json
import shutil
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, TextIO

from inspector import __version__
from inspector.core.review.decision import Decision
from inspector.core.values import Region, Verdict
from inspector.storage.history.picture_folder import PictureFolder
from inspector.storage.history.records import storable
from inspector.storage.reports.content.pictures import outline_points
from inspector.storage.reports.content.report import Report, ReportedPart
from inspector.storage.reports.content.words import one_line
from inspector.storage.reports.formats.steps import Steps

NO_CLASS = "defect"
"""Category of a region without a defect class."""

MOST_REGIONS = 10_000
"""Annotation numbers reserved for each photo, so that a number does not depend on other parts of the file."""


def write_coco(report: Report, file: Path, steps: Steps) -> None:
    """Write a report as COCO JSON; `file` is written in place, so wrap it in `replacing`.

    Raises
    ------
    OSError, HistoryError
        The file cannot be written, or the history cannot be read.
    Cancelled
        The token of `steps` was cancelled.
    """
    gone, names = 0, {NO_CLASS}
    # ASCII only, so that even old programs read the names. Images are written at once. Annotations, which follow all
    # images, go through a temporary file. Neither is ever completely in memory.
    with file.open("w", encoding="ascii") as out, TemporaryFile("w+", encoding="ascii", dir=file.parent) as waiting:
        out.write('{"licenses": [], "images": [')
        images, annotations = _List(out), _List(waiting)
        for part in steps.told(report.every()):
            if not _worth_a_look(part):
                continue
            if not _photo_is_there(report, part):
                gone += 1
                continue
            images.add(_image(part))
            if _annotated(part):
                names.add(_category(part))
            for one in _annotations(part):
                annotations.add(one)
        out.write('], "annotations": [')
        waiting.seek(0)
        shutil.copyfileobj(waiting, out)
        categories = [{"id": _category_id(name), "name": name, "supercategory": NO_CLASS} for name in sorted(names)]
        out.write(f'], "categories": {_json(categories)}, "info": {_json(_info(report, gone))}}}\n')


@dataclass(slots=True)
class _List:
    """A JSON list that is written item by item."""

    out: TextIO
    begun: bool = False

    def add(self, item: dict[str, Any]) -> None:
        self.out.write(f"{', ' if self.begun else ''}{_json(item)}")
        self.begun = True


def _json(value: object) -> str:
    return json.dumps(value, allow_nan=False)


def _worth_a_look(part: ReportedPart) -> bool:
    flagged = part.verdict in (Verdict.NG, Verdict.UNSURE) or part.would_be is Verdict.NG
    return part.photo_hw is not None and (flagged or part.decision is not None)


def _photo_is_there(report: Report, part: ReportedPart) -> bool:
    if not report.reviewed_source:  # photos of the user, in any folder
        return bool(part.file_name) and Path(report.photos_in, part.file_name).is_file()
    return bool(part.file_name) and PictureFolder(Path(report.photos_in)).holds(part.file_name)


def _annotated(part: ReportedPart) -> bool:
    return part.decision is not Decision.FALSE_ALARM and bool(part.regions)


def _info(report: Report, gone: int) -> dict[str, Any]:
    missing = f" {gone} parts are left out: their photos are not on this computer." if gone else ""
    return {
        "description": storable(f"{report.title}. {report.scope}.{missing}"),
        "version": __version__,
        "contributor": storable(f"Inspector {__version__}"),
        "date_created": report.written_at.isoformat(),
        "year": report.written_at.year,
        "url": "",
        "photos_in": storable(report.photos_in),
    }


def _image(part: ReportedPart) -> dict[str, Any]:
    assert part.photo_hw is not None
    return {
        "id": part.number,
        "file_name": storable(part.file_name),
        "height": part.photo_hw[0],
        "width": part.photo_hw[1],
        "date_captured": part.inspected_at.isoformat(),
        "license": 0,
        "part": storable(part.name),
        "verdict": str(part.verdict),
        "would_be": None if part.would_be is None else str(part.would_be),
        "score": part.relative_score,
        "review": None if part.decision is None else str(part.decision),
    }


def _annotations(part: ReportedPart) -> Iterator[dict[str, Any]]:
    if not _annotated(part):
        return
    category = _category_id(_category(part))
    for place, region in enumerate(part.regions[:MOST_REGIONS]):
        yield {
            "id": part.number * MOST_REGIONS + place,
            "image_id": part.number,
            "category_id": category,
            "bbox": [region.x, region.y, region.w, region.h],
            "area": region.area_px,
            "segmentation": [_polygon(region)],
            "iscrowd": 0,
            "score": region.peak / part.limits.threshold,
            "attributes": {"reviewed": part.decision is not None},
        }


def _polygon(region: Region) -> list[int]:
    return [value for point in outline_points(region) for value in point]


def _category(part: ReportedPart) -> str:
    return storable(one_line(part.defect_class)) or NO_CLASS


def _category_id(name: str) -> int:
    """Return 1 for the default category, else a number that depends on the class's name only."""
    return 1 if name == NO_CLASS else max(zlib.crc32(name.encode()) & 0x7FFFFFFF, 2)
