"""The history: every judged part and every review, stored so that no accepted part is lost.

The module loads SQLAlchemy. Code that runs before the window is shown imports it inside a function.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import TracebackType

from sqlalchemy import select

from inspector.core.errors import HistoryError, PictureMissing
from inspector.core.progress import CancelToken, OnProgress, ignore_progress
from inspector.core.review.agreement import ReviewedOnDay
from inspector.core.review.decision import Decision, Review
from inspector.core.review.judged_part import JudgedPart
from inspector.core.values import ImageRGB, ScoreMap, Verdict
from inspector.storage.history import chain, queries, read_rows, rows
from inspector.storage.history.agreement_over_time import reviewed_again, reviewed_by_day
from inspector.storage.history.disk_budget import DiskBudget, HistoryState, Room
from inspector.storage.history.housekeeping import Housekeeping
from inspector.storage.history.opening import Opened, Place, open_for_reading, open_for_writing, station
from inspector.storage.history.picture_folder import EncodedPictures, PictureFolder, encode_pictures, forget
from inspector.storage.history.records import (
    EVERYTHING,
    Order,
    PartDetails,
    PartFilter,
    PartRecord,
    PictureFile,
    ReviewedParts,
    storable,
)
from inspector.storage.history.review_rows import add_review, add_undo, no_such
from inspector.storage.history.sql.database import BUSY_S
from inspector.storage.history.sql.tables import bundles, picture_folders, pictures
from inspector.storage.history.verification import Verification, verify

_FLAGGED = (Verdict.NG, Verdict.UNSURE)
_VERDICTS, _DECISIONS = frozenset(map(str, Verdict)), frozenset(map(str, Decision))


class History:
    """An open history, made by `open`. Any thread may use it; writing threads wait for each other."""

    def __init__(self, place: Place, opened: Opened, budget: DiskBudget, busy_s: float) -> None:
        self._place, self._budget, self._busy_s = place, budget, busy_s
        self._writing = threading.Lock()
        self._use(opened)

    @classmethod
    def open(
        cls,
        where: Path | str | None = None,
        *,
        pictures_folder: Path | None = None,
        budget: DiskBudget | None = None,
        busy_s: float = BUSY_S,
        anew: bool = False,
    ) -> History:
        """Open a history. Upgrade an older one and make a missing one.

        A history that another program holds, or that is on a read-only disk, is opened for reading. `trouble` states
        the reason. Each write tries to open it again and raises the same error if that fails.

        Parameters
        ----------
        where : Path or str or None
            A folder, for SQLite, or a URL such as ``postgresql://user@host/database``. None for the history's folder in
            the user's data.
        pictures_folder : Path or None
            Folder of pictures on this computer. None for ``pictures`` in the folder; with a PostgreSQL URL, for
            ``pictures`` in the history's folder in the user's data.
        budget : DiskBudget or None
            The budget for pictures; None for the default.
        busy_s : float
            Seconds to wait for another program that holds the database.
        anew : bool
            Whether the user wants a new history, or the history found there, in place of the earlier one.

        Raises
        ------
        HistoryMissing
            The earlier history is gone or was replaced by another history. Nothing was made.
        HistoryError
            It cannot be opened: no permission, locked, damaged, written by a later release, out of reach.
        """
        place = Place.of(where, pictures_folder)
        try:
            opened = open_for_writing(place, busy_s, anew)
        except HistoryError as error:
            to_read = open_for_reading(place, busy_s, error)
            if to_read is None:
                raise
            opened = to_read
        try:
            return cls(place, opened, budget or DiskBudget(), busy_s)
        except BaseException:
            opened.database.close()
            raise

    @property
    def trouble(self) -> HistoryError | None:
        """Why the history can only be read; None if it can be written."""
        return self._trouble

    def close(self) -> None:
        """Close the database. All added parts are on the disk already."""
        with self._writing:
            self._database.close()

    def __enter__(self) -> History:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def state(self) -> HistoryState:
        """State of the disk space after the last part that was added."""
        return self._state

    @property
    def name(self) -> str:
        """File or address of the database, without a password."""
        return self._database.name

    @property
    def pictures_path(self) -> Path:
        """Folder of pictures on this computer."""
        return self._folder.path

    def add(self, part: JudgedPart) -> int:
        """Add a part; at return it survives a crash and a power cut.

        Its pictures are kept too, within the disk budget; `state` shows the disk space.

        Parameters
        ----------
        part : JudgedPart
            The part.

        Returns
        -------
        int
            Its number, higher than that of every earlier part.

        Raises
        ------
        HistoryError
            Disk full, read-only, locked, server out of reach. The part was not added and may be added again.
        """
        encoded = encode_pictures(part)
        with self._to_write():
            fits, self._state = self._house.make_room(encoded.size, part.verdict in _FLAGGED or part.refused_and_ng)
            if fits:
                return self._add_with_pictures(part, encoded)
            with self._database.writing() as connection:
                part_number = rows.insert_part(connection, part, self._state.sentence)
                chain.append(connection, chain.PART, [part_number])
                return part_number

    def review(self, part_number: int, review: Review) -> int:
        """Add a person's review of a part; earlier reviews and the machine's verdict stay.

        Returns
        -------
        int
            The review's number.

        Raises
        ------
        HistoryError
            The part does not exist, or the database cannot be written.
        """
        with self._to_write(), self._database.writing() as connection:
            return add_review(connection, part_number, review)

    def undo_review(self, part_number: int, reviewer: str, at: datetime) -> int:
        """Withdraw the last valid review of a part, by adding a row.

        The review before it becomes valid again.

        Parameters
        ----------
        part_number : int
            The part.
        reviewer : str
            Name of the person who withdraws it.
        at : datetime
            Time of the withdrawal, with time zone.

        Returns
        -------
        int
            The number of the new row.

        Raises
        ------
        HistoryError
            The part has no valid review, or the database cannot be written.
        """
        with self._to_write(), self._database.writing() as connection:
            return add_undo(connection, part_number, reviewer, at)

    def page(
        self,
        part_filter: PartFilter = EVERYTHING,
        order: Order = Order.NEWEST,
        *,
        after: PartRecord | None = None,
        offset: int = 0,
        limit: int = 100,
    ) -> tuple[PartRecord, ...]:
        """Return parts with the values that lists show.

        Parameters
        ----------
        part_filter, order
            The selected parts, and their order.
        after : PartRecord or None
            The last part of the previous page: fast for the next page. None to begin at the first part.
        offset : int
            Number of parts to skip from there: for jumps.
        limit : int
            Maximum number of parts.

        Raises
        ------
        HistoryError
            The database cannot be read.
        """
        with self._database.reading() as connection:
            numbers = queries.page_numbers(connection, part_filter, order, after, offset, limit)
            return tuple(read_rows.records_of(connection, numbers))

    def part_numbers(self, part_filter: PartFilter = EVERYTHING) -> Sequence[int]:
        """Return the numbers of all selected parts, oldest first; 8 bytes each."""
        with self._database.reading() as connection:
            return queries.part_numbers(connection, part_filter)

    def records(self, part_numbers: Sequence[int]) -> list[PartRecord]:
        """Return some hundreds of parts as lists show them, in this order; numbers without a part are left out."""
        with self._database.reading() as connection:
            return read_rows.records_of(connection, part_numbers)

    def details(self, part_numbers: Sequence[int]) -> list[PartDetails]:
        """Return all details of some hundreds of parts, in this order; numbers without a part are left out."""
        with self._database.reading() as connection:
            return read_rows.details_of(connection, part_numbers)

    def count(self, part_filter: PartFilter = EVERYTHING) -> int:
        """Return the number of selected parts."""
        with self._database.reading() as connection:
            return queries.count(connection, part_filter)

    def verdict_counts(self, part_filter: PartFilter = EVERYTHING) -> Mapping[Verdict, int]:
        """Return the number of selected parts by verdict; every verdict is a key."""
        with self._database.reading() as connection:
            return queries.verdict_counts(connection, part_filter)

    def reviewed_parts(self) -> tuple[ReviewedParts, ...]:
        """Return the number of reviewed parts by bundle, verdict and decision; the latest bundle first."""
        with self._database.reading() as connection:
            found = connection.execute(queries.reviewed_query())
            return tuple(
                ReviewedParts(sha256, name, Verdict(verdict), Decision(decision), parts)
                for sha256, name, verdict, decision, parts in found
                if verdict in _VERDICTS and decision in _DECISIONS  # damaged rows hold other values
            )

    def reviewed_by_day(self) -> tuple[ReviewedOnDay, ...]:
        """Return the number of reviewed parts by day, bundle, verdict and decision, oldest first."""
        with self._database.reading() as connection:
            return reviewed_by_day(connection)

    def reviewed_again(self) -> tuple[ReviewedOnDay, ...]:
        """Return the reviewed parts whose photo was inspected and reviewed again later; each as a count of 1."""
        with self._database.reading() as connection:
            return reviewed_again(connection)

    def bundles(self) -> tuple[tuple[str, str], ...]:
        """Return SHA-256 and name of each bundle that judged parts, latest first."""
        query = select(bundles.c.sha256, bundles.c.name).order_by(bundles.c.id.desc())
        with self._database.reading() as connection:
            found = connection.execute(query)
            return tuple((sha256, name) for sha256, name in found if isinstance(sha256, str) and isinstance(name, str))

    def get(self, part_number: int) -> PartDetails:
        """Return all details of a part.

        Raises
        ------
        HistoryError
            The part does not exist, or the database cannot be read.
        """
        found = self.details([part_number])
        if not found:
            raise no_such(part_number)
        return found[0]

    def photo(self, part_number: int) -> ImageRGB:
        """Return a part's photo, pixel for pixel as it was judged: uint8 RGB of shape (H, W, 3).

        Raises
        ------
        PictureMissing
            The photo was deleted, never kept or altered, or lies on another computer; the sentence says why.
        HistoryError
            The part does not exist, or the database cannot be read.
        """
        folder, photo, _ = self._files(part_number)
        return folder.read_photo(photo)

    def score_map(self, part_number: int) -> ScoreMap | None:
        """Return a part's score map, or None if the part was not judged.

        Raises
        ------
        PictureMissing, HistoryError
            As for `photo`.
        """
        folder, _, score_map = self._files(part_number)
        return None if score_map is None else folder.read_map(score_map)

    def delete_pictures(self, part_filter: PartFilter, who: str) -> int:
        """Delete pictures on this computer at a person's request; the rows stay and record the deletion.

        Returns
        -------
        int
            Number of parts whose pictures were deleted.

        Raises
        ------
        HistoryError
            The database cannot be written.
        """
        with self._to_write():
            with self._database.reading() as connection:
                chosen = queries.id_query(connection, part_filter)
            deleted = self._house.delete_chosen(chosen, f"deleted by {storable(who)}")
            self._state = self._house.state()
            return deleted

    def verify(
        self, known_head: str | None = None, *, report: OnProgress = ignore_progress, token: CancelToken | None = None
    ) -> Verification:
        """Compute the hash chain again, and return all rows that were altered, removed or inserted.

        Parameters
        ----------
        known_head : str or None
            A head that was noted before. It must still be in the chain.
        report, token
            Progress, and the request to stop.

        Raises
        ------
        HistoryError
            The database cannot be read, or an older release wrote it.
        Cancelled
            `token` was cancelled.
        """
        return verify(self._database, known_head, report, token or CancelToken())

    def _use(self, opened: Opened) -> None:
        self._database, self._folder, self._folder_id = opened.database, opened.pictures, opened.folder_id
        self._trouble = opened.trouble
        self._house = Housekeeping(self._database, self._folder, self._folder_id or 0, self._budget)
        if self._trouble is not None:
            words = f"The history is open for reading only: {self._trouble.sentence}."
            self._state = HistoryState(Room.AMPLE, 0, 0, self._budget, trouble=words)
            return
        self._house.settle()
        self._state = self._house.state()

    @contextmanager
    def _to_write(self) -> Iterator[None]:
        """Wait for other writing threads; a history that is open for reading only is opened again first."""
        with self._writing:
            if self._trouble is not None:
                opened, before = open_for_writing(self._place, self._busy_s, anew=False), self._database
                self._use(opened)
                before.close()
            yield

    def _add_with_pictures(self, part: JudgedPart, encoded: EncodedPictures) -> int:
        note = self._folder.note([encoded.photo.path])
        try:
            with self._database.writing() as connection:
                self._house.lock(connection)
                self._folder.write(encoded)
                part_number = rows.insert_part(connection, part, None)
                assert self._folder_id is not None
                rows.insert_pictures(connection, part_number, part, self._folder_id, encoded)
                self._house.count(connection, encoded.size)
                chain.append(connection, chain.PART, [part_number])
        except HistoryError:
            kept = self._kept_after_all(encoded, note)
            if kept is None:
                raise
            return kept
        forget(note)
        return part_number

    def _kept_after_all(self, encoded: EncodedPictures, note: Path) -> int | None:
        """Return the part's number if the server stored it and only its answer was lost; otherwise delete its files."""
        mine = (pictures.c.folder_id == self._folder_id, pictures.c.photo_path == encoded.photo.path)
        try:
            with self._database.reading() as connection:
                found = connection.execute(select(pictures.c.inspection_id).where(*mine)).scalar()
        except HistoryError:
            return None  # not known now; the note makes the next opening settle it
        if found is not None or self._folder.delete([encoded.photo.path]):
            forget(note)
        return found

    def _files(self, part_number: int) -> tuple[PictureFolder, PictureFile, PictureFile | None]:
        known = self.get(part_number)
        subject = f"part {part_number}"
        if known.photo is None or known.pictures_deleted_at is not None:
            sentence = f"its pictures are not there: {known.pictures_gone}"
            raise PictureMissing(subject, sentence.rstrip("."))
        query = select(picture_folders).join(pictures, pictures.c.folder_id == picture_folders.c.id)
        with self._database.reading() as connection:
            row = connection.execute(query.where(pictures.c.inspection_id == part_number)).mappings().one()
        if row["id"] == self._folder_id:
            return self._folder, known.photo, known.score_map
        if row["station"] != station():
            raise PictureMissing(subject, f"its pictures lie on the computer {row['station']}, in {row['path']}")
        folder = PictureFolder(Path(row["path"]))
        if not folder.is_one():
            raise PictureMissing(subject, f"its pictures lie in {row['path']}, which is no folder of pictures now")
        return folder, known.photo, known.score_map
