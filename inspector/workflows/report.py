"""Saved results in, report out."""

from __future__ import annotations

from pathlib import Path

from inspector.core.progress import CancelToken, OnProgress, ignore_progress
from inspector.storage.reports import write_report
from inspector.storage.results import load_results


def report_on_results(
    results: Path, out: Path, *, report: OnProgress = ignore_progress, token: CancelToken | None = None
) -> None:
    """Write a report (by suffix .html or .csv) on results that `inspector inspect` saved.

    Raises
    ------
    ResultsError
        If the results cannot be read, or the report cannot be written.
    """
    write_report(load_results(results), out, report=report, token=token)
