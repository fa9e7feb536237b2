"""The results of a run on disk: results.json, results.csv, the score maps, and heatmaps on request."""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load as load_tensors

from inspector.core.arrays import checked
from inspector.core.errors import BundleError, Message, ResultsError
from inspector.core.judging.regions import find_regions
from inspector.core.progress import CancelToken, OnProgress, ignore_progress
from inspector.core.values import GuardReading, Inspection, Limits, Region, ScoreMap, Verdict
from inspector.storage.atomic import replacing, write_problem
from inspector.storage.bundles.manifest import Manifest, parse_manifest
from inspector.storage.ordinary_files import read_ordinary
from inspector.storage.photos.photo_list import HEATMAPS_NAME, RESULTS_NAME
from inspector.storage.results.heatmap_pictures import remove_pictures, save_heatmaps, written_pictures
from inspector.storage.results.results_csv import write_table
from inspector.storage.results.results_document import GREATEST_SCORE, PhotoFields, ResultsDocument

SCHEMA_NUMBER = 3
"""Raised when an older release would misread a run: 2 added UNSURE parts, 3 added scores of refused parts."""

MOST_EDGE = 32_767
"""Maximum number of cells of a score map along an edge; OpenCV draws no more."""

TABLE_NAME = "results.csv"
MAPS_NAME = "maps.safetensors"

_ALTERED = Message("these results are cut short or were altered, so they are not trusted", "run the inspection again")


@dataclass(frozen=True, slots=True, eq=False)
class InspectionRun:
    """The results of inspecting photos with one bundle.

    Parameters
    ----------
    bundle_path : Path
        The bundle's file at that time.
    bundle_sha256 : str
        SHA-256 of that file.
    manifest : Manifest
        Manifest of the bundle.
    limits : Limits
        The limits that verdicts are drawn at; they may differ from the bundle's limits.
    inspections : tuple of Inspection
        One for each photo, in order.
    inspected_at : datetime
        Start of the run, with time zone.
    """

    bundle_path: Path
    bundle_sha256: str
    manifest: Manifest
    limits: Limits
    inspections: tuple[Inspection, ...]
    inspected_at: datetime

    @property
    def threshold(self) -> float:
        """Raw score above which a part is NG."""
        return self.limits.threshold

    def counts(self) -> dict[Verdict, int]:
        """Return the number of photos by verdict; every verdict is a key."""
        counted = Counter(inspection.verdict(self.limits) for inspection in self.inspections)
        return {verdict: counted[verdict] for verdict in Verdict}

    def with_verdict(self, verdict: Verdict) -> list[Inspection]:
        """Return the inspections with a verdict, highest score first; a missing score counts as 0."""
        found = [one for one in self.inspections if one.verdict(self.limits) is verdict]
        return sorted(found, key=lambda one: -(one.score or 0.0))

    def refused_and_ng(self) -> list[Inspection]:
        """Return the refused photos that would be NG, highest score first."""
        return [one for one in self.with_verdict(Verdict.REFUSED) if one.refused_and_ng(self.limits)]

    def regions(self, inspection: Inspection) -> list[Region]:
        """Return the regions of a photo whose score is above `threshold`, highest peak first."""
        if inspection.score_map is None or inspection.photo_hw is None:
            return []
        if inspection.score is not None and inspection.score <= self.threshold:  # no cell exceeds the threshold
            return []
        return find_regions(inspection.score_map, self.threshold, inspection.photo_hw)


def save_results(
    run: InspectionRun,
    folder: Path,
    heatmaps: bool = False,
    *,
    report: OnProgress = ignore_progress,
    token: CancelToken | None = None,
) -> Path:
    """Write a run to a folder: results.json, results.csv, maps.safetensors and, on request, heatmaps/NAME.png.

    Parameters
    ----------
    run : InspectionRun
        The run to write.
    folder : Path
        Made if missing. Files of an earlier run in it are replaced, after all new files are complete.
    heatmaps : bool
        Whether to write each scored photo with its overlaid heatmap too. Photos that are gone are left out.
    report, token
        Progress, and the request to stop.

    Returns
    -------
    Path
        The path of results.json.

    Raises
    ------
    ResultsError
        The folder cannot be written to; the sentence says why.
    Cancelled
        `token` was cancelled; results.json is unchanged.
    """
    token = token or CancelToken()
    before = written_pictures(folder / RESULTS_NAME)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        pictures: dict[int, str] = {}
        if heatmaps:
            pictures = save_heatmaps(
                run.inspections, run.threshold, folder / HEATMAPS_NAME, run.manifest.depth, report, token
            )
        _save_files(run, folder, pictures, token)
    except OSError as error:
        raise ResultsError(folder, write_problem(error)) from error
    remove_pictures(before - {folder / name for name in pictures.values()})  # heatmaps of other photos
    return folder / RESULTS_NAME


