"""Conversion of rows into parts and reviews; a stand-in with the problem takes the place of a damaged row."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, TypeVar

from sqlalchemy import Connection, RowMapping, select, text

from inspector.core.errors import Message
from inspector.core.review.decision import Decision
from inspector.core.values import GuardReading, Limits, Region, Verdict
from inspector.storage.history import queries
from inspector.storage.history.records import (
    UNSCORED,
    PartDetails,
    PartRecord,
    PictureFile,
    Pictures,
    ReviewRecord,
)
from inspector.storage.history.sql.tables import reviews

DAMAGED = (ValueError, TypeError, LookupError, ArithmeticError, AttributeError, RecursionError)
"""Errors that arise when a row holds values that Inspector does not write."""

_NO_MOMENT = datetime(1970, 1, 1, tzinfo=UTC)
_NO_LIMITS = Limits(1.0)
_LARGEST = 10**6
"""Maximum side of a photo in pixels, and of an outline's coordinates; Inspector opens no larger photo."""

_T = TypeVar("_T")


def records_of(connection: Connection, numbers: Sequence[int]) -> list[PartRecord]:
    """Return parts as lists show them, in the order of `numbers`; numbers without a row are left out.

    Parameters
    ----------
    connection : Connection
    numbers : sequence of int
        Numbers of the parts; some hundreds.
    """
    found = _isolated(connection, numbers, _read_records, _stand_in)
    return [found[number] for number in numbers if number in found]


def details_of(connection: Connection, numbers: Sequence[int]) -> list[PartDetails]:
    """Return all details of these parts, in this order; numbers without a row are left out."""
    found = _isolated(connection, numbers, _read_details, _details_stand_in)
    return [found[number] for number in numbers if number in found]


def _isolated(
    connection: Connection,
    numbers: Sequence[int],
    read: Callable[[Connection, Sequence[int]], dict[int, _T]],
    stand_in: Callable[[Connection, int, str], _T],
) -> dict[int, _T]:
    """Read many rows at once; if that fails, read each half, down to the damaged row."""
    if not numbers:
        return {}
    try:
        return read(connection, numbers)
    except DAMAGED as error:
        if len(numbers) == 1:
            return {numbers[0]: stand_in(connection, numbers[0], str(error))}
    middle = len(numbers) // 2
    halves = (numbers[:middle], numbers[middle:])
    return {key: one for half in halves for key, one in _isolated(connection, half, read, stand_in).items()}


def _read_records(connection: Connection, numbers: Sequence[int]) -> dict[int, PartRecord]:
    found = connection.execute(queries.records_query(numbers)).mappings()
    return {row["id"]: record(row) for row in found}


def _read_details(connection: Connection, numbers: Sequence[int]) -> dict[int, PartDetails]:
    said: dict[int, list[ReviewRecord]] = {number: [] for number in numbers}
    query = select(reviews).where(reviews.c.inspection_id.in_(numbers)).order_by(reviews.c.id)
    for row in connection.execute(query).mappings():
        said[row["inspection_id"]].append(review_record(row))
    found = connection.execute(queries.details_query(numbers)).mappings()
    return {row["id"]: part_details(row, said[row["id"]]) for row in found}


def record(row: RowMapping) -> PartRecord:
    """Convert a row of a page.

    Raises
    ------
    ValueError, TypeError, ...
        One of `DAMAGED`: Inspector did not write this row.
    """
    limits = Limits(
        _number(row["threshold"], "the limit", above=0.0),
        None if row["unsure_threshold"] is None else _number(row["unsure_threshold"], "the second limit", above=0.0),
    )
    return PartRecord(
        id=row["id"],
        part_id=_text(row["part_id"], "the name"),
        source=_text(row["source"], "the source"),
        inspected_at=_local(row["inspected_at"], row["utc_offset_s"]),
        verdict=Verdict(row["verdict"]),
        score=None if row["score"] is None else _number(row["score"], "the score"),
        limits=limits,
        relative_score=_number(row["relative_score"], "the relative score"),
        bundle_sha256=_text(row["bundle_sha256"], "the bundle"),
        bundle_name=_text(row["bundle_name"], "the name of the bundle"),
        operator=_text(row["operator"], "the operator"),
        trigger=_text(row["triggered_by"], "the trigger"),
        decision=_decision(row["decision"]),
        defect_class="" if row["defect_class"] is None else _text(row["defect_class"], "the class"),
        pictures=_pictures(row),
    )


def part_details(row: RowMapping, said: Iterable[ReviewRecord]) -> PartDetails:
    """Return all details of a part.

    Raises
    ------
    ValueError, TypeError, ...
        As for `record`.
    """
    photo_hw = (_whole(row["photo_height"], "the height", 1), _whole(row["photo_width"], "the width", 1))
    gone = row["deleted_why"] or row["pictures_not_kept"] or ""
    return PartDetails(
        record=record(row),
        refusal=None if row["refusal"] is None else _text(row["refusal"], "the reason"),
        photo_hw=photo_hw,
        regions=tuple(_region(fields, photo_hw) for fields in _list(row["regions"], "the regions")),
        readings=tuple(_reading(fields) for fields in _list(row["readings"], "the readings")),
        ms=_number(row["ms"], "the time"),
        photo=_file(row["photo_path"], row["photo_sha256"]),
        score_map=_file(row["map_path"], row["map_sha256"]),
        pictures_gone=_text(gone, "why there are no pictures"),
        pictures_deleted_at=row["deleted_at"],
        reviews=tuple(said),
    )


