"""Translation of database errors into sentences that state the problem and the action."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError, SQLAlchemyError

from inspector.core.address_secrets import HIDDEN
from inspector.core.errors import HistoryCorrupt, HistoryError, HistoryLocked, HistoryReadOnly, Message
from inspector.storage.history.sql.tables import metadata

_LOCKED = Message("another program holds the history locked", "close it, then try again: nothing was lost")
_FULL = Message("the disk is full", "free some space, then try again: no recorded part is lost")
_TAKEN = Message(
    "its rows were changed and are inconsistent",
    "run 'inspector history verify', and put a copy of the history in its place or start a new one",
)
_TABLES = Message(
    "its tables were changed and are not those of a history",
    "put a copy of the history in its place or start a new one",
)
_TABLE = re.compile(
    r"no such table: (?:main\.)?(\w+)|table (\w+) already exists|cannot modify (\w+) because it is a view"
)
_READ_ONLY = Message("writing is not allowed here", "change the permissions of the folder, or choose another one")
_DAMAGED = Message(
    "the file is damaged, or is not a history of Inspector", "move it away, or put a copy of it in its place"
)

_SQLITE: dict[int, tuple[type[HistoryError], str]] = {
    sqlite3.SQLITE_BUSY: (HistoryLocked, _LOCKED),
    sqlite3.SQLITE_LOCKED: (HistoryLocked, _LOCKED),
    sqlite3.SQLITE_FULL: (HistoryError, _FULL),
    sqlite3.SQLITE_READONLY: (HistoryReadOnly, _READ_ONLY),
    sqlite3.SQLITE_PERM: (HistoryReadOnly, _READ_ONLY),
    sqlite3.SQLITE_CANTOPEN: (
        HistoryReadOnly,
        Message("the file cannot be opened or created", "check that its folder exists and is writable"),
    ),
    sqlite3.SQLITE_IOERR: (
        HistoryError,
        Message("reading or writing failed", "check the disk and the room on it, then try again"),
    ),
    sqlite3.SQLITE_CORRUPT: (HistoryCorrupt, _DAMAGED),
    sqlite3.SQLITE_NOTADB: (HistoryCorrupt, _DAMAGED),
}

_NUMBERS_TAKEN = (
    *(sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_ROWID, sqlite3.SQLITE_CONSTRAINT_UNIQUE),
)
"""Codes for a new row with an existing number, which the program itself never creates."""

# By the first characters of the SQLSTATE (PostgreSQL's documentation, appendix A); the longest match counts.
_POSTGRES: dict[str, tuple[type[HistoryError], str]] = {
    "55P03": (HistoryLocked, _LOCKED),
    "57014": (HistoryLocked, _LOCKED),
    "40": (HistoryLocked, _LOCKED),
    "53100": (
        HistoryError,
        Message("the disk of the database server is full", "free some space there, then try again"),
    ),
    "53": (HistoryError, Message("the database server has no room left for this", "ask who runs it, then try again")),
    "23505": (HistoryCorrupt, _TAKEN),
    "25006": (HistoryReadOnly, Message("the database allows reading only", "ask who runs it for the right to write")),
    "28": (
        HistoryError,
        Message("the database server refuses this user or password", "check the address of the history"),
    ),
    "3D": (
        HistoryError,
        Message("the server has no database of this name", "create it, or check the address of the history"),
    ),
    "42501": (
        HistoryReadOnly,
        Message("this user may not do that in the database", "ask who runs it for the right to"),
    ),
}
_WRONG_ADDRESS = Message("this address of a database has a setting that PostgreSQL does not know", "correct it")
_UNREACHABLE = Message(
    "the database server does not answer, or refuses{words}",
    "check the address, that the server runs, and that the network is up, then try again",
)


@contextmanager
def in_plain_words(subject: str) -> Iterator[None]:
    """Convert database errors into a `HistoryError` about `subject`; bugs pass unchanged.

    Raises
    ------
    HistoryError
        Locked, full, read-only, damaged, out of reach.
    """
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:  # sqlite3.Error comes from the preparation of a connection
        translated = translate(subject, error)
        if translated is None:
            raise
        raise translated from (None if HIDDEN in subject else error)


def translate(subject: str, error: SQLAlchemyError | sqlite3.Error) -> HistoryError | None:
    """Return the error with a plain sentence, or None for a bug."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, sqlite3.Error):
        code = getattr(cause, "sqlite_errorcode", -1)
        found = (HistoryCorrupt, _TAKEN) if code in _NUMBERS_TAKEN else _SQLITE.get(code & 0xFF)
        if found is None and _is_without_our_table(str(cause)):
            found = HistoryCorrupt, _TABLES
    elif isinstance(error, DBAPIError):
        found = _of_postgres(error, subject)
    else:
        return None
    return None if found is None else found[0](subject, found[1])


def _is_without_our_table(words: str) -> bool:
    named = _TABLE.fullmatch(words)
    return named is not None and any(name in metadata.tables for name in named.groups())


def _of_postgres(error: DBAPIError, subject: str) -> tuple[type[HistoryError], str] | None:
    state = getattr(error.orig, "sqlstate", None)
    if state is None or (state[:2] in ("08", "57") and state != "57014"):
        # A refused connection has no SQLSTATE, only a message: a wrong password, no such database.
        words = str(error.orig).strip().rpartition("\n")[2].replace(";", ",")
        if HIDDEN in subject:  # a piece of a password may have been parsed as the host
            words = ""
        unreachable = _UNREACHABLE.format(words=f" ({words})" if words else "")
        if isinstance(error, OperationalError):
            return HistoryError, unreachable
        return (HistoryError, _WRONG_ADDRESS) if isinstance(error, ProgrammingError) and state is None else None
    fitting = [start for start in _POSTGRES if state.startswith(start)]
    return _POSTGRES[max(fitting, key=len)] if fitting else None
