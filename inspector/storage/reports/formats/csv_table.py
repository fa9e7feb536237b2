"""Reports as a table with one line for each part, for spreadsheets and programs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from inspector.storage.reports.content.report import Report, ReportedPart
from inspector.storage.reports.formats.steps import Steps
from inspector.storage.results.inspection_run import region_fields
from inspector.storage.results.results_csv import COLUMNS, write_table

REPORT_COLUMNS = (
    *COLUMNS,
    "part",
    "inspected_at",
    "source",
    "operator",
    "threshold",
    "unsure_threshold",
    "bundle_sha256",
    "review",
    "defect_class",
    "note",
    "reviewer",
    "reviewed_at",
)
"""The columns of `inspector inspect`, followed by those that only reports have."""


def write_csv(report: Report, file: Path, steps: Steps) -> None:
    """Write a report's parts as CSV; `file` is written in place, so wrap it in `replacing`.

    Raises
    ------
    OSError, HistoryError
        The file cannot be written, or the history cannot be read.
    Cancelled
        The token of `steps` was cancelled.
    """
    rows = (_row(part) for part in steps.told(report.every()))
    write_table(file, rows, REPORT_COLUMNS, for_spreadsheet=True)


def _row(part: ReportedPart) -> dict[str, Any]:
    last = part.reviews[-1] if part.reviews else None
    return {
        "path": part.path,
        "score": part.score,
        "relative_score": part.relative_score,
        "verdict": str(part.verdict),
        "regions": [region_fields(region) for region in part.regions],
        "error": part.reason or None,
        "would_be": None if part.would_be is None else str(part.would_be),
        "part": part.name,
        "inspected_at": part.inspected_at.isoformat(),
        "source": part.source or None,
        "operator": part.operator or None,
        "threshold": None if part.damaged else part.limits.threshold,
        "unsure_threshold": part.limits.unsure_threshold,
        "bundle_sha256": part.bundle_sha256,
        "review": None if part.decision is None else str(part.decision),
        "defect_class": part.defect_class or None,
        "note": None if last is None else last.note or None,
        "reviewer": None if last is None else last.reviewer or None,
        "reviewed_at": None if last is None else last.reviewed_at.isoformat(),
    }
