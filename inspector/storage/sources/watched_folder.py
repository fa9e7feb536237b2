"""A folder into which something else puts photos, such as a camera's own program or an FTP server."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

from inspector.core.errors import ImageError, SourceError
from inspector.core.frames import Frame
from inspector.core.pixel_depth import FORMER_DEPTH, PixelDepth
from inspector.core.values import ImageRGB
from inspector.storage.good_set import depth_of_photos
from inspector.storage.images import read_image
from inspector.storage.photo_formats import IMAGE_SUFFIXES
from inspector.storage.photo_list import natural_key
from inspector.storage.sources.frame_source import WithoutSettings

POLL_S = 0.1
"""How often the folder is looked at; less often if looking takes long. Notices of the operating system would be faster,
but are not given for network drives, where such folders often are."""

SETTLED_S = 0.2
"""A file that has not changed for so long is tried."""

UNREADABLE_S = 5.0
"""A file that has not changed for so long and still is no photo is told, and left alone until it changes."""

MOST_LOOKED_AT = 50
"""Photos that a bit depth is found from where there is no model."""


@dataclass(slots=True)
class _Newcomer:
    """A file that has not been delivered: what it looked like, since when, and whether it was told as unreadable."""

    looks: tuple[int, int]
    since: float
    tried: bool = False
    told: bool = False


class WatchedFolder(WithoutSettings):
    """Delivers each photo that appears in a folder, once it is written completely, under its file's name.

    Photos that are there when it is opened are not delivered, subfolders are not looked into. A file that is deleted
    and comes back is a new one; one that is overwritten is not. Photos that appear while the folder is out of reach are
    delivered when it is opened again.

    Parameters
    ----------
    path : Path
        The folder.
    depth : PixelDepth or None
        The rule for photos of more than 8 bits; None finds it from the photos that are there when it is opened.
    """

    live = False

    def __init__(self, path: Path, depth: PixelDepth | None = None) -> None:
        self._path = path
        self._depth = depth
        self._done: set[str] | None = None
        self._newcomers: dict[str, _Newcomer] = {}
        self._lost = False
        self._number = 0
        self._look_at = 0.0

    @property
    def address(self) -> str:
        """``watch:`` and the path."""
        return f"watch:{self._path}"

    @property
    def name(self) -> str:
        """The folder's name."""
        return self._path.name or str(self._path)

    def open(self) -> None:
        """Remember which photos are there already; after a loss, those known before it.

        Raises
        ------
        SourceError
            There is no such folder, or it must not be read.
        """
        names = self._names()
        if self._depth is None:
            self._depth = depth_of_photos([self._path / name for name in sorted(names)[:MOST_LOOKED_AT]]).depth
        if not self._lost or self._done is None:
            self._done, self._newcomers = names, {}
        self._lost, self._number, self._look_at = False, 0, 0.0

    def read(self, timeout_s: float) -> Frame | None:
        """Wait for the next photo; see `FrameSource.read`.

        Raises
        ------
        ImageError
            A file has not changed for some time and is no photo.
        """
        until = time.monotonic() + timeout_s
        while True:
            time.sleep(max(0.0, min(self._look_at, until) - time.monotonic()))
            if time.monotonic() < self._look_at:
                return None
            frame = self._next()
            if frame is not None:
                return frame

    def close(self) -> None:
        """Stop watching."""
        if not self._lost:
            self._done = None

    def _next(self) -> Frame | None:
        """Look once, and return the first photo that is complete."""
        self._look()
        now = time.monotonic()
        for name in sorted(self._newcomers, key=lambda name: natural_key(Path(name))):
            newcomer = self._newcomers[name]
            if newcomer.told or now - newcomer.since < SETTLED_S:
                continue
            image = self._image(name, newcomer, now)
            if image is not None and self._done is not None:
                del self._newcomers[name]
                self._done.add(name)
                self._number += 1
                return Frame(image, self._number - 1, now, name)
        self._look_at = now + max(POLL_S, 5 * (time.monotonic() - now))
        return None

    def _look(self) -> None:
        """Note which photos have appeared, changed and gone."""
        if self._done is None:
            raise SourceError(self._path, "the folder is not open")
        try:
            names = self._names()
        except SourceError:
            self._lost = True
            raise
        self._done &= names
        now = time.monotonic()
        for name in names - self._done:
            looks = self._looks(name)
            known = self._newcomers.get(name)
            if looks is not None and (known is None or known.looks != looks):
                self._newcomers[name] = _Newcomer(looks, now)
        for name in self._newcomers.keys() - names:
            del self._newcomers[name]

    def _image(self, name: str, newcomer: _Newcomer, now: float) -> ImageRGB | None:
        """Read a photo; None if it is not complete yet, or gone."""
        given_up = now - newcomer.since >= UNREADABLE_S
        if newcomer.tried and not given_up:
            return None
        try:
            image = read_image(self._path / name, self._depth or FORMER_DEPTH)
        except ImageError:
            newcomer.tried = True
            if given_up and self._looks(name) == newcomer.looks:
                newcomer.told = True
                raise
            return None
        # Written to while it was read: what was read may be half old and half new.
        return image if self._looks(name) == newcomer.looks else None

    def _looks(self, name: str) -> tuple[int, int] | None:
        """Return size and time of change of a file; None if it is no file, or gone."""
        try:
            status = os.stat(self._path / name)
        except OSError:
            return None
        return status.st_size, status.st_mtime_ns

    def _names(self) -> set[str]:
        """Return the names in the folder that stand for photos."""
        try:
            names = os.listdir(self._path)
        except OSError as error:
            raise SourceError(self._path, _unreachable(error)) from error
        return {name for name in names if not name.startswith(".") and name.lower().endswith(IMAGE_SUFFIXES)}


def _unreachable(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "there is no such folder; check the path, or whether the drive is still connected"
    if isinstance(error, NotADirectoryError):
        return "this is a file, not a folder; choose the folder that photos will appear in"
    return f"this folder cannot be opened ({error.strerror or error}); allow reading it, or choose another"
