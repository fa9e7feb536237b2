"""The schema version of a database, and its upgrade to the current version."""

from __future__ import annotations

import re

from sqlalchemy import Connection, inspect, text

from inspector.core.errors import HistoryCorrupt, HistoryTooNew, Message
from inspector.storage.history.sql.database import Database
from inspector.storage.history.sql.tables import metadata

SCHEMA = "0003"
"""The newest version in `migrations`. Versions are numbers, so that a later version differs from a damaged one."""

_DESCRIBED = SCHEMA
"""The version that `tables` describes."""

_SCRIPTS = "inspector.storage.history:migrations"
_VERSION_TABLE, _VERSION = "alembic_version", r"(?!0+$)[0-9]{4,}"
_LOCK_NUMBER = 0x1A5BEC7012
"""Advisory lock for upgrades of a PostgreSQL database; any number that other programs do not use."""


def bring_up_to_date(database: Database) -> None:
    """Create missing tables and upgrade older ones, completely or not at all.

    Raises
    ------
    HistoryTooNew
        A later release wrote the database.
    HistoryCorrupt
        The database holds tables of another program.
    HistoryError
        The database cannot be read or written.
    """
    with database.reading() as connection:
        version = version_of(connection, database.name)
    if version == SCHEMA:
        return
    with database.writing() as connection:
        if not database.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK_NUMBER})
        if version_of(connection, database.name) != SCHEMA:  # another program may have upgraded it meanwhile
            _upgrade(connection)


def version_of(connection: Connection, name: str) -> str | None:
    """Return the schema version of a database; None if it has no tables.

    Raises
    ------
    HistoryTooNew, HistoryCorrupt
        As for `bring_up_to_date`.
    """
    tables = inspect(connection).get_table_names()
    if _VERSION_TABLE not in tables:
        if "inspections" in tables:
            raise HistoryCorrupt(
                name, "this database belongs to another program", action="choose another one for the history"
            )
        return None
    version = connection.execute(text(f"SELECT version_num FROM {_VERSION_TABLE}")).scalar()
    if version is None:
        return None
    if not (isinstance(version, str) and re.fullmatch(_VERSION, version)):
        raise HistoryCorrupt(
            name, "this database belongs to another program", action="choose another one for the history"
        )
    if int(version) > int(SCHEMA):
        sentence = Message(
            "a later release of Inspector wrote this history", "open it with that release or a later one"
        )
        raise HistoryTooNew(name, sentence)
    if version == _DESCRIBED and (missing := _missing(connection)) is not None:
        sentence = Message(f"its {missing} is missing", "put a copy of the history in its place, or start a new one")
        raise HistoryCorrupt(name, sentence)
    return version


def _missing(connection: Connection) -> str | None:
    """Return a table or column that a database of this version lacks, or None."""
    columns = {
        name: {one["name"] for one in found} for (_, name), found in inspect(connection).get_multi_columns().items()
    }
    for table in metadata.sorted_tables:
        if table.name not in columns:
            return f"table {table.name}"
        for column in table.columns:
            if column.name not in columns[table.name]:
                return f"column {table.name}.{column.name}"
    return None


def _upgrade(connection: Connection) -> None:
    # Imported on demand: a database that is up to date opens faster without it.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", _SCRIPTS)
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
