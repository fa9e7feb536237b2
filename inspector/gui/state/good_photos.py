"""Sets of photos as the window knows them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from inspector.core.good_photos.sessions import ANY_SESSIONS, NO_SESSIONS, SessionChoice, Sessions
from inspector.storage.photos.skipped_files import SkippedFile


@dataclass(frozen=True, slots=True)
class PhotoSet:
    """A folder, its photos, the skipped files, and the good photos that a person left out before."""

    folder: Path
    photos: tuple[Path, ...]
    skipped: tuple[SkippedFile, ...] = ()
    left_out: frozenset[Path] = frozenset()

    def __len__(self) -> int:
        return len(self.photos)


@dataclass(frozen=True, slots=True)
class Grouping:
    """The groups of the good photos: the chosen method, and the groups that it found."""

    choice: SessionChoice = ANY_SESSIONS
    found: Sessions = NO_SESSIONS

    @property
    def sessions(self) -> Sessions:
        """The groups found, under the names that the user gave."""
        return self.found.renamed(dict(self.choice.renamed))
