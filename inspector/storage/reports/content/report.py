"""The content of a report as values, independent of the file format."""

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
"""Number of steps of the score chart; even, so that the limit is the boundary between two steps."""

MOST_PICTURED = 1000
"""Maximum number of parts of a kind with photo and heatmap, worst first. Further parts are only listed."""

MOST_NAMED = 1000
"""Maximum number of OK parts that are named, highest score first; the CSV has all of them."""

JUDGED = (Verdict.OK, Verdict.UNSURE, Verdict.NG, Verdict.REFUSED)
"""Verdicts that count in the yield: a refused part is not OK."""

Outcome = tuple[Verdict, Decision | None]
"""Verdict of the machine, and current decision of people."""


@dataclass(frozen=True, slots=True)
class ReviewLine:
    """A review of a part.

    Parameters
    ----------
    decision : Decision or None
        The decision that is valid after this review; None if no decision is valid.
    defect_class, note, reviewer : str
        Text of that person.
    reviewed_at : datetime
        Time of the review, with time zone.
    takes_back : bool
        Whether it only withdraws the review before.
    """

    decision: Decision | None
    defect_class: str
    note: str
    reviewer: str
    reviewed_at: datetime
    takes_back: bool = False


@dataclass(frozen=True, slots=True)
class ReportedPart:
    """A part in a report.

    Parameters
    ----------
    number : int
        Number that is constant for a part of a history or of results.
    name : str
        Name for people; may hold any character that a file name may hold.
    path : str
        Path of the user's photo; empty for a camera frame.
    file_name : str
        Photo file below the folder `Report.photos_in`; empty if the photo is gone.
    source, operator, trigger : str
        As in the history; empty if not known.
    inspected_at : datetime
        Time of the inspection, with time zone.
    verdict : Verdict
        Verdict at `limits`.
    score : float or None
        Raw score.
    limits : Limits
        Limits in use at the time of judging, or of the report.
    photo_hw : (int, int) or None
        Height and width of the photo in pixels.
    regions : tuple of Region
        Regions above the threshold, highest peak first.
    reason : str
        Why the part was refused or its photo cannot be read; empty if judged.
    bundle_sha256 : str
        SHA-256 of the bundle that judged the part.
    decision : Decision or None
        Current decision of people; None without a review.
    defect_class : str
        Current defect class.
    reviews : tuple of ReviewLine
        All reviews, oldest first.
    damaged : bool
        Whether the part's row in the history cannot be read; `reason` says why, and no other value is known.
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
        """Score in threshold units; None without a score."""
        return None if self.score is None else self.score / self.limits.threshold

    @property
    def would_be(self) -> Verdict | None:
        """The verdict that a refused part would have had; None if it is not refused or has no score."""
        if self.verdict is not Verdict.REFUSED or self.score is None:
            return None
        return self.limits.verdict_of(self.score)


@dataclass(frozen=True, slots=True)
class LimitsInUse:
    """Limits at which parts of a report were judged.

    Parameters
    ----------
    bundle_name, bundle_sha256 : str
        The bundle that judged the parts.
    limits : Limits
        The limits of the verdicts.
    parts : int
        Number of parts judged at these limits.
    first, last : datetime
        Time of judging of the first and the last of these parts.
    manifest : Manifest or None
        Manifest of the bundle; None if its file is not available.
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
    """Number of parts by outcome.

    Parameters
    ----------
    parts : mapping of (Verdict, Decision or None) to int
    refused_and_ng : int
        Number of refused parts that would be NG.
    """

    parts: Mapping[Outcome, int]
    refused_and_ng: int = 0

    @property
    def total(self) -> int:
        """Number of all parts."""
        return sum(self.parts.values())

    @property
    def judged(self) -> int:
        """Number of parts that are OK, UNSURE, NG or REFUSED."""
        return sum(self.of(verdict) for verdict in JUDGED)

    @property
    def reviewed(self) -> int:
        """Number of reviewed parts."""
        return self.total - sum(count for (_, decision), count in self.parts.items() if decision is None)

    @property
    def missed(self) -> int:
        """Number of OK parts that people decided to be defects."""
        return self.parts.get((Verdict.OK, Decision.DEFECT), 0)

    @property
    def agreement(self) -> Agreement:
        """Decisions of people on NG parts."""
        said = {decision: self.parts.get((Verdict.NG, decision), 0) for decision in Decision}
        return Agreement(said[Decision.DEFECT], said[Decision.FALSE_ALARM], said[Decision.UNSURE])

    def of(self, verdict: Verdict) -> int:
        """Return the number of parts of a verdict."""
        return sum(count for (said, _), count in self.parts.items() if said is verdict)

    def flagged(self, decision: Decision | None) -> int:
        """Return the number of flagged parts with a decision; None counts flagged parts without a review."""
        return sum(self.parts.get((verdict, decision), 0) for verdict in JUDGED if verdict is not Verdict.OK)

    @property
    def good_after_review(self) -> tuple[int, int]:
        """Least and greatest possible number of good parts among the judged parts, as undecided parts are open."""
        said: Counter[Decision | None] = Counter()
        for (verdict, decision), count in self.parts.items():
            if verdict in JUDGED:
                accepted = decision is None and verdict is Verdict.OK
                said[Decision.FALSE_ALARM if accepted else decision] += count
        surely = said[Decision.FALSE_ALARM]
        return surely, surely + said[None] + said[Decision.UNSURE]


