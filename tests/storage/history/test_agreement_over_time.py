"""Reviewed parts by the day of the clock on the wall, counted by the database as plain Python counts them."""

import re
from collections import Counter
from datetime import date, datetime, timedelta, timezone

import pytest
from sqlalchemy import event

from benchmarks.speed import history as generated_history
from inspector.core.review.decision import Decision, Review
from inspector.core.values import Verdict
from inspector.storage.history.records import PartFilter
from inspector.storage.history.sql.database import FILE_NAME
from inspector.storage.history.store import History
from tests.storage.history.conftest import NOON, judged

PARTS, SECONDS_APART = 8_000, 25.0
"""Together more than two days."""


@pytest.fixture(scope="module")
def generated(tmp_path_factory):
    folder = tmp_path_factory.mktemp("generated")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(generated_history, "SECONDS_APART", SECONDS_APART)
        generated_history.fill(f"sqlite:///{folder / FILE_NAME}", PARTS)
    with History.open(folder) as history:
        yield history


def test_the_database_counts_what_plain_python_counts(generated):
    reviewed = generated.page(PartFilter(decisions=frozenset(Decision)), limit=PARTS)
    wanted = Counter(
        (one.inspected_at.date(), one.bundle_sha256, one.bundle_name, one.verdict, one.decision) for one in reviewed
    )
    found = generated.reviewed_by_day()
    assert len({one.day for one in found}) == 3
    assert {
        (one.day, one.bundle_sha256, one.bundle_name, one.verdict, one.decision): one.parts for one in found
    } == wanted
    assert [(one.day, one.first) for one in found] == sorted((one.day, one.first) for one in found)


def test_a_day_is_that_of_the_clock_on_the_wall(history):
    tokyo = timezone(timedelta(hours=9))
    late = datetime(2026, 3, 6, 1, 30, tzinfo=tokyo)  # the 5th in UTC
    for at in (NOON, late):
        part = history.add(judged(0, 1.5, inspected_at=at))
        history.review(part, Review(Decision.DEFECT, "Kim", NOON + timedelta(days=30)))
    assert [(one.day, one.parts) for one in history.reviewed_by_day()] == [(date(2026, 3, 5), 1), (date(2026, 3, 6), 1)]


def test_what_was_taken_back_is_not_counted(history):
    part = history.add(judged(0, 1.5))
    history.review(part, Review(Decision.FALSE_ALARM, "Kim", NOON))
    (one,) = history.reviewed_by_day()
    assert (one.verdict, one.decision, one.first) == (Verdict.NG, Decision.FALSE_ALARM, part)
    history.undo_review(part, "Kim", NOON)
    assert history.reviewed_by_day() == ()


def test_parts_that_nobody_reviewed_are_not_looked_at(generated):
    """Unreviewed parts are most of a million; only the index of decisions may be read."""
    asked = []
    engine = generated._database._reader

    def listen(_connection, _cursor, statement, parameters, _context, _many):
        asked.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", listen)
    try:
        generated.reviewed_by_day()
    finally:
        event.remove(engine, "before_cursor_execute", listen)
    ((statement, parameters),) = [one for one in asked if one[0].startswith("SELECT")]
    with generated._database.reading() as connection:
        plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
    assert any("SEARCH inspections USING INDEX ix_inspections_decision" in line for line in plan)
    assert not [line for line in plan if re.search("SCAN inspections", line)]
