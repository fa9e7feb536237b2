"""Paths of the files that come with Inspector: templates, styles, icons."""

from __future__ import annotations

import sys
from pathlib import Path

from inspector.core.errors import Message

FOLDER_NAME = "resources"


def resource(name: str) -> Path:
    """Return the path of a file or folder that comes with Inspector.

    Parameters
    ----------
    name : str
        Path below resources/, with forward slashes ("report/report.html").

    Returns
    -------
    Path
        In a frozen program: below the unpacked folder. In an installed wheel: inside the package. In a checkout: beside
        it.

    Raises
    ------
    FileNotFoundError
        The resource is missing: the program was packed wrongly, and the user cannot repair it.
    """
    for folder in _candidates():
        if (folder / name).exists():
            return folder / name
    raise FileNotFoundError(
        Message(f"Inspector comes without its resource {name!r}", f"looked in {', '.join(map(str, _candidates()))}")
    )


def _candidates() -> list[Path]:
    package = Path(__file__).resolve().parent.parent
    unpacked = getattr(sys, "_MEIPASS", None)
    frozen = [Path(unpacked) / FOLDER_NAME, Path(unpacked) / package.name / FOLDER_NAME] if unpacked else []
    return [*frozen, package / FOLDER_NAME, package.parent / FOLDER_NAME]
