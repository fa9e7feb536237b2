"""Reviewed parts: their photos, their decisions, and the model that judged them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from inspector.core.photo.pixel_depth import PixelDepth
from inspector.core.review.decision import Decision
from inspector.core.values import ImageRGB
from inspector.storage.bundles.bundle import StoredBundle
from inspector.storage.photos.images import read_image

if TYPE_CHECKING:
    from inspector.storage.history.records import PartRecord
    from inspector.storage.history.store import History


@dataclass(frozen=True, slots=True, eq=False)
class ReviewedPart:
    """A part that a person has said something about, and how to get its photo.

    Parameters
    ----------
    name : str
        For people; the same part has the same name.
    decision : Decision
        The person's decision.
    load : callable
        Reads the photo, uint8 RGB; raises `InspectorError` where it is gone.
    known_score : float or None
        Its raw score, where known.
    known_by : str
        SHA-256 of the bundle that gave `known_score`.
    """

    name: str
    decision: Decision
    load: Callable[[], ImageRGB]
    known_score: float | None = None
    known_by: str = ""


def photo_part(path: Path, decision: Decision, depth: PixelDepth) -> ReviewedPart:
    """Return a reviewed part whose photo is a file, scaled by the model's `depth`."""
    return ReviewedPart(str(path), decision, lambda: read_image(path, depth))


def history_part(history: History, record: PartRecord) -> ReviewedPart | None:
    """Return a part of the history as it was reviewed, or None if nobody has decided."""
    if record.decision is None:
        return None
    return ReviewedPart(
        record.name,
        record.decision,
        lambda: history.photo(record.id),
        record.judged_score,
        record.bundle_sha256,
    )


def judged_by(stored: StoredBundle, record: PartRecord) -> bool:
    """Return whether a bundle, or an earlier version of it, judged a part: they have the same name.

    A history holds parts of all kinds. Good parts of one model must not be taught to another.
    """
    return record.bundle_sha256 == stored.sha256 or record.bundle_name == stored.path.stem


def reviewed_in(
    history: History, wanted_record: Callable[[PartRecord], bool] = lambda _record: True
) -> Iterator[ReviewedPart]:
    """Yield every wanted part of the history that a person has decided about, the newest first.

    Raises
    ------
    HistoryError
        The database cannot be read.
    """
    from inspector.storage.history.records import PartFilter  # loads SQLAlchemy

    wanted, last = PartFilter(decisions=frozenset(Decision)), None
    while page := history.page(wanted, after=last):
        last = page[-1]
        for record in page:
            part = history_part(history, record) if wanted_record(record) else None
            if part is not None:
                yield part
