"""Good photos in, bundle out."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from inspector.core.errors import GoodSetUnusable
from inspector.core.good_photos.enough_photos import coverage_of
from inspector.core.good_photos.enough_words import coverage_words
from inspector.core.good_photos.sessions import ANY_SESSIONS, NO_SESSIONS, SessionChoice, Sessions
from inspector.core.good_photos.suspects import Counted, SuspectGood, count_once, rank_goods
from inspector.core.guards.guards import Guards
from inspector.core.photo.pixel_depth import Bits, FoundDepth
from inspector.core.progress import CancelToken, OnProgress, ignore_progress
from inspector.core.promise.session_promise import held_out_sessions, promise_by_session
from inspector.core.promise.session_words import groups_words, known_limit_words, session_words
from inspector.core.promise.tail_model import review_line
from inspector.core.promise.threshold import goods_lacking, threshold_from_good_scores
from inspector.core.training.held_out_words import held_out_words
from inspector.core.training.plan import Recipe
from inspector.core.values import ImageRGB
from inspector.storage.bundles.bundle import BackboneRecord, GoodSetRecord, Manifest, check_bundle_target, save_bundle
from inspector.storage.bundles.good_pictures import picture_arrays, remembered_photos
from inspector.storage.folders import weights_folder
from inspector.storage.good_photos.good_set import FEWEST_GOODS, GoodSet, read_good_set
from inspector.storage.good_photos.left_out import exclusions
from inspector.storage.photos.skipped_files import SkippedFile, skipped_json
from inspector.workflows.computer.machine import library_versions, peak_memory_mb
from inspector.workflows.judging.promises import ng_or_refused_json, promise_json
from inspector.workflows.training.grouping import group_search, groups_found, groups_json, threshold_for
from inspector.workflows.training.guarding import guards_json, guards_of
from inspector.workflows.training.strays import limit_json, manifest_words, stray_records

if TYPE_CHECKING:
    from inspector.core.promise.groups import GroupSearch
    from inspector.engine.detector import Detector, Fitted


@dataclass(frozen=True, slots=True)
class TrainingOutcome:
    """The outcome and the cost of training.

    Parameters
    ----------
    bundle : Path
        The file.
    sha256 : str
        Of the file.
    manifest : Manifest
        The manifest with recipe, threshold and promise.
    device : str
        "cpu" or "cuda".
    seconds : dict of str to float
        Wall time: total, features, fit, coreset, calibrate, guards.
    peak_rss_mb : float
        Highest resident memory of this process so far.
    facts : dict of str to float
        The method's notes on its training; see `Fitted`.
    goods : tuple of SuspectGood
        The good photos that count, the most suspicious first.
    near_duplicates : tuple of (Path, Path)
        The good photos that do not count, each with the photo that counts for it.
    sessions : Sessions
        How the photos that count were grouped.
    found_depth : FoundDepth
        The bit depth of the good photos, and its origin.
    skipped : tuple of SkippedFile
        The files that were skipped in the folder of good photos.
    counted : tuple of Path
        The photos that count, in the order of `sessions`.
    strays : tuple of Path
        The photos of the manifest's `strays`, in their order.
    """

    bundle: Path
    sha256: str
    manifest: Manifest
    device: str
    seconds: dict[str, float]
    peak_rss_mb: float
    facts: dict[str, float]
    goods: tuple[SuspectGood, ...]
    near_duplicates: tuple[tuple[Path, Path], ...]
    sessions: Sessions
    found_depth: FoundDepth
    skipped: tuple[SkippedFile, ...] = ()
    counted: tuple[Path, ...] = ()
    strays: tuple[Path, ...] = ()


def train(
    good_folder: Path,
    bundle: Path,
    recipe: Recipe,
    *,
    device: str = "auto",
    leave_out: Collection[Path] = (),
    sessions: SessionChoice = ANY_SESSIONS,
    keep_pictures: bool = True,
    depth_bits: Bits | None = None,
    report: OnProgress = ignore_progress,
    token: CancelToken | None = None,
) -> TrainingOutcome:
    """Train a detector on a folder of good photos and write it to one file.

    Parameters
    ----------
    good_folder : Path
        Folder of good photos (or one image, which is then too few).
    bundle : Path
        Where to write. Untouched unless training succeeds.
    recipe : Recipe
        The recipe.
    device : {"auto", "cpu", "cuda"}
        Where to compute.
    leave_out : collection of Path
        Photos of the folder that the user chose not to train on.
    sessions : SessionChoice
        How to find photos that were taken together, which are then held out together as well; see `find_sessions`.
    keep_pictures : bool
        Whether the bundle stores small pictures of the good photos with patches in the memory bank, to show them beside
        a flagged part. Whoever gets the bundle can see them.
    depth_bits : Bits or None
        Bits a value in files of 16 bits; None finds it from the good photos, see `find_depth`.
    report, token
        Progress, and the cancel token.

    Returns
    -------
    TrainingOutcome

    Raises
    ------
    DatasetError, DetectorError, WeightsError, BundleError
        The user's to solve; nothing was written.
    Cancelled
        If `token` was cancelled; nothing was written.
    """
    token = token or CancelToken()
    started = time.perf_counter()
    check_bundle_target(bundle)
    good_set = read_good_set(good_folder, leave_out=leave_out, depth_bits=depth_bits, report=report, token=token)
    outcome = train_on(
        good_set, bundle, recipe, device=device, sessions=sessions, keep_pictures=keep_pictures,
        report=report, token=token, started=started,
    )  # fmt: skip
    return replace(outcome, skipped=good_set.skipped)


def train_on(
    good_set: GoodSet,
    bundle: Path,
    recipe: Recipe,
    *,
    device: str = "auto",
    sessions: SessionChoice = ANY_SESSIONS,
    keep_pictures: bool = True,
    report: OnProgress = ignore_progress,
    token: CancelToken | None = None,
    started: float | None = None,
) -> TrainingOutcome:
    """Train on a good set that was read already; see `train`.

    Of near-duplicates only the first is trained on and counted; see `inspector.core.good_photos.suspects.count_once`.
    It counts in its own session, so a copy in another session does not lower its score.
    """
    token = token or CancelToken()
    started = time.perf_counter() if started is None else started
    check_bundle_target(bundle)
    learned = learn(good_set, recipe, device=device, sessions=sessions, report=report, token=token)
    counted, fitted, manifest = learned.counted, learned.fitted, learned.manifest
    arrays = learned.arrays()
    paths = [good_set.paths[position] for position in counted.distinct]
    pictured = good_set.at(counted.distinct if keep_pictures else [])
    sha256 = save_bundle(bundle, manifest, arrays | _pictures(pictured, arrays, manifest, report, token))
    return TrainingOutcome(
        bundle=bundle,
        sha256=sha256,
        manifest=manifest,
        device=learned.detector.device,
        seconds={"total": time.perf_counter() - started} | fitted.seconds | {"guards": learned.guard_seconds},
        peak_rss_mb=peak_memory_mb(),
        facts=fitted.facts,
        goods=rank_goods(paths, fitted.good_maps, manifest.threshold.value, good_set.photo_hw),
        near_duplicates=tuple((good_set.paths[one], good_set.paths[kept]) for one, kept in counted.near_duplicates),
        sessions=learned.sessions,
        counted=tuple(good_set.paths[position] for position in counted.distinct),
        found_depth=good_set.found_depth,
        strays=tuple(paths[one.position] for one in manifest.strays),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Learned:
    """The data learned from a good set, before it is written to a file.

    Parameters
    ----------
    detector : Detector
        Trained.
    guards : Guards or None
        Decide which photos must not be judged; None where the good photos are too few.
    manifest : Manifest
        Holds recipe, limits and promise.
    counted : Counted
        Which photos count.
    fitted : Fitted
        Of the detector: scores and maps of the photos that count.
    sessions : Sessions
        How the photos that count were grouped.
    guard_seconds : float
        Wall time for the guards.
    """

    detector: Detector
    guards: Guards | None
    manifest: Manifest
    counted: Counted
    fitted: Fitted
    sessions: Sessions
    guard_seconds: float

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays that the file keeps, without pictures."""
        return self.detector.arrays() | (self.guards.arrays() if self.guards is not None else {})


