"""What a report says, as values, whatever it is written as."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from inspector.core.judging.heatmap import SCALE_TOP
from inspector.core.letterhead import Letterhead
from inspector.core.review.agreement import Agreement
from inspector.core.review.decision import Decision
from inspector.core.values import Limits, Region, Verdict
from inspector.storage.bundles.manifest import Manifest
from inspector.storage.reports.content.pictures import ReportPictures

BARS = 40
"""Steps of the score chart; even, so that the limit falls between two."""

MOST_PICTURED = 1000
"""Parts of a kind shown with photo and heatmap, the worst first; more are listed, so that a report can be opened."""

MOST_NAMED = 1000
"""OK parts that are named, the highest score first; the CSV has them all."""

JUDGED = (Verdict.OK, Verdict.UNSURE, Verdict.NG, Verdict.REFUSED)
"""Verdicts that count in the yield: what is refused is not OK."""

Outcome = tuple[Verdict, Decision | None]
"""What the machine said of a part, and what people say now."""


@dataclass(frozen=True, slots=True)
class ReviewLine:
    """One thing that one person said of a part.

    Parameters
    ----------
    decision : Decision or None
        What holds from this line on; None where nothing does any more.
    defect_class, note, reviewer : str
        In that person's words.
    reviewed_at : datetime
        With its time zone.
    takes_back : bool
        Whether it only takes the line before back.
    """

    decision: Decision | None
    defect_class: str
    note: str
    reviewer: str
    reviewed_at: datetime
    takes_back: bool = False


@dataclass(frozen=True, slots=True)
class ReportedPart:
    """A part as reports tell it.

    Parameters
    ----------
    number : int
        Always the same for the same part of the same history or results.
    name : str
        What people know it by; may hold anything that a file name may.
    path : str
        Of its photo where the user has it; empty for a frame of a camera.
    file_name : str
        Of its photo, below the folder that `Report.photos_in` names; empty where it is gone.
    source, operator, trigger : str
        As the history has them; empty where nobody knows.
    inspected_at : datetime
        With its time zone.
    verdict : Verdict
        At `limits`.
    score : float or None
        Raw score.
    limits : Limits
        In use when it was judged, or when the report was asked for.
    photo_hw : (int, int) or None
        Height and width of its photo in pixels.
    regions : tuple of Region
        Places above the threshold, the highest peak first.
    reason : str
        Why it was refused or cannot be read; else empty.
    bundle_sha256 : str
        Of the bundle that judged it.
    decision : Decision or None
        Reviews now; None if nobody has reviewed it.
    defect_class : str
        As people say now.
    reviews : tuple of ReviewLine
        All that people said, oldest first.
    damaged : bool
        Whether its row in the history cannot be read: `reason` says why, and nothing else is known.
    """

    number: int
    name: str
    path: str
    file_name: str
    source: str
    operator: str
    trigger: str
    inspected_at: datetime
    verdict: Verdict
    score: float | None
    limits: Limits
    photo_hw: tuple[int, int] | None
    regions: tuple[Region, ...]
    reason: str
    bundle_sha256: str
    decision: Decision | None = None
    defect_class: str = ""
    reviews: tuple[ReviewLine, ...] = ()
    damaged: bool = False

    @property
    def relative_score(self) -> float | None:
        """Score in threshold units, or None where there is no score."""
        return None if self.score is None else self.score / self.limits.threshold

    @property
    def would_be(self) -> Verdict | None:
        """The verdict that a refused part would have had; None where it is not refused, or has no score."""
        if self.verdict is not Verdict.REFUSED or self.score is None:
            return None
        return self.limits.verdict_of(self.score)


@dataclass(frozen=True, slots=True)
class LimitsInUse:
    """Limits that parts of a report were judged at.

    Parameters
    ----------
    bundle_name, bundle_sha256 : str
        The bundle that judged them.
    limits : Limits
        What verdicts were drawn at.
    parts : int
        How many were judged so.
    first, last : datetime
        When the first and the last of them were judged.
    manifest : Manifest or None
        What the bundle says of itself; None where its file is not at hand.
    """

    bundle_name: str
    bundle_sha256: str
    limits: Limits
    parts: int
    first: datetime
    last: datetime
    manifest: Manifest | None


@dataclass(frozen=True, slots=True)
class Tally:
    """How many parts there are of each outcome.

    Parameters
    ----------
    parts : mapping of (Verdict, Decision or None) to int
    refused_and_ng : int
        How many of the refused ones would be NG.
    """

    parts: Mapping[Outcome, int]
    refused_and_ng: int = 0

    @property
    def total(self) -> int:
        """All parts."""
        return sum(self.parts.values())

    @property
    def judged(self) -> int:
        """OK, UNSURE, NG and REFUSED together."""
        return sum(self.of(verdict) for verdict in JUDGED)

    @property
    def reviewed(self) -> int:
        """Parts that somebody has reviewed."""
        return self.total - sum(count for (_, decision), count in self.parts.items() if decision is None)

    @property
    def missed(self) -> int:
        """OK parts that people call a defect."""
        return self.parts.get((Verdict.OK, Decision.DEFECT), 0)

    @property
    def agreement(self) -> Agreement:
        """What people said of NG parts."""
        said = {decision: self.parts.get((Verdict.NG, decision), 0) for decision in Decision}
        return Agreement(said[Decision.DEFECT], said[Decision.FALSE_ALARM], said[Decision.UNSURE])

    def of(self, verdict: Verdict) -> int:
        """Return the number of parts of a verdict."""
        return sum(count for (said, _), count in self.parts.items() if said is verdict)

    def flagged(self, decision: Decision | None) -> int:
        """Return how many parts that are not OK people decided so; None for those that nobody has reviewed."""
        return sum(self.parts.get((verdict, decision), 0) for verdict in JUDGED if verdict is not Verdict.OK)

    @property
    def good_after_review(self) -> tuple[int, int]:
        """How many judged parts are good: at least, and at most, for as long as some are not decided."""
        said: Counter[Decision | None] = Counter()
        for (verdict, decision), count in self.parts.items():
            if verdict in JUDGED:
                accepted = decision is None and verdict is Verdict.OK
                said[Decision.FALSE_ALARM if accepted else decision] += count
        surely = said[Decision.FALSE_ALARM]
        return surely, surely + said[None] + said[Decision.UNSURE]


@dataclass(frozen=True, slots=True)
class ScoreBar:
    """A bar of the score chart: left edge and height in 0..1, whether it lies over the limit, number of photos."""

    left: float
    height: float
    over: bool
    count: int


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that a report says. Parts are read when they are asked for, so that few are in memory at a time.

    Parameters
    ----------
    title : str
        Its heading.
    scope : str
        Which parts it is about, for people.
    letterhead : Letterhead
        Who it comes from.
    written_at : datetime
        With its time zone.
    reviewed_source : bool
        Whether reviews can be known: those of a history are, those of saved results are not.
    chosen_by_outcome : bool
        Whether the parts were chosen by verdict, score or review, so that a yield would mean nothing.
    tally : Tally
        How many parts of each outcome.
    limits : tuple of LimitsInUse
        The most used first.
    scores : tuple of int
        Judged parts in each of `BARS` steps of relative score.
    first, last : datetime or None
        When the first and the last part were judged; None without parts.
    operators, sources : tuple of str
        Each once, in order.
    photos_in : str
        The folder that `ReportedPart.file_name` is relative to.
    refused_and_ng : sequence of int
        Numbers of the parts that were refused and would be NG; the worst first.
    defects, missed, unsure : sequence of int
        Numbers of the NG parts, of the OK parts that people call a defect, and of the UNSURE parts; the worst first.
    not_judged : sequence of int
        Numbers of other parts that were refused or cannot be read.
    passed : sequence of (str, float)
        Name and relative score of OK parts, the highest first; `MOST_NAMED` at most.
    read : callable
        Returns the part of a number.
    pictures : callable
        Returns the pictures of a part.
    every : callable
        Returns all parts, one after the other.
    """

    title: str
    scope: str
    letterhead: Letterhead
    written_at: datetime
    reviewed_source: bool
    chosen_by_outcome: bool
    tally: Tally
    limits: tuple[LimitsInUse, ...]
    scores: tuple[int, ...]
    first: datetime | None
    last: datetime | None
    operators: tuple[str, ...]
    sources: tuple[str, ...]
    photos_in: str
    refused_and_ng: Sequence[int]
    defects: Sequence[int]
    missed: Sequence[int]
    unsure: Sequence[int]
    not_judged: Sequence[int]
    passed: Sequence[tuple[str, float]]
    read: Callable[[int], ReportedPart]
    pictures: Callable[[ReportedPart], ReportPictures]
    every: Callable[[], Iterator[ReportedPart]]

    @property
    def pictured(self) -> int:
        """How many parts are shown with photo and heatmap."""
        kinds = (self.refused_and_ng, self.defects, self.missed, self.unsure)
        return sum(min(len(numbers), MOST_PICTURED) for numbers in kinds)


def score_step(relative: float) -> int:
    """Return which step of the score chart a relative score belongs to; the last one has no upper end.

    A step never holds scores of both sides of the limit, which is itself OK.
    """
    return min(max(math.ceil(relative / (SCALE_TOP / BARS)) - 1, 0), BARS - 1)


def score_bars(scores: Sequence[int]) -> list[ScoreBar]:
    """Return the bars of the score chart, those without a part left out."""
    fullest = max(scores, default=0)
    return [
        ScoreBar(place / BARS, count / fullest, place * SCALE_TOP / BARS >= 1.0, count)
        for place, count in enumerate(scores)
        if count
    ]
