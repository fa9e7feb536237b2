"""Queries for the parts that a filter selects, in a given order; each is answered from an index."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, literal, or_, select, tuple_

from inspector.core.review.decision import Decision
from inspector.core.values import Verdict
from inspector.storage.history.records import EVERYTHING, Order, PartFilter, PartRecord, storable
from inspector.storage.history.sql.tables import bundles, details, inspections, pictures

_OK = frozenset({Verdict.OK})
_NOT_REVIEWED: frozenset[Decision | None] = frozenset({None})
_LAST_CHARACTER = "\U0010ffff"

FEW = 100_000
"""Number of parts that are sorted within a tenth of a second. In a longer list, matching parts are frequent, so reading
in order soon finds the next match."""

_Place = tuple[ColumnElement[float], ColumnElement[int]]

_LISTED = (
    *(column for column in inspections.columns if column.name != "bundle_id"),
    bundles.c.sha256.label("bundle_sha256"),
    bundles.c.name.label("bundle_name"),
    pictures.c.photo_path,
    pictures.c.deleted_at,
)


def count(connection: Connection, part_filter: PartFilter) -> int:
    """Return the number of parts that a filter selects."""
    # Most parts are OK and have no review. Counting the rare other parts and subtracting them is faster.
    if part_filter.decisions == _NOT_REVIEWED:
        everyone = count(connection, replace(part_filter, decisions=None))
        return everyone - count(connection, replace(part_filter, decisions=frozenset(Decision)))
    if part_filter.verdicts == _OK:
        all_verdicts = replace(part_filter, verdicts=None)
        # The two comparisons also exclude verdicts that another tool has written.
        others = (inspections.c.verdict < str(Verdict.OK), inspections.c.verdict > str(Verdict.OK))
        return _counted(connection, all_verdicts) - sum(_counted(connection, all_verdicts, one) for one in others)
    return _counted(connection, part_filter)


def part_numbers(connection: Connection, part_filter: PartFilter) -> array[int]:
    """Return the numbers of the parts that a filter selects, oldest first; 8 bytes each."""
    query = id_query(connection, part_filter).order_by(inspections.c.id + 0)
    found = array("q")
    for some in connection.execute(query.execution_options(yield_per=10_000)).scalars().partitions():
        found.extend(some)
    return found


def _counted(connection: Connection, part_filter: PartFilter, *more: ColumnElement[bool]) -> int:
    query = select(func.count()).select_from(inspections).where(*conditions(connection, part_filter), *more)
    return int(connection.execute(query).scalar_one())


def verdict_counts(connection: Connection, part_filter: PartFilter) -> dict[Verdict, int]:
    """Return the number of selected parts by verdict; every verdict is a key."""
    wanted = frozenset(Verdict) if part_filter.verdicts is None else part_filter.verdicts
    each = {verdict: replace(part_filter, verdicts=frozenset({verdict})) for verdict in Verdict if verdict in wanted}
    return dict.fromkeys(Verdict, 0) | {verdict: count(connection, one) for verdict, one in each.items()}


def id_query(connection: Connection, part_filter: PartFilter) -> Select[Any]:
    """Return the query for the ids of the parts that a filter selects."""
    return select(inspections.c.id).where(*conditions(connection, part_filter))


def page_numbers(
    connection: Connection, part_filter: PartFilter, order: Order, after: PartRecord | None, offset: int, limit: int
) -> list[int]:
    """Return the ids of at most `limit` parts that a filter selects; see `page_query`."""
    groups = _groups(part_filter, order)
    if after is not None and len(groups) > 1 and _is_of(connection, groups[1], after):
        groups = groups[1:]
    found: list[int] = []
    for group in groups:
        query = page_query(connection, group, order, after, offset, limit - len(found))
        page = connection.execute(query).scalars().all()
        found += page
        if len(found) == limit:
            break
        offset = 0 if page or not offset else offset - _count_behind(connection, group, order, after)
        after = None
    return found


def _groups(part_filter: PartFilter, order: Order) -> list[PartFilter]:
    """Split a filter into filters that follow each other; an index gives the order within each of them."""
    verdicts = part_filter.verdicts
    mixed = verdicts is None or (Verdict.REFUSED in verdicts and len(verdicts) > 1)
    if order not in (Order.WORST, Order.BEST) or part_filter.refused_and_ng is not None or not mixed:
        return [part_filter]
    first = replace(part_filter, verdicts=frozenset({Verdict.REFUSED}), refused_and_ng=True)
    others = replace(part_filter, refused_and_ng=False)
    return [first, others] if order is Order.WORST else [others, first]


def _is_of(connection: Connection, group: PartFilter, part: PartRecord) -> bool:
    """Whether a part belongs to a group; for a damaged row, the database decides."""
    if not part.problem:
        return part.refused_and_ng == group.refused_and_ng
    same = select(inspections.c.id).where(inspections.c.id == part.id, _refused_and_ng(group.refused_and_ng is True))
    return connection.execute(same).first() is not None


def _count_behind(connection: Connection, part_filter: PartFilter, order: Order, after: PartRecord | None) -> int:
    if after is None:
        return count(connection, part_filter)
    return _counted(connection, part_filter, _behind(order, after, (inspections.c.relative_score, inspections.c.id)))


def page_query(
    connection: Connection, part_filter: PartFilter, order: Order, after: PartRecord | None, offset: int, limit: int
) -> Select[Any]:
    """Return the query for at most `limit` ids of selected parts; in `Order.WORST` by relative score alone.

    Parameters
    ----------
    connection : Connection
        Connection to the queried database.
    part_filter, order
        The selected parts, and their order.
    after : PartRecord or None
        The part before the page; None for the first page.
    offset : int
        Number of further parts to skip.
    limit : int
        Maximum number of ids.
    """
    if after is not None and order is Order.WORST:
        part_filter = replace(part_filter, highest=None)  # implied by `after`, and SQLite would start its search there
    elif after is not None and order is Order.BEST:
        part_filter = replace(part_filter, lowest=None)
    place = _place(connection, part_filter)
    chosen = id_query(connection, part_filter).order_by(*_ordering(order, place)).limit(limit).offset(offset)
    if after is not None:
        chosen = chosen.where(_behind(order, after, place))
    return chosen  # each skipped part costs a step in the index, without reading its row


def records_query(numbers: Sequence[int]) -> Select[Any]:
    """Return the query for the listed columns of these parts, in any order."""
    return _listed().where(inspections.c.id.in_(numbers))


def details_query(numbers: Sequence[int]) -> Select[Any]:
    """Return the query for all columns of these parts except their reviews, in any order."""
    more = (pictures.c.photo_sha256, pictures.c.map_path, pictures.c.map_sha256, pictures.c.deleted_why)
    facts = tuple(column for column in details.columns if column.name != "inspection_id")
    return (
        _listed()
        .add_columns(*more, *facts)
        .outerjoin(details, details.c.inspection_id == inspections.c.id)
        .where(inspections.c.id.in_(numbers))
    )


def reviewed_query() -> Select[Any]:
    """Return the query that counts reviewed parts by bundle, verdict and decision, latest bundle first."""
    row = inspections.c
    parts = func.count().label("parts")
    # In this form, the index of reviewed parts alone answers the query, and in order.
    counted = (
        select(row.bundle_id, row.verdict, row.decision, parts)
        .where(row.decision.is_not(None))
        .group_by(row.bundle_id, row.verdict, row.decision)
        .subquery()
    )
    named = select(bundles.c.sha256, bundles.c.name, counted.c.verdict, counted.c.decision, counted.c.parts)
    return named.join(counted, counted.c.bundle_id == bundles.c.id).order_by(bundles.c.id.desc())


def conditions(connection: Connection, part_filter: PartFilter) -> list[ColumnElement[bool]]:
    """Return the conditions on a row of `inspections`."""
    row = inspections.c
    wanted = [
        _judged(connection, part_filter),
        _decided(connection, part_filter.decisions),
        None if part_filter.since is None else row.inspected_at >= part_filter.since,
        None if part_filter.until is None else row.inspected_at < part_filter.until,
        None if part_filter.lowest is None else row.relative_score >= part_filter.lowest,
        None if part_filter.highest is None else row.relative_score <= part_filter.highest,
        None if part_filter.refused_and_ng is None else _refused_and_ng(part_filter.refused_and_ng),
        _equal(row.defect_class, part_filter.defect_class),
        _equal(row.source, part_filter.source),
        _equal(row.operator, part_filter.operator),
        _equal(row.part_id, part_filter.part_id),
        _begins(part_filter.part_prefix),
        _of_bundle(connection, part_filter.bundle_sha256),
    ]
    return [condition for condition in wanted if condition is not None]


def _refused_and_ng(is_so: bool) -> ColumnElement[bool]:
    verdict, relative_score, refused = inspections.c.verdict, inspections.c.relative_score, str(Verdict.REFUSED)
    if is_so:
        return and_(verdict == refused, relative_score > 1.0)
    return or_(verdict != refused, relative_score <= 1.0)


def _listed() -> Select[Any]:
    return (
        select(*_LISTED)
        .outerjoin(bundles, bundles.c.id == inspections.c.bundle_id)
        .outerjoin(pictures, pictures.c.inspection_id == inspections.c.id)
    )


def _place(connection: Connection, part_filter: PartFilter) -> _Place:
    """Return the columns that parts are ordered by."""
    row = inspections.c
    if not _means_few(connection, part_filter):
        return row.relative_score, row.id
    # Sums have no index. A planner that does not know how rare the parts are would otherwise read all parts in order
    # until it finds them, instead of sorting the few matches.
    return row.relative_score + 0.0, row.id + 0


def _means_few(connection: Connection, part_filter: PartFilter) -> bool:
    if replace(part_filter, refused_and_ng=None) == EVERYTHING:
        return False
    found = id_query(connection, part_filter).limit(FEW + 1).subquery()
    return connection.execute(select(func.count()).select_from(found)).scalar_one() <= FEW


def _ordering(order: Order, place: _Place) -> tuple[ColumnElement[Any], ...]:
    score, number = place
    return {
        Order.NEWEST: (number.desc(),),
        Order.OLDEST: (number.asc(),),
        Order.WORST: (score.desc(), number.desc()),
        Order.BEST: (score.asc(), number.asc()),
    }[order]


def _behind(order: Order, after: PartRecord, place: _Place) -> ColumnElement[bool]:
    score, number = place
    if order is Order.NEWEST:
        return number < after.id
    if order is Order.OLDEST:
        return number > after.id
    there, here = tuple_(score, number), tuple_(_relative_score(after), literal(after.id))
    return there < here if order is Order.WORST else there > here


def _relative_score(after: PartRecord) -> ColumnElement[Any]:
    if not after.problem:
        return literal(after.relative_score)
    named = inspections.alias("after")  # for a damaged row, only the database holds the score
    return select(named.c.relative_score).where(named.c.id == after.id).scalar_subquery()


def _one_of(column: ColumnElement[str], values: frozenset[Any] | None) -> ColumnElement[bool] | None:
    return None if values is None else column.in_(sorted(str(value) for value in values))


def _judged(connection: Connection, part_filter: PartFilter) -> ColumnElement[bool] | None:
    verdict: ColumnElement[str] = inspections.c.verdict
    reviewed = part_filter.decisions is not None and None not in part_filter.decisions
    if reviewed and connection.dialect.name == "sqlite":
        verdict = func.coalesce(verdict, "")  # prevents use of the verdict index: the reviewed parts are fewer
    return _one_of(verdict, part_filter.verdicts)


def _decided(connection: Connection, decisions: frozenset[Decision | None] | None) -> ColumnElement[bool] | None:
    if decisions is None:
        return None
    column = inspections.c.decision
    named = column.in_(sorted(str(decision) for decision in decisions if decision is not None))
    if None not in decisions:
        return named
    # In SQLite, prevents use of an index for this condition: it holds for nearly all parts, which would then be sorted.
    # PostgreSQL estimates the number of such parts itself.
    in_sqlite = connection.dialect.name == "sqlite"
    nobody = func.coalesce(column, "") == "" if in_sqlite else column.is_(None)
    return nobody if len(decisions) == 1 else or_(nobody, named)


def _equal(column: ColumnElement[str | None], value: str | None) -> ColumnElement[bool] | None:
    return None if value is None else column == storable(value)


def _begins(prefix: str | None) -> ColumnElement[bool] | None:
    if not prefix:
        return None
    # A separate table for the planner, which would otherwise read all parts in the requested order.
    begin, named = storable(prefix), inspections.alias("named")
    found = select(named.c.id).where(named.c.part_id >= begin, named.c.part_id <= begin + _LAST_CHARACTER)
    return inspections.c.id.in_(found)


def _of_bundle(connection: Connection, sha256: str | None) -> ColumnElement[bool] | None:
    if sha256 is None:
        return None
    # A separate query: usually there is one bundle of one name, whose parts then come in order from the index.
    ids = connection.execute(select(bundles.c.id).where(bundles.c.sha256 == storable(sha256))).scalars().all()
    return inspections.c.bundle_id == ids[0] if len(ids) == 1 else inspections.c.bundle_id.in_(ids)
