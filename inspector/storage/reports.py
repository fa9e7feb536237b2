"""Reports for someone who was not there: one HTML file to read, print and sign, or a table for a spreadsheet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jinja2

from inspector import __version__
from inspector.core.errors import ResultsError
from inspector.core.guard_readings import guard_promise_words
from inspector.core.progress import CancelToken, OnProgress, Progress, ignore_progress
from inspector.core.session_words import session_words
from inspector.core.values import Verdict
from inspector.storage.atomic import replacing, write_problem
from inspector.storage.report_parts import PhotoNames, report_parts, score_bars
from inspector.storage.report_pictures import legend_picture
from inspector.storage.report_words import (
    change_words,
    date_words,
    defect_words,
    percent,
    relative_words,
    threshold_words,
    visible,
)
from inspector.storage.resources import resource
from inspector.storage.results import InspectionRun, photo_rows
from inspector.storage.table import write_table

REPORT_SUFFIXES = (".html", ".csv")

_JUDGED = (Verdict.OK, Verdict.UNSURE, Verdict.NG)


def write_report(
    run: InspectionRun,
    path: Path,
    *,
    report: OnProgress = ignore_progress,
    token: CancelToken | None = None,
    title: str | None = None,
) -> None:
    """Write a report of a run.

    Parameters
    ----------
    run : InspectionRun
        What to report, at its threshold.
    path : Path
        Ends in .html (one self-contained file that opens with no network) or .csv. Replaced only by a complete report.
    report, token
        Progress, and the wish to stop.
    title : str or None
        Heading of the HTML report; None takes one from the bundle's name.

    Raises
    ------
    ResultsError
        Another suffix, or the file cannot be written.
    Cancelled
        If `token` was cancelled; what was there before is untouched.
    """
    writer = {".html": _write_html, ".csv": _write_csv}.get(path.suffix.lower())
    if writer is None:
        raise ResultsError(path, f"a report is written as {' or '.join(REPORT_SUFFIXES)}; end its name in one of them")
    try:
        with replacing(path) as temporary:
            writer(
                run, temporary, report, token or CancelToken(), title or f"Inspection report: {run.bundle_path.stem}"
            )
    except OSError as error:
        raise ResultsError(path, write_problem(error)) from error


def _write_csv(run: InspectionRun, file: Path, report: OnProgress, token: CancelToken, _title: str) -> None:
    token.check()
    write_table(file, photo_rows(run), for_spreadsheet=True)
    report(Progress("writing the report", 1, 1))


def _write_html(run: InspectionRun, file: Path, report: OnProgress, token: CancelToken, title: str) -> None:
    template = _templates().get_template("report.html")
    # Piece by piece to the disk: the photos of one part are in memory at a time, however many there are.
    with file.open("w", encoding="utf-8", errors="backslashreplace") as stream:
        for piece in template.generate(_contents(run, title) | {"parts": report_parts(run, report, token)}):
            stream.write(piece)


def _templates() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(resource("report")),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _contents(run: InspectionRun, title: str) -> dict[str, Any]:
    counts = run.counts()
    origin, promise = threshold_words(run)
    name = PhotoNames(run)
    unsure = run.limits.unsure_threshold
    return {
        "title": visible(title),
        "date": date_words(run.inspected_at),
        "total": len(run.inspections),
        "counts": {str(verdict): count for verdict, count in counts.items()},
        "yield_share": percent(counts[Verdict.OK], sum(counts[one] for one in _JUDGED)),
        "threshold": f"{run.threshold:.4g}",
        "unsure_threshold": None if unsure is None else f"{unsure:.4g}",
        "changes": [change_words(change) for change in run.manifest.changes],
        "origin": visible(origin),
        "promise": promise,
        "known_defects": defect_words(run),
        "by_session": visible(session_words(run.manifest.sessions, run.threshold)),
        "legend": legend_picture(),
        "bars": score_bars(run),
        "not_judged": [
            (str(verdict), name(one), visible(one.error or one.refusal or ""))
            for verdict in (Verdict.REFUSED, Verdict.UNREADABLE)
            for one in run.with_verdict(verdict)
        ],
        **{
            str(verdict).lower(): [
                (name(one), relative_words(one.relative_score(run.threshold) or 0.0))
                for one in run.with_verdict(verdict)
            ]
            for verdict in (Verdict.OK, Verdict.UNSURE)
        },
        "provenance": _provenance(run, name.folder),
    }


def _provenance(run: InspectionRun, folder: str) -> list[tuple[str, str]]:
    manifest = run.manifest
    recipe, goods = manifest.recipe, manifest.goods
    versions = ", ".join(f"{name} {version}" for name, version in manifest.versions.items())
    found = [
        ("Photos inspected", f"{len(run.inspections)} from {folder}"),
        ("Bundle", run.bundle_path.name),
        ("Bundle SHA-256", run.bundle_sha256),
        (
            "Good photos",
            f"{goods.count} from {goods.folder}, {goods.photo_hw[1]} x {goods.photo_hw[0]} pixels",
        ),
        ("Good photos SHA-256", goods.sha256),
        ("Guards", guard_promise_words(manifest.guards)),
        ("Method", f"{recipe.method}, size {recipe.size}, seed {recipe.seed}"),
        ("Backbone", f"{manifest.backbone.name} ({manifest.backbone.license})"),
        ("Backbone SHA-256", manifest.backbone.sha256),
        ("Trained with", versions),
        ("Report by", f"Inspector {__version__}"),
    ]
    return [(heading, visible(value)) for heading, value in found]
