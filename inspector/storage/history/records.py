"""What goes out of the history, and how it is asked for. No SQL here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, StrEnum

from inspector.core.review.decision import Decision
from inspector.core.review.judged_part import part_name
from inspector.core.values import GuardReading, Limits, Region, Verdict

UNSCORED = -1.0
"""Relative score of a part that has none, such as a photo of another size: below every other."""


def storable(text: str) -> str:
    """Return a text that every database takes: file names may hold bytes that are no letters."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8").replace("\0", "\\x00")


class Pictures(StrEnum):
    """What became of a part's photo and score map."""

    KEPT = "kept"
    DELETED = "deleted"
    NOT_KEPT = "not kept"


class Order(Enum):
    """How parts follow each other."""

    NEWEST = "newest first"
    OLDEST = "oldest first"
    WORST = "refused parts that would be NG first, then the highest relative score"
    BEST = "the reverse of WORST"

    @property
    def reverse(self) -> Order:
        """The same parts from the other end."""
        return _REVERSE[self]


_REVERSE = {
    Order.NEWEST: Order.OLDEST,
    Order.OLDEST: Order.NEWEST,
    Order.WORST: Order.BEST,
    Order.BEST: Order.WORST,
}


@dataclass(frozen=True, slots=True)
class PartFilter:
    """Which parts are meant; what is None does not matter. All that is said must hold.

    Parameters
    ----------
    verdicts : frozenset of Verdict or None
        What the machine said.
    decisions : frozenset of (Decision or None) or None
        What people say now; None among them stands for parts that nobody has reviewed.
    since, until : datetime or None
        With time zone; `since` <= inspected < `until`.
    lowest, highest : float or None
        Relative score: score divided by the threshold of that time, both ends included. Parts without a score have
        `UNSCORED`.
    refused_and_ng : bool or None
        True for parts that were refused and would be NG only, False for all others.
    defect_class : str or None
        As people say now.
    part_id : str or None
        Exactly; several parts may have the same.
    part_prefix : str or None
        How the part's id begins.
    source, operator, bundle_sha256 : str or None
        Exactly.
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
    """One judged part, as far as a list shows it.

    Parameters
    ----------
    id : int
        Counted up in the order that parts were added, whatever the clock said.
    part_id, source, operator, trigger, bundle_sha256, bundle_name : str
        As in `JudgedPart`.
    inspected_at : datetime
        In the time zone offset of that moment.
    verdict : Verdict
        What the machine said then, at `limits`. A fact of that moment: it does not change when limits do.
    score : float or None
        Raw score; of refused parts too, but for those that a former release judged.
    limits : Limits
        In use at that moment.
    relative_score : float
        Score in threshold units, or `UNSCORED`.
    decision : Decision or None
        What people say now; None if nobody has reviewed it, or every review was undone.
    defect_class : str
        Of the review in force; empty for none.
    pictures : Pictures
        Whether photo and score map are there.
    problem : str
        Why the row cannot be read, as a sentence; then all but `id`, `part_id` and `source` stands for nothing. Empty
        for a sound row.
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
        """The raw score, or None where it does not decide the verdict: the part was refused."""
        return None if self.verdict in (Verdict.REFUSED, Verdict.UNREADABLE) else self.score

    @property
    def would_be(self) -> Verdict | None:
        """The verdict that a refused part would have had; None where it is not refused, or has no score."""
        if self.verdict is not Verdict.REFUSED or self.score is None:
            return None
        return self.limits.verdict_of(self.score)

    @property
    def refused_and_ng(self) -> bool:
        """Whether the part is refused and would be NG: a part to look at first."""
        return self.would_be is Verdict.NG

    @property
    def name(self) -> str:
        """Name of the part for people; see `part_name`."""
        return part_name(self.part_id, self.source, self.trigger) or f"Part {self.id:,}"


@dataclass(frozen=True, slots=True)
class ReviewRecord:
    """One row of what people said of a part.

    Parameters
    ----------
    id : int
        Counted up in order.
    decision : Decision or None
        What holds from this row on; None where an undo left no decision.
    defect_class, note, reviewer : str
        As in `Review`.
    reviewed_at : datetime
        In the time zone offset of that moment.
    undoes : int or None
        The review that this row takes back.
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
    """How many parts one bundle judged in one way and people in another.

    Parameters
    ----------
    bundle_sha256, bundle_name : str
        The bundle.
    verdict : Verdict
        What the machine said.
    decision : Decision
        What people say now.
    parts : int
        How many.
    """

    bundle_sha256: str
    bundle_name: str
    verdict: Verdict
    decision: Decision
    parts: int


@dataclass(frozen=True, slots=True)
class PictureFile:
    """A file of the history: where it lies (relative to the folder of pictures) and its SHA-256."""

    path: str
    sha256: str


@dataclass(frozen=True, slots=True)
class PartDetails:
    """Everything that is known of one judged part.

    Parameters
    ----------
    record : PartRecord
        What lists show.
    refusal : str or None
        Why the part was not judged.
    photo_hw : (int, int)
        Height and width of the photo in pixels.
    regions : tuple of Region
        Places above the threshold of that moment.
    readings : tuple of GuardReading
        What the guards measured.
    ms : float
        Milliseconds that judging took.
    photo, score_map : PictureFile or None
        None where nothing was kept. The files are gone if `record.pictures` says so.
    pictures_gone : str
        Why there are no pictures, as a sentence; empty if they are there.
    pictures_deleted_at : datetime or None
        When they were deleted; in UTC.
    reviews : tuple of ReviewRecord
        Oldest first.
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
