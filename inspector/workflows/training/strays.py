"""Good photos that stand apart: found while a model is trained, answered by people, kept in model and good set."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inspector.core.errors import DatasetError
from inspector.core.promise.stray_words import band_words, stray_words
from inspector.core.promise.strays import Answer, find_strays
from inspector.storage.bundles.bundle import Manifest, StoredBundle
from inspector.storage.good_photos.good_set import file_sha256
from inspector.storage.good_photos.good_set_answers import StrayRecord
from inspector.storage.good_photos.left_out import answers_to, find_left_out, keep_answers, keep_left_out
from inspector.storage.photos.photo_list import list_images
from inspector.storage.reports.content.statements import left_out_words
from inspector.workflows.computer.machine import user_name
from inspector.workflows.judging.limits import rewritten

if TYPE_CHECKING:
    from inspector.engine.detector import Fitted


def stray_records(
    folder: Path, paths: Sequence[Path], fitted: Fitted, limit_of: Callable[[Sequence[int]], float]
) -> tuple[StrayRecord, ...]:
    """Find good photos that stand apart and affect the limit, with earlier answers about them.

    Parameters
    ----------
    folder : Path
        Of the good photos.
    paths : sequence of Path
        The photos that count.
    fitted : Fitted
        Scores and embeddings of these photos.
    limit_of : callable
        As `inspector.core.promise.strays.find_strays` has them.
    """
    scores = [one.score for one in fitted.good_maps]
    found = find_strays(scores, fitted.good_embeddings, limit_of)
    said = answers_to(folder) if found else {}
    records = []
    for one in found:
        sha256 = file_sha256(paths[one.position])
        record = StrayRecord(
            sha256=sha256,
            position=one.position,
            relative_score=one.relative_score,
            limit_without=one.limit_without,
        )
        given = said.get(sha256)
        if given is not None:
            record = record.model_copy(update={"answer": given.answer, "by": given.by, "at": given.at})
        records.append(record)
    return tuple(records)


def answer_strays(good_folder: Path, answers: Mapping[Path, Answer], by: str | None = None) -> None:
    """Save a person's answers with the good set; see `left_out.keep_answers`.

    Raises
    ------
    DatasetError
        One of the photos is not in the folder, or cannot be read; nothing was kept.
    ResultsError
        The folder cannot be written to.
    """
    photos = list_images(good_folder)
    keep_answers(
        good_folder,
        photos,
        {_of_folder(path, photos, good_folder): answer for path, answer in answers.items()},
        user_name() if by is None else by,
        datetime.now().astimezone(),
    )


def leave_out(good_folder: Path, chosen: Sequence[Path]) -> None:
    """Take photos out of a good set without calling them defective: they count as good parts above the limit.

    Raises
    ------
    DatasetError, ResultsError
        As `answer_strays`.
    """
    photos = list_images(good_folder)
    out = {_of_folder(path, photos, good_folder) for path in chosen}
    keep_left_out(good_folder, photos, find_left_out(good_folder, photos) | out)


def record_answers(stored: StoredBundle, answers: Mapping[str, Answer], by: str | None = None) -> StoredBundle:
    """Write a person's answers about strays into a bundle, by the SHA-256 of their photos.

    Raises
    ------
    BundleError
        The file was changed since it was opened, or cannot be written; it is untouched.
    """
    said = {"by": user_name() if by is None else by, "at": datetime.now().astimezone()}
    strays = tuple(
        one.model_copy(update={"answer": answers[one.sha256]} | said) if one.sha256 in answers else one
        for one in stored.manifest.strays
    )
    if strays == stored.manifest.strays:
        return stored
    return rewritten(stored, stored.manifest.model_copy(update={"strays": strays}))


def manifest_words(manifest: Manifest) -> list[str]:
    """Return sentences about the strays, the photos left out, and the review band."""
    return [words for words in (question_words(manifest), left_out_words(manifest), line_words(manifest)) if words]


def question_words(manifest: Manifest) -> str:
    """Return which photos stand apart, as sentences; empty for none."""
    strays = manifest.strays
    without = strays[0].limit_without if strays else 1.0
    return stray_words(len(strays), len(manifest.good_scores), without)


def line_words(manifest: Manifest) -> str:
    """Return the review band of training, as sentences; empty without a band."""
    limits = manifest.trained_limits
    if limits.unsure_threshold is None:
        return ""
    return band_words(
        manifest.good_scores,
        manifest.recipe.false_alarm_rate,
        limits.lowest / limits.threshold,
        manifest.unsure_share(limits),
        known_share=manifest.unsure_share_known(limits),
        known_limit=manifest.line_is_known_limit,
    )


def strays_json(paths: Sequence[Path], manifest: Manifest) -> list[dict[str, Any]]:
    """Return strays under the keys of the command line contract; `limit_without` is in units of the limit."""
    return [
        {
            "path": str(path),
            "relative_score": one.relative_score,
            "limit_without": one.limit_without,
            "answer": None if one.answer is None else str(one.answer),
        }
        for path, one in zip(paths, manifest.strays, strict=True)
    ]


def limit_json(paths: Sequence[Path], manifest: Manifest) -> dict[str, Any]:
    """Return strays, photos taken out and the lower line under the keys of the command line contract."""
    return {
        "unsure_threshold": manifest.unsure_threshold,
        "unsure_share": manifest.unsure_share(manifest.trained_limits),
        "unsure_share_known": manifest.unsure_share_known(manifest.trained_limits),
        "strays": strays_json(paths, manifest),
        "taken_out": manifest.taken_out,
    }


def _of_folder(path: Path, photos: Sequence[Path], folder: Path) -> Path:
    for photo in photos:
        if photo.absolute() == path.absolute():
            return photo
    raise DatasetError(path, f"this is no photo in {folder}", action="give a photo of the good set")
