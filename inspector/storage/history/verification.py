"""Verification of a history: the hash chain is computed again, row by row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlalchemy import Connection, func, inspect, select, text

from inspector.core.errors import HistoryError, Message
from inspector.core.progress import CancelToken, OnProgress, Progress
from inspector.storage.history.chain import AT_ONCE, DELETION, IDENTITY, KINDS, PART, REVIEW, contents, linked
from inspector.storage.history.sql.database import Database
from inspector.storage.history.sql.tables import chain, identity

MOST_NAMED = 100
"""Maximum number of problems that are listed; further problems are only counted."""

_WORDS = {
    IDENTITY: "the id of the history",
    PART: "part {}",
    REVIEW: "review {}",
    DELETION: "the note that pictures of part {} were deleted",
}

# Each query finds rows that the chain does not hold: rows that were inserted by hand, and rows whose entry was removed.
_UNKNOWN = "NOT EXISTS (SELECT 1 FROM chain c WHERE c.kind = '{kind}' AND c.row_id = {key})"
_ADDED = (
    (IDENTITY, "SELECT n.id FROM identity n", "n.id"),
    (PART, "SELECT i.id FROM inspections i", "i.id"),
    (PART, "SELECT d.inspection_id FROM details d", "d.inspection_id"),
    (PART, "SELECT p.inspection_id FROM pictures p", "p.inspection_id"),
    (REVIEW, "SELECT r.id FROM reviews r", "r.id"),
    (DELETION, "SELECT p.inspection_id FROM pictures p", "p.inspection_id"),
)
_DELETED = "(p.deleted_at IS NOT NULL OR p.deleted_why IS NOT NULL)"

# For fast lists, each part stores the result of its reviews; it must equal the decision of the last review row.
_LAST_REVIEW = "SELECT max(r.id) FROM reviews r WHERE r.inspection_id = i.id"
_DECIDED_OTHERWISE = (
    f"SELECT i.id FROM inspections i LEFT JOIN reviews l ON l.id = ({_LAST_REVIEW}) "
    "WHERE (i.decision IS NOT NULL OR i.defect_class IS NOT NULL OR l.id IS NOT NULL) "
    "AND (COALESCE(i.decision, '') <> COALESCE(l.decision, '') "
    "OR COALESCE(i.defect_class, '') <> COALESCE(l.defect_class, '')) ORDER BY i.id"
)


@dataclass(frozen=True, slots=True)
class Problem:
    """A difference between the history and the hash chain.

    Parameters
    ----------
    change : {"altered", "removed", "inserted"}
        Kind of the difference.
    kind : str
        One of `chain.KINDS`, or "entry" for an entry of the chain whose row is not known.
    number : int
        Number of the part, the review or the entry.
    sentence : str
        The problem as a sentence for people.
    """

    change: str
    kind: str
    number: int
    sentence: str


@dataclass(slots=True)
class Verification:
    """The result of a verification.

    Parameters
    ----------
    uuid : str
        The id of the history.
    entries : int
        Number of entries in the chain.
    older_entries : int
        Number of entries for rows that are older than the chain. Earlier changes of these rows are not detected.
    head : str
        Hash of the last entry. Noted elsewhere, it proves later that all entries up to it are unchanged.
    problems : list of Problem
        At most `MOST_NAMED` problems: in the order of the chain, then rows that are not in the chain.
    found : int
        Total number of problems.
    """

    uuid: str = ""
    entries: int = 0
    older_entries: int = 0
    head: str = ""
    problems: list[Problem] = field(default_factory=list)
    found: int = 0

    @property
    def intact(self) -> bool:
        """Whether nothing was altered, removed or inserted."""
        return not self.found

    def add(self, change: str, kind: str, number: int, words: str = "") -> None:
        """Add a problem; `words` follow its sentence."""
        self.found += 1
        if len(self.problems) < MOST_NAMED:
            subject = f"entry {number} of the hash chain" if kind == "entry" else _WORDS[kind].format(number)
            self.problems.append(Problem(change, kind, number, f"{subject} was {change}{words}"))


def verify(database: Database, known_head: str | None, report: OnProgress, token: CancelToken) -> Verification:
    """Compute the chain again, and search for rows outside it. Reads every row once, in bounded memory.

    Parameters
    ----------
    database : Database
        The history.
    known_head : str or None
        A head that was noted before. It must still be in the chain.
    report, token
        Progress, and the request to stop.

    Raises
    ------
    HistoryError
        The database cannot be read, or has no chain yet.
    Cancelled
        `token` was cancelled.
    """
    found = Verification()
    with database.reading() as connection:
        if not inspect(connection).has_table(chain.name):
            sentence = Message(
                "an older release wrote this history, which has no hash chain yet", "open it in the window once"
            )
            raise HistoryError(database.name, sentence)
        older = connection.execute(select(identity.c.older_entries)).scalars()
        found.older_entries = sum(number for number in older if isinstance(number, int))
        found.uuid = str(connection.execute(select(identity.c.uuid)).scalar() or "")
        total = int(connection.execute(select(func.count()).select_from(chain)).scalar_one())
        for done in _follow(connection, found):
            token.check()
            report(Progress("verifying the history", done, total))
        if not found.uuid:
            found.add("removed", IDENTITY, 1)
        _look_for_added(connection, found, token)
        _compare_decisions(connection, found)
        _look_for_head(connection, found, known_head)
    return found


def _follow(connection: Connection, found: Verification) -> Iterator[int]:
    """Compute every entry again; yield the number of entries done."""
    expected, before, done, place = 1, "", 0, "the beginning"
    query = select(chain.c.seq, chain.c.kind, chain.c.row_id, chain.c.hash).order_by(chain.c.seq).limit(AT_ONCE)
    last = -(2**63)
    while entries := connection.execute(query.where(chain.c.seq > last)).all():
        known = {
            kind: contents(connection, kind, [entry[2] for entry in entries if entry[1] == kind]) for kind in KINDS
        }
        for seq, kind, number, stored in entries:
            here = _WORDS.get(kind, "an unknown entry").format(number)
            if seq > expected:
                found.add("removed", "entry", expected, f", between {place} and {here}")
            elif seq < expected:
                found.add("inserted", "entry", seq)
            _compare(found, (seq, kind, number, str(stored)), known.get(kind), before, seq != expected)
            expected, before, last, place = max(seq, 0) + 1, str(stored), seq, here
        done += len(entries)
        yield done
    found.entries, found.head = done, before


def _compare(
    found: Verification, entry: tuple[int, str, int, str], known: dict[int, bytes] | None, before: str, gap: bool
) -> None:
    seq, kind, number, stored = entry
    if known is None:
        found.add("inserted", "entry", seq)
    elif number not in known:
        found.add("removed", kind, number)
    elif not gap and linked(before, known[number]) != stored:  # after a gap, the hash of the entry before is not known
        found.add("altered", kind, number, ", or its entry in the hash chain was")


def _look_for_added(connection: Connection, found: Verification, token: CancelToken) -> None:
    named: set[tuple[str, int]] = set()
    for kind, query, key in _ADDED:
        token.check()
        condition = _UNKNOWN.format(kind=kind, key=key)
        if kind == DELETION:
            condition = f"{_DELETED} AND {condition}"
        for (number,) in connection.execute(text(f"{query} WHERE {condition} ORDER BY {key}")):
            if (kind, number) not in named:
                found.add("inserted", kind, number, ", or its entry in the hash chain was removed")
                if len(named) < MOST_NAMED:
                    named.add((kind, number))


def _compare_decisions(connection: Connection, found: Verification) -> None:
    for (number,) in connection.execute(text(_DECIDED_OTHERWISE)):
        found.add("altered", PART, number, ": its decision is not what its last review says")


def _look_for_head(connection: Connection, found: Verification, known_head: str | None) -> None:
    if known_head is None:
        return
    there = connection.execute(select(chain.c.seq).where(chain.c.hash == known_head.strip().lower()).limit(1)).first()
    if there is None:
        found.add("removed", "entry", found.entries, ", or another before it: the hash that was noted is gone")