def learn(
    good_set: GoodSet,
    recipe: Recipe,
    *,
    device: str = "auto",
    sessions: SessionChoice = ANY_SESSIONS,
    report: OnProgress = ignore_progress,
    token: CancelToken | None = None,
) -> Learned:
    """Do all of training but the file: detector, limits and guards; see `train_on`, whose errors it has."""
    token = token or CancelToken()
    detector = _untrained(recipe, good_set, device)
    counted = _counted(good_set, report, token)
    search = group_search(good_set, counted.distinct, sessions)
    fitted = detector.fit(good_set.at(counted.distinct), report, token, search)
    paths = [good_set.paths[position] for position in counted.distinct]
    manifest = _manifest(detector, good_set, fitted, search, paths)
    before_guards = time.perf_counter()
    held_out = search.sessions if manifest.known_threshold is not None else NO_SESSIONS
    guards = guards_of(good_set, counted.distinct, fitted.good_embeddings, recipe.refusal_rate, report, token, held_out)
    manifest = manifest.model_copy(update={"guards": guards and guards.allowed})
    return Learned(detector, guards, manifest, counted, fitted, search.sessions, time.perf_counter() - before_guards)


def _untrained(recipe: Recipe, good_set: GoodSet, device: str) -> Detector:
    from inspector.engine.methods.table import make_detector  # imports torch: seconds
    from inspector.engine.threads import use_all_cores

    use_all_cores()
    return make_detector(recipe, good_set.photo_hw, weights_folder(), device)


