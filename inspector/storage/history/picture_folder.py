"""Photos and score maps of the history as files, in one folder for each day.

A file is completely on the disk before the database refers to it. A note in `.pending` names files before they are
written or deleted, so that nothing is left behind if the program dies in between. The note is removed when the database
and the disk agree again. The next opening of the history settles the remaining notes.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import logging
import re
import secrets
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

from inspector.core.errors import HistoryError, HistoryReadOnly, ImageError, Message, PictureMissing
from inspector.core.review.judged_part import JudgedPart
from inspector.core.values import ImageRGB, ScoreMap
from inspector.storage.atomic import check_writable, flush_folder, replacing, write_problem
from inspector.storage.history.records import PictureFile, storable
from inspector.storage.ordinary_files import UnsafePath, check_ordinary, inside, read_ordinary
from inspector.storage.photos.images import decode_image, encode_png

PHOTO_SUFFIX, MAP_SUFFIX = ".png", ".safetensors"
_PENDING = ".pending"
_NOTE = re.compile(r"[\w.-]+", re.ASCII)
"""Pattern of the notes' names; other files beside them are left alone."""
_READ_ONLY = (errno.EROFS, errno.EACCES, errno.EPERM)
_ALTERED = Message("the file was replaced or is damaged", "the findings are still in the history")
_NOT_KEPT_HERE = "the findings are still in the history"
_GONE = Message("the file is missing", "the findings are still in the history")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class EncodedPictures:
    """A part's files, encoded but not written yet.

    Parameters
    ----------
    photo, score_map : PictureFile
        Path and hash of each file; no map if the part was not judged.
    photo_bytes, map_bytes : bytes
        Content of each file.
    """

    photo: PictureFile
    photo_bytes: bytes
    score_map: PictureFile | None
    map_bytes: bytes

    @property
    def size(self) -> int:
        """Size of both files in bytes."""
        return len(self.photo_bytes) + len(self.map_bytes)


def encode_pictures(part: JudgedPart) -> EncodedPictures:
    """Return a part's photo as lossless PNG, and its score map, each with a unique path."""
    stem = f"{part.inspected_at:%Y-%m-%d/%H%M%S}-{secrets.token_hex(6)}"
    photo = encode_png(part.image_rgb, compress_level=1)
    photo_file = PictureFile(stem + PHOTO_SUFFIX, hashlib.sha256(photo).hexdigest())
    score_map = part.inspection.score_map
    if score_map is None:
        return EncodedPictures(photo_file, photo, None, b"")
    dense_hw = np.array(score_map.dense_hw, dtype=np.int64)
    content = save_tensors({"grid": np.ascontiguousarray(score_map.grid), "dense_hw": dense_hw})
    return EncodedPictures(
        photo_file, photo, PictureFile(stem + MAP_SUFFIX, hashlib.sha256(content).hexdigest()), content
    )


