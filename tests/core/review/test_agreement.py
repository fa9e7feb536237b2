"""Agreement between machine and people: by day, by week, by version."""

from datetime import date, timedelta

import pytest

from inspector.core.promise.threshold import binomial_interval
from inspector.core.review.agreement import Agreement, ReviewedOnDay, agreement_curves
from inspector.core.review.decision import Decision
from inspector.core.values import Verdict

MONDAY = date(2026, 3, 2)


def said(day, defects=0, alarms=0, sha256="a" * 64, name="cells", first=1, escapes=0):
    """Rows of one day: NG parts decided, and OK parts that were defects."""
    counted = (
        (Verdict.NG, Decision.DEFECT, defects),
        (Verdict.NG, Decision.FALSE_ALARM, alarms),
        (Verdict.OK, Decision.DEFECT, escapes),
    )
    at = MONDAY + timedelta(days=day)
    return [ReviewedOnDay(at, sha256, name, verdict, decision, n, first) for verdict, decision, n in counted if n]


def test_three_reviews_tell_less_than_three_hundred():
    (curve,) = agreement_curves([*said(0, 2, 1), *said(1, 200, 100)])
    few, many = curve.points
    assert few.agreement.share == many.agreement.share == pytest.approx(2 / 3)
    assert few.low < many.low < 2 / 3 < many.high < few.high
    # Clopper and Pearson for 2 of 3, from tables: 0.094 to 0.992.
    assert (few.low, few.high) == pytest.approx((0.0943, 0.9916), abs=1e-4)
    assert binomial_interval(0, 0) == (0.0, 1.0)


def test_a_short_time_is_told_by_days_and_a_long_one_by_weeks_from_monday():
    (short,) = agreement_curves([*said(0, 3), *said(1, 1, 1), *said(61, 2)])
    assert [(one.begin, one.days) for one in short.points] == [
        (MONDAY, 1), (MONDAY + timedelta(days=1), 1), (MONDAY + timedelta(days=61), 1)
    ]  # fmt: skip
    (long,) = agreement_curves([*said(0, 3), *said(6, 1, 1), *said(7, 2), *said(62, 2)])
    assert [(one.begin, one.days) for one in long.points] == [
        (MONDAY, 7), (MONDAY + timedelta(days=7), 7), (MONDAY + timedelta(days=56), 7)
    ]  # fmt: skip
    assert long.points[0].agreement == Agreement(4, 1)


def test_versions_are_told_apart_in_the_order_in_which_they_came():
    rows = [
        *said(0, 5, 5, sha256="f" * 64, first=10),
        *said(1, 1, 3, sha256="f" * 64, first=20),
        *said(1, 4, 1, sha256="a" * 64, first=30),  # the same day, later
        *said(2, 9, 1, sha256="a" * 64, first=40),
    ]
    (curve,) = agreement_curves(reversed(rows))
    assert [point.bundle_sha256[0] for point in curve.points] == ["f", "f", "a", "a"]
    assert [(point.begin, point.bundle_sha256[0]) for point in curve.changes] == [(MONDAY + timedelta(days=1), "a")]


def test_each_bundle_has_its_curve_the_latest_first_with_false_alarms_and_escapes():
    rows = [*said(0, 5, 2, escapes=1), *said(3, 1, 0, name="boards"), *said(1, 0, 0, escapes=2)]
    boards, cells = agreement_curves(rows)
    assert (boards.bundle_name, cells.bundle_name) == ("boards", "cells")
    assert cells.whole == Agreement(5, 2)
    assert cells.escapes == 3
    assert cells.points[1].agreement.share is None  # escapes only: nothing to agree on
    assert (cells.points[1].low, cells.points[1].high) == (0.0, 1.0)


def test_nothing_reviewed_is_no_curve():
    assert agreement_curves([]) == ()
