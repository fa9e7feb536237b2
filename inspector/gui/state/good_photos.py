"""Sets of photos as the window knows them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from inspector.core.good_photos.sessions import ANY_SESSIONS, NO_SESSIONS, SessionChoice, Sessions
from inspector.storage.photos.skipped_files import SkippedFile


@dataclass(frozen=True, slots=True)
class PhotoSet:
    """A folder, the photos found in it, what was passed over, and which good photos a person took out before."""

    folder: Path
    photos: tuple[Path, ...]
    skipped: tuple[SkippedFile, ...] = ()
    left_out: frozenset[Path] = frozenset()

    def __len__(self) -> int:
        return len(self.photos)


@dataclass(frozen=True, slots=True)
class Grouping:
    """Which good photos were taken together: what the user chose, and what was found that way."""

    choice: SessionChoice = ANY_SESSIONS
    found: Sessions = NO_SESSIONS

    @property
    def sessions(self) -> Sessions:
        """What was found, under the names that the user gave."""
        return self.found.renamed(dict(self.choice.renamed))