class PictureFolder:
    """The folder of pictures of one history on one computer.

    Parameters
    ----------
    path : Path
        The folder; made by `make`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._pending = path / _PENDING

    def make(self) -> None:
        """Make the folder if it is missing, and check that it can be written to.

        Raises
        ------
        HistoryError
            The folder cannot be made or written to.
        """
        with self._in_plain_words():
            self._pending.mkdir(parents=True, exist_ok=True)
            check_writable(inside(self.path, f"{_PENDING}/note"))

    def was_made(self) -> bool:
        """Whether `make` has created the folder."""
        return self._pending.exists()

    def is_one(self) -> bool:
        """Whether this is a folder of pictures; a path from a database may point anywhere."""
        return self.path.is_absolute() and self._pending.is_dir() and not self._pending.is_symlink()

    def free_bytes(self) -> int:
        """Return the free space on the disk in bytes."""
        with self._in_plain_words():
            return shutil.disk_usage(self.path).free

    def write(self, pictures: EncodedPictures) -> None:
        """Write a part's files; at return they are on the disk under their names.

        Raises
        ------
        HistoryError
            Disk full, no permission, disk gone. Files that were written already are left to `delete`.
        """
        with self._in_plain_words():
            try:
                self._write(pictures)
            except FileNotFoundError:  # another program has deleted the last pictures of this day, and the day's folder
                self._write(pictures)

    def read_photo(self, file: PictureFile) -> ImageRGB:
        """Return a photo: uint8 RGB of shape (H, W, 3).

        Raises
        ------
        PictureMissing
            The file is missing, or differs from the file that was kept.
        """
        content = self._checked(file)
        try:
            return decode_image(content, self.path / file.path)
        except ImageError as error:
            raise PictureMissing(self.path / file.path, _ALTERED) from error

    def read_map(self, file: PictureFile) -> ScoreMap:
        """Return a score map.

        Raises
        ------
        PictureMissing
            The file is missing, or differs from the file that was kept.
        """
        try:
            arrays = load_tensors(self._checked(file))
            height, width = (int(value) for value in arrays["dense_hw"])
            return ScoreMap(arrays["grid"], (height, width))
        except (SafetensorError, LookupError, ValueError) as error:
            raise PictureMissing(self.path / file.path, _ALTERED) from error

    def delete(self, photo_paths: Iterable[str]) -> bool:
        """Delete the files of parts, given the paths of their photos; return whether all of them are gone.

        The folder of a day is removed once it is empty. A path that leads out of this folder is ignored.
        """
        files = [file for path in photo_paths for file in self._files_of(path)]
        gone = [_unlinked(file) for file in files]
        for day in {file.parent for file in files}:
            with contextlib.suppress(OSError):  # it holds other files, or is in use
                day.rmdir()
        return all(gone)

    def holds(self, path: str) -> bool:
        """Whether an ordinary file of this path is in this folder; its content is not checked."""
        try:
            file = self._place(path)
            check_ordinary(file)
            return file.exists()
        except OSError:
            return False

    def note(self, photo_paths: Sequence[str]) -> Path:
        """Write a note that these parts' files are being written or deleted; return the note.

        Raises
        ------
        HistoryError
            The note cannot be written.
        """
        with self._in_plain_words():
            note = inside(self.path, f"{_PENDING}/{secrets.token_hex(8)}")
            note.write_text(json.dumps([path for path in photo_paths if isinstance(path, str)]), encoding="utf-8")
            return note

    def notes(self) -> list[tuple[Path, list[str]]]:
        """Return the remaining notes, each with the paths of the photos that it names."""
        with self._in_plain_words():
            there = sorted(path.name for path in self._pending.iterdir() if _NOTE.fullmatch(path.name))
            notes = [inside(self.path, f"{_PENDING}/{name}") for name in there]
            return [(note, _paths_in(note)) for note in notes]

    def discard_unfinished(self, photo_paths: Iterable[str]) -> None:
        """Delete temporary files beside these photos that a crash left; no other program may write there now."""
        for day in {file.parent for path in photo_paths for file in self._files_of(path)}:
            for leftover in day.glob(".inspector-*.tmp"):
                _unlinked(leftover)

    def _write(self, pictures: EncodedPictures) -> None:
        folder = self._place(pictures.photo.path).parent
        if not folder.is_dir():
            folder.mkdir(exist_ok=True)
            flush_folder(self.path)
        for file, content in ((pictures.photo, pictures.photo_bytes), (pictures.score_map, pictures.map_bytes)):
            if file is not None:
                with replacing(self._place(file.path)) as temporary:
                    temporary.write_bytes(content)
        flush_folder(folder)

    def _place(self, path: str) -> Path:
        """Return the path of a file that the database or a note names by day and name.

        Raises
        ------
        UnsafePath
            The path leads out of this folder, or does not name a picture.
        """
        file = inside(self.path, path)
        if len(PurePosixPath(path).parts) != 2 or path.startswith(".") or file.suffix not in (PHOTO_SUFFIX, MAP_SUFFIX):
            raise UnsafePath(path, "this is not the path of a picture of the history, so it is not followed")
        return file

    def _files_of(self, photo_path: str) -> list[Path]:
        """Return the paths of a part's photo and map; an empty list if a path leads out of the folder."""
        stem = photo_path.removesuffix(PHOTO_SUFFIX) if isinstance(photo_path, str) else ""
        try:
            return [self._place(stem + suffix) for suffix in (PHOTO_SUFFIX, MAP_SUFFIX)]
        except OSError as error:
            log.warning("%s: %s", self.path, error)
            return []

    @contextlib.contextmanager
    def _in_plain_words(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            kind = HistoryReadOnly if error.errno in _READ_ONLY and not isinstance(error, UnsafePath) else HistoryError
            raise kind(self.path, write_problem(error)) from error

    def _checked(self, file: PictureFile) -> bytes:
        path = self.path / file.path
        try:
            content = read_ordinary(self._place(file.path))
        except UnsafePath as error:
            raise PictureMissing(path, f"{error.strerror}", action=f"{_NOT_KEPT_HERE}") from error
        except OSError as error:
            missing = isinstance(error, FileNotFoundError | NotADirectoryError)
            unreadable = Message(
                f"the file cannot be opened ({error.strerror or error})", "check the disk and its permissions"
            )
            raise PictureMissing(path, _GONE if missing else unreadable) from error
        if hashlib.sha256(content).hexdigest() != file.sha256:
            raise PictureMissing(path, _ALTERED)
        return content


def forget(note: Path) -> None:
    """Remove a note: the database and the disk agree."""
    _unlinked(note)


def _unlinked(path: Path) -> bool:
    try:
        path.unlink(missing_ok=True)
    except OSError:  # another program has the file open; the note stays, and the next opening tries again
        return not path.exists()
    return True


def _paths_in(note: Path) -> list[str]:
    # A truncated note was never acted upon: a note is complete before any file that it names is touched.
    try:
        content = json.loads(read_ordinary(note))
    except (OSError, ValueError, RecursionError):
        return []
    paths = content if isinstance(content, list) else []
    texts = [path for path in paths if isinstance(path, str) and path == storable(path)]
    return [path for path in texts if path.endswith(PHOTO_SUFFIX)]