@dataclass(frozen=True, slots=True)
class ScoreBar:
    """A bar of the score chart: left edge and height in 0..1, whether it is above the limit, number of photos."""

    left: float
    height: float
    over: bool
    count: int


@dataclass(frozen=True, slots=True)
class Report:
    """The complete content of a report. Parts are read on demand, so that few are in memory at a time.

    Parameters
    ----------
    title : str
        Heading of the report.
    scope : str
        Description of the parts, for people.
    letterhead : Letterhead
        Letterhead of the report.
    written_at : datetime
        Time of the report, with time zone.
    reviewed_source : bool
        Whether reviews are known: for parts of a history, but not for saved results.
    chosen_by_outcome : bool
        Whether the parts were selected by verdict, score or review, so that a yield has no meaning.
    tally : Tally
        Number of parts by outcome.
    limits : tuple of LimitsInUse
        Limits in use, most used first.
    scores : tuple of int
        Number of judged parts in each of `BARS` steps of relative score.
    first, last : datetime or None
        Time of judging of the first and the last part; None without parts.
    operators, sources : tuple of str
        Each name once, in order.
    photos_in : str
        Folder that `ReportedPart.file_name` is relative to.
    refused_and_ng : sequence of int
        Numbers of the parts that were refused and would be NG, worst first.
    defects, missed, unsure : sequence of int
        Numbers of the NG parts, of the OK parts that people decided to be defects, and of the UNSURE parts, worst
        first.
    not_judged : sequence of int
        Numbers of the other parts that were refused or cannot be read.
    passed : sequence of (str, float)
        Name and relative score of at most `MOST_NAMED` OK parts, highest score first.
    read : callable
        Returns the part with a number.
    pictures : callable
        Returns the pictures of a part.
    every : callable
        Returns all parts, one by one.
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
        """Number of parts with photo and heatmap."""
        kinds = (self.refused_and_ng, self.defects, self.missed, self.unsure)
        return sum(min(len(numbers), MOST_PICTURED) for numbers in kinds)


def score_step(relative: float) -> int:
    """Return the step of the score chart for a relative score; the last step has no upper end.

    No step holds scores on both sides of the limit. A score equal to the limit is OK.
    """
    return min(max(math.ceil(relative / (SCALE_TOP / BARS)) - 1, 0), BARS - 1)


def score_bars(scores: Sequence[int]) -> list[ScoreBar]:
    """Return the bars of the score chart without empty bars."""
    fullest = max(scores, default=0)
    return [
        ScoreBar(place / BARS, count / fullest, place * SCALE_TOP / BARS >= 1.0, count)
        for place, count in enumerate(scores)
        if count
    ]