def _pictures(
    photos: Sequence[ImageRGB], arrays: Mapping[str, Any], manifest: Manifest, report: OnProgress, token: CancelToken
) -> dict[str, Any]:
    """Return small pictures of those of the photos that are remembered; the last step that can be stopped."""
    numbers = remembered_photos(arrays) if len(photos) else []
    seen_hw = manifest.recipe.working_hw(manifest.goods.photo_hw)
    pictures = picture_arrays(photos, numbers, seen_hw, report=report, token=token)
    token.check()
    return pictures


def _counted(good_set: GoodSet, report: OnProgress, token: CancelToken) -> Counted:
    counted = count_once(good_set.fingerprints, report, token)
    if len(counted.distinct) < FEWEST_GOODS:
        raise GoodSetUnusable(good_set.folder, _ALL_COPIES)
    return counted


_ALL_COPIES = (
    "the good photos are copies of each other, so they do not show how good parts vary; add photos of different parts"
)


def _manifest(
    detector: Detector, good_set: GoodSet, fitted: Fitted, search: GroupSearch, paths: Sequence[Path]
) -> Manifest:
    good_scores, rate = [score_map.score for score_map in fitted.good_maps], detector.recipe.false_alarm_rate
    excluded = exclusions(good_set.folder, good_set.left_out)
    taken_out = sum(one.counts for one in excluded)
    threshold = threshold_from_good_scores(good_scores, rate, taken_out=taken_out)
    if threshold.value <= 0.0:
        raise GoodSetUnusable(good_set.folder, _ALL_COPIES)
    held_out = held_out_sessions(search.sessions, fitted.session_scores)
    limit = threshold_for(held_out, threshold, search, rate, taken_out)
    by_group = bool(limit.false_alarm.groups)
    limit_of = partial(_limit_of, good_scores, fitted.session_scores if by_group else (), search, rate, taken_out)
    return Manifest(
        recipe=detector.recipe,
        backbone=_backbone(detector),
        goods=GoodSetRecord(
            folder=good_set.folder.name, count=len(good_set), photo_hw=good_set.photo_hw, sha256=good_set.sha256
        ),
        threshold=limit,
        good_scores=good_scores,
        bank_rows=fitted.bank_rows,
        versions=library_versions(),
        sessions=held_out,
        groups=groups_found(held_out, search, good_scores),
        known_threshold=threshold if by_group else None,
        coverage=fitted.coverage,
        left_out=good_set.left_out,
        exclusions=excluded,
        strays=stray_records(good_set.folder, paths, fitted, limit_of),
        unsure_threshold=review_line(good_scores, rate, threshold.value, limit.value),
        depth_bits=good_set.depth.bits,
        depth_floor=good_set.depth.floor,
        depth_by=good_set.depth.by,
    )


def _backbone(detector: Detector) -> BackboneRecord:
    backbone = detector.backbone
    return BackboneRecord(name=backbone.name, sha256=backbone.weights_sha256, license=backbone.license)


