"""A bundle and photos in, verdicts out."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from inspector.core.ahead import Ahead
from inspector.core.errors import DetectorError, ImageError, NotFinite, ResultsError
from inspector.core.guards.readings import PLACES, located_share, refusal, refusal_beside, size_refusal, worst_outside
from inspector.core.photo.measures import measure_photo
from inspector.core.progress import CancelToken, OnProgress, Progress, ignore_progress
from inspector.core.values import (
    GREATEST_LIMIT,
    LEAST_LIMIT,
    NO_SCORE,
    GuardReading,
    ImageRGB,
    Inspection,
    ScoreMap,
    Verdict,
)
from inspector.storage.atomic import check_writable, write_problem
from inspector.storage.photos.images import image_size, read_image
from inspector.storage.photos.photo_list import RESULTS_NAME, find_images
from inspector.storage.photos.skipped_files import SkippedFile
from inspector.storage.results.inspection_run import InspectionRun, save_results
from inspector.workflows.judging.loaded_bundle import LoadedBundle, open_bundle

if TYPE_CHECKING:
    from inspector.engine.detector import Examined

MOST_AT_ONCE = 4
"""Most photos of a folder that are judged at once: each holds its photo and its features in memory."""
AHEAD = 2
"""Photos begun or waiting per judged photo, so that a slow photo does not stop the others."""

log = logging.getLogger(__name__)

OnInspection = Callable[[int, Inspection], None]
"""Receives each result with its position in the list of photos. Called in the worker's thread."""

OnSkipped = Callable[[Sequence[SkippedFile]], None]
"""Receives, once, all files and folders that are passed over among the photos; see `skipped_files.skipped_words`."""

OnLeftOut = Callable[[Path], None]
"""Receives each folder below the photos' that is not inspected, since it holds heatmaps of an inspection."""


def inspect_photos(
    loaded: LoadedBundle,
    photos: Sequence[Path],
    *,
    threshold: float | None = None,
    on_inspection: OnInspection = lambda _index, _inspection: None,
    report: OnProgress = ignore_progress,
    token: CancelToken | None = None,
) -> InspectionRun:
    """Judge photos, several at once, and hand on their results in order.

    The steps for each photo run in one thread and are those of a single photo, so the score is the same.
    `Inspection.ms` is the time of these steps, with other photos judged at the same time. At most `MOST_AT_ONCE` photos
    are in memory. ``AHEAD * MOST_AT_ONCE`` results wait for a slow photo.

    Parameters
    ----------
    loaded : LoadedBundle
        From `open_bundle`.
    photos : sequence of Path
        The photos, in the order of the results. A photo that cannot be opened is a result that carries its error.
    threshold : float or None
        Raw score; None takes the limits of the bundle.
    on_inspection, report, token
        Receivers of results and progress, and the cancel token.

    Returns
    -------
    InspectionRun

    Raises
    ------
    Cancelled
        If `token` was cancelled.
    """
    token = token or CancelToken()
    started_at = datetime.now().astimezone()
    own = loaded.stored.manifest.limits
    inspections = []
    token.check()
    with _judged_ahead(loaded, photos, threshold) as judged:
        for index, inspection in enumerate(judged):
            token.check()
            inspections.append(inspection)
            on_inspection(index, inspection)
            report(Progress("inspecting photos", index + 1, len(photos)))
    return InspectionRun(
        bundle_path=loaded.stored.path,
        bundle_sha256=loaded.stored.sha256,
        manifest=loaded.stored.manifest,
        limits=own if threshold is None else own.with_threshold(threshold),
        inspections=tuple(inspections),
        inspected_at=started_at,
    )


@contextmanager
def _judged_ahead(loaded: LoadedBundle, photos: Sequence[Path], limit: float | None) -> Iterator[Iterator[Inspection]]:
    """Give the inspections in order; photos ahead of them are judged meanwhile, as long as the block lasts."""
    from inspector.engine.threads import photos_at_once, share_cores, use_all_cores  # imports torch

    at_once = min(photos_at_once(MOST_AT_ONCE), len(photos))
    judge = partial(inspect_photo, loaded, limit=limit)
    if at_once < 2:
        yield map(judge, photos)
        return
    try:
        with Ahead(at_once, "photos", partial(share_cores, at_once)) as ahead:
            yield ahead.done(judge, photos, AHEAD * at_once)
    finally:
        use_all_cores()  # what one thread sets, part of torch's libraries keep for all


