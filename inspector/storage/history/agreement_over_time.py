"""Reviewed parts counted by day; the queries read reviewed parts only."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Date, RowMapping, String, cast, func, literal_column, select

from inspector.core.review.agreement import ReviewedOnDay
from inspector.core.review.decision import Decision
from inspector.core.review.judged_part import FROM_A_FILE
from inspector.core.values import Verdict
from inspector.storage.history.read_rows import DAMAGED
from inspector.storage.history.sql.tables import bundles, inspections, pictures


def reviewed_by_day(connection: Connection) -> tuple[ReviewedOnDay, ...]:
    """Return the number of reviewed parts by day, bundle, verdict and decision, oldest first.

    The day is the local date at the place where the part was judged. The index of decisions finds the reviewed parts;
    parts without a review, which are nearly all, are not read.
    """
    row, day = inspections.c, _local_day(connection).label("day")
    key = (day, row.bundle_id, row.verdict, row.decision)
    counted = (
        select(*key, func.count().label("parts"), func.min(row.id).label("first"))
        .where(row.decision.in_(sorted(str(decision) for decision in Decision)))
        .group_by(*key)
        .subquery()
    )
    named = select(counted, bundles.c.sha256, bundles.c.name).join(bundles, bundles.c.id == counted.c.bundle_id)
    found = connection.execute(named.order_by(counted.c.day, counted.c.first)).mappings()
    return tuple(_sound(found, lambda one: (one["parts"], one["first"])))


def reviewed_again(connection: Connection) -> tuple[ReviewedOnDay, ...]:
    """Return the reviewed parts whose photo was reviewed again as a later part, oldest first, each as a count of 1.

    A folder can be inspected twice, and its photos are then separate parts. Agreement counts each photo once, by its
    latest part. The same photo means the same file name, folder, content and bundle.
    """
    row, kept = inspections.c, pictures.c
    same = (row.bundle_id, row.source, row.part_id, kept.photo_sha256)
    latest = func.max(row.id).over(partition_by=same).label("latest")
    played = (
        select(row.id, _local_day(connection).label("day"), row.bundle_id, row.verdict, row.decision, latest)
        .join(pictures, kept.inspection_id == row.id)
        .where(row.decision.is_not(None), row.triggered_by == FROM_A_FILE)
        .subquery()
    )
    named = (
        select(played, bundles.c.sha256, bundles.c.name)
        .join(bundles, bundles.c.id == played.c.bundle_id)
        .where(played.c.id < played.c.latest)
        .order_by(played.c.id)
    )
    return tuple(_sound(connection.execute(named).mappings(), lambda one: (1, one["id"])))


def _sound(found: Iterable[RowMapping], counted: Callable[[RowMapping], tuple[int, int]]) -> Iterator[ReviewedOnDay]:
    """Yield the counts of sound rows; damaged rows are reported by `read_rows` and `verification`."""
    for one in found:
        with contextlib.suppress(*DAMAGED):
            parts, first = counted(one)
            said = Verdict(one["verdict"]), Decision(one["decision"])
            yield ReviewedOnDay(_date(one["day"]), one["sha256"], one["name"], *said, parts, first)


def _local_day(connection: Connection) -> ColumnElement[Any]:
    """Return the local date of a part; the database stores the time in UTC and the offset of its time zone."""
    row = inspections.c
    if connection.dialect.name == "sqlite":
        return func.date(row.inspected_at, cast(row.utc_offset_s, String) + " seconds")
    utc = func.timezone("UTC", row.inspected_at)
    return cast(utc + row.utc_offset_s * literal_column("interval '1 second'"), Date)


def _date(day: date | str) -> date:
    return day if isinstance(day, date) else date.fromisoformat(day)
