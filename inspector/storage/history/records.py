"""Values that the history returns, and the filters for them. No SQL here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, StrEnum

from inspector.core.review.decision import Decision
from inspector.core.review.judged_part import part_name
from inspector.core.values import GuardReading, Limits, Region, Verdict

UNSCORED = -1.0
"""Relative score of a part without a score, such as a photo of another size; below every score."""


def storable(text: str) -> str:
    """Return a text that every database accepts; file names may hold invalid bytes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8").replace("\0", "\\x00")


class Pictures(StrEnum):
    """State of a part's photo and score map."""

    KEPT = "kept"
    DELETED = "deleted"
    NOT_KEPT = "not kept"


class Order(Enum):
    """Order of parts in a list."""

    NEWEST = "newest first"
    OLDEST = "oldest first"
    WORST = "refused parts that would be NG first, then the highest relative score"
    BEST = "the reverse of WORST"

    @property
    def reverse(self) -> Order:
        """The opposite order."""
        return _REVERSE[self]


_REVERSE = {
    Order.NEWEST: Order.OLDEST,
    Order.OLDEST: Order.NEWEST,
    Order.WORST: Order.BEST,
    Order.BEST: Order.WORST,
}


@dataclass(frozen=True, slots=True)
class PartFilter:
    """Conditions that select parts. None means no condition; all given conditions must hold.

    Parameters
    ----------
    verdicts : frozenset of Verdict or None
        Verdicts of the machine.
    decisions : frozenset of (Decision or None) or None
        Current decisions of people; None in the set stands for parts without a review.
    since, until : datetime or None
        With time zone; `since` <= inspected < `until`.
    lowest, highest : float or None
        Relative score: score divided by the threshold of that time, both ends included. Parts without a score have
        `UNSCORED`.
    refused_and_ng : bool or None
        True for parts that were refused and would be NG only, False for all others.
    defect_class : str or None
        Current defect class.
    part_id : str or None
        Exact part id; several parts may have the same.
    part_prefix : str or None
        Start of the part id.
    source, operator, bundle_sha256 : str or None
        Exact value.
    """

    verdicts: frozenset[Verdict] | None = None
    decisions: frozenset[Decision | None] | None = None
    since: datetime | None = None
    until: datetime | None = None
    lowest: float | None = None
    highest: float | None = None
    refused_and_ng: bool | None = None
    defect_class: str | None = None
    part_id: str | None = None
    part_prefix: str | None = None
    source: str | None = None
    operator: str | None = None
    bundle_sha256: str | None = None


EVERYTHING = PartFilter()


@dataclass(frozen=True, slots=True)
class PartRecord:
    """A judged part, with the values that lists show.

    Parameters
    ----------
    id : int
        Number in the order of addition, whatever the clock showed.
    part_id, source, operator, trigger, bundle_sha256, bundle_name : str
        As in `JudgedPart`.
    inspected_at : datetime
        In the time zone offset of that moment.
    verdict : Verdict
        The machine's verdict at `limits`. It does not change when limits change.
    score : float or None
        Raw score, also of refused parts; None for refused parts that a former release judged.
    limits : Limits
        The limits at that time.
    relative_score : float
        Score in threshold units, or `UNSCORED`.
    decision : Decision or None
        Current decision of people; None without a review, or if every review was withdrawn.
    defect_class : str
        Defect class of the valid review; empty for none.
    pictures : Pictures
        Whether photo and score map are kept.
    problem : str
        Why the row cannot be read, as a sentence; then only `id`, `part_id` and `source` are meaningful. Empty for a
        sound row.
    """

    id: int
    part_id: str
    source: str
    inspected_at: datetime
    verdict: Verdict
    score: float | None
    limits: Limits
    relative_score: float
    bundle_sha256: str
    bundle_name: str
    operator: str
    trigger: str
    decision: Decision | None
    defect_class: str
    pictures: Pictures
    problem: str = ""

    @property
    def judged_score(self) -> float | None:
        """The raw score; None if it does not decide the verdict, because the part was refused."""
        return None if self.verdict in (Verdict.REFUSED, Verdict.UNREADABLE) else self.score

    @property
    def would_be(self) -> Verdict | None:
        """The verdict that a refused part would have had; None if it is not refused or has no score."""
        if self.verdict is not Verdict.REFUSED or self.score is None:
            return None
        return self.limits.verdict_of(self.score)

    @property
    def refused_and_ng(self) -> bool:
        """Whether the part is refused and would be NG; such parts come first."""
        return self.would_be is Verdict.NG

    @property
    def name(self) -> str:
        """Display name of the part; see `part_name`."""
        return part_name(self.part_id, self.source, self.trigger) or f"Part {self.id:,}"


@dataclass(frozen=True, slots=True)
class ReviewRecord:
    """A row of a part's reviews.

    Parameters
    ----------
    id : int
        Number in the order of addition.
    decision : Decision or None
        The decision that is valid from this row on; None if a withdrawal left no decision.
    defect_class, note, reviewer : str
        As in `Review`.
    reviewed_at : datetime
        In the time zone offset of that moment.
    undoes : int or None
        The review that this row withdraws.
    """

    id: int
    decision: Decision | None
    defect_class: str
    note: str
    reviewer: str
    reviewed_at: datetime
    undoes: int | None


@dataclass(frozen=True, slots=True)
class ReviewedParts:
    """The number of parts with one verdict of a bundle and one decision of people.

    Parameters
    ----------
    bundle_sha256, bundle_name : str
        The bundle.
    verdict : Verdict
        Verdict of the machine.
    decision : Decision
        Current decision of people.
    parts : int
        Number of parts.
    """

    bundle_sha256: str
    bundle_name: str
    verdict: Verdict
    decision: Decision
    parts: int


@dataclass(frozen=True, slots=True)
class PictureFile:
    """A file of the history: its path relative to the folder of pictures, and its SHA-256."""

    path: str
    sha256: str


@dataclass(frozen=True, slots=True)
class PartDetails:
    """All details of a judged part.

    Parameters
    ----------
    record : PartRecord
        The values that lists show.
    refusal : str or None
        Why the part was not judged.
    photo_hw : (int, int)
        Height and width of the photo in pixels.
    regions : tuple of Region
        Places above the threshold of that time.
    readings : tuple of GuardReading
        Readings of the guards.
    ms : float
        Time for judging, in milliseconds.
    photo, score_map : PictureFile or None
        None if no file was kept. If `record.pictures` is DELETED, the files are gone.
    pictures_gone : str
        Why there are no pictures, as a sentence; empty if they are kept.
    pictures_deleted_at : datetime or None
        Time of deletion, in UTC.
    reviews : tuple of ReviewRecord
        The reviews, oldest first.
    """

    record: PartRecord
    refusal: str | None
    photo_hw: tuple[int, int]
    regions: tuple[Region, ...]
    readings: tuple[GuardReading, ...]
    ms: float
    photo: PictureFile | None
    score_map: PictureFile | None
    pictures_gone: str
    pictures_deleted_at: datetime | None
    reviews: tuple[ReviewRecord, ...]
