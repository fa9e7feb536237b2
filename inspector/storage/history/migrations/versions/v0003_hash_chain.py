"""The hash chain, the id of a history, and triggers for the tables and statements that had none."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from inspector.storage.history import chain

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_FOREVER = ("identity", "chain", "bundles", "picture_folders", "pictures")
"""Tables that had no triggers before."""
_FIXED = {
    "identity": "",
    "chain": "",
    "bundles": "",
    "picture_folders": "id, station, path",
    "pictures": "inspection_id, folder_id, photo_path, photo_sha256, map_path, map_sha256, bytes",
}
"""Columns that must not change; an empty text stands for all columns."""
_UNIQUE: dict[str, tuple[Sequence[str], ...]] = {
    "identity": (["id"],),
    "chain": (["seq"], ["kind", "row_id"]),
    "bundles": (["id"], ["sha256", "name"]),
    "picture_folders": (["id"], ["station", "path"]),
    "pictures": (["inspection_id"], ["folder_id", "photo_path"]),
    "inspections": (["id"],),
    "details": (["inspection_id"],),
    "reviews": (["id"],),
}


def upgrade() -> None:
    """Create the tables, chain the existing rows, then forbid changes of them."""
    op.create_table(
        "identity",
        sa.Column("id", _KEY, autoincrement=False, nullable=False),
        sa.Column("uuid", sa.Text, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("older_entries", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_identity"),
    )
    op.create_table(
        "chain",
        sa.Column("seq", _KEY, autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("row_id", _KEY, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_chain"),
        sa.UniqueConstraint("kind", "row_id", name="uq_chain_kind"),
    )
    chain.begin(op.get_bind())
    for table in _FOREVER:
        _forbid(table, "delete", "DELETE")
        _forbid(table, "update", f"UPDATE OF {_FIXED[table]}" if _FIXED[table] else "UPDATE")
    _forbid("pictures", "second_deletion", "UPDATE OF deleted_at, deleted_why", "OLD.deleted_at IS NOT NULL")
    for table, keys in _UNIQUE.items():
        if op.get_bind().dialect.name == "sqlite":
            _forbid_replacing(table, keys)
        else:
            _forbid_truncate(table)


def _forbid(table: str, name: str, what: str, when: str = "", moment: str = "BEFORE") -> None:
    words, name = f"{table} is append-only", f"{table}_no_{name}"
    condition = f"WHEN ({when})" if when else ""
    if op.get_bind().dialect.name == "sqlite":
        body = f"BEGIN SELECT RAISE(ABORT, '{words}'); END"
        op.execute(f"CREATE TRIGGER {name} {moment} {what} ON {table} {condition} {body}")
        return
    _make_function(name, words)
    op.execute(f"CREATE TRIGGER {name} {moment} {what} ON {table} FOR EACH ROW {condition} EXECUTE FUNCTION {name}()")


def _forbid_replacing(table: str, keys: Sequence[Sequence[str]]) -> None:
    # INSERT OR REPLACE deletes without firing triggers of DELETE, and SET rowid fires no trigger of UPDATE OF. The
    # number -1, which a trigger sees if the row has no number yet, would block all later rows.
    there = [" AND ".join(f"{column} = NEW.{column}" for column in key) for key in keys]
    _forbid(table, "replace", "INSERT", " OR ".join(f"EXISTS (SELECT 1 FROM {table} WHERE {same})" for same in there))
    number = keys[0][0]
    _forbid(table, "renumber", "UPDATE", f"NEW.{number} IS NOT OLD.{number}")
    _forbid(table, "odd_number", "INSERT", f"NEW.{number} < 1", "AFTER")


def _forbid_truncate(table: str) -> None:
    name = f"{table}_no_truncate"
    _make_function(name, f"{table} is append-only")
    op.execute(f"CREATE TRIGGER {name} BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION {name}()")


def _make_function(name: str, words: str) -> None:
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '{words}'; END $$"
    )
