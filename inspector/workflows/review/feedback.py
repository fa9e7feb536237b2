"""Feeds false alarms back into a bundle: first a preview of the changes, and each version can be restored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import NDArray

from inspector.core.errors import DatasetError, DetectorError, InspectorError, Message
from inspector.core.progress import CancelToken, OnProgress, Progress, ignore_progress
from inspector.core.review.feedback import FedBackPart, FeedbackPreview, Rescored
from inspector.core.review.missed_defect import MissedDefect, missed_defect
from inspector.core.values import ImageRGB
from inspector.storage.bundles.bundle import FeedBackRecord, StoredBundle, save_bundle
from inspector.storage.bundles.good_pictures import PICTURES, with_pictures
from inspector.storage.bundles.versions import keep_version
from inspector.workflows.computer.machine import user_name
from inspector.workflows.judging.inspect import inspect_image
from inspector.workflows.judging.loaded_bundle import LoadedBundle
from inspector.workflows.review.reviewed_parts import ReviewedPart

if TYPE_CHECKING:
    from inspector.engine.detector import Detector, GrownMaps

REACH = 0.8
"""Share of the lowest limit.

Patches of false alarms farther from the memory bank are added to it, so that each of these photos then scores at most
this share. In view when it was chosen: 40 good and 20 defective monocrystalline solar cells, 4 false alarms fed back. A
reach of .5 added at least four times as many patches (.8 added 273). It changed no verdict of other false alarms or of
defects.
"""
GROWTH = 4
"""Share of the recipe's memory bank that may be added at a time; in total, the bank may double."""


@dataclass(frozen=True, slots=True, eq=False)
class Proposal:
    """A changed bundle, not written yet, and its changes.

    Parameters
    ----------
    stored : StoredBundle
        As it is.
    preview : FeedbackPreview
        The changes.
    arrays : mapping of str to ndarray
        The new version's.
    """

    stored: StoredBundle
    preview: FeedbackPreview
    arrays: Mapping[str, NDArray[Any]]


def propose(
    loaded: LoadedBundle,
    false_alarms: Sequence[ReviewedPart],
    reviewed: Sequence[ReviewedPart] = (),
    *,
    report: OnProgress = ignore_progress,
    token: CancelToken | None = None,
) -> Proposal:
    """Make a bundle that also remembers false alarms, and preview the changes; write nothing.

    Parameters
    ----------
    loaded : LoadedBundle
        As it is; it stays so.
    false_alarms : sequence of ReviewedPart
        Parts that were flagged and are good. Their patches are chosen by `inspector.engine.bank.growing`.
    reviewed : sequence of ReviewedPart
        Earlier reviewed parts, to be scored again. Those among `false_alarms`, by name, are left out here. Parts that
        this bundle judged OK are not read. A larger memory bank raises no score, so their verdict stays.
    report, token
        Progress, and the cancel token.

    Returns
    -------
    Proposal

    Raises
    ------
    DatasetError
        None of the photos can be used; says why for the first.
    DetectorError
        The method remembers no patches, or the memory is full.
    Cancelled
        If `token` was cancelled.

    Notes
    -----
    The threshold and its promise stay those of training. Each score is at most its former value (up to rounding),
    whatever was added. So is the false-alarm rate at the same threshold. The good photos' scores are not computed
    again: they would need the photos, and banks without each of them. False alarms are not counted among the good
    scores: they were chosen for their scores and are not a random sample of good parts.
    """
    from inspector.engine.detector import Wanted  # imports torch

    token = token or CancelToken()
    stored = loaded.stored
    limits, most_rows = stored.manifest.limits, _room(stored)
    usable, left_out = _usable(loaded, false_alarms, report, token)
    if not usable:
        raise DatasetError(left_out[0][0], left_out[0][1]) if left_out else DatasetError("false alarms", _NOTHING)
    photos = _Photos(usable)
    number = stored.manifest.photos_remembered
    grown, maps = loaded.detector.grow(Wanted(photos, REACH * limits.lowest, most_rows, number), report, token)
    named = {part.name for part in usable}
    others = [part for part in reviewed if part.name not in named]
    after = replace(loaded, detector=grown)
    rescored, unchanged, gone = _score_again(loaded, after, others, report, token)
    manifest, defects = stored.manifest, stored.manifest.defects
    promise = manifest.promise_at(limits.threshold)
    preview = FeedbackPreview(
        limits=limits,
        parts=_parts(usable, maps),
        reviewed=tuple(rescored),
        unchanged=unchanged,
        left_out=(*left_out, *gone),
        bank_rows=manifest.bank_rows,
        promise_before=promise,
        promise_after=promise,
        defects_dropped=0 if defects is None else len(defects.scores),
    )
    return Proposal(stored, preview, _arrays(stored, grown, photos, number))


