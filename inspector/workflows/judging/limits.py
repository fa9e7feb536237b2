"""The limits that a bundle judges with: changed, compared with known defects, and kept, without training again."""

from __future__ import annotations

import logging
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from inspector.core.errors import DatasetError, DetectorError
from inspector.core.progress import CancelToken, OnProgress, Progress, ignore_progress
from inspector.core.promise.detection import Detection, detection_words
from inspector.core.promise.operating_point import Costs, cheapest_threshold, expected_cost, roc
from inspector.core.promise.threshold import Promise
from inspector.core.review.feedback import promise_after_words
from inspector.core.values import LEAST_LIMIT, Limits
from inspector.storage.bundles.bundle import DefectRecord, LimitsChange, Manifest, StoredBundle, save_bundle
from inspector.storage.bundles.versions import keep_version
from inspector.storage.photos.photo_list import list_images
from inspector.workflows.computer.machine import user_name
from inspector.workflows.judging.inspect import check_threshold, inspect_photo
from inspector.workflows.judging.loaded_bundle import LoadedBundle, open_bundle
from inspector.workflows.judging.promises import ng_or_refused_json, promise_json

log = logging.getLogger(__name__)


def check_limits(threshold: float, unsure_threshold: float | None = None) -> Limits:
    """Return limits made of numbers that a person gave.

    Raises
    ------
    DetectorError
        If they make no sense; says why.
    """
    check_threshold(threshold)
    if unsure_threshold is not None and not LEAST_LIMIT <= unsure_threshold <= threshold:
        raise DetectorError(
            "unsure threshold",
            f"{unsure_threshold:.6g} is not between 0 and the threshold, {threshold:.6g}",
            action="give a lower one",
        )
    return Limits(threshold, unsure_threshold)


def keep_limits(stored: StoredBundle, limits: Limits, *, changed_by: str | None = None, note: str = "") -> StoredBundle:
    """Write other limits into a bundle's file, with person, time, former value and reason.

    The limits of training stay in the manifest, and the former file stays among the bundle's versions. Limits that the
    bundle has already change nothing.

    Parameters
    ----------
    stored : StoredBundle
        As it was opened.
    limits : Limits
        The limits from now on.
    changed_by : str or None
        Who; None takes the name that the system knows this user by.
    note : str
        Why.

    Returns
    -------
    StoredBundle
        As it is now. The file has a new SHA-256; its arrays have not.

    Raises
    ------
    BundleError
        The file was changed since it was opened, or cannot be written; it is untouched.
    DetectorError
        No bundle with such limits could be opened again.
    """
    check_limits(limits.threshold, limits.unsure_threshold)
    before = stored.manifest.limits
    if limits == before:
        return stored
    change = LimitsChange(
        changed_at=datetime.now().astimezone(),
        changed_by=user_name() if changed_by is None else changed_by,
        before=before,
        after=limits,
        note=note,
    )
    moved = rewritten(stored, stored.manifest.model_copy(update={"changes": [*stored.manifest.changes, change]}))
    log.info(
        "%s: limits moved from %s to %s by %s", stored.path, _said(before), _said(limits), change.changed_by or "nobody"
    )
    return moved


def _said(limits: Limits) -> str:
    unsure = "" if limits.unsure_threshold is None else f" (unsure from {limits.unsure_threshold:.6g})"
    return f"{limits.threshold:.6g}{unsure}"


def keep_defects(stored: StoredBundle, defects: DefectRecord | None) -> StoredBundle:
    """Write the scores of known defects into a bundle's file, or remove them; see `keep_limits`."""
    return rewritten(stored, stored.manifest.model_copy(update={"defects": defects}))


def score_defects(
    loaded: LoadedBundle, folder: Path, *, report: OnProgress = ignore_progress, token: CancelToken | None = None
) -> DefectRecord:
    """Score photos of known defective parts.

    Parameters
    ----------
    loaded : LoadedBundle
        From `inspector.workflows.judging.loaded_bundle.open_bundle`.
    folder : Path
        Of photos of defective parts only, with its subfolders; or one photo.
    report, token
        Progress, and the wish to stop.

    Raises
    ------
    NoImages, DatasetError
        There is no photo, or none of them could be judged.
    Cancelled
        If `token` was cancelled.
    """
    token = token or CancelToken()
    photos = list_images(folder)
    scores: list[float] = []
    refused_scores: list[float] = []
    why = ""
    for done, path in enumerate(photos, start=1):
        token.check()
        found = inspect_photo(loaded, path)
        if found.score is not None and found.judged:
            scores.append(found.score)
        elif found.score is not None:
            refused_scores.append(found.score)
        why = why or found.error or found.refusal or ""
        report(Progress("scoring known defects", done, len(photos)))
    if not scores:
        raise DatasetError(folder, f"no photo of a defect could be judged (the first: {why})")
    return DefectRecord(
        folder=folder.resolve().name,
        scores=scores,
        not_judged=len(photos) - len(scores),
        refused_scores=refused_scores,
    )


def compare_with_defects(
    bundle: Path,
    folder: Path,
    *,
    device: str = "auto",
    report: OnProgress = ignore_progress,
    token: CancelToken | None = None,
) -> StoredBundle:
    """Score photos of known defective parts with a bundle and keep the scores in its file; see `score_defects`."""
    loaded = open_bundle(bundle, device=device)
    return keep_defects(loaded.stored, score_defects(loaded, folder, report=report, token=token))


