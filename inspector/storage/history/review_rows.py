"""Reviews as rows that are only added, and the decision that results from them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, RowMapping, insert, select, update

from inspector.core.errors import HistoryError
from inspector.core.review.decision import Review
from inspector.core.values import Verdict
from inspector.storage.history import chain
from inspector.storage.history.disk_budget import may_go
from inspector.storage.history.records import storable
from inspector.storage.history.rows import moment_values
from inspector.storage.history.sql.tables import inspections, pictures, reviews


class _Judged(NamedTuple):
    """The machine's verdict on a part."""

    verdict: Verdict
    refused_and_ng: bool


def add_review(connection: Connection, part_number: int, review: Review) -> int:
    """Write a review and the resulting decision; return the review's number.

    Raises
    ------
    HistoryError
        The part does not exist.
    """
    judged = _judged(connection, part_number)
    values = {
        "decision": str(review.decision),
        "defect_class": storable(review.defect_class),
        "note": storable(review.note),
        "reviewer": storable(review.reviewer),
        **moment_values("reviewed_at", review.reviewed_at),
    }
    return _add(connection, part_number, judged, values)


def add_undo(connection: Connection, part_number: int, reviewer: str, at: datetime) -> int:
    """Withdraw the last review that is still valid, by adding a row; return that row's number.

    Raises
    ------
    HistoryError
        The part does not exist, or has no valid review.
    """
    judged = _judged(connection, part_number)
    standing = _standing(connection, part_number)
    if not standing:
        raise HistoryError(f"part {part_number}", "this part has no review", action="there is no review to withdraw")
    undone = standing.pop()
    values = {
        "decision": standing[-1]["decision"] if standing else None,
        "defect_class": standing[-1]["defect_class"] if standing else "",
        "note": "",
        "reviewer": storable(reviewer),
        "undoes": undone["id"],
        **moment_values("reviewed_at", at),
    }
    return _add(connection, part_number, judged, values)


def no_such(part_number: int) -> HistoryError:
    """Return the error for a number without a part."""
    return HistoryError(f"part {part_number}", "the history holds no such part", action="refresh the list")


def _judged(connection: Connection, part_number: int) -> _Judged:
    # In PostgreSQL, the lock makes two people wait for each other if they review the same part at once.
    query = select(inspections.c.verdict, inspections.c.relative_score).where(inspections.c.id == part_number)
    found = connection.execute(query.with_for_update()).first()
    if found is None:
        raise no_such(part_number)
    verdict, relative_score = found
    if verdict not in frozenset(map(str, Verdict)):
        raise HistoryError(
            f"part {part_number}", "its row in the history is damaged", action="run 'inspector history verify'"
        )
    over = isinstance(relative_score, float) and relative_score > 1.0  # in a damaged row, the value may be of any type
    return _Judged(Verdict(verdict), refused_and_ng=over and verdict == Verdict.REFUSED)


def _standing(connection: Connection, part_number: int) -> list[RowMapping]:
    """Return the reviews that were not withdrawn, oldest first."""
    row = reviews.c
    said = (
        select(row.id, row.undoes, row.decision, row.defect_class)
        .where(reviews.c.inspection_id == part_number)
        .order_by(reviews.c.id)
    )
    standing: list[RowMapping] = []
    for one in connection.execute(said).mappings():
        if one["undoes"] is None:
            standing.append(one)
        elif standing:
            standing.pop()
    return standing


def _add(connection: Connection, part_number: int, judged: _Judged, values: dict[str, Any]) -> int:
    added = connection.execute(insert(reviews).values(inspection_id=part_number, **values))
    (number,) = added.inserted_primary_key or (None,)
    assert number is not None
    decision, defect_class = values["decision"], values["defect_class"] or None
    now = {"decision": decision, "defect_class": defect_class}
    connection.execute(update(inspections).where(inspections.c.id == part_number).values(**now))
    goes = may_go(judged.verdict, refused_and_ng=judged.refused_and_ng, reviewed=decision is not None)
    connection.execute(
        update(pictures)
        .where(pictures.c.inspection_id == part_number, pictures.c.deleted_at.is_(None))
        .values(may_go=goes)
    )
    chain.append(connection, chain.REVIEW, [int(number)])
    return int(number)