def accept(
    proposal: Proposal, *, changed_by: str | None = None, note: str = "", at: datetime | None = None
) -> StoredBundle:
    """Write the new version over the bundle's file, with a record of it; the version before is kept beside it.

    Parameters
    ----------
    proposal : Proposal
        From `propose`. One that adds no patch changes nothing.
    changed_by : str or None
        Who; None takes the name that the system knows this user by.
    note : str
        Why.
    at : datetime or None
        When, with its time zone; None for now. The same proposal, person, note and time give the same bytes.

    Returns
    -------
    StoredBundle
        As it is now.

    Raises
    ------
    BundleError
        The file was changed since it was opened, or something cannot be written; the bundle is then as it was.
    """
    stored, preview = proposal.stored, proposal.preview
    if not preview.rows_added:
        return stored
    record = FeedBackRecord(
        changed_at=at or datetime.now().astimezone(),
        changed_by=user_name() if changed_by is None else changed_by,
        parts=len(preview.parts),
        rows=preview.rows_added,
        before_sha256=stored.sha256,
        note=note,
    )
    manifest = stored.manifest.model_copy(
        update={
            "bank_rows": preview.bank_rows + preview.rows_added,
            "fed_back": [*stored.manifest.fed_back, record],
            "defects": None,  # scores of before, which flatter the bundle of now
        }
    )
    keep_version(stored)
    sha256 = save_bundle(stored.path, manifest, proposal.arrays)
    return replace(stored, sha256=sha256, manifest=manifest, arrays=dict(proposal.arrays))


def missed(
    loaded: LoadedBundle,
    part: ReviewedPart,
    goods: Sequence[ReviewedPart] = (),
    *,
    report: OnProgress = ignore_progress,
    token: CancelToken | None = None,
) -> MissedDefect | None:
    """Return the cost of catching a missed defect; see `inspector.core.review.missed_defect.missed_defect`.

    Parameters
    ----------
    loaded : LoadedBundle
        In use.
    part : ReviewedPart
        The defective part.
    goods : sequence of ReviewedPart
        Parts that people called good: which of them would be NG too.
    report, token
        Progress, and the wish to stop.

    Raises
    ------
    DatasetError
        The part's photo cannot be judged; says why.
    Cancelled
        If `token` was cancelled.
    """
    token = token or CancelToken()
    score, why = _known_or_new(loaded, part)
    if score is None:
        raise DatasetError(part.name, why)
    scored = []
    for done, good in enumerate(goods, start=1):
        token.check()
        scored.append((good.name, _known_or_new(loaded, good)[0]))
        report(Progress("scoring good parts", done, len(goods)))
    manifest = loaded.stored.manifest
    judged = [(name, value) for name, value in scored if value is not None]
    return missed_defect(score, manifest.limits, manifest.good_scores, judged, promise=manifest.promise_at)


def as_json(preview: FeedbackPreview, written: StoredBundle | None = None) -> dict[str, Any]:
    """Return a preview as `inspector feedback` prints it; `written` is the new version, if it was accepted."""
    return {
        "accepted": written is not None,
        "sha256": None if written is None else written.sha256,
        "false_alarms": [asdict(part) for part in preview.parts],
        "fixed": [flip.part.name for flip in preview.fixed],
        "lost": [flip.part.name for flip in preview.lost],
        "flips": [
            {
                "name": flip.part.name,
                "decision": flip.part.decision,
                "before": flip.verdict_before,
                "after": flip.verdict_after,
            }
            for flip in preview.flips
        ],
        "reviewed": len(preview.reviewed) + preview.unchanged,
        "left_out": [{"name": name, "why": why} for name, why in preview.left_out],
        "bank_rows": preview.bank_rows + preview.rows_added,
        "rows_added": preview.rows_added,
        "fixed_by_others": preview.fixed_by_others,
        "defects_dropped": preview.defects_dropped,
        "threshold": preview.limits.threshold,
        "promise_before": asdict(preview.promise_before),
        "promise_after": asdict(preview.promise_after) | {"at_most": True},
    }