def inspect_folder(
    photos: Path,
    bundle: Path,
    out: Path,
    *,
    threshold: float | None = None,
    heatmaps: bool = False,
    guards: bool = True,
    device: str = "auto",
    on_left_out: OnLeftOut = lambda _folder: None,
    on_skipped: OnSkipped = lambda _skipped: None,
    report: OnProgress = ignore_progress,
    token: CancelToken | None = None,
) -> InspectionRun:
    """Judge a folder of photos (or one photo) and save the results; see `inspect_photos` and `save_results`.

    Without `guards`, every photo of the good photos' size is judged. `out` may lie in the folder of photos: heatmaps
    of this and other inspections are not judged.

    Raises
    ------
    DatasetError, BundleError, WeightsError, DetectorError, ResultsError
        With the action.
    Cancelled
        If `token` was cancelled; results of an earlier run are then untouched.
    """
    if threshold is not None:
        check_threshold(threshold)
    found = find_images(photos, results_folder=out)
    for folder in found.left_out:
        on_left_out(folder)
    on_skipped(found.skipped)
    _check_results_folder(out)
    loaded = open_bundle(bundle, device=device)
    if not guards:
        loaded = replace(loaded, guards=None)
    run = inspect_photos(loaded, found.photos, threshold=threshold, report=report, token=token)
    save_results(run, out, heatmaps=heatmaps, report=report, token=token)
    return run


def check_threshold(threshold: float) -> None:
    """Make sure that a number can be a threshold.

    Raises
    ------
    DetectorError
        It cannot.
    """
    if not LEAST_LIMIT <= threshold <= GREATEST_LIMIT:
        raise DetectorError(
            "threshold", f"{threshold} is no raw score", action="give a number above 0, or leave it out"
        )


def _check_results_folder(out: Path) -> None:
    """Make sure that results could be written, before photos are judged for nothing; no folder is made yet."""
    existing = next(folder for folder in (out, *out.parents) if folder.exists())
    try:
        check_writable(existing / RESULTS_NAME)
    except OSError as error:
        raise ResultsError(out, write_problem(error)) from error


def as_json(run: InspectionRun, out: Path) -> dict[str, Any]:
    """Return a run under the keys of the command line contract."""
    counts = run.counts()
    ms = [inspection.ms for inspection in run.inspections]
    return {
        "images": len(run.inspections),
        "ok": counts[Verdict.OK],
        "unsure": counts[Verdict.UNSURE],
        "ng": counts[Verdict.NG],
        "refused": counts[Verdict.REFUSED],
        "refused_and_ng": len(run.refused_and_ng()),
        "unreadable": counts[Verdict.UNREADABLE],
        "refused_for": refusal_counts(run),
        "threshold": run.threshold,
        "unsure_threshold": run.limits.unsure_threshold,
        "ms_per_image": {"p50": float(np.percentile(ms, 50)), "p95": float(np.percentile(ms, 95))},
        "results": str(out / RESULTS_NAME),
    }


def as_text(summary: dict[str, Any], out: Path) -> Iterator[str]:
    """Yield what `as_json` says of a run as lines, for people."""
    photos = "1 photo" if summary["images"] == 1 else f"{summary['images']} photos"
    unsure = f"{summary['unsure']} unsure, " if summary["unsure_threshold"] is not None else ""
    first = summary["refused_and_ng"]
    yield (
        f"{photos}: {f'{first} refused and would be NG, ' if first else ''}{summary['ok']} OK, {unsure}"
        f"{summary['ng']} NG, {summary['refused'] - first} {'others ' if first else ''}refused, "
        f"{summary['unreadable']} unreadable; results in {out}"
    )
    if summary["refused_for"]:
        yield "Refused for: " + ", ".join(f"{name} ({count})" for name, count in summary["refused_for"].items())


def refusal_counts(run: InspectionRun) -> dict[str, int]:
    """Return how many photos were refused for which reading, the most frequent first.

    "shape" counts those of another size, "score" those whose scores are not finite numbers.
    """
    return dict(Counter(_refused_for(one) for one in run.with_verdict(Verdict.REFUSED)).most_common())


def _refused_for(inspection: Inspection) -> str:
    reading = worst_outside(inspection.readings)
    if reading is not None:
        return reading.name
    return "score" if inspection.refusal == NO_SCORE else "shape"


