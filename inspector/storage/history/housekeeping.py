"""Making room for pictures, and cleaning up after a program that crashed."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, select, update

from inspector.storage.history import chain
from inspector.storage.history.disk_budget import DiskBudget, HistoryState, Room
from inspector.storage.history.picture_folder import PictureFolder, forget
from inspector.storage.history.sql.database import Database
from inspector.storage.history.sql.tables import picture_folders, pictures

_AT_ONCE = 200
_NEEDED = (pictures.c.inspection_id, pictures.c.photo_path, pictures.c.bytes)
log = logging.getLogger(__name__)

_FOR_ROOM = "deleted to make room for newer pictures"


class Housekeeping:
    """Keeps the pictures of a folder within their budget; used by one thread at a time.

    Parameters
    ----------
    database : Database
        The history.
    folder : PictureFolder
        Folder of the pictures.
    folder_id : int
        Its row in `picture_folders`.
    budget : DiskBudget
        The budget for pictures.
    """

    def __init__(self, database: Database, folder: PictureFolder, folder_id: int, budget: DiskBudget) -> None:
        self._database = database
        self._folder = folder
        self._folder_id = folder_id
        self.budget = budget

    def lock(self, connection: Connection) -> None:
        """Prevent all others from adding or deleting pictures of this folder until the transaction ends."""
        # In SQLite the transaction itself is the lock, and this is an ordinary SELECT.
        connection.execute(
            select(picture_folders.c.id).where(picture_folders.c.id == self._folder_id).with_for_update()
        )

    def count(self, connection: Connection, size: int) -> None:
        """Add `size` bytes to the stored total size of the picture folder; a negative number subtracts."""
        connection.execute(
            update(picture_folders)
            .where(picture_folders.c.id == self._folder_id)
            .values(kept_bytes=picture_folders.c.kept_bytes + size)
        )

    def settle(self) -> None:
        """Delete files that notes name and that belong to no part in the database.

        Raises
        ------
        HistoryError
            The database or the folder cannot be used.
        """
        if not self._folder.notes():
            return
        with self._database.writing() as connection:
            self.lock(connection)
            for note, paths in self._folder.notes():  # again, under the lock: another program may have finished
                known = set(connection.execute(self._present(paths)).scalars())
                self._folder.discard_unfinished(paths)
                if self._folder.delete([path for path in paths if path not in known]):
                    forget(note)

    def make_room(self, size: int, precious: bool) -> tuple[bool, HistoryState]:
        """Make room for a part's pictures; if necessary, delete pictures of the oldest OK parts.

        Parameters
        ----------
        size : int
            Bytes to write.
        precious : bool
            Whether the part is flagged: its pictures are kept beyond the budget while the disk has space.

        Returns
        -------
        fits : bool
            Whether the pictures may be written.
        state : HistoryState
            State of the disk space.
        """
        kept, free = self._kept(), self._folder.free_bytes()
        shortage = self.budget.shortage(kept, free, size)
        disk_is_short = not self.budget.fits_disk(free, size)
        room = Room.AMPLE
        if shortage and (precious or size <= self.budget.limit_bytes):
            freed = self._free(shortage, self.budget.slack_bytes)
            kept, free = kept - freed, free + freed
            room = Room.DELETING
        if not self.budget.shortage(kept, free, size):
            return True, HistoryState(room, kept + size, free - size, self.budget, disk_is_short)
        fits_disk = self.budget.fits_disk(free, size)
        if precious and fits_disk:
            return True, HistoryState(Room.FULL, kept + size, free - size, self.budget)
        return False, HistoryState(Room.FULL if fits_disk else Room.NONE, kept, free, self.budget, not fits_disk)

    def state(self) -> HistoryState:
        """Return the current state, without deleting anything."""
        kept, free = self._kept(), self._folder.free_bytes()
        disk_is_short = not self.budget.fits_disk(free, 0)
        room = Room.AMPLE
        if self.budget.shortage(kept, free, 0):
            with self._database.reading() as connection:
                some_may_go = connection.execute(self._may_go().limit(1)).first() is not None
            full = Room.NONE if disk_is_short else Room.FULL
            room = Room.DELETING if some_may_go else full
        return HistoryState(room, kept, free, self.budget, disk_is_short)

    def delete(self, rows: Sequence[RowMapping], connection: Connection, why: str) -> None:
        """Mark pictures as deleted, in a transaction that holds the lock; the caller deletes the files afterwards."""
        ids = [row["inspection_id"] for row in rows]
        values = {"deleted_at": datetime.now(UTC), "deleted_why": why, "may_go": None}
        connection.execute(update(pictures).where(pictures.c.inspection_id.in_(ids)).values(**values))
        self.count(connection, -sum(_size(row["bytes"]) for row in rows))
        chain.append(connection, chain.DELETION, ids)

    def delete_chosen(self, chosen: Select[Any], why: str) -> int:
        """Delete the pictures of all parts that `chosen` selects (their ids), and return the number of these parts."""
        query = select(*_NEEDED).where(
            pictures.c.folder_id == self._folder_id,
            pictures.c.deleted_at.is_(None),
            pictures.c.inspection_id.in_(chosen),
        )
        deleted = 0
        while batch := self._delete_batch(query.limit(_AT_ONCE), None, why):
            deleted += len(batch)
        return deleted

    def _free(self, shortage: int, slack: int) -> int:
        """Delete the oldest deletable pictures until `shortage` bytes and `slack` are free; return the bytes freed."""
        freed = 0
        while freed < shortage:
            batch = self._delete_batch(self._may_go().limit(_AT_ONCE), shortage + slack - freed, _FOR_ROOM)
            if not batch:
                break
            freed += sum(_size(row["bytes"]) for row in batch)
        return freed

    def _delete_batch(self, query: Select[Any], enough: int | None, why: str) -> Sequence[RowMapping]:
        with self._database.writing() as connection:
            self.lock(connection)
            rows = connection.execute(query).mappings().all()
            if enough is not None:
                rows = _first_bytes(rows, enough)
            if not rows:
                return rows
            paths = [row["photo_path"] for row in rows]
            note = self._folder.note(paths)
            self.delete(rows, connection, why)
        if self._folder.delete(paths):
            forget(note)
        log.info("pictures of %d parts deleted: %s", len(rows), why)
        return rows

    def _kept(self) -> int:
        with self._database.reading() as connection:
            query = select(picture_folders.c.kept_bytes).where(picture_folders.c.id == self._folder_id)
            return _size(connection.execute(query).scalar_one())

    def _may_go(self) -> Select[Any]:
        return (
            select(*_NEEDED)
            .where(pictures.c.folder_id == self._folder_id, pictures.c.may_go.is_not(None))
            .order_by(pictures.c.may_go, pictures.c.inspection_id)
        )

    def _present(self, paths: Sequence[str]) -> Select[Any]:
        return select(pictures.c.photo_path).where(
            pictures.c.folder_id == self._folder_id,
            pictures.c.photo_path.in_(paths),
            pictures.c.deleted_at.is_(None),
        )


def _first_bytes(rows: Sequence[RowMapping], enough: int) -> Sequence[RowMapping]:
    total = 0
    for index, row in enumerate(rows):
        total += _size(row["bytes"])
        if total >= enough:
            return rows[: index + 1]
    return rows


def _size(value: object) -> int:
    return value if isinstance(value, int) and value > 0 else 0  # only damaged rows hold other values
