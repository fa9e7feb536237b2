"""Histories by the words that people type."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from inspector.core.address_secrets import has_secrets, shown_address
from inspector.core.errors import HistoryError, Message
from inspector.storage.folders import history_folder
from inspector.storage.history.known import known_history

if TYPE_CHECKING:
    from inspector.storage.history.store import History

OWN_HISTORY = "history"
DATABASE = "history.sqlite"


def find_history(source: str) -> Path | str | None:
    """Return the folder or URL of a history that a word means, or None where it means something else.

    Raises
    ------
    HistoryError
        The user's own history is meant, and there is none yet. Or an address is meant that lacks its beginning.
    """
    if "://" in source:
        return source
    path = Path(source)
    if has_secrets(source) and not path.exists():
        sentence = Message(
            "there is no such file or folder", "the address of a database looks like postgresql://user@host/database"
        )
        raise HistoryError(shown_address(source), sentence)
    if path.name == DATABASE and path.is_file():
        return path.parent
    if (path / DATABASE).is_file():
        return path
    if source == OWN_HISTORY and not path.exists():
        folder = history_folder()
        if not (folder / DATABASE).is_file() and known_history(str(folder.absolute())) is None:
            raise HistoryError(
                folder, "there is no history yet", action="judge parts live, or keep results with Ctrl+H first"
            )
        return folder
    return None


def existing_history(source: str) -> History:
    """Open a history that is there, to read it.

    Raises
    ------
    HistoryError
        There is none, or it cannot be opened.
    """
    from inspector.storage.history.store import History

    where = find_history(source)
    if where is None:
        raise HistoryError(
            source, "there is no history here", action="give the folder that holds history.sqlite, or a URL"
        )
    return History.open(where)


def begin_history(source: str) -> tuple[int, str]:
    """Start a new history in place of a missing one, or use another history that lies there.

    Returns
    -------
    parts : int
        How many it holds.
    place : str
        The folder or URL, for people.

    Raises
    ------
    HistoryError
        It cannot be opened.
    """
    from inspector.storage.history.store import History

    own = source == OWN_HISTORY and not Path(source).exists()
    where = history_folder() if own else source if "://" in source else _folder_of(Path(source))
    with History.open(where, anew=True) as history:
        if history.trouble is not None:
            raise history.trouble
        return history.count(), history.name


def _folder_of(path: Path) -> Path:
    return path.parent if path.name == DATABASE else path
