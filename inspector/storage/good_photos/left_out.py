"""The list of photos taken out of a good set, and of answers on good photos. It lies in the set's folder.

Photos are identified by content. A photo that was renamed, moved within the folder or copied stays left out. A photo
whose content changed is a new photo.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from inspector.core.errors import DatasetError, ImageUnreadable, Message, ResultsError
from inspector.core.promise.strays import Answer
from inspector.storage.atomic import replacing, write_problem
from inspector.storage.good_photos.good_set import file_sha256
from inspector.storage.good_photos.good_set_answers import Exclusion, Sha256
from inspector.storage.ordinary_files import read_ordinary

NAME = ".inspector-left-out.json"
"""Name of the file in the folder of good photos."""
SCHEMA_NUMBER = 1


class _Photo(BaseModel):
    model_config = ConfigDict(frozen=True)

    sha256: Sha256
    size: int = Field(ge=0)
    name: str
    ranked: bool = True  # whether the photos had been ranked before; former releases did not store it


class GivenAnswer(BaseModel):
    """A person's answer on a good photo that stands apart.

    Parameters
    ----------
    sha256 : str
        SHA-256 of the photo's file.
    answer : Answer
        The answer.
    by : str
        Name of the person, as given by that person or by the system.
    at : datetime
        Time of the answer, with time zone.
    """

    model_config = ConfigDict(frozen=True)

    sha256: Sha256
    answer: Answer
    by: str
    at: AwareDatetime


class _LeftOut(BaseModel):
    schema_number: int = Field(default=SCHEMA_NUMBER, ge=1, le=SCHEMA_NUMBER)
    photos: list[_Photo] = Field(default_factory=list)
    answers: list[GivenAnswer] = Field(default_factory=list)


def find_left_out(folder: Path, photos: Iterable[Path]) -> frozenset[Path]:
    """Return the photos of a good set that were taken out of it before.

    Reads only photos with the same size in bytes as a photo that was taken out.

    Parameters
    ----------
    folder : Path
        Folder of the good photos; a single photo stands for its folder.
    photos : iterable of Path
        The photos in the folder.

    Raises
    ------
    DatasetError
        The list in the folder cannot be read.
    """
    kept = {one.sha256: one for one in _read(folder_of(folder)).photos}
    if not kept:
        return frozenset()  # without listing the photos
    return frozenset(path for path, sha256 in _known(photos, kept.values()).items() if sha256 in kept)


def keep_left_out(
    folder: Path, photos: Collection[Path], left_out: Collection[Path], ranked: Collection[Path] | None = None
) -> None:
    """Store which photos of a good set are taken out of it, until they are put back.

    Photos that were taken out before and are missing now stay in the list, in case they come back.

    Parameters
    ----------
    folder : Path
        Folder of the good photos; a single photo stands for its folder.
    photos : collection of Path
        All photos in the folder.
    left_out : collection of Path
        The photos taken out.
    ranked : collection of Path or None
        The photos that had been ranked by score when they were taken out; None for all. The value of a photo that was
        taken out before stays.

    Raises
    ------
    DatasetError
        The existing list cannot be read; it is unchanged.
    ResultsError
        The folder cannot be written to.
    """
    folder = folder_of(folder)
    kept = _read(folder)
    before, known = kept.photos, {one.sha256: one for one in kept.photos}
    entries: dict[str, _Photo] = {}
    for path in sorted(left_out):
        try:
            sha256, size = file_sha256(path), path.stat().st_size
        except (ImageUnreadable, OSError):
            continue  # a photo that was removed cannot be trained on either
        was_ranked = known[sha256].ranked if sha256 in known else ranked is None or path in ranked
        entries[sha256] = _Photo(sha256=sha256, size=size, name=_name(path, folder), ranked=was_ranked)
    back = set(_known((path for path in photos if path not in left_out), before).values())
    for photo in before:
        if photo.sha256 not in back:
            entries.setdefault(photo.sha256, photo)
    answers = [one for one in kept.answers if one.answer is not Answer.DEFECTIVE or one.sha256 not in back]
    _write(folder / NAME, _LeftOut(photos=list(entries.values()), answers=answers))


def keep_answers(folder: Path, photos: Collection[Path], answers: Mapping[Path, Answer], by: str, at: datetime) -> None:
    """Store a person's answers on good photos. Defective photos are taken out, the others are put back.

    Parameters
    ----------
    folder : Path
        Folder of the good photos; a single photo stands for its folder.
    photos : collection of Path
        All photos in the folder.
    answers : mapping of Path to Answer
        Answer for each answered photo.
    by : str
        Name of the person.
    at : datetime
        Time of the answers, with time zone.

    Raises
    ------
    DatasetError
        The existing list, or one of these photos, cannot be read; the list is unchanged.
    ResultsError
        The folder cannot be written to.
    """
    given = [_given(path, answer, by, at) for path, answer in answers.items()]
    out = {path for path, answer in answers.items() if answer is Answer.DEFECTIVE}
    keep_left_out(folder, photos, (find_left_out(folder, photos) - set(answers)) | out)
    folder = folder_of(folder)
    kept = _read(folder)
    said = {one.sha256: one for one in (*kept.answers, *given)}
    _write(folder / NAME, _LeftOut(photos=kept.photos, answers=list(said.values())))


def exclusions(folder: Path, left_out: Iterable[str]) -> tuple[Exclusion, ...]:
    """Return the known facts on photos that were taken out, given by the SHA-256 of their files.

    Raises
    ------
    DatasetError
        The list in the folder cannot be read.
    """
    kept = _read(folder_of(folder))
    known = {one.sha256: one for one in kept.photos}
    said = {one.sha256: one for one in kept.answers if one.answer is Answer.DEFECTIVE}
    return tuple(_exclusion(sha256, known.get(sha256), said.get(sha256)) for sha256 in left_out)


def answers_to(folder: Path) -> dict[str, GivenAnswer]:
    """Return the answers on good photos, by the SHA-256 of their files.

    Raises
    ------
    DatasetError
        The list in the folder cannot be read.
    """
    return {one.sha256: one for one in _read(folder_of(folder)).answers}


def _given(path: Path, answer: Answer, by: str, at: datetime) -> GivenAnswer:
    try:
        return GivenAnswer(sha256=file_sha256(path), answer=answer, by=by, at=at)
    except ImageUnreadable as error:
        raise DatasetError(
            path, "the photo cannot be read, so the answer is not saved", action="check the file"
        ) from error


def _exclusion(sha256: str, photo: _Photo | None, said: GivenAnswer | None) -> Exclusion:
    ranked = photo is None or photo.ranked
    if said is None:
        return Exclusion(sha256=sha256, ranked=ranked)
    return Exclusion(sha256=sha256, answer=Answer.DEFECTIVE, ranked=ranked, by=said.by, at=said.at)


def folder_of(good: Path) -> Path:
    """Return the folder of good photos: the path itself, or the folder of the single photo."""
    return good.parent if good.is_file() else good


def _known(photos: Iterable[Path], kept: Iterable[_Photo]) -> dict[Path, str]:
    """Return the SHA-256 of the photos that may be in the list, by their size in bytes."""
    sizes = {one.size for one in kept}
    found = {}
    for path in photos if sizes else ():
        try:
            if path.stat().st_size in sizes:
                found[path] = file_sha256(path)
        except (ImageUnreadable, OSError):
            continue  # reported when the photos are checked
    return found


def _read(folder: Path) -> _LeftOut:
    file = folder / NAME
    try:
        return _LeftOut.model_validate(json.loads(read_ordinary(file)))
    except FileNotFoundError:
        return _LeftOut()
    except (OSError, ValueError, RecursionError, ValidationError) as error:
        sentence = Message("the list of photos that were left out here cannot be read", "delete it to start anew")
        raise DatasetError(file, sentence) from error


def _write(file: Path, kept: _LeftOut) -> None:
    try:
        if not kept.photos and not kept.answers:
            file.unlink(missing_ok=True)
            return
        fields: dict[str, Any] = kept.model_dump(mode="json")
        with replacing(file) as temporary:
            temporary.write_text(json.dumps(fields, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise ResultsError(file, f"the list of left-out photos cannot be saved: {write_problem(error)}") from error


def _name(path: Path, folder: Path) -> str:
    # The name is for people only. ASCII keeps any file name valid.
    return os.path.relpath(path, folder).encode("ascii", "backslashreplace").decode("ascii")
