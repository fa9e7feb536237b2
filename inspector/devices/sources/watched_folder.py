"""A folder that another program fills with photos, such as a camera's own program or an FTP server."""

from __future__ import annotations

import hashlib
import os
import stat
import time
from collections.abc import Iterable
from pathlib import Path

from inspector.core.errors import ImageError, Message, SourceError
from inspector.core.live.frames import Frame
from inspector.core.photo.pixel_depth import FORMER_DEPTH, PixelDepth
from inspector.core.values import ImageRGB
from inspector.devices.sources.frame_source import WithoutSettings
from inspector.devices.sources.settling import Newcomer, Settling
from inspector.storage.good_photos.good_set import depth_of_photos
from inspector.storage.photos.images import decode_image, read_image
from inspector.storage.photos.photo_claims import MAX_FILE_BYTES
from inspector.storage.photos.photo_completeness import ends_in_zeros
from inspector.storage.photos.photo_formats import FEWEST_BYTES_TO_TELL, format_of, is_photo_name
from inspector.storage.photos.skipped_files import SkippedFile, skipped_words, why_file_skipped

POLL_S = 0.1
"""Interval in seconds between listings of the folder; longer if listing is slow. Notifications of the operating system
would be faster, but network drives, which often hold such folders, do not give them."""

UNREADABLE_S = 5.0
"""Seconds after which an unchanged file that is not a photo is reported; it is then ignored until it changes. A photo
that ends in zeros and whose format cannot be verified is delivered after this time."""

MOST_LOOKED_AT = 50
"""Number of photos from which a bit depth is determined without a model."""

_UPLOADS = (".tmp", ".temp", ".part", ".partial", ".filepart", ".crdownload", ".download", ".writing", "~")
"""Endings of names that programs give to incomplete files."""

_FEWEST_ZEROS = 512


