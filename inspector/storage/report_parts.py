"""What a report shows of each photo, in words and pictures, before any of it is HTML."""

from __future__ import annotations

import math
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from inspector.core.heatmap import SCALE_TOP
from inspector.core.progress import CancelToken, OnProgress, Progress
from inspector.core.values import Inspection, Region, Verdict
from inspector.storage.report_pictures import PartPictures, outline_path, part_pictures
from inspector.storage.report_words import area_share, relative_words, visible
from inspector.storage.results import InspectionRun

MOST_REGION_ROWS = 6
"""Regions listed with each part, the highest peak first; all of them are outlined, and all are in the table export."""

BARS = 40
"""Steps of the score chart; even, so that the limit falls between two."""


@dataclass(frozen=True, slots=True)
class ReportRegion:
    """A row of a part's table of regions, in words; `number` is None where it is only outlined."""

    number: int | None
    region: Region
    share: str
    peak: str
    path: str


@dataclass(frozen=True, slots=True)
class ReportPart:
    """A part that is NG, as the template shows it."""

    name: str
    relative: str
    score: str
    width: int
    height: int
    regions: list[ReportRegion]
    total_share: str
    pictures: PartPictures


@dataclass(frozen=True, slots=True)
class ScoreBar:
    """A bar of the score chart: left edge and height in 0..1, whether it lies over the limit, number of photos."""

    left: float
    height: float
    over: bool
    count: int


class PhotoNames:
    """Names photos by their place below `folder`, the one that holds them all."""

    def __init__(self, run: InspectionRun) -> None:
        parents = [os.path.abspath(one.path.parent) for one in run.inspections]
        try:
            self.folder = os.path.commonpath(parents)
        except ValueError:  # on several drives, or no photo at all
            self.folder = "several places" if parents else "nowhere"

    def __call__(self, inspection: Inspection) -> str:
        """Return the name to show, without anything that does not print."""
        path = os.path.abspath(inspection.path)
        inside = path.startswith(os.path.join(self.folder, ""))
        return visible(os.path.relpath(path, self.folder) if inside else path)


def report_parts(run: InspectionRun, report: OnProgress, token: CancelToken) -> Iterator[ReportPart]:
    """Yield the parts that are NG, worst first, each made only when it is asked for.

    Parameters
    ----------
    run : InspectionRun
        Verdicts are drawn at its threshold.
    report, token
        Progress, and the wish to stop.

    Raises
    ------
    Cancelled
        If `token` was cancelled.
    """
    defective = run.with_verdict(Verdict.NG)
    name = PhotoNames(run)
    for done, inspection in enumerate(defective, start=1):
        token.check()
        yield _part(run, inspection, name(inspection))
        report(Progress("writing the report", done, len(defective)))


def score_bars(run: InspectionRun) -> list[ScoreBar]:
    """Count the judged photos by relative score, in `BARS` steps from 0 to SCALE_TOP; the last step has no upper end.

    A step never holds scores of both sides of the limit, which is itself OK.
    """
    found = [one.relative_score(run.threshold) for one in run.inspections]
    relative = [score for score in found if score is not None]
    step = SCALE_TOP / BARS
    places = Counter(min(max(math.ceil(score / step) - 1, 0), BARS - 1) for score in relative)
    fullest = max(places.values(), default=0)
    return [
        ScoreBar(place / BARS, places[place] / fullest, place * step >= 1.0, places[place]) for place in sorted(places)
    ]


def _part(run: InspectionRun, inspection: Inspection, name: str) -> ReportPart:
    assert inspection.photo_hw is not None
    assert inspection.score is not None
    regions = run.regions(inspection)
    return ReportPart(
        name=name,
        relative=relative_words(inspection.score / run.threshold),
        score=f"{inspection.score:.4g}",
        width=inspection.photo_hw[1],
        height=inspection.photo_hw[0],
        regions=[_region(run, region, place, inspection.photo_hw) for place, region in enumerate(regions, start=1)],
        total_share=area_share(sum(region.area_px for region in regions), inspection.photo_hw),
        pictures=part_pictures(inspection, run.threshold),
    )


def _region(run: InspectionRun, region: Region, place: int, photo_hw: tuple[int, int]) -> ReportRegion:
    return ReportRegion(
        number=place if place <= MOST_REGION_ROWS else None,
        region=region,
        share=area_share(region.area_px, photo_hw),
        peak=relative_words(region.peak / run.threshold),
        path=outline_path(region),
    )
