"""Reports on the photos of one run."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from inspector.core.letterhead import Letterhead
from inspector.core.values import Inspection, Verdict
from inspector.storage.photos.images import read_image
from inspector.storage.reports.content.pictures import ReportPictures, part_pictures
from inspector.storage.reports.content.report import (
    BARS,
    MOST_NAMED,
    LimitsInUse,
    Report,
    ReportedPart,
    Tally,
    score_step,
)
from inspector.storage.reports.content.words import count_words
from inspector.storage.results.inspection_run import InspectionRun

_NO_LETTERHEAD = Letterhead()


@dataclass(frozen=True, slots=True)
class _Photos:
    """Access to the parts of a run."""

    run: InspectionRun
    folder: str

    def read(self, number: int) -> ReportedPart:
        inspection = self.run.inspections[number - 1]
        name = self.name(inspection)
        return ReportedPart(
            number=number,
            name=name,
            path=os.path.abspath(inspection.path),
            file_name=name.replace(os.sep, "/"),
            source="",
            operator="",
            trigger="",
            inspected_at=self.run.inspected_at,
            verdict=inspection.verdict(self.run.limits),
            score=inspection.score,
            limits=self.run.limits,
            photo_hw=inspection.photo_hw,
            regions=tuple(self.run.regions(inspection)),
            reason=inspection.error or inspection.refusal or "",
            bundle_sha256=self.run.bundle_sha256,
        )

    def pictures(self, part: ReportedPart) -> ReportPictures:
        inspection = self.run.inspections[part.number - 1]
        assert inspection.photo_hw is not None
        return part_pictures(
            inspection.photo_hw,
            self.run.threshold,
            lambda: read_image(inspection.path, self.run.manifest.depth),
            lambda: inspection.score_map,
        )

    def every(self) -> Iterator[ReportedPart]:
        return (self.read(number) for number in range(1, len(self.run.inspections) + 1))

    def name(self, inspection: Inspection) -> str:
        path = os.path.abspath(inspection.path)
        inside = path.startswith(os.path.join(self.folder, ""))
        return os.path.relpath(path, self.folder) if inside else path


def report_of_run(
    run: InspectionRun,
    *,
    letterhead: Letterhead = _NO_LETTERHEAD,
    title: str | None = None,
    written_at: datetime | None = None,
) -> Report:
    """Return the report on a run, at its limits.

    Parameters
    ----------
    run : InspectionRun
    letterhead : Letterhead
        Letterhead of the report.
    title : str or None
        Heading; None derives it from the bundle's name.
    written_at : datetime or None
        Time of the report, with time zone; None for now.
    """
    photos = _Photos(run, _common_folder([one.path for one in run.inspections]))
    numbered = list(enumerate(run.inspections, start=1))
    ranked = sorted(numbered, key=lambda one: -(one[1].score or 0.0))
    of = {verdict: [number for number, one in ranked if one.verdict(run.limits) is verdict] for verdict in Verdict}
    first = [number for number, one in ranked if one.refused_and_ng(run.limits)]
    judged = [one for one in run.inspections if one.judged]
    steps = Counter(score_step(one.relative_score(run.threshold) or 0.0) for one in judged)
    return Report(
        title=title or f"Inspection report: {run.bundle_path.stem}",
        scope=f"{count_words(len(run.inspections), 'photo')} from {photos.folder or 'nowhere'}",
        letterhead=letterhead,
        written_at=written_at or datetime.now().astimezone(),
        reviewed_source=False,
        chosen_by_outcome=False,
        tally=Tally({(verdict, None): count for verdict, count in run.counts().items()}, len(first)),
        limits=(_limits(run),),
        scores=tuple(steps[step] for step in range(BARS)),
        first=run.inspected_at,
        last=run.inspected_at,
        operators=(),
        sources=(),
        photos_in=photos.folder,
        refused_and_ng=first,
        defects=of[Verdict.NG],
        missed=(),
        unsure=of[Verdict.UNSURE],
        not_judged=[*of[Verdict.REFUSED][len(first) :], *of[Verdict.UNREADABLE]],  # `first` leads by score
        passed=[_named(photos, run, number) for number in of[Verdict.OK][:MOST_NAMED]],
        read=photos.read,
        pictures=photos.pictures,
        every=photos.every,
    )


def _named(photos: _Photos, run: InspectionRun, number: int) -> tuple[str, float]:
    inspection = run.inspections[number - 1]
    return photos.name(inspection), inspection.relative_score(run.threshold) or 0.0


def _limits(run: InspectionRun) -> LimitsInUse:
    return LimitsInUse(
        bundle_name=run.bundle_path.name,
        bundle_sha256=run.bundle_sha256,
        limits=run.limits,
        parts=len(run.inspections),
        first=run.inspected_at,
        last=run.inspected_at,
        manifest=run.manifest,
    )


def _common_folder(photos: list[Path]) -> str:
    """Return the folder that contains all photos."""
    parents = [os.path.abspath(photo.parent) for photo in photos]
    try:
        return os.path.commonpath(parents)
    except ValueError:  # photos on several drives, or no photo
        return "several places" if parents else ""