def review_record(row: RowMapping) -> ReviewRecord:
    """Convert a row of `reviews`.

    Raises
    ------
    ValueError, TypeError, ...
        As for `record`.
    """
    return ReviewRecord(
        id=row["id"],
        decision=_decision(row["decision"]),
        defect_class=_text(row["defect_class"], "the class"),
        note=_text(row["note"], "the note"),
        reviewer=_text(row["reviewer"], "the reviewer"),
        reviewed_at=_local(row["reviewed_at"], row["utc_offset_s"]),
        undoes=row["undoes"],
    )


def _stand_in(connection: Connection, number: int, why: str) -> PartRecord:
    """Return the list entry for a damaged row: its name and source, if readable, and the problem."""
    raw = connection.execute(text("SELECT part_id, source FROM inspections WHERE id = :number"), {"number": number})
    part_id, source = (one if isinstance(one, str) else "" for one in raw.one())
    return PartRecord(
        id=number,
        part_id=part_id,
        source=source,
        inspected_at=_NO_MOMENT,
        verdict=Verdict.UNREADABLE,
        score=None,
        limits=_NO_LIMITS,
        relative_score=UNSCORED,
        bundle_sha256="",
        bundle_name="",
        operator="",
        trigger="",
        decision=None,
        defect_class="",
        pictures=Pictures.NOT_KEPT,
        problem=Message(f"the row of this part in the history is damaged ({why})", "run 'inspector history verify'"),
    )


def _details_stand_in(connection: Connection, number: int, why: str) -> PartDetails:
    known = _isolated(connection, [number], _read_records, _stand_in)[number]
    problem = known.problem or Message(
        f"details of this part in the history are damaged ({why})", "run 'inspector history verify'"
    )
    return PartDetails(
        record=known if known.problem else _spoiled(known, problem),
        refusal=problem,
        photo_hw=(1, 1),
        regions=(),
        readings=(),
        ms=0.0,
        photo=None,
        score_map=None,
        pictures_gone=problem,
        pictures_deleted_at=None,
        reviews=(),
    )


def _spoiled(known: PartRecord, problem: str) -> PartRecord:
    return replace(known, pictures=Pictures.NOT_KEPT, problem=problem)


def _text(value: Any, what: str) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{what} is no text")
    return value


def _number(value: Any, what: str, above: float = -math.inf) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value <= above:
        raise ValueError(f"{what} is no number that can be")
    return float(value)


def _whole(value: Any, what: str, lowest: int = 0, highest: int = _LARGEST) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not lowest <= value <= highest:
        raise ValueError(f"{what} is no number of pixels that can be")
    return value


def _list(value: Any, what: str) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise TypeError(f"{what} are no list")
    return value


def _region(fields: dict[str, Any], photo_hw: tuple[int, int]) -> Region:
    height, width = photo_hw
    outline = tuple(
        (_whole(x, "an outline", 0, width), _whole(y, "an outline", 0, height)) for x, y in fields["outline"]
    )
    x, y = _whole(fields["x"], "a region", 0, width - 1), _whole(fields["y"], "a region", 0, height - 1)
    sizes = {
        "w": _whole(fields["w"], "a region", 1, width - x),
        "h": _whole(fields["h"], "a region", 1, height - y),
        "area_px": _whole(fields["area_px"], "a region", 0, width * height),
        "peak": _number(fields["peak"], "the peak of a region"),
    }
    return Region(**{**fields, "x": x, "y": y, **sizes, "outline": outline})


def _reading(fields: dict[str, Any]) -> GuardReading:
    made = GuardReading(**{**fields, "value": math.nan if fields["value"] is None else fields["value"]})
    _text(made.name, "a reading")
    _text(made.unit, "a reading")
    for value in (made.value, made.low, made.high):
        if value is not None and not math.isnan(float(value)):
            _number(value, "a reading")
    return made


def _decision(words: str | None) -> Decision | None:
    return None if words is None else Decision(words)


def _file(path: str | None, sha256: str | None) -> PictureFile | None:
    if path is None or sha256 is None:
        return None
    return PictureFile(_text(path, "the path of a picture"), _text(sha256, "the SHA-256 of a picture"))


def _pictures(row: RowMapping) -> Pictures:
    if row["photo_path"] is None:
        return Pictures.NOT_KEPT
    return Pictures.KEPT if row["deleted_at"] is None else Pictures.DELETED


def _local(moment: datetime, offset_s: int) -> datetime:
    return moment.astimezone(timezone(timedelta(seconds=offset_s)))
