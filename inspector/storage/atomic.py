"""Writing a file completely or not at all."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from inspector.core.errors import Message
from inspector.storage.ordinary_files import UnsafePath

_SENTENCES = {
    errno.ENOSPC: Message("the disk is full", "free some space or choose another folder, then try again"),
    errno.EDQUOT: Message(
        "your share of the disk is used up", "free some space or choose another folder, then try again"
    ),
    errno.EROFS: Message("the disk is read-only", "choose another folder"),
    errno.EACCES: Message(
        "writing is not allowed here", "choose another folder, or close the program that has the file open"
    ),
    errno.EPERM: Message(
        "writing is not allowed here", "choose another folder, or close the program that has the file open"
    ),
    errno.ENOENT: Message("the folder does not exist", "create it or choose another"),
    errno.ENOTDIR: Message("a part of the path is a file, not a folder", "choose another folder"),
    errno.EEXIST: Message("a file stands where a folder is needed", "choose another folder"),
    errno.ENXIO: Message("this is a device or a pipe, not a file", "choose a file name in a folder"),
    errno.EISDIR: Message("a folder has this name", "choose another file name"),
    errno.ENAMETOOLONG: Message("the name is too long", "choose a shorter one"),
}


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """Yield a temporary path beside `target`, and move the temporary file onto `target` at a clean exit.

    Parameters
    ----------
    target : Path
        The file to write. A symlink stays a symlink; the file that it points to is replaced.

    Yields
    ------
    Path
        An empty file in the same folder (hence on the same disk), to be written by the caller.

    Raises
    ------
    OSError
        Folder missing, disk full, no permission; `write_problem` states the reason. On this and on any other
        exception (Ctrl-C too) the temporary file is removed and `target` is unchanged.
    """
    real = Path(os.path.realpath(target))
    with _temporary_beside(real) as temporary:
        yield temporary
        _flush_to_disk(temporary)
        os.replace(temporary, real)


def check_writable(target: Path) -> None:
    """Check that `replacing` could write `target`, and leave nothing behind.

    Raises
    ------
    OSError
        The file cannot be written; `write_problem` states the reason.
    """
    with _temporary_beside(Path(os.path.realpath(target))):
        pass


def flush_folder(folder: Path) -> None:
    """Flush a folder to the disk, so that files that were moved into it survive a power cut.

    Raises
    ------
    OSError
        The disk refuses.
    """
    if os.name == "nt":  # Windows opens no folders; NTFS keeps a journal of names
        return
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def write_problem(error: OSError) -> str:
    """Return a plain sentence that states the cause of a write error and the remedy."""
    if isinstance(error, UnsafePath):
        return Message(f"{error.strerror}", "choose another folder or name")
    known = _SENTENCES.get(error.errno or 0)
    return known or Message(
        f"writing failed ({error.strerror or error})", "choose another folder or disk, then try again"
    )


@contextmanager
def _temporary_beside(real: Path) -> Iterator[Path]:
    if real.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(real))
    if real.exists() and not real.is_file():  # moving a file over a device would remove the device
        raise OSError(errno.ENXIO, os.strerror(errno.ENXIO), str(real))
    # The name is short and not derived from the target's, which may already be as long as the file system allows.
    # Files of tempfile.mkstemp are private to the user, and bundles and reports are made to be shared.
    temporary = real.parent / f".inspector-{secrets.token_hex(8)}.tmp"
    try:
        temporary.touch(exist_ok=False)
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)


def _flush_to_disk(path: Path) -> None:
    # Without this, a power cut after the rename can leave an empty file under the final name.
    with path.open("r+b") as file:
        os.fsync(file.fileno())