_NOTHING = Message("there is no false alarm to feed back", "choose photos of good parts that were flagged")
_FULL = Message(
    "false alarms have doubled what it remembers already", "put all of them among the good photos and train again"
)


class _Photos(Sequence[ImageRGB]):
    """Photos that are read each time they are asked for, and never kept."""

    def __init__(self, parts: Sequence[ReviewedPart]) -> None:
        self._parts = parts

    def __len__(self) -> int:
        return len(self._parts)

    @overload
    def __getitem__(self, index: int) -> ImageRGB: ...
    @overload
    def __getitem__(self, index: slice) -> list[ImageRGB]: ...
    def __getitem__(self, index: int | slice) -> ImageRGB | list[ImageRGB]:
        if isinstance(index, slice):
            return [part.load() for part in self._parts[index]]
        return self._parts[index].load()


def _room(stored: StoredBundle) -> int:
    asked = int(stored.manifest.recipe.settings.get("bank_rows", 0))
    if not asked:
        return 1  # a method that remembers no patches; the detector says so
    rows = max(len(array) for name, array in stored.arrays.items() if name == "bank" or name.endswith(".bank"))
    room = min(asked // GROWTH, 2 * asked - rows)
    if room < 1:
        raise DetectorError(str(stored.path), _FULL)
    return room


def _usable(
    loaded: LoadedBundle, parts: Sequence[ReviewedPart], report: OnProgress, token: CancelToken
) -> tuple[list[ReviewedPart], list[tuple[str, str]]]:
    """Return the parts that can be judged, each once, and name and reason of those that cannot."""
    usable: dict[str, ReviewedPart] = {}
    left_out = []
    for done, part in enumerate(parts, start=1):
        token.check()
        score, why = _score(loaded, part)
        if score is None:
            left_out.append((part.name, why))
        else:
            usable.setdefault(part.name, part)
        report(Progress("checking false alarms", done, len(parts)))
    return list(usable.values()), left_out


def _score_again(
    before: LoadedBundle, after: LoadedBundle, parts: Sequence[ReviewedPart], report: OnProgress, token: CancelToken
) -> tuple[list[Rescored], int, list[tuple[str, str]]]:
    """Return parts with both scores, how many need none, and name and reason of those that cannot be scored."""
    rescored, unchanged, gone = [], 0, []
    lowest = before.stored.manifest.limits.lowest
    for done, part in enumerate(parts, start=1):
        token.check()
        report(Progress("scoring reviewed parts again", done, len(parts)))
        old, why = _known_or_new(before, part)
        if old is not None and old <= lowest:
            unchanged += 1
            continue
        new, why = (None, why) if old is None else _score(after, part)
        if old is None or new is None:
            gone.append((part.name, why))
        else:
            rescored.append(Rescored(part.name, part.decision, old, new))
    return rescored, unchanged, gone


def _known_or_new(loaded: LoadedBundle, part: ReviewedPart) -> tuple[float | None, str]:
    if part.known_score is not None and part.known_by == loaded.stored.sha256:
        return part.known_score, ""
    return _score(loaded, part)


def _score(loaded: LoadedBundle, part: ReviewedPart) -> tuple[float | None, str]:
    """Return a part's raw score, or None and why there is none."""
    try:
        found = inspect_image(loaded, part.load(), Path(part.name))
    except InspectorError as error:
        return None, error.sentence
    return (found.score if found.judged else None), found.refusal or ""


def _parts(usable: Sequence[ReviewedPart], maps: GrownMaps) -> tuple[FedBackPart, ...]:
    each = zip(usable, maps.before, maps.after, maps.unaided, maps.rows, strict=True)
    return tuple(
        FedBackPart(part.name, before.score, after.score, unaided.score, rows)
        for part, before, after, unaided, rows in each
    )


def _arrays(stored: StoredBundle, grown: Detector, photos: Sequence[ImageRGB], number: int) -> dict[str, NDArray[Any]]:
    arrays = stored.arrays | grown.arrays()
    if PICTURES not in arrays:  # an older bundle, or one whose pictures were left out on purpose
        return arrays
    size_hw = stored.manifest.recipe.working_hw(stored.manifest.goods.photo_hw)
    return {
        name: np.asarray(array) for name, array in (arrays | with_pictures(arrays, number, photos, size_hw)).items()
    }
