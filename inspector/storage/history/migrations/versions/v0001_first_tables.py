"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_BYTEWISE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_MOMENT = sa.DateTime(timezone=True)
_FACTS = (
    "id, part_id, source, inspected_at, utc_offset_s, verdict, score, threshold, unsure_threshold, relative_score, "
    "bundle_id, operator, triggered_by"
)

_INDEXES = {
    "id": ("id", "inspected_at", "verdict", "decision", "relative_score"),
    "time": ("inspected_at", "verdict", "decision", "relative_score"),
    "score": ("relative_score", "id"),
    "verdict": ("verdict", "id", "inspected_at", "relative_score", "decision"),
    "verdict_time": ("verdict", "inspected_at", "relative_score", "decision"),
    "verdict_score": ("verdict", "relative_score", "id", "decision"),
    "decision": ("decision", "inspected_at", "verdict", "relative_score"),
    "part": ("part_id",),
    "source": ("source", "id"),
    "bundle": ("bundle_id", "id"),
    "class": ("defect_class", "id"),
}


def upgrade() -> None:
    """Create all tables, and the triggers that prevent changes of facts."""
    _create_inspections()
    _create_details()
    _create_pictures()
    _create_reviews()
    for table in ("inspections", "details", "reviews"):
        _forbid(table, "DELETE")
    _forbid("inspections", f"UPDATE OF {_FACTS}")
    _forbid("details", "UPDATE")
    _forbid("reviews", "UPDATE")


def _create_inspections() -> None:
    op.create_table(
        "bundles",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_bundles"),
        sa.UniqueConstraint("sha256", "name", name="uq_bundles_sha256"),
    )
    op.create_table(
        "inspections",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("part_id", _BYTEWISE, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("inspected_at", _MOMENT, nullable=False),
        sa.Column("utc_offset_s", sa.Integer, nullable=False),
        sa.Column("verdict", sa.Text, nullable=False),
        sa.Column("score", sa.Double),
        sa.Column("threshold", sa.Double, nullable=False),
        sa.Column("unsure_threshold", sa.Double),
        sa.Column("relative_score", sa.Double, nullable=False),
        sa.Column("bundle_id", _KEY, nullable=False),
        sa.Column("operator", sa.Text, nullable=False),
        sa.Column("triggered_by", sa.Text, nullable=False),
        sa.Column("decision", sa.Text),
        sa.Column("defect_class", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_inspections"),
        sa.ForeignKeyConstraint(["bundle_id"], ["bundles.id"], name="fk_inspections_bundle_id"),
    )
    for name, columns in _INDEXES.items():
        op.create_index(f"ix_inspections_{name}", "inspections", list(columns))


def _create_details() -> None:
    op.create_table(
        "details",
        sa.Column("inspection_id", _KEY, autoincrement=False, nullable=False),
        sa.Column("refusal", sa.Text),
        sa.Column("photo_height", sa.Integer, nullable=False),
        sa.Column("photo_width", sa.Integer, nullable=False),
        sa.Column("ms", sa.Double, nullable=False),
        sa.Column("pictures_not_kept", sa.Text),
        sa.Column("regions", sa.JSON, nullable=False),
        sa.Column("readings", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("inspection_id", name="pk_details"),
        sa.ForeignKeyConstraint(["inspection_id"], ["inspections.id"], name="fk_details_inspection_id"),
    )


def _create_pictures() -> None:
    op.create_table(
        "picture_folders",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("station", sa.Text, nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("kept_bytes", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_picture_folders"),
        sa.UniqueConstraint("station", "path", name="uq_picture_folders_station"),
    )
    op.create_table(
        "pictures",
        sa.Column("inspection_id", _KEY, autoincrement=False, nullable=False),
        sa.Column("folder_id", _KEY, nullable=False),
        sa.Column("photo_path", sa.Text, nullable=False),
        sa.Column("photo_sha256", sa.Text, nullable=False),
        sa.Column("map_path", sa.Text),
        sa.Column("map_sha256", sa.Text),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.Column("may_go", sa.Integer),
        sa.Column("deleted_at", _MOMENT),
        sa.Column("deleted_why", sa.Text),
        sa.PrimaryKeyConstraint("inspection_id", name="pk_pictures"),
        sa.ForeignKeyConstraint(["inspection_id"], ["inspections.id"], name="fk_pictures_inspection_id"),
        sa.ForeignKeyConstraint(["folder_id"], ["picture_folders.id"], name="fk_pictures_folder_id"),
        sa.UniqueConstraint("folder_id", "photo_path", name="uq_pictures_folder_id"),
    )
    op.create_index("ix_pictures_may_go", "pictures", ["folder_id", "may_go", "inspection_id"])


def _create_reviews() -> None:
    op.create_table(
        "reviews",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("inspection_id", _KEY, nullable=False),
        sa.Column("decision", sa.Text),
        sa.Column("defect_class", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("reviewer", sa.Text, nullable=False),
        sa.Column("reviewed_at", _MOMENT, nullable=False),
        sa.Column("utc_offset_s", sa.Integer, nullable=False),
        sa.Column("undoes", _KEY),
        sa.PrimaryKeyConstraint("id", name="pk_reviews"),
        sa.ForeignKeyConstraint(["inspection_id"], ["inspections.id"], name="fk_reviews_inspection_id"),
        sa.ForeignKeyConstraint(["undoes"], ["reviews.id"], name="fk_reviews_undoes"),
    )
    op.create_index("ix_reviews_inspection", "reviews", ["inspection_id", "id"])


def _forbid(table: str, what: str) -> None:
    name = f"{table}_no_{what.split()[0].lower()}"
    words = f"{table} is append-only"
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"CREATE TRIGGER {name} BEFORE {what} ON {table} BEGIN SELECT RAISE(ABORT, '{words}'); END")
        return
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '{words}'; END $$"
    )
    op.execute(f"CREATE TRIGGER {name} BEFORE {what} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")
