"""Filters, order and pages say the same as plain Python over all parts, and are answered from indexes."""

import random
import re
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import event

from benchmarks.speed.history import fill, questions
from inspector.core.review.decision import Decision
from inspector.core.values import Verdict
from inspector.storage.history import queries
from inspector.storage.history.queries import id_query
from inspector.storage.history.records import EVERYTHING, Order, PartFilter
from inspector.storage.history.sql.database import FILE_NAME
from inspector.storage.history.sql.tables import inspections
from inspector.storage.history.store import History

SMALL, LARGE = 600, 20_000
ONE_BUNDLE = PartFilter(bundle_sha256="1" * 64)


def filled(folder, parts):
    folder.mkdir(exist_ok=True)
    fill(f"sqlite:///{folder / FILE_NAME}", parts)
    return History.open(folder)


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    with filled(tmp_path_factory.mktemp("small"), SMALL) as history:
        yield history


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    with filled(tmp_path_factory.mktemp("large"), LARGE) as history:
        yield history


@pytest.fixture(scope="module")
def everyone(small):
    return small.page(order=Order.OLDEST, limit=SMALL + 1)


def meant(record, part_filter):
    """The filter, once more and in plain words."""
    f = part_filter
    return all(
        (
            f.verdicts is None or record.verdict in f.verdicts,
            f.decisions is None or record.decision in f.decisions,
            f.since is None or record.inspected_at >= f.since,
            f.until is None or record.inspected_at < f.until,
            f.lowest is None or record.relative_score >= f.lowest,
            f.highest is None or record.relative_score <= f.highest,
            f.refused_and_ng is None or record.refused_and_ng == f.refused_and_ng,
            f.defect_class is None or record.defect_class == f.defect_class,
            f.part_prefix is None or record.part_id.startswith(f.part_prefix),
            f.source is None or record.source == f.source,
            f.operator is None or record.operator == f.operator,
            f.bundle_sha256 is None or record.bundle_sha256 == f.bundle_sha256,
        )
    )


def in_order(records, order):
    keys = {
        Order.NEWEST: lambda record: -record.id,
        Order.OLDEST: lambda record: record.id,
        Order.WORST: lambda record: (not record.refused_and_ng, -record.relative_score, -record.id),
        Order.BEST: lambda record: (record.refused_and_ng, record.relative_score, record.id),
    }
    return sorted(records, key=keys[order])


def random_filter(everyone):
    one, other = sorted(random.sample(everyone, 2), key=lambda record: record.inspected_at)
    low, high = sorted((one.relative_score, other.relative_score))
    choices = {
        "verdicts": frozenset(random.sample(list(Verdict), random.randint(1, 4))),
        "decisions": frozenset(random.sample([None, *Decision], random.randint(1, 3))),
        "since": one.inspected_at,
        "until": other.inspected_at,
        "lowest": low,
        "highest": high,
        "refused_and_ng": random.choice([True, False]),
        "defect_class": random.choice(["crack", "stain", "none such"]),
        "part_prefix": one.part_id[: random.randint(0, 13)],
        "source": one.source,
        "operator": one.operator,
        "bundle_sha256": one.bundle_sha256,
    }
    return PartFilter(**{name: choices[name] for name in random.sample(list(choices), random.randint(1, 4))})


def test_generated_parts_are_of_all_kinds(everyone):
    assert len(everyone) == SMALL
    assert {record.verdict for record in everyone} == set(Verdict) - {Verdict.UNREADABLE}
    assert {record.would_be for record in everyone if record.verdict is Verdict.REFUSED} >= {None, Verdict.NG}
    assert {record.decision for record in everyone} == {None, Decision.DEFECT, Decision.FALSE_ALARM}


def test_any_filter_in_any_order_means_what_it_says(small, everyone):
    for _ in range(40):
        part_filter, order = random_filter(everyone), random.choice(list(Order))
        wanted = in_order([record for record in everyone if meant(record, part_filter)], order)
        assert list(small.page(part_filter, order, limit=SMALL)) == wanted
        assert small.count(part_filter) == len(wanted)
        counts = small.verdict_counts(part_filter)
        assert counts == {verdict: sum(record.verdict is verdict for record in wanted) for verdict in Verdict}


@pytest.mark.parametrize("order", Order)
@pytest.mark.parametrize("verdicts", [None, frozenset({Verdict.OK}), frozenset({Verdict.NG, Verdict.REFUSED})])
def test_pages_one_after_the_other_show_each_part_once(small, everyone, order, verdicts):
    part_filter = PartFilter(verdicts=verdicts)
    wanted = in_order([record for record in everyone if meant(record, part_filter)], order)
    shown, last = [], None
    while page := small.page(part_filter, order, after=last, limit=97):
        shown += page
        last = page[-1]
    assert shown == wanted
    assert list(small.page(part_filter, order, offset=11, limit=5)) == wanted[11:16]
    assert list(small.page(part_filter, order, after=wanted[3], offset=2, limit=2)) == wanted[6:8]


