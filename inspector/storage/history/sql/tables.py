"""The tables of the history. docs/history.md explains them to people who read them with other tools."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    DateTime,
    Dialect,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.types import TypeDecorator

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
    }
)


class Moment(TypeDecorator[datetime]):
    """A time in UTC: text that sorts in SQLite, a timestamp with time zone in PostgreSQL."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Convert a time of any time zone to UTC."""
        if value is None:
            return None
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        """Return the time with UTC as its time zone."""
        if value is None:
            return None
        assert isinstance(value, datetime)
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


# SQLite numbers rows automatically only if the key's type is INTEGER, which also has 64 bits.
Key = BigInteger().with_variant(Integer(), "sqlite")
# Compared byte by byte, in PostgreSQL as in SQLite, so that a range finds all texts with the same start.
Bytewise = Text().with_variant(Text(collation="C"), "postgresql")


def _inspection_key() -> Column[int]:
    return Column("inspection_id", Key, ForeignKey("inspections.id"), primary_key=True, autoincrement=False)


bundles = Table(
    "bundles",
    metadata,
    Column("id", Key, primary_key=True),
    Column("sha256", Text, nullable=False),
    Column("name", Text, nullable=False),
    UniqueConstraint("sha256", "name"),
)

_REVIEWED = text("decision IS NOT NULL")

inspections = Table(
    "inspections",
    metadata,
    Column("id", Key, primary_key=True),
    Column("part_id", Bytewise, nullable=False),
    Column("source", Text, nullable=False),
    Column("inspected_at", Moment, nullable=False),
    Column("utc_offset_s", Integer, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("score", Double),
    Column("threshold", Double, nullable=False),
    Column("unsure_threshold", Double),
    Column("relative_score", Double, nullable=False),
    Column("bundle_id", Key, ForeignKey("bundles.id"), nullable=False),
    Column("operator", Text, nullable=False),
    Column("triggered_by", Text, nullable=False),
    # The result of the reviews. Only these columns change; reviews themselves never do.
    Column("decision", Text),
    Column("defect_class", Text),
    # One of these indexes alone answers each filter of the window, in the requested order and without reading rows.
    # benchmarks/speed/history.py measures it. There are no statistics for SQLite's planner: with statistics of a
    # sample, it chose slower plans than without.
    Index("ix_inspections_id", "id", "inspected_at", "verdict", "decision", "relative_score"),
    Index("ix_inspections_time", "inspected_at", "verdict", "decision", "relative_score"),
    Index("ix_inspections_score", "relative_score", "id", "inspected_at", "verdict", "decision"),
    Index("ix_inspections_verdict", "verdict", "id", "inspected_at", "relative_score", "decision"),
    Index("ix_inspections_verdict_time", "verdict", "inspected_at", "relative_score", "decision"),
    Index("ix_inspections_verdict_score", "verdict", "relative_score", "id", "decision"),
    Index("ix_inspections_decision", "decision", "inspected_at", "verdict", "relative_score"),
    Index("ix_inspections_part", "part_id"),
    Index("ix_inspections_source", "source", "id"),
    Index("ix_inspections_bundle", "bundle_id", "id"),
    Index("ix_inspections_class", "defect_class", "id"),
    Index(
        "ix_inspections_reviewed",
        "bundle_id",
        "verdict",
        "decision",
        sqlite_where=_REVIEWED,
        postgresql_where=_REVIEWED,
    ),
)

FACTS = tuple(column.name for column in inspections.columns if column.name not in ("decision", "defect_class"))
"""Columns of `inspections` that must not change; triggers enforce it."""

details = Table(
    "details",
    metadata,
    _inspection_key(),
    Column("refusal", Text),
    Column("photo_height", Integer, nullable=False),
    Column("photo_width", Integer, nullable=False),
    Column("ms", Double, nullable=False),
    Column("pictures_not_kept", Text),
    Column("regions", JSON, nullable=False),
    Column("readings", JSON, nullable=False),
)

picture_folders = Table(
    "picture_folders",
    metadata,
    Column("id", Key, primary_key=True),
    Column("station", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("kept_bytes", BigInteger, nullable=False),
    UniqueConstraint("station", "path"),
)

pictures = Table(
    "pictures",
    metadata,
    _inspection_key(),
    Column("folder_id", Key, ForeignKey("picture_folders.id"), nullable=False),
    Column("photo_path", Text, nullable=False),
    Column("photo_sha256", Text, nullable=False),
    Column("map_path", Text),
    Column("map_sha256", Text),
    Column("bytes", BigInteger, nullable=False),
    Column("may_go", Integer),  # the lowest number is deleted first; NULL: never deleted automatically
    Column("deleted_at", Moment),
    Column("deleted_why", Text),
    UniqueConstraint("folder_id", "photo_path"),
    Index("ix_pictures_may_go", "folder_id", "may_go", "inspection_id"),
)

reviews = Table(
    "reviews",
    metadata,
    Column("id", Key, primary_key=True),
    Column("inspection_id", Key, ForeignKey("inspections.id"), nullable=False),
    Column("decision", Text),
    Column("defect_class", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("reviewer", Text, nullable=False),
    Column("reviewed_at", Moment, nullable=False),
    Column("utc_offset_s", Integer, nullable=False),
    Column("undoes", Key, ForeignKey("reviews.id")),
    Index("ix_reviews_inspection", "inspection_id", "id"),
)

identity = Table(
    "identity",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=False),  # always 1: the table has one row
    Column("uuid", Text, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("older_entries", BigInteger, nullable=False),  # number of entries for rows that are older than the chain
)

chain = Table(
    "chain",
    metadata,
    Column("seq", Key, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("row_id", Key, nullable=False),
    Column("hash", Text, nullable=False),
    UniqueConstraint("kind", "row_id"),
)
