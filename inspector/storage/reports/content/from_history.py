"""Reports on parts of the history: verdicts of the machine, and current decisions of people."""

from __future__ import annotations

import heapq
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from inspector.core.address_secrets import shown_address
from inspector.core.letterhead import Letterhead
from inspector.core.progress import CancelToken, OnProgress, Progress
from inspector.core.review.decision import Decision
from inspector.core.review.judged_part import FROM_A_FILE
from inspector.core.values import Limits, Verdict
from inspector.storage.bundles.manifest import Manifest
from inspector.storage.history.records import (
    PartDetails,
    PartFilter,
    PartRecord,
    Pictures,
    ReviewRecord,
)
from inspector.storage.reports.content.pictures import ReportPictures, part_pictures
from inspector.storage.reports.content.report import (
    BARS,
    MOST_NAMED,
    LimitsInUse,
    Outcome,
    Report,
    ReportedPart,
    ReviewLine,
    Tally,
    score_step,
)

if TYPE_CHECKING:
    from inspector.storage.history.store import History

PAGE = 500


@dataclass(slots=True)
class _Group:
    parts: int
    first: datetime
    last: datetime


@dataclass(slots=True)
class _Findings:
    """The result of one pass over the parts: counts, and the parts to show."""

    outcomes: Counter[Outcome] = field(default_factory=Counter)
    limits: dict[tuple[str, str, Limits], _Group] = field(default_factory=dict)
    steps: Counter[int] = field(default_factory=Counter)
    operators: dict[str, None] = field(default_factory=dict)
    sources: dict[str, None] = field(default_factory=dict)
    first: datetime | None = None
    last: datetime | None = None
    worst: dict[Verdict, list[tuple[float, int]]] = field(default_factory=dict)
    refused_and_ng: list[tuple[float, int]] = field(default_factory=list)
    passed: list[tuple[float, int, str]] = field(default_factory=list)

    def add(self, record: PartRecord) -> None:
        when = record.inspected_at
        self.outcomes[(record.verdict, record.decision)] += 1
        if record.problem:  # no other value of a damaged row is reliable
            self._place(record)
            return
        self.first = when if self.first is None else min(self.first, when)
        self.last = when if self.last is None else max(self.last, when)
        self.operators.setdefault(record.operator)
        self.sources.setdefault(shown_address(record.source))
        if record.judged_score is not None:
            self.steps[score_step(record.relative_score)] += 1
        group = self.limits.setdefault((record.bundle_name, record.bundle_sha256, record.limits), _Group(0, when, when))
        group.parts, group.first, group.last = group.parts + 1, min(group.first, when), max(group.last, when)
        self._place(record)

    def _place(self, record: PartRecord) -> None:
        if record.refused_and_ng:
            self.refused_and_ng.append((-record.relative_score, record.id))
        elif record.verdict is not Verdict.OK or record.decision is Decision.DEFECT:
            self.worst.setdefault(record.verdict, []).append((-record.relative_score, record.id))
        else:
            entry = (record.relative_score, -record.id, record.name)
            (heapq.heappush if len(self.passed) < MOST_NAMED else heapq.heappushpop)(self.passed, entry)

    def numbers(self, *verdicts: Verdict) -> list[int]:
        return [number for verdict in verdicts for _, number in sorted(self.worst.get(verdict, []))]


@dataclass(frozen=True, slots=True)
class _Parts:
    """Access to parts of a history."""

    history: History
    numbers: Sequence[int]

    def pages(self) -> Iterator[list[PartRecord]]:
        for first in range(0, len(self.numbers), PAGE):
            yield self.history.records(self.numbers[first : first + PAGE])

    def every(self) -> Iterator[ReportedPart]:
        for page in self.pages():
            # No report shows further details of an OK part without a review.
            others = [one.id for one in page if one.verdict is not Verdict.OK or one.decision is not None]
            known = {found.record.id: found for found in self.history.details(others)}
            for record in page:
                yield _part(record, known.get(record.id))

    def read(self, number: int) -> ReportedPart:
        (record,) = self.history.records([number])
        return _part(record, self.history.get(number))

    def pictures(self, part: ReportedPart) -> ReportPictures:
        assert part.photo_hw is not None
        return part_pictures(
            part.photo_hw,
            part.limits.threshold,
            lambda: self.history.photo(part.number),
            lambda: self.history.score_map(part.number),
        )