def test_a_filter_for_nothing_finds_nothing(small):
    for nothing in (PartFilter(verdicts=frozenset()), PartFilter(decisions=frozenset()), PartFilter(source="none")):
        assert small.page(nothing) == ()
        assert small.count(nothing) == 0
    assert small.page(PartFilter(bundle_sha256="9" * 64)) == ()


def test_time_is_compared_across_time_zones(small, everyone):
    record = everyone[SMALL // 2]
    elsewhere = record.inspected_at.astimezone(tz=None) + timedelta(0)
    (found,) = small.page(PartFilter(since=elsewhere, until=elsewhere + timedelta(seconds=1)))
    assert found == record


def plans(history, ask):
    """How SQLite answers all that is asked of it, line by line."""
    statements = []
    engine = history._database._reader

    def listen(connection, cursor, statement, parameters, context, executemany):
        statements.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", listen)
    try:
        ask()
    finally:
        event.remove(engine, "before_cursor_execute", listen)
    with history._database.reading() as connection:
        for statement, parameters in statements:
            if statement.startswith("SELECT"):
                rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
                yield from (row[3] for row in rows)


SCANS_THE_ROWS = re.compile(r"SCAN (inspections|pictures|reviews|details)(?! USING COVERING INDEX)")


@pytest.mark.parametrize("name", [name for name, _, _ in questions(LARGE)])
def test_whatever_the_window_asks_is_answered_from_an_index(large, name):
    ((part_filter, order),) = [(asked, order) for known, asked, order in questions(LARGE) if known == name]
    page = large.page(part_filter, order)

    def ask():
        large.count(part_filter)
        large.page(part_filter, order)
        large.page(part_filter, order, after=page[-1] if page else None)
        large.page(part_filter, order, offset=50)

    found = list(plans(large, ask))
    assert found
    assert not [line for line in found if SCANS_THE_ROWS.search(line)]


STEPS = 100
MOST_STEPS = 60_000
"""Steps of SQLite's virtual machine for a page of 100 parts: 6,000 to fetch them, and as many for each 1,000 that are
counted or sorted. A walk through all 20,000 takes 120,000 and more."""


@contextmanager
def counted_steps(history):
    """Count what SQLite does, in steps of its machine: the same on every computer."""
    engine, counted = history._database._reader, []

    def count():
        counted.append(STEPS)

    def watch(connection, *_):
        connection.set_progress_handler(count, STEPS)

    event.listen(engine, "checkout", watch)
    try:
        yield counted
    finally:
        event.remove(engine, "checkout", watch)
        with history._database.reading() as connection:
            connection.connection.dbapi_connection.set_progress_handler(None, STEPS)


@pytest.fixture
def as_if_of_a_million(monkeypatch):
    monkeypatch.setattr(queries, "FEW", queries.FEW * LARGE // 1_000_000)


# One shift is a third of so short a history, and no small part of it.
@pytest.mark.parametrize("name", [name for name, _, _ in questions(LARGE) if name != "one shift"])
def test_no_page_costs_a_walk_through_all_parts(large, as_if_of_a_million, name):
    ((part_filter, order),) = [(asked, order) for known, asked, order in questions(LARGE) if known == name]
    middle = large.page(part_filter, order, offset=large.count(part_filter) // 2, limit=1)
    with counted_steps(large) as counted:
        large.page(part_filter, order)
    assert sum(counted) < MOST_STEPS
    with counted_steps(large) as counted:
        large.page(part_filter, order, after=middle[0] if middle else None)
    assert sum(counted) < MOST_STEPS


def test_agreement_is_counted_from_the_reviewed_parts_alone(large):
    reviewed = sum(one.parts for one in large.reviewed_parts())
    with counted_steps(large) as counted:
        large.reviewed_parts()
    assert 0 < sum(counted) < 15 * reviewed < LARGE
    with counted_steps(large) as counted:
        large.reviewed_again()
    assert sum(counted) < 15 * reviewed


@pytest.mark.parametrize("ordering", [inspections.c.id.asc(), inspections.c.id.desc()], ids=["oldest", "newest"])
@pytest.mark.parametrize(
    "part_filter",
    [EVERYTHING, PartFilter(verdicts=frozenset({Verdict.OK})), PartFilter(source="camera:1"), ONE_BUNDLE],
    ids=["everything", "OK", "source", "bundle"],
)
def test_what_is_most_of_the_history_comes_in_order_without_sorting(large, part_filter, ordering):
    def ask():
        with large._database.reading() as connection:
            connection.execute(id_query(connection, part_filter).order_by(ordering).limit(100)).all()

    found = " ".join(plans(large, ask))
    assert "inspections" in found
    assert "USE TEMP B-TREE" not in found


def test_the_search_for_scans_finds_them(large):
    with large._database.reading() as connection:
        rows = connection.exec_driver_sql("EXPLAIN QUERY PLAN SELECT operator FROM inspections WHERE operator = 'x'")
        assert any(SCANS_THE_ROWS.search(row[3]) for row in rows)
