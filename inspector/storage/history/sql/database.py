"""The connection to SQLite or PostgreSQL: durable, with short waits and plain error sentences."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from inspector.core.address_secrets import shown_address
from inspector.core.errors import HistoryError, Message
from inspector.storage.history.sql.database_errors import in_plain_words

FILE_NAME = "history.sqlite"
BUSY_S = 10.0
"""Seconds to wait for another program that holds the database, before an error is raised."""

_WRITES = "inspector_writes"


class Database:
    """A database that any thread may use; each use takes its own connection.

    Parameters
    ----------
    engine : Engine
        Engine made by `connect`.
    name : str
        Name for people; without secrets of the address.
    """

    def __init__(self, engine: Engine, name: str) -> None:
        self.name = name
        self.is_sqlite = engine.dialect.name == "sqlite"
        self._reader = engine
        self._writer = engine.execution_options(**{_WRITES: True})

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Yield a connection that sees one consistent state of the database.

        Raises
        ------
        HistoryError
            The database cannot be read.
        """
        with in_plain_words(self.name), self._reader.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Yield a connection that writes; at a clean exit everything is on the disk, otherwise nothing.

        In SQLite, no other connection writes meanwhile. In PostgreSQL, the caller must lock a row first.

        Raises
        ------
        HistoryError
            The database cannot be written, or another program held it for too long.
        """
        with in_plain_words(self.name), self._writer.begin() as connection:
            yield connection

    def close(self) -> None:
        """Close all connections."""
        self._reader.dispose()


def connect(url: str | URL, busy_s: float = BUSY_S, *, to_read: bool = False) -> Database:
    """Return the database at a URL, without connecting yet.

    Parameters
    ----------
    url : str or URL
        ``sqlite:///FILE`` or ``postgresql://USER:PASSWORD@HOST/DATABASE``.
    busy_s : float
        Seconds to wait for another program that holds the database.
    to_read : bool
        Open for reading only; nothing is written, not even beside the file.

    Raises
    ------
    HistoryError
        The URL has another form, or the driver is not installed.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):  # ValueError: a port that is no number; both may quote a password
        sentence = Message("this is not the address of a database", "it looks like postgresql://user@host/database")
        raise HistoryError(shown_address(str(url)), sentence) from None
    full = url if isinstance(url, str) else parsed.render_as_string(hide_password=False)
    name = parsed.database or "" if parsed.get_backend_name() == "sqlite" else shown_address(full)
    try:
        if parsed.get_backend_name() == "sqlite":
            return Database(_sqlite_to_read(parsed, busy_s) if to_read else _sqlite(parsed, busy_s), name)
        if parsed.get_backend_name() == "postgresql":
            return Database(_postgres(parsed, busy_s), name)
    except ModuleNotFoundError as error:
        sentence = Message("PostgreSQL needs one more package", "install it with: pip install 'inspector[postgres]'")
        raise HistoryError(name, sentence) from error
    except (NoSuchModuleError, ArgumentError):  # both may quote the address
        raise HistoryError(name, "this address of a database cannot be used", action="correct it") from None
    raise HistoryError(name, "the history is kept in SQLite or PostgreSQL", action="choose one of these")


def _sqlite(url: URL, busy_s: float) -> Engine:
    engine = create_engine(url, connect_args={"timeout": busy_s})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _sqlite_to_read(url: URL, busy_s: float) -> Engine:
    path = str(url.database)

    def open_file() -> sqlite3.Connection:
        # SQLite cannot write its files beside a database on a read-only disk. Such a database opens only as immutable.
        for mode in ("ro", "ro&immutable=1"):
            address = f"file:{quote(os.path.abspath(path))}?mode={mode}"
            connection = sqlite3.connect(address, uri=True, timeout=busy_s, check_same_thread=False)
            try:
                connection.execute("SELECT count(*) FROM sqlite_master").close()
                return connection
            except sqlite3.OperationalError as error:
                connection.close()
                unwritten = os.path.exists(f"{path}-wal") and os.path.getsize(f"{path}-wal")
                nothing_beside = error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)
                if not nothing_beside or unwritten or "immutable" in mode:
                    raise
        raise AssertionError

    engine = create_engine(url, creator=open_file)
    event.listen(engine, "connect", _read_texts)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _read_texts(connection: sqlite3.Connection, _record: Any) -> None:
    # Another tool may have written invalid bytes into a text. Only that row is then damaged, and the list stays
    # readable.
    connection.text_factory = partial(str, encoding="utf-8", errors="backslashreplace")
    connection.isolation_level = None  # Python would begin transactions late, and not at all before CREATE TABLE


def _prepare_sqlite(connection: sqlite3.Connection, record: Any) -> None:
    _read_texts(connection, record)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-32768"):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads first and writes later can fail at once while another program writes. BEGIN IMMEDIATE
    # waits for its turn.
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _postgres(url: URL, busy_s: float) -> Engine:
    if url.drivername == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    milliseconds = round(busy_s * 1000)
    # The time zone and the last two settings determine the text of values in the hash chain.
    options = f"-c lock_timeout={milliseconds} -c timezone=UTC -c datestyle=ISO -c extra_float_digits=1"
    arguments = {"options": options, "connect_timeout": max(2, round(busy_s))}
    return create_engine(url, connect_args=arguments, pool_pre_ping=True)
