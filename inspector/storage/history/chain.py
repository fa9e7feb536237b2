"""The hash chain over all added rows: the hash of each entry covers one row and the entry before it.

An entry's hash is the SHA-256, in hexadecimal, of three parts. The first is the hash of the entry before (64 digits;
empty for the first entry), the second a line feed. The third is a JSON array in ASCII without spaces: the kind of the
entry, then the values of the row in the order of `_VALUES`. In SQLite the values are as stored; in PostgreSQL they are
cast to text. `verification` computes all hashes again.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, select, text

from inspector.core.errors import HistoryCorrupt, Message
from inspector.storage.history.sql.tables import chain, identity, inspections, pictures, reviews

IDENTITY, PART, REVIEW, DELETION = "identity", "part", "review", "deletion"
KINDS = (IDENTITY, PART, REVIEW, DELETION)
AT_ONCE = 1000
_LOWEST, _HIGHEST = -(2**63), 2**63 - 1

_LOCK_NUMBER = 0x1A5BEC7013
"""Advisory lock in PostgreSQL, held by the appending transaction until it ends, so that the chain never forks."""

# Part of the format: a later release that chains more columns adds a new kind and leaves these unchanged.
_VALUES = {
    IDENTITY: "n.id n.uuid n.made_at n.older_entries",
    PART: "i.id i.part_id i.source i.inspected_at i.utc_offset_s i.verdict i.score i.threshold i.unsure_threshold "
    "i.relative_score i.bundle_id i.operator i.triggered_by b.sha256 b.name d.refusal d.photo_height d.photo_width "
    "d.ms d.pictures_not_kept d.regions d.readings p.folder_id p.photo_path p.photo_sha256 p.map_path p.map_sha256 "
    "p.bytes",
    REVIEW: "r.id r.inspection_id r.decision r.defect_class r.note r.reviewer r.reviewed_at r.utc_offset_s r.undoes",
    DELETION: "p.inspection_id p.deleted_at p.deleted_why",
}
_FROM = {
    IDENTITY: "identity n",
    PART: "inspections i LEFT JOIN bundles b ON b.id = i.bundle_id LEFT JOIN details d ON d.inspection_id = i.id "
    "LEFT JOIN pictures p ON p.inspection_id = i.id",
    REVIEW: "reviews r",
    DELETION: "pictures p",
}
_KEY = {IDENTITY: "n.id", PART: "i.id", REVIEW: "r.id", DELETION: "p.inspection_id"}
_THERE = {IDENTITY: "1 = 1", PART: "1 = 1", REVIEW: "1 = 1", DELETION: "p.deleted_at IS NOT NULL"}


def append(connection: Connection, kind: str, numbers: Sequence[int]) -> None:
    """Chain rows that this transaction has written; call it last in the transaction.

    Parameters
    ----------
    connection : Connection
        Connection of a writing transaction.
    kind : str
        One of `KINDS`.
    numbers : sequence of int
        Ids of the rows: parts, reviews, or parts whose pictures were deleted.
    """
    if not numbers:
        return
    lock(connection)
    known = contents(connection, kind, numbers)
    _write(connection, ((kind, number, known[number]) for number in numbers))


def begin(connection: Connection) -> None:
    """Give the history its id and chain the rows that an older release wrote, in batches."""
    older = [
        connection.execute(select(func.count()).select_from(inspections)).scalar_one(),
        connection.execute(select(func.count()).select_from(reviews)).scalar_one(),
        connection.execute(select(func.count()).where(pictures.c.deleted_at.is_not(None))).scalar_one(),
    ]
    named = {"id": 1, "uuid": uuid.uuid4().hex, "made_at": datetime.now(UTC), "older_entries": sum(older)}
    connection.execute(insert(identity).values(**named))
    append(connection, IDENTITY, [1])
    chain_the_rest(connection)


def chain_the_rest(connection: Connection) -> None:
    """Chain all rows after the last chained row of each kind."""
    lock(connection)
    for kind in (PART, REVIEW, DELETION):
        newest = select(func.max(chain.c.row_id)).where(chain.c.kind == kind)
        after = connection.execute(newest).scalar()
        after = _LOWEST if after is None else after
        condition = f"{_KEY[kind]} > :after AND {_THERE[kind]} ORDER BY {_KEY[kind]} LIMIT {AT_ONCE}"
        query = text(_select(connection, kind, condition))
        while found := connection.execute(query, {"after": after}).all():
            _write(connection, ((kind, row[0], _content(kind, row[1:])) for row in found))
            after = found[-1][0]


def contents(connection: Connection, kind: str, numbers: Sequence[int]) -> dict[int, bytes]:
    """Return the bytes that an entry's hash covers, by row id; missing rows are left out."""
    if not numbers:
        return {}
    condition = f"{_KEY[kind]} IN :numbers AND {_THERE[kind]}"
    query = text(_select(connection, kind, condition)).bindparams(bindparam("numbers", expanding=True))
    found = connection.execute(query, {"numbers": list(numbers)})
    return {row[0]: _content(kind, row[1:]) for row in found}


def head(connection: Connection) -> tuple[int, str]:
    """Return number and hash of the last entry; 0 and an empty hash for an empty chain."""
    query = select(chain.c.seq, chain.c.hash).order_by(chain.c.seq.desc()).limit(1)
    found = connection.execute(query).first()
    return (0, "") if found is None else (found[0], str(found[1]))  # a hash that is not text: as in `verification`


def linked(before: str, content: bytes) -> str:
    """Return the hash of an entry, from the hash of the entry before and the covered bytes."""
    return hashlib.sha256(before.encode("utf-8", "replace") + b"\n" + content).hexdigest()


def lock(connection: Connection) -> None:
    """Wait until no other transaction appends; SQLite allows only one writing transaction anyway."""
    if connection.dialect.name != "sqlite":
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK_NUMBER})


def _write(connection: Connection, entries: Iterable[tuple[str, int, bytes]]) -> None:
    newest, last = head(connection)
    if newest >= _HIGHEST - AT_ONCE:
        sentence = Message(
            "an entry of its hash chain was inserted that leaves no number", "run 'inspector history verify'"
        )
        raise HistoryCorrupt("history", sentence)
    rows = []
    for seq, (kind, number, content) in enumerate(entries, start=newest + 1):
        last = linked(last, content)
        rows.append({"seq": seq, "kind": kind, "row_id": number, "hash": last})
    connection.execute(insert(chain), rows)


def _select(connection: Connection, kind: str, condition: str) -> str:
    return f"SELECT {_KEY[kind]}, {', '.join(_columns(connection, kind))} FROM {_FROM[kind]} WHERE {condition}"


def _columns(connection: Connection, kind: str) -> Iterator[str]:
    # In PostgreSQL, floats and times are cast to text, which is exact; they do not pass through Python.
    in_sqlite = connection.dialect.name == "sqlite"
    return (name if in_sqlite else f"CAST({name} AS text)" for name in _VALUES[kind].split())


def _content(kind: str, values: Iterable[Any]) -> bytes:
    return json.dumps([kind, *values], separators=(",", ":"), default=_bytes_words).encode("ascii")


def _bytes_words(value: Any) -> dict[str, str]:
    return {"bytes": bytes(value).hex()}  # bytes in a text column of SQLite: no release of Inspector has written them