def as_json(stored: StoredBundle, costs: Costs | None = None) -> dict[str, Any]:
    """Return the promise of a bundle's limits and their effect on known defects, as `inspector threshold` prints them.

    Parameters
    ----------
    stored : StoredBundle
    costs : Costs or None
        Suggests the cheapest threshold.

    Raises
    ------
    DetectorError
        If a suggestion is asked for and the bundle holds no scores of known defects.
    """
    check_suggestion(stored, costs)
    manifest = stored.manifest
    limits = manifest.limits
    promise = manifest.promise_at(limits.threshold)
    return {
        "bundle": str(stored.path),
        "sha256": stored.sha256,
        "threshold": limits.threshold,
        "unsure_threshold": limits.unsure_threshold,
        "trained_threshold": manifest.threshold.value,
        "known_threshold": None if manifest.known_threshold is None else manifest.known_threshold.value,
        "false_alarm_rate": manifest.recipe.false_alarm_rate,
        "false_alarm": promise_json(promise),
        "ng_or_refused": ng_or_refused_json(manifest, promise),
        "fed_back": manifest.parts_fed_back,
        "unsure_share": manifest.unsure_share(limits),
        "unsure_share_known": manifest.unsure_share_known(limits),
        "changes": [change.model_dump(mode="json") for change in manifest.changes],
        "defects": _defects(manifest, limits),
        "suggestion": None if costs is None else _suggestion(manifest, costs),
    }


def check_suggestion(stored: StoredBundle, costs: Costs | None) -> None:
    """Make sure that a suggestion can be made, if costs are given.

    Raises
    ------
    DetectorError
        The bundle holds no scores of known defects.
    """
    if costs is not None and stored.manifest.defects is None:
        raise DetectorError(
            str(stored.path), "a suggestion needs scores of known defects", action="give --defects FOLDER"
        )


def _unsure_words(found: dict[str, Any]) -> str:
    line, share, known = (found[key] for key in ("unsure_threshold", "unsure_share", "unsure_share_known"))
    said = f"UNSURE over {line:.6g}: expect"
    if known is None:
        return f"{said} {100 * share:.2g} good parts in 100."
    if share is None:
        few = "The groups are too few to state a rate for a new group."
        return f"{said} {100 * known:.2g} good parts of known groups in 100. {few}"
    return f"{said} {100 * share:.2g} good parts of a new group in 100, and {100 * known:.2g} of known groups."


def in_words(found: dict[str, Any]) -> str:
    """Return the answer of `as_json` as sentences for a terminal."""
    relative = found["threshold"] / found["trained_threshold"]
    fields = {name: value for name, value in found["false_alarm"].items() if name not in ("under", "for")}
    promise = promise_after_words(Promise(**fields), found["false_alarm_rate"], found["fed_back"])
    words = [f"Threshold {found['threshold']:.6g}, {relative:.2f} x the trained one. {promise}"]
    if found["unsure_threshold"] is not None:
        words.append(_unsure_words(found))
    if found["changes"]:
        last = found["changes"][-1]
        times = "once" if len(found["changes"]) == 1 else f"{len(found['changes'])} times"
        words.append(f"Changed {times}, last by {last['changed_by']} on {last['changed_at'][:10]}.")
    if found["defects"] is not None:
        escapes = found["defects"]["escapes"]
        words.append(
            f"{escapes['count']} of {escapes['defects']} known defects would escape ({escapes['share']:.1%}; "
            f"the interval is {escapes['low']:.1%} to {escapes['high']:.1%})."
        )
        words.append(detection_words(Detection(**found["defects"]["detection"])))
    if found["suggestion"] is not None:
        best = found["suggestion"]
        words.append(
            f"Cheapest is a threshold of {best['threshold']:.6g}: {best['cost_per_1000']:.4g} per 1,000 parts, "
            f"compared with {best['cost_per_1000_now']:.4g} now."
        )
    return "\n".join(words)


_DETECTION = ("at_limit", "at_limit_or_unsure", "attainable", "at_known_limit")


def _defects(manifest: Manifest, limits: Limits) -> dict[str, Any] | None:
    defects, escapes, found = manifest.defects, manifest.escapes_at(limits), manifest.detection_at(limits)
    if defects is None or escapes is None or found is None:
        return None
    curve = roc(manifest.good_scores, defects.scores)
    return {
        "folder": defects.folder,
        "scored": len(defects.scores),
        "not_judged": defects.not_judged,
        "escapes": asdict(escapes),
        "detection": {key: getattr(found, key) for key in _DETECTION},
        "roc": {
            "thresholds": curve.thresholds.tolist(),
            "false_alarm_rate": curve.false_alarm_rate.tolist(),
            "detection_rate": curve.detection_rate.tolist(),
        },
    }


def _suggestion(manifest: Manifest, costs: Costs) -> dict[str, Any]:
    assert manifest.defects is not None
    goods, defects = manifest.good_scores, manifest.defects.scores
    cheapest = cheapest_threshold(goods, defects, costs)
    return asdict(cheapest) | {
        "cost_per_1000_now": expected_cost(goods, defects, manifest.limits.threshold, costs),
        "costs": asdict(costs),
    }


def rewritten(stored: StoredBundle, manifest: Manifest) -> StoredBundle:
    """Write another manifest into a bundle's file, keep the former file among its versions, and return the new bundle.

    Raises
    ------
    BundleError
        The file was changed since it was opened, or cannot be written; it is untouched.
    """
    keep_version(stored)  # a history names what judged by its SHA-256, so that file must still be found
    return replace(stored, manifest=manifest, sha256=save_bundle(stored.path, manifest, stored.arrays))
