"""Numbered photos that are added to a folder one by one."""

from __future__ import annotations

from pathlib import Path

from inspector.core.errors import ResultsError
from inspector.core.values import ImageRGB
from inspector.storage.atomic import write_problem
from inspector.storage.photos.images import write_image


class PhotoSeries:
    """Adds numbered photos to a folder; existing photos are never changed.

    Parameters
    ----------
    folder : Path
        The folder; made with the first photo.
    stem : str
        Start of the names: ``stem-0001.png`` and so on.
    """

    def __init__(self, folder: Path, stem: str) -> None:
        self.folder = folder
        self._stem = stem
        self._number = 0

    def add(self, image_rgb: ImageRGB) -> Path:
        """Write a photo without loss under the next free name, and return its path.

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
        """Delete a photo of this folder; a missing photo is not an error.

        Raises
        ------
        ResultsError
            The photo cannot be deleted.
        """
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise ResultsError(
                path, f"the photo cannot be deleted ({error.strerror})", action="delete it by hand"
            ) from error
