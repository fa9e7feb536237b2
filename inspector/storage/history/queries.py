"""Which rows a filter means, in what order: always answered from an index."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, literal, or_, select, tuple_

from inspector.core.review import Decision
from inspector.core.values import Verdict
from inspector.storage.history.records import Order, PartFilter, PartRecord, storable
from inspector.storage.history.tables import bundles, details, inspections, pictures

_OK = frozenset({Verdict.OK})
_NOT_OK = frozenset(Verdict) - _OK
_NOT_REVIEWED: frozenset[Decision | None] = frozenset({None})
_LAST_CHARACTER = "\U0010ffff"

_LISTED = (
    *(column for column in inspections.columns if column.name != "bundle_id"),
    bundles.c.sha256.label("bundle_sha256"),
    bundles.c.name.label("bundle_name"),
    pictures.c.photo_path,
    pictures.c.deleted_at,
)


def count(connection: Connection, part_filter: PartFilter) -> int:
    """Return how many parts a filter means."""
    # Most parts are OK, and nobody reviews them: what is left when the few others are taken away is counted faster.
    if part_filter.decisions == _NOT_REVIEWED:
        everyone = count(connection, replace(part_filter, decisions=None))
        return everyone - count(connection, replace(part_filter, decisions=frozenset(Decision)))
    if part_filter.verdicts == _OK:
        everyone = count(connection, replace(part_filter, verdicts=None))
        return everyone - count(connection, replace(part_filter, verdicts=_NOT_OK))
    query = select(func.count()).select_from(inspections).where(*conditions(connection, part_filter))
    return int(connection.execute(query).scalar_one())


def verdict_counts(connection: Connection, part_filter: PartFilter) -> dict[Verdict, int]:
    """Return how many parts of each verdict a filter means; every verdict is a key."""
    wanted = frozenset(Verdict) if part_filter.verdicts is None else part_filter.verdicts
    each = {verdict: replace(part_filter, verdicts=frozenset({verdict})) for verdict in Verdict if verdict in wanted}
    return dict.fromkeys(Verdict, 0) | {verdict: count(connection, one) for verdict, one in each.items()}


def id_query(connection: Connection, part_filter: PartFilter) -> Select[Any]:
    """Return the ids of the parts that a filter means."""
    return select(inspections.c.id).where(*conditions(connection, part_filter))


def page_query(chosen: Select[Any], order: Order, after: PartRecord | None, offset: int, limit: int) -> Select[Any]:
    """Return `limit` of the parts whose ids `chosen` selects.

    Parameters
    ----------
    chosen : Select
        See `id_query`.
    order : Order
        How they follow each other.
    after : PartRecord or None
        The part that the page begins behind; None for the first.
    offset : int
        How many more parts are skipped.
    limit : int
        At most that many.
    """
    chosen = chosen.order_by(*_ordering(order)).limit(limit).offset(offset)
    if after is not None:
        chosen = chosen.where(_behind(order, after))
    # Parts that are skipped cost a step in the index each, and not a look at their rows.
    ids = chosen.subquery()
    return _listed().join(ids, ids.c.id == inspections.c.id).order_by(*_ordering(order))


def details_query(part_number: int) -> Select[Any]:
    """Return everything of one part but its reviews."""
    more = (pictures.c.photo_sha256, pictures.c.map_path, pictures.c.map_sha256, pictures.c.deleted_why)
    facts = tuple(column for column in details.columns if column.name != "inspection_id")
    return (
        _listed()
        .add_columns(*more, *facts)
        .join(details, details.c.inspection_id == inspections.c.id)
        .where(inspections.c.id == part_number)
    )


def reviewed_query() -> Select[Any]:
    """Return how many reviewed parts there are of each bundle, verdict and decision; the latest bundle first."""
    row = inspections.c
    parts = func.count().label("parts")
    # Few parts are reviewed, and the index of decisions finds them; their bundles are looked up in their rows.
    counted = (
        select(row.bundle_id, row.verdict, row.decision, parts)
        .where(row.decision.in_(sorted(str(decision) for decision in Decision)))
        .group_by(row.bundle_id, row.verdict, row.decision)
        .subquery()
    )
    named = select(bundles.c.sha256, bundles.c.name, counted.c.verdict, counted.c.decision, counted.c.parts)
    return named.join(counted, counted.c.bundle_id == bundles.c.id).order_by(bundles.c.id.desc())


def conditions(connection: Connection, part_filter: PartFilter) -> list[ColumnElement[bool]]:
    """Return what must hold of a row of `inspections`."""
    row = inspections.c
    wanted = [
        _one_of(row.verdict, part_filter.verdicts),
        _decided(connection, part_filter.decisions),
        None if part_filter.since is None else row.inspected_at >= part_filter.since,
        None if part_filter.until is None else row.inspected_at < part_filter.until,
        None if part_filter.lowest is None else row.relative_score >= part_filter.lowest,
        None if part_filter.highest is None else row.relative_score <= part_filter.highest,
        _equal(row.defect_class, part_filter.defect_class),
        _equal(row.source, part_filter.source),
        _equal(row.operator, part_filter.operator),
        _equal(row.part_id, part_filter.part_id),
        _begins(part_filter.part_prefix),
        _of_bundle(connection, part_filter.bundle_sha256),
    ]
    return [condition for condition in wanted if condition is not None]


def _listed() -> Select[Any]:
    return (
        select(*_LISTED)
        .join(bundles, bundles.c.id == inspections.c.bundle_id)
        .outerjoin(pictures, pictures.c.inspection_id == inspections.c.id)
    )


def _ordering(order: Order) -> tuple[ColumnElement[Any], ...]:
    row = inspections.c
    return {
        Order.NEWEST: (row.id.desc(),),
        Order.OLDEST: (row.id.asc(),),
        Order.WORST: (row.relative_score.desc(), row.id.desc()),
        Order.BEST: (row.relative_score.asc(), row.id.asc()),
    }[order]


def _behind(order: Order, after: PartRecord) -> ColumnElement[bool]:
    row = inspections.c
    if order is Order.NEWEST:
        return row.id < after.id
    if order is Order.OLDEST:
        return row.id > after.id
    place, here = tuple_(row.relative_score, row.id), tuple_(literal(after.relative_score), literal(after.id))
    return place < here if order is Order.WORST else place > here


def _one_of(column: ColumnElement[str], values: frozenset[Any] | None) -> ColumnElement[bool] | None:
    return None if values is None else column.in_(sorted(str(value) for value in values))


def _decided(connection: Connection, decisions: frozenset[Decision | None] | None) -> ColumnElement[bool] | None:
    if decisions is None:
        return None
    column = inspections.c.decision
    named = column.in_(sorted(str(decision) for decision in decisions if decision is not None))
    if None not in decisions:
        return named
    # Said to SQLite so that it looks up no index for it: nearly all parts are such, and would have to be sorted.
    # PostgreSQL counts how many are such by itself.
    in_sqlite = connection.dialect.name == "sqlite"
    nobody = func.coalesce(column, "") == "" if in_sqlite else column.is_(None)
    return nobody if len(decisions) == 1 else or_(nobody, named)


def _equal(column: ColumnElement[str | None], value: str | None) -> ColumnElement[bool] | None:
    return None if value is None else column == storable(value)


def _begins(prefix: str | None) -> ColumnElement[bool] | None:
    if not prefix:
        return None
    # A table of its own to the planner, which would otherwise rather read all parts in the order that is asked for.
    begin, named = storable(prefix), inspections.alias("named")
    found = select(named.c.id).where(named.c.part_id >= begin, named.c.part_id <= begin + _LAST_CHARACTER)
    return inspections.c.id.in_(found)


def _of_bundle(connection: Connection, sha256: str | None) -> ColumnElement[bool] | None:
    if sha256 is None:
        return None
    # Asked for apart: most often it is one bundle of one name, whose parts then come in order from the index.
    ids = connection.execute(select(bundles.c.id).where(bundles.c.sha256 == storable(sha256))).scalars().all()
    return inspections.c.bundle_id == ids[0] if len(ids) == 1 else inspections.c.bundle_id.in_(ids)
