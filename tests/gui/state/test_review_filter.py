"""The choices of the filter as filters of the history."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from inspector.core.review.decision import Decision
from inspector.gui.state.review_filter import Period, Reviewed, ReviewFilter
from inspector.storage.history.records import EVERYTHING
from inspector.storage.history.store import History
from inspector.workflows.review.reviewing import TO_REVIEW
from tests.storage.history.conftest import folder, history, judged  # noqa: F401

HERE = timezone(timedelta(hours=2))
WEDNESDAY = datetime(2026, 3, 4, 9, 30, tzinfo=HERE)


def test_the_first_filter_is_what_is_counted_as_to_review():
    assert ReviewFilter().part_filter(WEDNESDAY) == TO_REVIEW


@pytest.mark.parametrize(
    ("period", "begin"),
    [
        (Period.TODAY, datetime(2026, 3, 4, tzinfo=HERE)),
        (Period.YESTERDAY, datetime(2026, 3, 3, tzinfo=HERE)),
        (Period.WEEK, datetime(2026, 3, 2, tzinfo=HERE)),
        (Period.ANY, None),
    ],
)
def test_a_period_begins_at_midnight_by_the_clock_on_the_wall(period, begin):
    assert ReviewFilter(period=period).part_filter(WEDNESDAY).since == begin


def test_parts_of_yesterday_are_not_of_today(history: History):  # noqa: F811
    for hours in (1, 10, 60):
        history.add(judged(0, 1.5, inspected_at=WEDNESDAY - timedelta(hours=hours), part_id=f"{hours}"))
    found = [history.count(ReviewFilter(period=period).part_filter(WEDNESDAY)) for period in Period]
    assert dict(zip(Period, found, strict=True)) == {
        Period.TODAY: 1,
        Period.YESTERDAY: 1,
        Period.WEEK: 2,
        Period.ANY: 3,
    }


def test_a_decided_part_stays_where_the_filter_still_means_it(history: History):  # noqa: F811
    history.add(judged(0, 1.5))
    (part,) = history.page(EVERYTHING)
    defect = replace(part, decision=Decision.DEFECT, defect_class="crack")
    kept = {choice for choice in Reviewed if ReviewFilter(reviewed=choice).keeps(defect)}
    assert kept == {Reviewed.YES, Reviewed.DEFECT, Reviewed.ANY}
    assert ReviewFilter(reviewed=Reviewed.ANY, defect_class="crack").keeps(defect)
    assert not ReviewFilter(reviewed=Reviewed.ANY, defect_class="stain").keeps(defect)