def _limit_of(
    scores: Sequence[float],
    session_scores: Sequence[float],
    search: GroupSearch,
    rate: float,
    taken_out: int,
    positions: Sequence[int],
) -> float:
    """Return the limit that a subset of the photos would set: for a new group if there are session scores."""
    known = threshold_from_good_scores([scores[one] for one in positions], rate, taken_out=taken_out)
    held_out = (
        held_out_sessions(search.sessions.at(positions), [session_scores[one] for one in positions])
        if session_scores
        else None
    )
    return threshold_for(held_out, known, search, rate, taken_out).value


def near_duplicate_words(manifest: Manifest) -> str:
    """Return how many good photos were counted, as a sentence; empty where each was."""
    goods, copies = manifest.goods.count, manifest.near_duplicates
    if not copies:
        return ""
    said = "photo is a near-duplicate of another" if copies == 1 else "photos are near-duplicates of others"
    return f"{copies} of {goods} good {said}; counted as {goods - copies}."


def _session_words(manifest: Manifest) -> str:
    rate, known = manifest.recipe.false_alarm_rate, manifest.known_threshold
    return session_words(manifest.sessions, manifest.threshold.value, rate, bound=known is None)


def more_words(manifest: Manifest) -> list[str]:
    """Return, as sentences, what there is to say beside the promise.

    Near-duplicates, sessions, whether the photos are enough, and possible bias of the scores.
    """
    said = (
        *manifest_words(manifest),
        near_duplicate_words(manifest),
        groups_words(manifest.groups),
        _session_words(manifest),
        known_limit_words(manifest.known_threshold, manifest.threshold.value),
        coverage_words(manifest.coverage),
        held_out_words(manifest.recipe),
    )
    return [words for words in said if words]


def as_json(outcome: TrainingOutcome) -> dict[str, Any]:
    """Return the outcome under the keys of the command line contract."""
    manifest = outcome.manifest
    promise = manifest.threshold.false_alarm
    return {
        "images": manifest.goods.count,
        "method": manifest.recipe.method,
        "backbone": manifest.backbone.name,
        "size": manifest.recipe.size,
        "depth_bits": manifest.depth_bits,
        "depth_by": str(manifest.depth_by),
        "device": outcome.device,
        "seconds": outcome.seconds,
        "peak_rss_mb": outcome.peak_rss_mb,
        "bank_rows": manifest.bank_rows,
        "facts": outcome.facts,
        "threshold": manifest.threshold.value,
        **limit_json(outcome.strays, manifest),
        "false_alarm": promise_json(promise),
        "ng_or_refused": ng_or_refused_json(manifest, promise),
        "goods_lacking": goods_lacking(promise.goods, manifest.recipe.false_alarm_rate),
        "guards": guards_json(manifest.guards),
        "bundle": str(outcome.bundle),
        "sha256": outcome.sha256,
        "goods": [
            {
                "path": str(good.path),
                "score": good.score,
                "relative_score": good.relative_score,
                "peak": list(good.peak_xy),
            }
            for good in outcome.goods
        ],
        "left_out": list(manifest.left_out),
        "near_duplicates": [{"path": str(path), "of": str(kept)} for path, kept in outcome.near_duplicates],
        "sessions": _sessions_json(manifest),
        "groups": groups_json(manifest.groups),
        "known_threshold": None if manifest.known_threshold is None else manifest.known_threshold.value,
        "skipped": skipped_json(outcome.skipped),
        "coverage": _coverage_json(manifest),
    }


def _coverage_json(manifest: Manifest) -> dict[str, Any] | None:
    coverage = coverage_of(manifest.coverage)
    if coverage is None:
        return None
    points = [asdict(point) for point in coverage.points]
    return {"points": points, "drop": coverage.drop, "enough": coverage.enough, "more": coverage.more}


def _sessions_json(manifest: Manifest) -> dict[str, Any] | None:
    promise = promise_by_session(manifest.sessions, manifest.threshold.value)
    if manifest.sessions is None or promise is None:
        return None
    fields = asdict(promise)
    found = fields.pop("shares")
    counts = {"sessions": promise.sessions, "next_is_worse": promise.next_is_worse}
    return {"by": str(manifest.sessions.by), "found": list(found), "false_alarm": fields | counts}
