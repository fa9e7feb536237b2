"""Opening a history: the history that was there before, for writing, or else for reading."""

from __future__ import annotations

import logging
import platform
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, inspect, select

from inspector.core.errors import HistoryError, HistoryLocked, HistoryMissing, HistoryReadOnly, Message
from inspector.storage.atomic import write_problem
from inspector.storage.folders import history_folder
from inspector.storage.history import rows
from inspector.storage.history.known import known_history, remember_history
from inspector.storage.history.picture_folder import PictureFolder
from inspector.storage.history.records import storable
from inspector.storage.history.sql.database import FILE_NAME, Database, connect
from inspector.storage.history.sql.schema import bring_up_to_date, version_of
from inspector.storage.history.sql.tables import identity, picture_folders

_PICTURES = "pictures"
_BACK = "connect its disk and try again, or begin a new one with 'Start a new history' or 'inspector history start'"
_GONE = f"the history is missing; {_BACK}"
_ANOTHER = Message(
    "this is not the history that was used before",
    "restore the former history and try again, or use this one with 'Start a new history' or 'inspector history start'",
)
_NO_PICTURES = f"the folder of pictures of this history is missing; {_BACK}"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Place:
    """Location of a history.

    Parameters
    ----------
    folder : Path or None
        Folder of the SQLite file; None for a server.
    url : str or URL
        URL of the database.
    pictures : Path
        Folder of pictures on this computer.
    row : (str, str)
        Station and path of that folder, as the database stores them.
    """

    folder: Path | None
    url: str | URL
    pictures: Path
    row: tuple[str, str]

    @classmethod
    def of(cls, where: Path | str | None, pictures_folder: Path | None) -> Place:
        """Return the place that the parameters of `History.open` denote."""
        folder = None if isinstance(where, str) and "://" in where else Path(where or history_folder())
        url: str | URL = str(where)
        if folder is not None:
            url = URL.create("sqlite", database=str(folder / FILE_NAME))
        pictures = pictures_folder or (folder or history_folder()) / _PICTURES
        # A folder beside its database is stored without a path, so that both can be moved together.
        beside = folder is not None and pictures_folder is None
        return cls(folder, url, pictures, ("", _PICTURES) if beside else (station(), str(pictures.absolute())))


@dataclass(frozen=True, slots=True)
class Opened:
    """An open history.

    Parameters
    ----------
    database : Database
    pictures : PictureFolder
    folder_id : int or None
        Row of that folder; None if it has no row and none can be made.
    trouble : HistoryError or None
        Why the history can only be read; None if it can be written.
    """

    database: Database
    pictures: PictureFolder
    folder_id: int | None
    trouble: HistoryError | None = None


def open_for_writing(place: Place, busy_s: float, anew: bool) -> Opened:
    """Open a history. Upgrade an older one and make a missing one.

    Parameters
    ----------
    place : Place
    busy_s : float
        Seconds to wait for another program.
    anew : bool
        Whether the user wants a new history there, or accepts a history other than the earlier one.

    Raises
    ------
    HistoryMissing
        The earlier history is gone or was replaced by another history; nothing was made.
    HistoryError
        The history cannot be opened for writing.
    """
    file = None if place.folder is None else place.folder / FILE_NAME
    database = connect(place.url, busy_s)
    try:
        known = None if anew else known_history(_address(place, database))
        if file is not None and known is not None and not _holds_something(file):
            raise HistoryMissing(place.folder or "", _GONE)
        if place.folder is not None:
            _make(place.folder)
        if known is not None:
            check_known(database, known)
        bring_up_to_date(database)
        folder_id = _folder_row(database, place, anew)
        pictures = PictureFolder(place.pictures)
        pictures.make()
        if (uuid := uuid_of(database)) is not None:
            remember_history(_address(place, database), uuid)
        return Opened(database, pictures, folder_id)
    except BaseException:
        database.close()
        raise


def open_for_reading(place: Place, busy_s: float, trouble: HistoryError) -> Opened | None:
    """Open a history that cannot be written, or return None if it cannot be read either.

    Parameters
    ----------
    place : Place
    busy_s : float
        Seconds to wait for another program.
    trouble : HistoryError
        Why the history cannot be written.
    """
    if not isinstance(trouble, HistoryLocked | HistoryReadOnly):
        return None
    if place.folder is not None and not _holds_something(place.folder / FILE_NAME):
        return None
    database = connect(place.url, busy_s, to_read=True)
    try:
        known = known_history(_address(place, database))
        if known is not None:
            check_known(database, known)
        with database.reading() as connection:
            if version_of(connection, database.name) is None:
                raise trouble
        found = _found_row(database, place)
        log.warning("the history in %s is open for reading only: %s", database.name, trouble.sentence)
        return Opened(database, PictureFolder(place.pictures), found, trouble)
    except HistoryMissing:
        database.close()
        raise
    except HistoryError:
        database.close()
        return None


def check_known(database: Database, known: str) -> None:
    """Check that a database holds the history that was used before.

    Raises
    ------
    HistoryMissing
        The database holds no history, or another history.
    """
    found = uuid_of(database)
    if found != known:
        raise HistoryMissing(database.name, _GONE if found is None else _ANOTHER)


def uuid_of(database: Database) -> str | None:
    """Return the id of the history in a database; None if it is new or of an older release."""
    with database.reading() as connection:
        if not inspect(connection).has_table(identity.name):
            return None
        found = connection.execute(select(identity.c.uuid).order_by(identity.c.id).limit(1)).scalar()
        return None if found is None else str(found)  # bytes in a row that another tool altered


def station() -> str:
    """Return the name of this computer."""
    return platform.node() or "this computer"


def _address(place: Place, database: Database) -> str:
    return database.name if place.folder is None else str(place.folder.absolute())


def _holds_something(file: Path) -> bool:
    try:
        return file.stat().st_size > 0
    except FileNotFoundError:
        return False
    except NotADirectoryError:
        return False
    except OSError as error:
        raise HistoryReadOnly(file, write_problem(error)) from error


def _folder_row(database: Database, place: Place, anew: bool) -> int:
    found = _found_row(database, place)
    if found is None:
        station_name, path = place.row
        with database.writing() as connection:
            named = {"station": station_name, "path": storable(path)}
            return rows.row_of(connection, picture_folders, named, kept_bytes=0)
    with database.reading() as connection:
        kept = connection.execute(select(picture_folders.c.kept_bytes).where(picture_folders.c.id == found)).scalar()
    if kept and not anew and not PictureFolder(place.pictures).was_made():
        raise HistoryMissing(place.pictures, _NO_PICTURES)
    return found


def _found_row(database: Database, place: Place) -> int | None:
    station_name, path = place.row
    same = (picture_folders.c.station == station_name, picture_folders.c.path == storable(path))
    with database.reading() as connection:
        found = connection.execute(select(picture_folders.c.id).where(*same)).scalar()
    return None if found is None else int(found)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise HistoryError(folder, write_problem(error)) from error
