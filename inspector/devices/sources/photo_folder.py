"""Folders of photos: every photo in natural order."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from inspector.core.errors import DatasetError, NoImages, SourceEmpty, SourceError
from inspector.core.live.frames import Frame
from inspector.core.photo.pixel_depth import FORMER_DEPTH, PixelDepth
from inspector.devices.sources.frame_source import SourceEnded, WithoutSettings
from inspector.storage.good_photos.good_set import depth_of_photos
from inspector.storage.photos.images import read_image
from inspector.storage.photos.photo_list import find_images
from inspector.storage.photos.skipped_files import skipped_words


class PhotoFolder(WithoutSettings):
    """Delivers each photo of a folder and its subfolders once, in natural order, named by its path below the folder.

    Parameters
    ----------
    path : Path
        A folder, or a single photo.
    depth : PixelDepth or None
        The rule for photos of more than 8 bits; None derives it from all photos at opening.
    """

    live = False

    def __init__(self, path: Path, depth: PixelDepth | None = None) -> None:
        self._path = path
        self._depth = depth
        self._photos: Iterator[tuple[int, Path]] | None = None
        self._remark = ""

    @property
    def remark(self) -> str:
        """Files that were skipped in the folder."""
        return self._remark

    @property
    def address(self) -> str:
        """The path."""
        return str(self._path)

    @property
    def name(self) -> str:
        """The folder's name."""
        return self._path.name or str(self._path)

    def open(self) -> None:
        """List the photos and start with the first.

        Raises
        ------
        SourceEmpty
            The folder holds no photo.
        SourceError
            The folder or photo does not exist or must not be read.
        """
        try:
            found = find_images(self._path)
        except NoImages as error:
            kind = SourceEmpty if self._path.is_dir() else SourceError
            raise kind(error.subject, error.sentence) from error
        except DatasetError as error:
            raise SourceError(error.subject, error.sentence) from error
        if self._depth is None:
            self._depth = depth_of_photos(found.photos).depth
        self._photos = enumerate(found.photos)
        self._remark = "; ".join(skipped_words(found.skipped))

    def read(self, timeout_s: float) -> Frame | None:
        """Return the next photo; see `FrameSource.read`.

        Raises
        ------
        ImageError
            This photo cannot be read; the next call continues with the photo after it.
        SourceEnded
            All photos were delivered.
        """
        if self._photos is None:
            raise SourceError(self._path, "the folder is not open")
        number, path = next(self._photos, (0, None))
        if path is None:
            raise SourceEnded
        taken_at = time.monotonic()
        return Frame(read_image(path, self._depth or FORMER_DEPTH), number, taken_at, self._name_of(path))

    def _name_of(self, path: Path) -> str:
        return path.relative_to(self._path).as_posix() if path != self._path else path.name

    def close(self) -> None:
        """Discard the list."""
        self._photos = None
