"""Listing of the photos of a path."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from inspector.core.errors import DatasetError, Message, NoImages
from inspector.core.progress import CancelToken, OnProgress, Progress, ignore_progress
from inspector.storage.photos.photo_formats import IMAGE_SUFFIXES, is_photo_name
from inspector.storage.photos.skipped_files import (
    SYSTEM_FOLDER,
    SkippedFile,
    is_system_folder,
    skipped_words,
    why_file_skipped,
    why_folder_skipped,
)

RESULTS_NAME = "results.json"
HEATMAPS_NAME = "heatmaps"
"""Names that an inspection writes. A folder of the second name beside a file of the first name holds heatmaps."""

_OWN_FILES = (RESULTS_NAME, "results.csv", "maps.safetensors")
_OWN_SUFFIX = ".inspector"

STAGE = "listing photos, {seen} files so far"
LOOK_EVERY = 256
"""Number of files between two progress reports; Cancel is read at the same time."""

_DIGITS = re.compile(r"(\d+)")


@dataclass(frozen=True, slots=True)
class FoundImages:
    """The photos of a path.

    Parameters
    ----------
    photos : list of Path
        The photos in natural order; never empty.
    left_out : list of Path
        Folders below the path that were not entered because they hold heatmaps that Inspector wrote.
    skipped : list of SkippedFile
        All other skipped files and folders, with the reason.
    """

    photos: list[Path]
    left_out: list[Path]
    skipped: list[SkippedFile] = field(default_factory=list)


def list_images(path: Path) -> list[Path]:
    """Return the photos of a path; see `find_images`."""
    return find_images(path).photos


def find_images(
    path: Path,
    *,
    results_folder: Path | None = None,
    report: OnProgress = ignore_progress,
    token: CancelToken | None = None,
) -> FoundImages:
    """Find the photos of a path.

    Parameters
    ----------
    path : Path
        A file, or a folder that is walked with all its subfolders. Links to folders are followed, but no folder is
        entered twice, so loops end. Hidden files and folders (a leading dot) are skipped. Folders of deleted files and
        system folders, such as ``$RECYCLE.BIN``, are skipped even if they cannot be opened. Heatmaps of an earlier
        inspection (a folder `HEATMAPS_NAME` beside a file `RESULTS_NAME`) are skipped too. None of this applies to
        `path` itself.
    results_folder : Path or None
        Folder that the coming inspection writes to. Its heatmaps are skipped even if a cancelled inspection left them
        without results.
    report : callable
        Receives the number of files and folders seen so far; the total is not known.
    token : CancelToken or None
        The request to stop, also read within a folder.

    Returns
    -------
    FoundImages
        A file gives itself, whatever its suffix. A folder gives its files with one of `IMAGE_SUFFIXES`, never empty, in
        natural order: img2 before img10. A broken link is listed, so that reading it reports the error.

    Raises
    ------
    NoImages
        `path` does not exist or holds no photo.
    DatasetError
        A folder cannot be read.
    Cancelled
        `token` was cancelled.
    """
    if path.is_dir():
        written = "" if results_folder is None else os.path.realpath(results_folder)
        return _images_below(path, written, report, token or CancelToken())
    if not os.path.lexists(path):
        raise NoImages(path, "there is no such file or folder", action="check the path")
    return FoundImages([path], [])


def natural_key(path: Path) -> list[tuple[int, int, str]]:
    """Return a sort key that orders by folder, numbers by value and letters without regard to case."""
    key: list[tuple[int, int, str]] = []
    for part in path.parts:
        pieces = [piece for piece in _DIGITS.split(part) if piece]
        key += [(1, int(piece), piece) if piece.isdecimal() else (2, 0, piece.casefold()) for piece in pieces]
        key.append((0, 0, ""))  # lowest: the end of a folder's name comes before any longer name
    return [*key, (0, 0, str(path))]  # the name itself last, so that the order never depends on the disk


def _walk(folder: Path, report: OnProgress, token: CancelToken) -> Iterator[tuple[str, list[str], list[str]]]:
    """Yield each folder, its subfolders and its files, as `os.walk` does; the caller shortens the subfolders in place.

    `os.walk` reads a folder completely before it yields it. On a network share, 100,000 files take minutes. This
    function therefore reads Cancel and reports progress while it reads a folder.
    """
    waiting, seen = [str(folder)], 0
    while waiting:
        parent = waiting.pop()
        subfolders: list[str] = []
        files: list[str] = []
        try:
            with os.scandir(parent) as entries:
                for entry in entries:
                    (subfolders if _is_folder(entry) else files).append(entry.name)
                    seen += 1
                    if seen % LOOK_EVERY == 0:
                        token.check()
                        report(Progress(STAGE.format(seen=f"{seen:,}"), 0, 0))
        except OSError as error:
            _stop(error)
        token.check()
        yield parent, subfolders, files
        waiting += [os.path.join(parent, name) for name in reversed(subfolders)]


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # the entry cannot be examined
        return False


def _images_below(folder: Path, results_folder: str, report: OnProgress, token: CancelToken) -> FoundImages:
    found: list[Path] = []
    left_out: list[Path] = []
    skipped: list[SkippedFile] = []
    entered: set[str] = set()
    for parent, subfolders, files in _walk(folder, report, token):
        real = os.path.realpath(parent)
        if real in entered:
            subfolders.clear()
            continue
        entered.add(real)
        if HEATMAPS_NAME in subfolders and (RESULTS_NAME in files or real == results_folder):
            subfolders.remove(HEATMAPS_NAME)
            left_out.append(Path(parent, HEATMAPS_NAME))
        reasons = {name: reason for name in subfolders if (reason := why_folder_skipped(name)) is not None}
        subfolders[:] = sorted(name for name in subfolders if name not in reasons)
        reasons |= {name: reason for name in files if (reason := _why_skipped(name)) is not None}
        skipped += [SkippedFile(Path(parent, name), reason) for name, reason in sorted(reasons.items())]
        found += [Path(parent, name) for name in files if _is_image_name(name)]
    if not found:
        raise NoImages(folder, _why_none(left_out, skipped))
    return FoundImages(sorted(found, key=natural_key), left_out, skipped)


def _why_skipped(name: str) -> str | None:
    if name in _OWN_FILES or name.endswith(_OWN_SUFFIX):
        return None
    # A folder that cannot be examined is listed among the files.
    return SYSTEM_FOLDER if is_system_folder(name) else why_file_skipped(name)


def _why_none(left_out: list[Path], skipped: list[SkippedFile]) -> str:
    if left_out:
        return Message(
            "the only pictures in this folder are heatmaps that Inspector wrote", "choose the folder of the photos"
        )
    sentence = f"there is no photo in this folder; Inspector reads files ending in {', '.join(IMAGE_SUFFIXES)}"
    return "; ".join([sentence, *skipped_words(skipped)])


def _is_image_name(name: str) -> bool:
    return not name.startswith(".") and is_photo_name(name)


def _stop(error: OSError) -> NoReturn:
    # os.walk would skip the folder silently, and its photos would be missing from training or inspection.
    sentence = Message(
        f"this folder cannot be opened ({error.strerror or error})", "allow reading it, or choose another"
    )
    raise DatasetError(error.filename or "", sentence) from error
