"""Parts as rows of the database."""

from __future__ import annotations

import math
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, insert, select
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from inspector.core.review.judged_part import JudgedPart
from inspector.storage.history.disk_budget import may_go
from inspector.storage.history.picture_folder import EncodedPictures
from inspector.storage.history.records import UNSCORED, storable
from inspector.storage.history.sql.tables import bundles, details, inspections, pictures


def row_of(connection: Connection, table: Table, values: dict[str, Any], **more: Any) -> int:
    """Return the id of the row with these unique values; a missing row is made, with the values of `more`."""
    same = [table.c[name] == value for name, value in values.items()]
    query = select(table.c.id).where(*same)
    found = connection.execute(query).scalar()
    if found is None:
        # Another station may insert the same row at this moment, which is not an error.
        make = sqlite_insert if connection.dialect.name == "sqlite" else postgres_insert
        connection.execute(make(table).values(**values, **more).on_conflict_do_nothing())
        found = connection.execute(query).scalar_one()
    return int(found)


def insert_part(connection: Connection, part: JudgedPart, pictures_not_kept: str | None) -> int:
    """Insert a part's rows, without its pictures, and return its id."""
    bundle = {"sha256": storable(part.bundle_sha256), "name": storable(part.bundle_name)}
    bundle_id = row_of(connection, bundles, bundle)
    added = connection.execute(insert(inspections).values(**_facts(part), bundle_id=bundle_id))
    (part_number,) = added.inserted_primary_key or (None,)
    assert part_number is not None
    found = part.inspection
    connection.execute(
        insert(details).values(
            inspection_id=part_number,
            refusal=_storable_or_none(found.refusal or found.error),
            photo_height=part.image_rgb.shape[0],
            photo_width=part.image_rgb.shape[1],
            ms=found.ms,
            pictures_not_kept=pictures_not_kept,
            regions=[_json(asdict(region)) for region in part.regions],
            readings=[_json(asdict(reading)) for reading in found.readings],
        )
    )
    return int(part_number)


def insert_pictures(
    connection: Connection, part_number: int, part: JudgedPart, folder_id: int, kept: EncodedPictures
) -> None:
    """Insert the row that locates a part's pictures."""
    connection.execute(
        insert(pictures).values(
            inspection_id=part_number,
            folder_id=folder_id,
            photo_path=kept.photo.path,
            photo_sha256=kept.photo.sha256,
            map_path=None if kept.score_map is None else kept.score_map.path,
            map_sha256=None if kept.score_map is None else kept.score_map.sha256,
            bytes=kept.size,
            may_go=may_go(part.verdict, refused_and_ng=part.refused_and_ng, reviewed=False),
        )
    )


def moment_values(name: str, at: datetime) -> dict[str, Any]:
    """Return a time as values of two columns: the time itself, and the UTC offset of the local clock in seconds."""
    offset = at.utcoffset()
    assert offset is not None
    return {name: at, "utc_offset_s": round(offset.total_seconds())}


def _storable_or_none(text: str | None) -> str | None:
    return None if text is None else storable(text)


def _facts(part: JudgedPart) -> dict[str, Any]:
    score = part.inspection.score
    return {
        "part_id": storable(part.part_id),
        "source": storable(part.source),
        **moment_values("inspected_at", part.inspected_at),
        "verdict": str(part.verdict),
        "score": score,
        "threshold": part.limits.threshold,
        "unsure_threshold": part.limits.unsure_threshold,
        "relative_score": UNSCORED if score is None else score / part.limits.threshold,
        "operator": storable(part.operator),
        "triggered_by": storable(part.trigger),
    }


def _json(fields: dict[str, Any]) -> dict[str, Any]:
    # JSON has no infinities, and PostgreSQL refuses Python's substitutes for them.
    return {
        name: None if isinstance(value, float) and not math.isfinite(value) else value for name, value in fields.items()
    }
