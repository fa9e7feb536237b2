"""A missed defect: the limit of the open bundle that would catch it, and the cost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from inspector.core.errors import PictureMissing
from inspector.core.progress import CancelToken, OnProgress, Progress, ignore_progress
from inspector.core.review.decision import Decision
from inspector.core.review.missed_defect import MissedDefect, missed_defect
from inspector.core.values import Limits, Verdict
from inspector.storage.history.records import PartFilter, PartRecord
from inspector.workflows.judging.inspect import inspect_image
from inspector.workflows.judging.loaded_bundle import LoadedBundle
from inspector.workflows.review.reviewed_parts import judged_by

if TYPE_CHECKING:
    from inspector.storage.history.store import History

MOST_KNOWN, MOST_RESCORED = 2000, 50
"""Parts with a false alarm that are compared, the newest first.

Scores by the open version cost nothing; photos judged by an earlier version are scored again.
"""
_PAGE = 500
_CALLED_GOOD = PartFilter(decisions=frozenset({Decision.FALSE_ALARM}))


class Untold(Enum):
    """Why there is no limit to propose."""

    OTHER_BUNDLE = "a model of another name judged the part"
    PHOTO_GONE = "the photo is missing, and the open version has no score of it"
    REFUSED = "the photo is not fit to be judged"
    NG_ALREADY = "the open model judges the part NG"
    NO_SCORE = "the part has no unusual place"
    INSEPARABLE = "the part scores lower than every good photo"


@dataclass(frozen=True, slots=True)
class Catch:
    """The limit that catches a missed defect, or the reason why it is unknown.

    Parameters
    ----------
    record : PartRecord
        The part.
    limits : Limits
        Those that the open bundle keeps; `missed` is compared with them.
    untold : Untold or None
        None where a limit would catch it.
    why : str
        Of `PHOTO_GONE` and `REFUSED`, as a sentence; empty otherwise.
    missed : MissedDefect or None
        The limit and its cost; None if `untold` gives a reason.
    also_ng : tuple of PartRecord
        Parts that people called good and that would be NG too, the highest score first.
    same_version : bool
        Whether the open version itself judged the part; otherwise its photo was scored again.
    uncounted : int
        Parts called good that could not be compared: their photos are gone, or are more than `MOST_RESCORED`.
    """

    record: PartRecord
    limits: Limits
    untold: Untold | None = None
    why: str = ""
    missed: MissedDefect | None = None
    also_ng: tuple[PartRecord, ...] = ()
    same_version: bool = True
    uncounted: int = 0


def is_missed(record: PartRecord) -> bool:
    """Whether the machine called a part OK and people a defect."""
    return record.verdict is Verdict.OK and record.decision is Decision.DEFECT


def catch(
    loaded: LoadedBundle,
    history: History,
    record: PartRecord,
    *,
    on_first: Callable[[Catch], None] = lambda _answer: None,
    report: OnProgress = ignore_progress,
    token: CancelToken | None = None,
) -> Catch:
    """Return the limit of a bundle that would catch a missed defect, and its cost.

    Parameters
    ----------
    loaded : LoadedBundle
        The open bundle.
    history : History
        Where the part is, and those that people called good.
    record : PartRecord
        The part.
    on_first : callable
        Receives the answer from known scores, before photos of false alarms are scored again; not called without such
        photos.
    report, token
        Progress, and the cancel token.

    Raises
    ------
    HistoryError
        The database cannot be read.
    Cancelled
        If `token` was cancelled.
    """
    token = token or CancelToken()
    score, none = _score_of(loaded, history, record)
    if none is not None or score is None:
        return none or Catch(record, loaded.stored.manifest.limits, Untold.REFUSED)
    known, others, uncounted = _called_good(loaded, history, token)
    scored = [(one, one.judged_score) for one in known if one.judged_score is not None]
    first = _answer(loaded, record, score, scored, uncounted + len(others))
    if first.missed is None or not others:
        return first
    on_first(first)
    for done, other in enumerate(others, start=1):
        token.check()
        again, _ = _score_of(loaded, history, other)
        if again is None:
            uncounted += 1
        else:
            scored.append((other, again))
        report(Progress("scoring parts with false alarms", done, len(others)))
    return _answer(loaded, record, score, scored, uncounted)


def _score_of(loaded: LoadedBundle, history: History, record: PartRecord) -> tuple[float | None, Catch | None]:
    """Return the part's raw score by the open bundle, or why there is none."""
    limits = loaded.stored.manifest.limits
    if not judged_by(loaded.stored, record):
        return None, Catch(record, limits, Untold.OTHER_BUNDLE)
    if record.bundle_sha256 == loaded.stored.sha256 and record.judged_score is not None:
        return record.judged_score, None
    try:
        found = inspect_image(loaded, history.photo(record.id), Path(f"part {record.id}"))
    except PictureMissing as error:
        return None, Catch(record, limits, Untold.PHOTO_GONE, error.sentence)
    if not found.judged:
        return None, Catch(record, limits, Untold.REFUSED, found.refusal or "")
    return found.score, None


def _called_good(
    loaded: LoadedBundle, history: History, token: CancelToken
) -> tuple[list[PartRecord], list[PartRecord], int]:
    """Return parts called good that the open version judged, those of earlier ones, and how many more there are."""
    known: list[PartRecord] = []
    others: list[PartRecord] = []
    more, last = 0, None
    while page := history.page(_CALLED_GOOD, after=last, limit=_PAGE):
        token.check()
        last = page[-1]
        for one in page:
            if not judged_by(loaded.stored, one):
                continue
            same = one.bundle_sha256 == loaded.stored.sha256
            kept, most = (known, MOST_KNOWN) if same else (others, MOST_RESCORED)
            if len(kept) < most:
                kept.append(one)
            else:
                more += 1
    return known, others, more


def _answer(
    loaded: LoadedBundle, record: PartRecord, score: float, goods: list[tuple[PartRecord, float]], uncounted: int
) -> Catch:
    manifest = loaded.stored.manifest
    limits, same = manifest.limits, record.bundle_sha256 == loaded.stored.sha256
    named = {str(one.id): one for one, _ in goods}
    called_good = [(str(one.id), value) for one, value in goods]
    missed = missed_defect(score, limits, manifest.good_scores, called_good, promise=manifest.promise_at)
    if missed is None:
        untold = Untold.NO_SCORE if score <= 0.0 else Untold.NG_ALREADY
        return Catch(record, limits, untold, same_version=same)
    if all(good > missed.threshold for good in manifest.good_scores):
        return Catch(record, limits, Untold.INSEPARABLE, same_version=same)
    also_ng = tuple(named[name] for name, _ in missed.flips)
    return Catch(record, limits, missed=missed, also_ng=also_ng, same_version=same, uncounted=uncounted)