class WatchedFolder(WithoutSettings):
    """Delivers each photo that appears in a folder, after it is completely written, under its file name.

    A photo is complete if it decodes to its end, and its size, modification time and content have not changed for
    `SETTLED_S`. Photos that are present at opening are not delivered. Subfolders are ignored. A file that is deleted
    and comes back is new; an overwritten file is not. Photos that appear while the folder is unreachable are delivered
    after it is opened again.

    Parameters
    ----------
    path : Path
        The folder.
    depth : PixelDepth or None
        The rule for photos of more than 8 bits; None derives it from the photos that are present at opening.
    """

    live = False

    def __init__(self, path: Path, depth: PixelDepth | None = None) -> None:
        self._path = path
        self._depth = depth
        self._done: set[str] | None = None
        self._settling = Settling()
        self._skipped: dict[str, str] = {}
        self._remark = ""
        self._lost = False
        self._number = 0
        self._look_at = 0.0

    @property
    def remark(self) -> str:
        """Files that were skipped since the folder was opened."""
        return self._remark

    @property
    def address(self) -> str:
        """``watch:`` and the path."""
        return f"watch:{self._path}"

    @property
    def name(self) -> str:
        """The folder's name."""
        return self._path.name or str(self._path)

    def open(self) -> None:
        """Note the photos that are present; after a loss, keep those known before it.

        Raises
        ------
        SourceError
            The folder does not exist or must not be read.
        """
        names = self._names()
        if self._depth is None:
            photos = sorted(name for name in names if is_photo_name(name))[:MOST_LOOKED_AT]
            self._depth = depth_of_photos([self._path / name for name in photos]).depth
        if not self._lost or self._done is None:
            self._done, self._settling, self._skipped, self._remark = names, Settling(), {}, ""
        self._lost, self._number, self._look_at = False, 0, 0.0

    def read(self, timeout_s: float) -> Frame | None:
        """Wait for the next photo; see `FrameSource.read`.

        Raises
        ------
        ImageError
            A file has not changed for `UNREADABLE_S` and is not a photo.
        """
        until = time.monotonic() + timeout_s
        while True:
            now = time.monotonic()
            if now >= self._look_at:
                self._look()
                self._look_at = time.monotonic() + max(POLL_S, 5 * (time.monotonic() - now))
            newcomer = self._settling.take(now)
            image = None if newcomer is None else self._complete(newcomer, now)
            if newcomer is not None and image is not None:
                self._finish(newcomer.name)
                self._number += 1
                return Frame(image, self._number - 1, time.monotonic(), newcomer.name)
            if time.monotonic() >= until:
                return None
            time.sleep(max(0.0, min(self._look_at, self._settling.next_due(), until) - time.monotonic()))

    def close(self) -> None:
        """Stop watching."""
        if not self._lost:
            self._done = None

    def _look(self) -> None:
        """Note which files have appeared and disappeared, by their names alone."""
        if self._done is None:
            raise SourceError(self._path, "the folder is not open")
        try:
            names = self._names()
        except SourceError:
            self._lost = True
            raise
        self._done &= names
        self._settling.remove(self._settling.newcomers.keys() - names)
        new = names - self._done - self._settling.newcomers.keys() - self._skipped.keys()
        photos = {name for name in new if is_photo_name(name) and not name.startswith(".")}
        self._settling.add(photos)
        self._skip(new - photos, self._skipped.keys() - names)

    def _skip(self, new: Iterable[str], gone: Iterable[str]) -> None:
        """Note files that are not photos."""
        before = self._skipped.copy()
        for name in list(gone):
            del self._skipped[name]
        for name in new:
            reason = None if name.lower().endswith(_UPLOADS) else why_file_skipped(name)
            if reason is None or (self._path / name).is_dir():
                reason = ""  # neither counted nor examined again
            self._skipped[name] = reason
        if before != self._skipped:
            counted = sorted((name, reason) for name, reason in self._skipped.items() if reason)
            files = [SkippedFile(self._path / name, reason) for name, reason in counted]
            self._remark = "; ".join(skipped_words(files))

    def _finish(self, name: str) -> None:
        self._settling.remove([name])
        if self._done is not None:
            self._done.add(name)

    def _complete(self, newcomer: Newcomer, now: float) -> ImageRGB | None:
        """Return the photo if it is complete; otherwise let it wait, unless it is a folder.

        Raises
        ------
        ImageError
            The file has not changed for `UNREADABLE_S` and is not a photo.
        """
        path = self._path / newcomer.name
        try:
            status = os.stat(path)
        except OSError:  # gone, or a broken link
            self._settling.wait(newcomer, now, longer=True)
            return None
        if stat.S_ISDIR(status.st_mode):
            self._finish(newcomer.name)
            return None
        looks = (status.st_size, status.st_mtime_ns)
        if newcomer.told and newcomer.state is not None and newcomer.state[:2] == looks:
            self._settling.wait(newcomer, now, longer=True)
            return None
        content = self._content(path) if stat.S_ISREG(status.st_mode) and status.st_size <= MAX_FILE_BYTES else b""
        if newcomer.changed((*looks, hashlib.blake2b(content).digest()), now):
            self._settling.wait(newcomer, now)
            return None
        return self._decoded(newcomer, content, now)

    def _decoded(self, newcomer: Newcomer, content: bytes, now: float) -> ImageRGB | None:
        """Return the photo in a file that no longer changes, if it is complete."""
        path, depth = self._path / newcomer.name, self._depth or FORMER_DEPTH
        waited = now - newcomer.since >= UNREADABLE_S
        if not newcomer.tried and (waited or not _may_lack_its_end(content)):
            try:
                return decode_image(content, path, depth)
            except ImageError:
                newcomer.tried = True
        newcomer.told = waited
        self._settling.wait(newcomer, now, longer=True)
        return read_image(path, depth) if waited else None  # raises, unless the file has become complete

    @staticmethod
    def _content(path: Path) -> bytes:
        try:
            return path.read_bytes()
        except OSError:  # not allowed, or locked by its writer: reported with its reason if it persists
            return b""

    def _names(self) -> set[str]:
        """Return all names in the folder."""
        try:
            return set(os.listdir(self._path))
        except OSError as error:
            raise SourceError(self._path, _unreachable(error)) from error


def _may_lack_its_end(content: bytes) -> bool:
    """Return whether a decodable photo may be truncated: its format does not always show it, and its end is zeros."""
    form = format_of(content[:FEWEST_BYTES_TO_TELL])
    uncertain = form is not None and (not form.verifiable or form.name == "WEBP")
    return uncertain and ends_in_zeros(content, _FEWEST_ZEROS)


def _unreachable(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return Message("there is no such folder", "check the path, or whether the drive is still connected")
    if isinstance(error, NotADirectoryError):
        return Message("this is a file, not a folder", "choose the folder that photos will appear in")
    return Message(f"this folder cannot be opened ({error.strerror or error})", "allow reading it, or choose another")
