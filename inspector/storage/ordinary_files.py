"""Paths from a database or a file: they must not lead out of their folder, and only ordinary files are opened.

A link, a named pipe or a device under a file's name is refused: a link leads elsewhere, and a pipe blocks for ever.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path, PurePosixPath

from inspector.core.errors import Message

_NO_LINKS = getattr(os, "O_NOFOLLOW", 0)  # missing on Windows, where only the check before opening applies
_AT_ONCE = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
_IN_NO_NAME = frozenset('\0\\:*?"<>|')
"""Characters that have a special meaning in file names on some system."""


class UnsafePath(OSError):
    """A path leads out of its folder, or is not an ordinary file; `strerror` says which."""

    def __init__(self, path: Path | str, words: str) -> None:
        super().__init__(errno.EPERM, words, str(path))


def inside(root: Path, relative: str) -> Path:
    """Return the path of a file below a folder; a database or a file supplies the relative path.

    Parameters
    ----------
    root : Path
        The folder. It may be a link itself: the user has chosen it.
    relative : str
        Parts joined by ``/``. The file need not exist.

    Raises
    ------
    UnsafePath
        The path is absolute, empty, holds ``..`` or a character that is special on some system, or passes through a
        link.
    OSError
        The folders on the way cannot be examined.
    """
    parts = relative.split("/") if isinstance(relative, str) else []
    if not parts or any(not _is_plain(part) for part in parts) or PurePosixPath(relative).is_absolute():
        raise UnsafePath(str(relative), "the path leads out of its folder, so it is not followed")
    path = root
    for part in parts[:-1]:
        path = path / part
        kind = _kind(path)
        if kind is not None and not stat.S_ISDIR(kind):
            raise UnsafePath(path, "a link or a file stands where a folder must be, so it is not followed")
    return path / parts[-1]


def check_ordinary(path: Path) -> None:
    """Check that a path is an ordinary file or does not exist.

    Raises
    ------
    UnsafePath
        The path is a link, a named pipe or a device.
    OSError
        The path is a folder (`IsADirectoryError`), or cannot be examined.
    """
    kind = _kind(path)
    if kind is None or stat.S_ISREG(kind):
        return
    if stat.S_ISDIR(kind):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    raise UnsafePath(path, _words(kind))


def read_ordinary(path: Path) -> bytes:
    """Return the content of an ordinary file.

    Raises
    ------
    UnsafePath
        The path is a link, a named pipe or a device; nothing was read from it.
    OSError
        The path is missing or a folder, or cannot be read.
    """
    check_ordinary(path)
    number = os.open(path, os.O_RDONLY | _NO_LINKS | _AT_ONCE)
    with os.fdopen(number, "rb") as file:
        kind = os.fstat(file.fileno()).st_mode
        if not stat.S_ISREG(kind):  # another file took its place since the check
            raise UnsafePath(path, _words(kind))
        return file.read()


def _is_plain(name: str) -> bool:
    return name not in ("", ".", "..") and not _IN_NO_NAME.intersection(name)


def _kind(path: Path) -> int | None:
    try:
        found = path.lstat()
    except FileNotFoundError:
        return None
    except ValueError as error:  # a NUL in the name
        raise UnsafePath(path, "no file can have this name") from error
    junction = getattr(found, "st_reparse_tag", 0) == getattr(stat, "IO_REPARSE_TAG_MOUNT_POINT", -1)
    return stat.S_IFLNK if junction else found.st_mode


def _words(kind: int) -> str:
    found = "a link" if stat.S_ISLNK(kind) else "no ordinary file"
    return Message(f"this is {found}", "only ordinary files are used here")
