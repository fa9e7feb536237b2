"""Files and folders that are skipped when photos are listed, and the reasons."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from inspector.storage.photos.photo_formats import is_photo_name, why_not_read

SYSTEM_FOLDER = "a trash or system folder"
HIDDEN_FOLDER = "a hidden folder"
HIDDEN_PHOTO = "a hidden file: its name begins with a dot"

_SYSTEM_FOLDERS = frozenset(
    {
        # Windows, and the folders of chkdsk
        *("$recycle.bin", "$recycle", "recycler", "recycled", "system volume information", "$extend"),
        # network storage: Synology, QNAP and others
        *("#recycle", "@recycle", "@eadir", "@__thumb", "@tmp", "#snapshot", "~snapshot", "@recently-snapshot"),
        *("@sharebin", "@qsync", "network recycle bin", "network trash folder", "temporary items"),
        # Linux, Android, macOS and its archives
        *("lost+found", "lost.dir", "__macosx"),
    }
)
_SYSTEM_PATTERN = re.compile(r"\.trash.*|found\.\d{3}|@recycle.*|\$recycle.*")
_SYSTEM_FILES = frozenset({"thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r"})


@dataclass(frozen=True, slots=True)
class SkippedFile:
    """A file or folder that was skipped.

    Parameters
    ----------
    path : Path
        The file or folder.
    reason : str
        Reason, for people; the same reason has the same words.
    """

    path: Path
    reason: str


def is_system_folder(name: str) -> bool:
    """Return whether a folder of this name holds deleted files, or belongs to a system or a network storage."""
    name = name.casefold()
    return name in _SYSTEM_FOLDERS or _SYSTEM_PATTERN.fullmatch(name) is not None


def why_folder_skipped(name: str) -> str | None:
    """Return why a folder below the photos' folder is not entered; None if it is."""
    if is_system_folder(name):
        return SYSTEM_FOLDER
    return HIDDEN_FOLDER if name.startswith(".") else None


def why_file_skipped(name: str) -> str | None:
    """Return why a file is skipped; None for photos and for system files, which are not reported."""
    if name.startswith("."):
        return HIDDEN_PHOTO if is_photo_name(name) else None
    if is_photo_name(name) or name.casefold() in _SYSTEM_FILES:
        return None
    return why_not_read(name)


def skipped_words(skipped: Sequence[SkippedFile]) -> list[str]:
    """Return the skipped files as sentences, one for each reason; system folders by name."""
    by_reason: dict[str, list[Path]] = {}
    for one in skipped:
        by_reason.setdefault(one.reason, []).append(one.path)
    return [_sentence(reason, paths) for reason, paths in by_reason.items()]


def skipped_json(skipped: Sequence[SkippedFile]) -> list[dict[str, str]]:
    """Return the skipped files under the keys of the command line contract."""
    return [{"path": str(one.path), "reason": one.reason} for one in skipped]


def _sentence(reason: str, paths: list[Path]) -> str:
    number = len(paths)
    if reason == SYSTEM_FOLDER:
        names = ", ".join(sorted({path.name for path in paths}))
        return f"{number} trash or system folder{'s' * (number > 1)} ignored: {names}"
    if reason == HIDDEN_FOLDER:
        return f"{number} hidden folder{'s' * (number > 1)} ignored"
    return f"{number} file{'s' * (number > 1)} skipped: {reason}"
