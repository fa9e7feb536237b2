"""The results of an inspection, recorded in the history."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from inspector.core.errors import ImageError
from inspector.core.progress import CancelToken, OnProgress, Progress, ignore_progress
from inspector.core.review.judged_part import FROM_A_FILE, JudgedPart
from inspector.core.values import Inspection
from inspector.storage.history.records import PartFilter, storable
from inspector.storage.photos.images import read_image
from inspector.storage.results.inspection_run import InspectionRun

if TYPE_CHECKING:
    from inspector.storage.history.store import History


@dataclass(frozen=True, slots=True)
class RecordedRun:
    """The outcome of recording a run.

    Parameters
    ----------
    added : int
        Parts that are in the history now and were not before.
    known : int
        Parts that were in it already: the same photo, inspected in the same run.
    unreadable : int
        Photos that cannot be opened, or were replaced since they were inspected; there is nothing to keep of them.
    """

    added: int = 0
    known: int = 0
    unreadable: int = 0


def record_run(
    run: InspectionRun,
    history: History,
    operator: str,
    *,
    report: OnProgress = ignore_progress,
    token: CancelToken | None = None,
) -> RecordedRun:
    """Keep inspected photos with the limits in use, as parts that were judged when the run began.

    Recorded photos are not recorded again, so an interrupted or repeated run adds no duplicates.

    Parameters
    ----------
    run : InspectionRun
    history : History
    operator : str
        Name of the operator.
    report, token
        Progress, and the cancel token; photos recorded before a cancel stay.

    Raises
    ------
    HistoryError
        The history cannot be read or written.
    Cancelled
        If `token` was cancelled.
    """
    same = PartFilter(since=run.inspected_at, until=run.inspected_at + timedelta(microseconds=1))
    there = {(one.part_id, one.source) for one in history.page(same, limit=history.count(same) or 1)}
    counted = Counter[str]()
    for index, inspection in enumerate(run.inspections):
        if token is not None:
            token.check()
        report(Progress("recording results in the history", index, len(run.inspections)))
        if (storable(inspection.path.name), storable(str(inspection.path.parent))) in there:
            counted["known"] += 1
            continue
        part = _photo_part(run, inspection, operator)
        if part is not None:
            history.add(part)
        counted["added" if part is not None else "unreadable"] += 1
    report(Progress("recording results in the history", len(run.inspections), len(run.inspections)))
    return RecordedRun(**counted)


def _photo_part(run: InspectionRun, inspection: Inspection, operator: str) -> JudgedPart | None:
    """Return a photo as the history records it, or None if the file was replaced since the inspection."""
    try:
        image_rgb = read_image(inspection.path, run.manifest.depth)
    except ImageError:
        return None
    if inspection.photo_hw != image_rgb.shape[:2]:
        return None
    return JudgedPart(
        part_id=inspection.path.name,
        source=str(inspection.path.parent),
        inspected_at=run.inspected_at,
        image_rgb=image_rgb,
        inspection=inspection,
        limits=run.limits,
        regions=tuple(run.regions(inspection)),
        bundle_sha256=run.bundle_sha256,
        bundle_name=run.bundle_path.stem,
        operator=operator,
        trigger=FROM_A_FILE,
    )
