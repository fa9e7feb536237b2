"""A part as text, for pages that people read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from inspector.core.values import Region
from inspector.storage.reports.content.report import Report, ReportedPart
from inspector.storage.reports.content.statements import part_facts, review_lines
from inspector.storage.reports.content.words import area_share, decision_words, relative_words

MOST_REGION_ROWS = 6
"""Maximum regions listed with a part, highest peak first. All are outlined, and the CSV has all."""


@dataclass(frozen=True, slots=True)
class RegionRow:
    """A row of a part's table of regions."""

    number: int
    peak: str
    area: str
    share: str
    size: str
    corner: str

    @property
    def cells(self) -> tuple[str, ...]:
        """The row's cells; `REGION_HEADINGS` are their headings."""
        return (str(self.number), self.peak, self.area, self.share, self.size, self.corner)


REGION_HEADINGS = ("Region", "Peak", "Area, px", "Of photo", "Size, px", "Left, top, px")


@dataclass(frozen=True, slots=True)
class Shown:
    """A part as text.

    Parameters
    ----------
    part : ReportedPart
        The described part.
    relative, score : str
        "1.84" and "12.31".
    facts : str
        Time, place and operator of the inspection; empty if only the run is known.
    refusal : str
        Why the part was refused; else empty.
    decision : str
        "Confirmed defect: scratch"; empty if decisions are not known.
    reviews : list of str
        One line for each review, oldest first.
    regions : list of RegionRow
        At most `MOST_REGION_ROWS` rows.
    total : str
        Area of all regions, and the number of unlisted regions; empty for one region.
    """

    part: ReportedPart
    relative: str
    score: str
    facts: str
    refusal: str
    decision: str
    reviews: list[str]
    regions: list[RegionRow]
    total: str


def shown_part(part: ReportedPart, report: Report) -> Shown:
    """Return a scored part as text."""
    assert part.score is not None
    assert part.photo_hw is not None
    photo_hw, threshold = part.photo_hw, part.limits.threshold
    rows = [
        _row(number, region, photo_hw, threshold)
        for number, region in enumerate(part.regions[:MOST_REGION_ROWS], start=1)
    ]
    return Shown(
        part=part,
        relative=relative_words(part.score / threshold),
        score=f"{part.score:.4g}",
        facts=part_facts(part, report.reviewed_source),
        refusal="" if part.would_be is None else f"Refused: {part.reason.rstrip('.')}.",
        decision=_capital(decision_words(part.decision, part.defect_class)) if report.reviewed_source else "",
        reviews=review_lines(part.reviews),
        regions=rows,
        total=_total(part.regions, photo_hw),
    )


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _row(number: int, region: Region, photo_hw: tuple[int, int], threshold: float) -> RegionRow:
    return RegionRow(
        number=number,
        peak=relative_words(region.peak / threshold),
        area=f"{region.area_px:,}",
        share=area_share(region.area_px, photo_hw),
        size=f"{region.w} x {region.h}",
        corner=f"{region.x}, {region.y}",
    )


def _total(regions: tuple[Region, ...], photo_hw: tuple[int, int]) -> str:
    if len(regions) < 2:
        return ""
    share = area_share(sum(region.area_px for region in regions), photo_hw)
    unlisted = len(regions) - MOST_REGION_ROWS
    more = f"; {unlisted} with lower peaks are outlined but not listed" if unlisted > 0 else ""
    return f"{len(regions)} regions cover {share} of the photo{more}"


def in_words(report: Report, numbers: Sequence[int]) -> Iterator[Shown]:
    """Yield parts as text; each part is read on demand."""
    return (shown_part(report.read(number), report) for number in numbers)
