"""Numbered photos, added to a folder one by one."""

from __future__ import annotations

from pathlib import Path

from inspector.core.errors import ResultsError
from inspector.core.values import ImageRGB
from inspector.storage.atomic import write_problem
from inspector.storage.photos.images import write_image


class PhotoSeries:
    """Adds numbered photos to a folder and never touches those that were there before.

    Parameters
    ----------
    folder : Path
        Made with the first photo.
    stem : str
        Photos are called ``stem-0001.png`` and on.
    """

    def __init__(self, folder: Path, stem: str) -> None:
        self.folder = folder
        self._stem = stem
        self._number = 0

    def add(self, image_rgb: ImageRGB) -> Path:
        """Write a photo under the next free name, without loss, and return its path.

        Raises
        ------
        ResultsError
            The folder or the photo cannot be written.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ResultsError(self.folder, write_problem(error)) from error
        while True:
            self._number += 1
            path = self.folder / f"{self._stem}-{self._number:04d}.png"
            if not path.exists():
                write_image(path, image_rgb)
                return path

    def remove(self, path: Path) -> None:
        """Delete a photo of this folder; harmless if it is gone.

        Raises
        ------
        ResultsError
            It cannot be deleted.
        """
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise ResultsError(
                path, f"the photo cannot be deleted ({error.strerror})", action="delete it by hand"
            ) from error