def load_results(path: Path) -> InspectionRun:
    """Read a run that `save_results` wrote.

    Parameters
    ----------
    path : Path
        The folder, or its results.json.

    Raises
    ------
    ResultsError
        The files are missing, cut short, altered, or written by a later release.
    """
    file = path / RESULTS_NAME if path.is_dir() else path
    fields = _parsed(_read(file), file)
    maps = _read(file.parent / MAPS_NAME)
    try:
        document = ResultsDocument.model_validate(fields)
        if hashlib.sha256(maps).hexdigest() != document.maps.sha256:
            raise ResultsError(file.parent / MAPS_NAME, _ALTERED)
        return _run(document, load_tensors(maps), file)
    except (SafetensorError, BundleError, LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise ResultsError(file, _ALTERED) from error


def photo_rows(run: InspectionRun) -> list[dict[str, Any]]:
    """Return one row for each photo, with the fields of results.csv and results.json.

    Returns
    -------
    list of dict
        Rows with the keys of `write_table`. `regions` is a list of dicts x, y, w, h, area_px (pixels of the photo)
        and peak (raw score).
    """
    return [_row(run, inspection) for inspection in run.inspections]


def _row(run: InspectionRun, inspection: Inspection) -> dict[str, Any]:
    would_be = inspection.would_be(run.limits)
    return {
        "path": os.path.abspath(inspection.path),
        "score": inspection.score,
        "relative_score": inspection.relative_score(run.threshold),
        "verdict": str(inspection.verdict(run.limits)),
        "regions": [region_fields(region) for region in run.regions(inspection)],
        "error": inspection.error or inspection.refusal,
        "would_be": None if would_be is None else str(would_be),
    }


def region_fields(region: Region) -> dict[str, Any]:
    """Return the fields of a region in tables: x, y, w, h, area_px and peak."""
    fields = asdict(region)
    del fields["outline"]  # follows from the score map; a table of boxes stays readable
    return fields


def _photo_fields(run: InspectionRun, index: int, picture: str | None) -> dict[str, Any]:
    inspection = run.inspections[index]
    dense_hw = inspection.score_map.dense_hw if inspection.score_map else None
    kept = {"photo_hw": inspection.photo_hw, "dense_hw": dense_hw, "ms": inspection.ms, "heatmap": picture}
    return _row(run, inspection) | kept | {"readings": [asdict(reading) for reading in inspection.readings]}


def _save_files(run: InspectionRun, folder: Path, pictures: Mapping[int, str], token: CancelToken) -> None:
    with ExitStack() as stack:
        # The stack closes in reverse order: results.json, which holds the hash of the maps, is moved into place last.
        document_file, table_file, maps_file = (
            stack.enter_context(replacing(folder / name)) for name in (RESULTS_NAME, TABLE_NAME, MAPS_NAME)
        )
        maps_sha256 = _write_maps(run, maps_file, token)
        with document_file.open("w", encoding="ascii") as out:
            write_table(table_file, _written(run, pictures, out, maps_sha256, token))


def _write_maps(run: InspectionRun, file: Path, token: CancelToken) -> str:
    """Write the score maps one by one as a safetensors file, and return its SHA-256."""
    grids = [(_map_key(index), one.score_map.grid) for index, one in enumerate(run.inspections) if one.score_map]
    header: dict[str, Any] = {}
    end = 0
    for key, grid in grids:
        begin, end = end, end + 4 * grid.size
        header[key] = {"dtype": "F32", "shape": list(grid.shape), "data_offsets": [begin, end]}
    content = json.dumps(header, separators=(",", ":")).encode("ascii")
    content += b" " * (-len(content) % 8)  # alignment, so that processors read the numbers fast
    digest = hashlib.sha256()
    with file.open("wb") as out:
        for piece in (len(content).to_bytes(8, "little"), content):
            digest.update(piece)
            out.write(piece)
        for _key, grid in grids:
            token.check()
            numbers = np.ascontiguousarray(grid, dtype="<f4").tobytes()
            digest.update(numbers)
            out.write(numbers)
    return digest.hexdigest()


def _written(
    run: InspectionRun, pictures: Mapping[int, str], out: TextIO, maps_sha256: str, token: CancelToken
) -> Iterator[dict[str, Any]]:
    """Write results.json photo by photo, and yield each photo's fields for the table, so that none stays in memory."""
    fields: dict[str, Any] = {
        "schema_number": SCHEMA_NUMBER,
        "bundle": {"path": os.path.abspath(run.bundle_path), "sha256": run.bundle_sha256},
        "threshold": run.threshold,
        "unsure_threshold": run.limits.unsure_threshold,
        "inspected_at": run.inspected_at.isoformat(),
        "counts": {verdict.lower(): count for verdict, count in run.counts().items()},
        "refused_and_ng": len(run.refused_and_ng()),
        "maps": {"file": MAPS_NAME, "sha256": maps_sha256},
        "photos": [],
        "manifest": run.manifest.model_dump(mode="json"),
    }
    before, after = (text.encode("ascii") for text in _sealed_text(fields).split('"photos": []'))
    seal = hashlib.sha256(before + b'"photos": [')
    # ASCII only, so that a file name of any system survives, even if it is not valid Unicode.
    out.write("{")
    for name, value in fields.items():
        if name != "photos":
            out.write(f"\n{json.dumps(name)}: {json.dumps(value, allow_nan=False)},")
    out.write('\n"photos": [')
    for index in range(len(run.inspections)):
        token.check()
        photo = _photo_fields(run, index, pictures.get(index))
        out.write(f"{',' if index else ''}\n{json.dumps(photo, allow_nan=False)}")
        seal.update(f"{', ' if index else ''}{_sealed_text(photo)}".encode("ascii"))
        yield photo
    seal.update(b"]" + after)
    out.write(f'\n],\n"sha256": "{seal.hexdigest()}"\n}}\n')


def _parsed(content: bytes, file: Path) -> dict[str, Any]:
    try:
        document = json.loads(content)
        number, seal = document["schema_number"], document.pop("sha256")
        if type(number) is not int:
            raise TypeError("schema_number")
        newer, sound = number > SCHEMA_NUMBER, seal == _seal_of(document)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        sentence = Message(
            "these are not results of Inspector, or they are cut short", f"choose a folder with {RESULTS_NAME}"
        )
        raise ResultsError(file, sentence) from error
    if newer:
        sentence = Message(
            "a later release of Inspector wrote these results", "open them with that release or a later one"
        )
        raise ResultsError(file, sentence)
    if not sound:
        raise ResultsError(file, _ALTERED)
    assert isinstance(document, dict)
    return document


def _seal_of(fields: dict[str, Any]) -> str:
    return hashlib.sha256(_sealed_text(fields).encode()).hexdigest()


def _sealed_text(fields: dict[str, Any]) -> str:
    """Return the text of a part of results.json that the seal covers."""
    return json.dumps(fields, sort_keys=True)


def _run(document: ResultsDocument, grids: dict[str, NDArray[Any]], file: Path) -> InspectionRun:
    return InspectionRun(
        bundle_path=Path(document.bundle.path),
        bundle_sha256=document.bundle.sha256,
        manifest=parse_manifest(document.manifest, file),
        limits=Limits(document.threshold, document.unsure_threshold),
        inspections=tuple(
            _inspection(fields, _score_map(fields, grids, index)) for index, fields in enumerate(document.photos)
        ),
        inspected_at=document.inspected_at,
    )


def _score_map(fields: PhotoFields, grids: dict[str, NDArray[Any]], index: int) -> ScoreMap | None:
    if fields.dense_hw is None:
        return None
    grid = checked(grids, _map_key(index), np.float32, (None, None))
    if max(grid.shape) > MOST_EDGE or not 0.0 <= float(grid.min()) <= float(grid.max()) <= GREATEST_SCORE:
        raise ValueError("a score map")
    return ScoreMap(grid, fields.dense_hw)


def _inspection(fields: PhotoFields, score_map: ScoreMap | None) -> Inspection:
    unreadable = fields.verdict is Verdict.UNREADABLE
    return Inspection(
        path=Path(fields.path),
        photo_hw=fields.photo_hw,
        score=fields.score,
        score_map=score_map,
        refusal=None if unreadable else fields.error,
        error=fields.error if unreadable else None,
        ms=fields.ms,
        readings=tuple(GuardReading(**reading.model_dump()) for reading in fields.readings),
    )


def _map_key(index: int) -> str:
    return f"{index:08d}"


def _read(file: Path) -> bytes:
    try:
        return read_ordinary(file.resolve())  # a link to results is followed; a pipe would block for ever
    except (FileNotFoundError, NotADirectoryError) as error:
        sentence = Message(
            "there is no such file", "choose a folder that an inspection has written, with all its files"
        )
        raise ResultsError(file, sentence) from error
    except OSError as error:
        sentence = Message(
            f"the file cannot be opened ({error.strerror or error})", "check its permissions or copy it elsewhere"
        )
        raise ResultsError(file, sentence) from error
