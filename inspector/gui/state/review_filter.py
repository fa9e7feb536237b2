"""The filter of the review page: the user's choices, and the same as a filter of the history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from inspector.core.review.decision import Decision
from inspector.core.values import Verdict
from inspector.storage.history.records import Order, PartFilter, PartRecord
from inspector.workflows.review.reviewing import FLAGGED


class Judged(Enum):
    """The machine's verdict."""

    FLAGGED = FLAGGED
    REFUSED_AND_NG = "refused, and would be NG"
    NG = frozenset({Verdict.NG})
    UNSURE = frozenset({Verdict.UNSURE})
    OK = frozenset({Verdict.OK})
    REFUSED = frozenset({Verdict.REFUSED})
    ANY = None

    @property
    def verdicts(self) -> frozenset[Verdict] | None:
        """The verdicts that are meant; None for any."""
        return frozenset({Verdict.REFUSED}) if self is Judged.REFUSED_AND_NG else self.value


class Reviewed(Enum):
    """The person's decision."""

    NOT_YET = frozenset({None})
    YES = frozenset(Decision)
    DEFECT = frozenset({Decision.DEFECT})
    FALSE_ALARM = frozenset({Decision.FALSE_ALARM})
    UNSURE = frozenset({Decision.UNSURE})
    ANY = None


class Period(Enum):
    """When parts were judged, by the clock on the wall."""

    TODAY = "today"
    YESTERDAY = "yesterday"
    WEEK = "this week"
    ANY = "any time"


@dataclass(frozen=True, slots=True)
class ReviewFilter:
    """The filter of the list.

    Parameters
    ----------
    judged, reviewed, period
        The machine's verdict, the person's decision, and the time.
    bundle_sha256, defect_class, part_prefix : str
        Empty for any.
    lowest : float
        Least relative score; 0 for any, parts without a score included.
    order : Order
        How parts follow each other.
    """

    judged: Judged = Judged.FLAGGED
    reviewed: Reviewed = Reviewed.NOT_YET
    period: Period = Period.ANY
    bundle_sha256: str = ""
    defect_class: str = ""
    part_prefix: str = ""
    lowest: float = 0.0
    order: Order = Order.WORST

    def part_filter(self, now: datetime) -> PartFilter:
        """Return the filter for the history at a moment (with time zone)."""
        return PartFilter(
            verdicts=self.judged.verdicts,
            refused_and_ng=True if self.judged is Judged.REFUSED_AND_NG else None,
            decisions=self.reviewed.value,
            since=_begin(self.period, now),
            until=_midnight(now) if self.period is Period.YESTERDAY else None,
            lowest=self.lowest or None,
            defect_class=self.defect_class or None,
            part_prefix=self.part_prefix or None,
            bundle_sha256=self.bundle_sha256 or None,
        )

    def keeps(self, record: PartRecord) -> bool:
        """Whether a part that was listed is still meant after people said something else of it."""
        wanted = self.reviewed.value
        same_class = not self.defect_class or self.defect_class == record.defect_class
        return (wanted is None or record.decision in wanted) and same_class


NEAR_LIMIT = 0.8
"""Relative score from which an OK part is worth a look: what escapes mostly lies just below the limit."""


class PartsList(Enum):
    """Common choices."""

    TO_REVIEW = ReviewFilter()
    NEAR_LIMIT = ReviewFilter(Judged.OK, Reviewed.NOT_YET, lowest=NEAR_LIMIT)
    MISSED = ReviewFilter(Judged.OK, Reviewed.DEFECT)


def _midnight(now: datetime) -> datetime:
    return now.replace(hour=0, minute=0, second=0, microsecond=0)


def _begin(period: Period, now: datetime) -> datetime | None:
    days = {Period.TODAY: 0, Period.YESTERDAY: 1, Period.WEEK: now.weekday()}
    return None if period is Period.ANY else _midnight(now) - timedelta(days=days[period])
