"""Which photos a person took out of a good set: kept in its folder, by the photos' content.

A photo that was renamed, moved within the folder or copied stays left out; one whose content changed is another photo.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from inspector.core.errors import DatasetError, ImageUnreadable, ResultsError
from inspector.storage.atomic import replacing, write_problem
from inspector.storage.good_set import file_sha256
from inspector.storage.ordinary_files import read_ordinary

NAME = ".inspector-left-out.json"
"""Of the file in the folder of good photos."""
SCHEMA_NUMBER = 1


class _Photo(BaseModel):
    model_config = ConfigDict(frozen=True)

    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    size: int = Field(ge=0)
    name: str


class _LeftOut(BaseModel):
    schema_number: int = Field(default=SCHEMA_NUMBER, ge=1, le=SCHEMA_NUMBER)
    photos: list[_Photo] = Field(default_factory=list)


def find_left_out(folder: Path, photos: Iterable[Path]) -> frozenset[Path]:
    """Return which photos of a good set were taken out of it before.

    Only photos of the size in bytes of one that was taken out are read.

    Parameters
    ----------
    folder : Path
        Of the good photos; one photo stands for its folder.
    photos : iterable of Path
        The photos in it.

    Raises
    ------
    DatasetError
        What is kept in the folder cannot be read.
    """
    kept = {one.sha256: one for one in _read(folder_of(folder)).photos}
    if not kept:
        return frozenset()  # the photos are not even listed
    return frozenset(path for path, sha256 in _known(photos, kept.values()).items() if sha256 in kept)


def keep_left_out(folder: Path, photos: Collection[Path], left_out: Collection[Path]) -> None:
    """Keep which photos of a good set are taken out of it, until they are put back.

    Photos that were taken out before and are not in the folder now stay known, in case they come back.

    Parameters
    ----------
    folder : Path
        Of the good photos; one photo stands for its folder.
    photos : collection of Path
        All photos in it.
    left_out : collection of Path
        Those taken out.

    Raises
    ------
    DatasetError
        What was kept before cannot be read; it stays as it is.
    ResultsError
        The folder cannot be written to.
    """
    folder = folder_of(folder)
    before = _read(folder).photos
    entries: dict[str, _Photo] = {}
    for path in sorted(left_out):
        try:
            photo = _Photo(sha256=file_sha256(path), size=path.stat().st_size, name=_name(path, folder))
        except (ImageUnreadable, OSError):
            continue  # a photo that went away cannot be trained on either
        entries[photo.sha256] = photo
    back = set(_known((path for path in photos if path not in left_out), before).values())
    for photo in before:
        if photo.sha256 not in back:
            entries.setdefault(photo.sha256, photo)
    _write(folder / NAME, list(entries.values()))


def folder_of(good: Path) -> Path:
    """Return the folder of good photos: the path itself, or where the one photo lies."""
    return good.parent if good.is_file() else good


def _known(photos: Iterable[Path], kept: Iterable[_Photo]) -> dict[Path, str]:
    """Return the SHA-256 of the photos that may be among those kept."""
    sizes = {one.size for one in kept}
    found = {}
    for path in photos if sizes else ():
        try:
            if path.stat().st_size in sizes:
                found[path] = file_sha256(path)
        except (ImageUnreadable, OSError):
            continue  # told when the photos are checked
    return found


def _read(folder: Path) -> _LeftOut:
    file = folder / NAME
    try:
        return _LeftOut.model_validate(json.loads(read_ordinary(file)))
    except FileNotFoundError:
        return _LeftOut()
    except (OSError, ValueError, RecursionError, ValidationError) as error:
        sentence = "the list of photos that were left out here cannot be read; delete it to start anew"
        raise DatasetError(file, sentence) from error


def _write(file: Path, photos: list[_Photo]) -> None:
    try:
        if not photos:
            file.unlink(missing_ok=True)
            return
        fields: dict[str, Any] = _LeftOut(photos=photos).model_dump(mode="json")
        with replacing(file) as temporary:
            temporary.write_text(json.dumps(fields, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise ResultsError(file, f"the photos left out are not remembered: {write_problem(error)}") from error


def _name(path: Path, folder: Path) -> str:
    # For people only; ASCII, so that any file name survives.
    return os.path.relpath(path, folder).encode("ascii", "backslashreplace").decode("ascii")