def report_of_history(
    history: History,
    part_filter: PartFilter,
    *,
    scope: str,
    title: str,
    letterhead: Letterhead,
    manifests: Mapping[str, Manifest],
    written_at: datetime,
    report: OnProgress,
    token: CancelToken,
) -> Report:
    """Read the parts that a filter selects, and return the report on them.

    Parameters
    ----------
    history : History
        The history; it must stay open while the report is used.
    part_filter : PartFilter
        The selected parts. Parts that are judged from now on are left out.
    scope, title : str
        Description of the parts, and the heading, for people.
    letterhead : Letterhead
        Letterhead of the report.
    manifests : mapping of str to Manifest
        Manifests of known bundles, by the SHA-256 of their file; the report states other bundles as not known.
    written_at : datetime
        Time of the report, with time zone.
    report, token
        Progress, and the request to stop.

    Raises
    ------
    HistoryError
        The database cannot be read.
    Cancelled
        `token` was cancelled.
    """
    parts = _Parts(history, history.part_numbers(part_filter))
    found = _look_through(parts, report, token)
    return Report(
        title=title,
        scope=scope,
        letterhead=letterhead,
        written_at=written_at,
        reviewed_source=True,
        chosen_by_outcome=_by_outcome(part_filter),
        tally=Tally(found.outcomes, len(found.refused_and_ng)),
        limits=_limits(found, manifests),
        scores=tuple(found.steps[step] for step in range(BARS)),
        first=found.first,
        last=found.last,
        operators=tuple(name for name in found.operators if name),
        sources=tuple(name for name in found.sources if name),
        photos_in=str(history.pictures_path),
        refused_and_ng=[number for _, number in sorted(found.refused_and_ng)],
        defects=found.numbers(Verdict.NG),
        missed=found.numbers(Verdict.OK),
        unsure=found.numbers(Verdict.UNSURE),
        not_judged=found.numbers(Verdict.REFUSED, Verdict.UNREADABLE),
        passed=[(name, relative) for relative, _, name in sorted(found.passed, reverse=True)],
        read=parts.read,
        pictures=parts.pictures,
        every=parts.every,
    )


def _look_through(parts: _Parts, report: OnProgress, token: CancelToken) -> _Findings:
    found, done = _Findings(), 0
    for page in parts.pages():
        for record in page:
            found.add(record)
        done += len(page)
        token.check()
        report(Progress("looking through the history", done, len(parts.numbers)))
    token.check()
    return found


def _limits(found: _Findings, manifests: Mapping[str, Manifest]) -> tuple[LimitsInUse, ...]:
    used = [
        LimitsInUse(name, sha256, limits, group.parts, group.first, group.last, manifests.get(sha256))
        for (name, sha256, limits), group in found.limits.items()
    ]
    return tuple(sorted(used, key=lambda one: -one.parts))


def _by_outcome(part_filter: PartFilter) -> bool:
    outcome = (
        part_filter.verdicts,
        part_filter.decisions,
        part_filter.lowest,
        part_filter.highest,
        part_filter.refused_and_ng,
        part_filter.defect_class,
    )
    return any(one is not None for one in outcome)


def _part(record: PartRecord, known: PartDetails | None) -> ReportedPart:
    # The details of a part may be damaged while its list entry is sound.
    problem = record.problem or ("" if known is None else known.record.problem)
    photo = known.photo if known is not None and record.pictures is Pictures.KEPT else None
    return ReportedPart(
        number=record.id,
        name=record.name,
        path=os.path.join(record.source, record.part_id) if record.trigger == FROM_A_FILE else "",
        file_name="" if photo is None else photo.path,
        source=shown_address(record.source),  # rows of a former release may hold a password in a path
        operator=record.operator,
        trigger=record.trigger,
        inspected_at=record.inspected_at,
        verdict=record.verdict,
        score=record.score,
        limits=record.limits,
        photo_hw=None if known is None or record.problem else known.photo_hw,
        regions=() if known is None else known.regions,
        reason=problem or ("" if known is None else known.refusal or ""),
        bundle_sha256=record.bundle_sha256,
        decision=record.decision,
        defect_class=record.defect_class,
        reviews=() if known is None else tuple(_review(one) for one in known.reviews),
        damaged=bool(record.problem),
    )


def _review(row: ReviewRecord) -> ReviewLine:
    return ReviewLine(
        decision=row.decision,
        defect_class=row.defect_class,
        note=row.note,
        reviewer=row.reviewer,
        reviewed_at=row.reviewed_at,
        takes_back=row.undoes is not None,
    )
