"""Which parts of the history a report is about, as the dialog offers them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from enum import Enum

from inspector.core.letterhead import Letterhead
from inspector.gui.state.review_filter import ReviewFilter
from inspector.storage.history.records import PartFilter, PartRecord
from inspector.workflows.reports.writing import batch_of

SHIFT_BEGINS = tuple(time(hour) for hour in (6, 14, 22))
"""Where the times of a shift begin to be proposed; they can be changed."""
_DAY = timedelta(days=1)


class ReportScope(Enum):
    """The offered choices."""

    FILTER = "the filter of the list"
    PART = "the part that is shown"
    BATCH = "its batch"
    SHIFT = "a shift"
    TODAY = "today"
    TIMES = "from one moment to another"


@dataclass(frozen=True, slots=True)
class ReportOffer:
    """The initial choices of the dialog.

    Parameters
    ----------
    filter : ReviewFilter
        Of the list.
    selected : PartRecord or None
        The part that is shown.
    letterhead : Letterhead
        As remembered.
    now : datetime
        With time zone.
    """

    filter: ReviewFilter
    selected: PartRecord | None
    letterhead: Letterhead
    now: datetime

    def scopes(self) -> tuple[ReportScope, ...]:
        """Return the offered choices."""
        of_a_part = (ReportScope.PART, ReportScope.BATCH)
        return tuple(one for one in ReportScope if self.selected is not None or one not in of_a_part)

    def times(self, scope: ReportScope) -> tuple[datetime, datetime]:
        """Return from when to when a choice by time means, to begin with."""
        if scope is ReportScope.SHIFT:
            return shift_of(self.now)
        midnight = self.now.replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight, midnight + _DAY

    def part_filter(self, scope: ReportScope, since: datetime, until: datetime) -> PartFilter:
        """Return a choice as a filter of the history; only choices by time use `since` and `until`."""
        if scope is ReportScope.FILTER:
            return self.filter.part_filter(self.now)
        if self.selected is not None and scope is ReportScope.BATCH:
            return batch_of(self.selected)
        if self.selected is not None and scope is ReportScope.PART:
            # The same name may have been judged on other days too.
            at = self.selected.inspected_at
            moment = PartFilter(since=at, until=at + timedelta(microseconds=1))
            return replace(moment, part_id=self.selected.part_id, source=self.selected.source)
        return PartFilter(since=since, until=until)


def shift_of(now: datetime) -> tuple[datetime, datetime]:
    """Return begin and end of the shift of eight hours that a moment lies in."""
    begun = [begin for begin in SHIFT_BEGINS if begin <= now.time()]
    day = now if begun else now - _DAY
    begin = (begun or SHIFT_BEGINS)[-1]
    since = day.replace(hour=begin.hour, minute=0, second=0, microsecond=0)
    return since, since + timedelta(hours=8)
