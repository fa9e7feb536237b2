"""The hash chain over what was ever added: each entry's hash covers one row and the entry before it.

An entry's hash is the SHA-256, in hexadecimal, of the entry before (its 64 digits; none before the first), a line feed,
and a JSON array in ASCII without spaces: the kind of the entry, then the values of the row in the order of `_VALUES`.
In SQLite they are the values as they are stored; in PostgreSQL their text. `verification` computes all of it again.
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
"""Who appends in PostgreSQL holds it until the transaction ends, so that the chain never forks."""

# Part of the format: a later release that chains more brings a new kind, and leaves these as they are.
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
    """Chain rows that this transaction has written; the last thing that it does.

    Parameters
    ----------
    connection : Connection
        Of a transaction that writes.
    kind : str
        One of `KINDS`.
    numbers : sequence of int
        Of the rows: parts, reviews, or parts whose pictures were deleted.
    """
    if not numbers:
        return
    lock(connection)
    known = contents(connection, kind, numbers)
    _write(connection, ((kind, number, known[number]) for number in numbers))


def begin(connection: Connection) -> None:
    """Give the history its id, and chain what an older release has written; in batches, whatever their number."""
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
    """Chain all rows behind the last ones that are chained."""
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
    """Return what an entry's hash covers, by the number of the row; rows that are not there are left out."""
    if not numbers:
        return {}
    condition = f"{_KEY[kind]} IN :numbers AND {_THERE[kind]}"
    query = text(_select(connection, kind, condition)).bindparams(bindparam("numbers", expanding=True))
    found = connection.execute(query, {"numbers": list(numbers)})
    return {row[0]: _content(kind, row[1:]) for row in found}


def head(connection: Connection) -> tuple[int, str]:
    """Return number and hash of the last entry; 0 and no hash where there is none."""
    query = select(chain.c.seq, chain.c.hash).order_by(chain.c.seq.desc()).limit(1)
    found = connection.execute(query).first()
    return (0, "") if found is None else (found[0], str(found[1]))  # as `verification` takes it, if not text


def linked(before: str, content: bytes) -> str:
    """Return the hash of an entry, from that of the one before and what it covers."""
    return hashlib.sha256(before.encode("utf-8", "replace") + b"\n" + content).hexdigest()


def lock(connection: Connection) -> None:
    """Wait until nobody else appends; in SQLite only one transaction writes at all."""
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
    # Neither floats nor moments go through Python in PostgreSQL, whose text of them is exact.
    in_sqlite = connection.dialect.name == "sqlite"
    return (name if in_sqlite else f"CAST({name} AS text)" for name in _VALUES[kind].split())


def _content(kind: str, values: Iterable[Any]) -> bytes:
    return json.dumps([kind, *values], separators=(",", ":"), default=_bytes_words).encode("ascii")


def _bytes_words(value: Any) -> dict[str, str]:
    return {"bytes": bytes(value).hex()}  # text where SQLite holds bytes: no release of Inspector has written that
