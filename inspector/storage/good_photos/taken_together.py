"""Groups of good photos that were taken together, from folders, dates taken, file times and names."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from inspector.core.errors import ImageError
from inspector.core.good_photos.group_names import groups_by_name
from inspector.core.good_photos.sessions import (
    NO_SESSIONS,
    SessionChoice,
    Sessions,
    SessionsBy,
    are_sessions,
    grouped,
    names_by_time,
)
from inspector.core.promise.groups import BLOCKS, in_blocks
from inspector.storage.photos.images import date_taken

UNDATED = "no date"
"""Session of photos without a date, if other photos have dates and the user asked for dates."""


def find_sessions(folder: Path, paths: Sequence[Path], choice: SessionChoice) -> Sessions:
    """Group good photos into sessions.

    Parameters
    ----------
    folder : Path
        The folder that holds the photos, at any depth.
    paths : sequence of Path
        The photos.
    choice : SessionChoice
        AUTO takes the first of folders, dates taken and file times that separates the photos, unless nearly every photo
        would be a session of its own. Dates taken count only if every photo has one. File times count only in whole
        days: copying gives all photos one time or spreads them over minutes. Dates and file times are weak evidence: a
        photo that was edited or copied later moves to another day.

    Returns
    -------
    Sessions
        NONE for fewer than two sessions.
    """
    if choice.by is SessionsBy.AUTO:
        tried = (_found(by, folder, paths, asked=False) for by in _IN_TURN)
        found = next((one for one in tried if are_sessions(one)), NO_SESSIONS)
    else:
        found = _found(choice.by, folder, paths, asked=True)
    return found.renamed(dict(choice.renamed))


def suggested_groups(folder: Path, paths: Sequence[Path], choice: SessionChoice) -> list[Sessions]:
    """Return every grouping that names, folders, dates and file times suggest; training selects among them.

    Parameters
    ----------
    folder, paths
        As in `find_sessions`.
    choice : SessionChoice
        AUTO suggests all groupings, NAME those found in file names. Any other value, or sessions that the user renamed,
        gives only the grouping of `find_sessions`.
    """
    if choice.by not in (SessionsBy.AUTO, SessionsBy.NAME) or choice.renamed:
        found = find_sessions(folder, paths, choice)
        return [] if found.by is SessionsBy.NONE else [found]
    by_name = [grouped(SessionsBy.NAME, names) for names in groups_by_name([path.stem for path in paths])]
    if choice.by is SessionsBy.NAME:
        return by_name
    return [_found(by, folder, paths, asked=False) for by in _IN_TURN] + by_name


_IN_TURN = (SessionsBy.FOLDER, SessionsBy.DATE, SessionsBy.FILE_TIME)


def _found(by: SessionsBy, folder: Path, paths: Sequence[Path], *, asked: bool) -> Sessions:
    if by is SessionsBy.FOLDER:
        return grouped(by, [_folder_name(folder, path) for path in paths])
    if by is SessionsBy.DATE:
        return _by_date(paths, undated_too=asked)
    if by is SessionsBy.FILE_TIME:
        return _by_file_time(paths)
    if by is SessionsBy.NAME:
        suggested = (grouped(by, names) for names in groups_by_name([path.stem for path in paths]))
        return next((one for one in suggested if are_sessions(one)), NO_SESSIONS)
    if by is SessionsBy.ORDER:
        return in_blocks(len(paths), min(BLOCKS[1], len(paths) // 2))
    return NO_SESSIONS


def _folder_name(folder: Path, path: Path) -> str:
    inside = Path(os.path.relpath(path.parent, folder)).as_posix()
    return folder.resolve().name if inside == "." else inside


def _by_date(paths: Sequence[Path], *, undated_too: bool) -> Sessions:
    moments: list[datetime | None] = []
    for path in paths:
        moments.append(_date(path))
        if moments[-1] is None and not undated_too:
            return NO_SESSIONS
    names = iter(names_by_time([moment for moment in moments if moment is not None]))
    return grouped(SessionsBy.DATE, [UNDATED if moment is None else next(names) for moment in moments])


def _date(path: Path) -> datetime | None:
    try:
        return date_taken(path)
    except ImageError:  # reading the photo reports the error
        return None


def _by_file_time(paths: Sequence[Path]) -> Sessions:
    try:
        moments = [datetime.fromtimestamp(path.stat().st_mtime) for path in paths]
    except OSError:
        return NO_SESSIONS
    return grouped(SessionsBy.FILE_TIME, names_by_time(moments, gap=None))
