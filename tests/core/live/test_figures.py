"""Frames a second, age of the shown frame, yield."""

import pytest

from inspector.core.live.figures import PaceMeter, ShiftCount
from inspector.core.values import Verdict


def test_pace_is_that_of_the_last_five_seconds():
    meter = PaceMeter()
    for number in range(300):
        shown_at = number / 30
        meter.show(shown_at - (0.040 if number % 10 else 0.200), shown_at)
    pace = meter.pace(299 / 30)
    assert pace.per_second == pytest.approx(30, rel=0.05)
    assert pace.age_p50_ms == pytest.approx(40)
    assert pace.age_p95_ms == pytest.approx(200)
    assert meter.pace(60.0).per_second == 0.0


def test_pace_of_the_first_second_is_not_overstated():
    meter = PaceMeter()
    meter.show(0.0, 0.05)
    meter.show(0.03, 0.08)
    assert meter.pace(0.1).per_second <= 2.0


def test_yield_is_the_share_of_ok_among_all_parts_and_refused_ones_are_not_ok():
    count = ShiftCount()
    assert count.yield_share is None
    for verdict in (Verdict.OK, Verdict.OK, Verdict.OK, Verdict.NG, Verdict.REFUSED):
        count = count.with_part(verdict)
    assert (count.parts, count.yield_share) == (5, 0.6)
    assert ShiftCount().with_part(Verdict.REFUSED).yield_share == 0.0


def test_refused_parts_that_would_be_ng_are_counted_among_the_refused_ones_and_apart():
    count = ShiftCount().with_part(Verdict.REFUSED).with_part(Verdict.REFUSED, refused_and_ng=True)
    assert (count.parts, count.refused, count.refused_and_ng) == (2, 2, 1)
