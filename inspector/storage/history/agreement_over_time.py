"""What people said of judged parts, counted by the day: one query over the reviewed parts only."""

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
    """Return how many reviewed parts there are of each day, bundle, verdict and decision, oldest first.

    A day is that of the clock on the wall where the part was judged. The index of decisions finds the reviewed parts;
    those that nobody has reviewed, which are nearly all, are not looked at.
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
    """Return the reviewed parts that are the same photo as a later reviewed part, oldest first, each as a count of 1.

    A folder can be played twice. Its photos are then parts of their own, but a photo says only once whether people
    agree with the machine: the latest part counts. The same photo means the same file name, folder, content and bundle.
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
    """Return what rows come to; those of damaged parts, which are told elsewhere, are left out."""
    for one in found:
        with contextlib.suppress(*DAMAGED):
            parts, first = counted(one)
            said = Verdict(one["verdict"]), Decision(one["decision"])
            yield ReviewedOnDay(_date(one["day"]), one["sha256"], one["name"], *said, parts, first)


def _local_day(connection: Connection) -> ColumnElement[Any]:
    """Return the day of a part's own time zone; what is stored is the moment in UTC, and how far away that zone is."""
    row = inspections.c
    if connection.dialect.name == "sqlite":
        return func.date(row.inspected_at, cast(row.utc_offset_s, String) + " seconds")
    utc = func.timezone("UTC", row.inspected_at)
    return cast(utc + row.utc_offset_s * literal_column("interval '1 second'"), Date)


def _date(day: date | str) -> date:
    return day if isinstance(day, date) else date.fromisoformat(day)