def inspect_photo(loaded: LoadedBundle, path: Path, limit: float | None = None) -> Inspection:
    """Judge a photo; the result states a problem of the file. `limit` as in `inspect_image`."""
    started = time.perf_counter()
    try:
        photo_hw = image_size(path)  # from the header: a photo that cannot be compared is not decoded
        refused = size_refusal(photo_hw, loaded.stored.manifest.goods.photo_hw)
        if refused is not None:
            return Inspection(path, photo_hw, refusal=refused, ms=_ms_since(started))
        image_rgb = read_image(path, loaded.depth)
    except ImageError as error:
        return Inspection(path, error=error.sentence, ms=_ms_since(started))
    return replace(inspect_image(loaded, image_rgb, path, limit=limit), ms=_ms_since(started))


def inspect_image(
    loaded: LoadedBundle,
    image_rgb: ImageRGB,
    path: Path,
    beside: Executor | None = None,
    *,
    limit: float | None = None,
) -> Inspection:
    """Judge one decoded photo, or refuse to.

    Parameters
    ----------
    loaded : LoadedBundle
        From `open_bundle`.
    image_rgb : ndarray of uint8, shape (H, W, 3)
    path : Path
        Name of the photo in the result.
    beside : Executor or None
        Measures the photo for the guards while this thread scores it. With a second idle core this takes a fifth less
        time. None does one after the other.
    limit : float or None
        Raw score over which a defect is located, where guards would refuse; None takes the model's own.

    Returns
    -------
    Inspection
        A refused photo of the good photos' size has its score too, if that is finite.
    """
    started = time.perf_counter()
    photo_hw = (image_rgb.shape[0], image_rgb.shape[1])
    refused = size_refusal(photo_hw, loaded.stored.manifest.goods.photo_hw)
    if refused is not None:
        return Inspection(path, photo_hw, refusal=refused, ms=_ms_since(started))
    readings, examined = _look(loaded, image_rgb, beside)
    if examined is None:
        refused = refusal(readings) or NO_SCORE
        return Inspection(path, photo_hw, refusal=refused, readings=readings, ms=_ms_since(started))
    score_map = examined.score_map
    judge = partial(_refusal, loaded, image_rgb, score_map, limit or loaded.stored.manifest.limits.threshold)
    refused = judge(readings)
    if loaded.guards is not None and refused is None:
        readings = (*readings, loaded.guards.check_embedding(examined.embedding))
        refused = judge(readings)
    return Inspection(path, photo_hw, score_map.score, score_map, refused, readings=readings, ms=_ms_since(started))


def _look(
    loaded: LoadedBundle, image_rgb: ImageRGB, beside: Executor | None
) -> tuple[tuple[GuardReading, ...], Examined | None]:
    """Return the guards' readings and the detector's result; None if no score is finite."""
    measuring = None if beside is None else beside.submit(_guard_readings, loaded, image_rgb)
    examined = _examined(loaded, image_rgb)
    return _guard_readings(loaded, image_rgb) if measuring is None else measuring.result(), examined


def _refusal(
    loaded: LoadedBundle, image_rgb: ImageRGB, score_map: ScoreMap, limit: float, readings: tuple[GuardReading, ...]
) -> str | None:
    """Return why a scored photo must not be judged, or None."""
    if loaded.guards is None or refusal(readings) is None:
        return None  # as for nearly all photos; only for others it matters where they are over the limit
    located = located_share(score_map, limit)
    displaced = True
    if located > 0.0 and any(one.outside and one.name in PLACES for one in readings):
        place = measure_photo(image_rgb, loaded.stored.manifest.goods.photo_hw).fingerprint
        displaced = loaded.guards.displaced(place, readings, score_map, limit)
    return refusal_beside(readings, located, displaced)


def _examined(loaded: LoadedBundle, image_rgb: ImageRGB) -> Examined | None:
    try:
        (examined,) = loaded.detector.examine([image_rgb])
    except NotFinite:
        return None
    return examined


def _guard_readings(loaded: LoadedBundle, image_rgb: ImageRGB) -> tuple[GuardReading, ...]:
    """Return the readings of the guards before the photo is scored."""
    if loaded.guards is None:
        return ()
    return loaded.guards.check(measure_photo(image_rgb, loaded.stored.manifest.goods.photo_hw))


def _ms_since(started: float) -> float:
    return (time.perf_counter() - started) * 1000.0
