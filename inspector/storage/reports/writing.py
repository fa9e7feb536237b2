"""Reports to read and sign (HTML, PDF), to calculate with (CSV) and to label photos with (COCO JSON)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from inspector.core.errors import ResultsError
from inspector.core.letterhead import Letterhead
from inspector.core.progress import CancelToken, OnProgress, ignore_progress
from inspector.storage.atomic import replacing, write_problem
from inspector.storage.reports.content.from_results import report_of_run
from inspector.storage.reports.content.logo import load_logo
from inspector.storage.reports.content.report import Report
from inspector.storage.reports.formats.steps import Steps
from inspector.storage.results.inspection_run import InspectionRun

REPORT_SUFFIXES = (".html", ".pdf", ".csv", ".coco.json")

_NO_LETTERHEAD = Letterhead()
_Writer = Callable[[Report, Path, OnProgress, CancelToken], None]


def write_report(
    run: InspectionRun,
    path: Path,
    *,
    report: OnProgress = ignore_progress,
    token: CancelToken | None = None,
    title: str | None = None,
    letterhead: Letterhead | None = None,
    written_at: datetime | None = None,
) -> None:
    """Write a report of a run.

    Parameters
    ----------
    run : InspectionRun
        The run to report, at its limits.
    path : Path
        As for `save_report`.
    report, token
        Progress, and the request to stop.
    title : str or None
        Heading; None derives it from the bundle's name.
    letterhead : Letterhead or None
        Letterhead; None for an empty one.
    written_at : datetime or None
        Time of the report, with time zone; None for now.

    Raises
    ------
    ResultsError, Cancelled
        As for `save_report`.
    """
    check_suffix(path)
    found = report_of_run(run, letterhead=letterhead or _NO_LETTERHEAD, title=title, written_at=written_at)
    save_report(found, path, report=report, token=token or CancelToken())


def save_report(found: Report, path: Path, *, report: OnProgress, token: CancelToken) -> None:
    """Write a report.

    Parameters
    ----------
    found : Report
        The content of the report.
    path : Path
        Ends in one of `REPORT_SUFFIXES`. HTML and PDF are one self-contained file that needs no network. An existing
        file is replaced only by a complete report.
    report, token
        Progress, and the request to stop.

    Raises
    ------
    ResultsError
        The suffix is not supported, the logo cannot be read, or the file cannot be written.
    HistoryError
        The history of the report cannot be read.
    Cancelled
        `token` was cancelled; an existing file is unchanged.
    """
    writer = _WRITERS[check_suffix(path)]
    try:
        with replacing(path) as temporary:
            writer(found, temporary, report, token)
    except OSError as error:
        raise ResultsError(path, write_problem(error)) from error


def check_suffix(path: Path) -> str:
    """Return the entry of `REPORT_SUFFIXES` that a path ends in.

    Raises
    ------
    ResultsError
        The path has another suffix.
    """
    suffix = next((suffix for suffix in REPORT_SUFFIXES if path.name.lower().endswith(suffix)), None)
    if suffix is None:
        kinds = f"{', '.join(REPORT_SUFFIXES[:-1])} or {REPORT_SUFFIXES[-1]}"
        raise ResultsError(path, f"a report is written as {kinds}", action="end its name in one of them")
    return suffix


def _write_html(found: Report, file: Path, tell: OnProgress, token: CancelToken) -> None:
    from inspector.storage.reports.formats.html_page import write_html

    write_html(found, file, load_logo(found.letterhead), Steps(found.pictured, tell, token))


def _write_pdf(found: Report, file: Path, tell: OnProgress, token: CancelToken) -> None:
    from inspector.storage.reports.formats.pdf_document import write_pdf  # loads reportlab, which is slow

    write_pdf(found, file, load_logo(found.letterhead), Steps(found.pictured, tell, token))


def _write_csv(found: Report, file: Path, tell: OnProgress, token: CancelToken) -> None:
    from inspector.storage.reports.formats.csv_table import write_csv

    write_csv(found, file, Steps(found.tally.total, tell, token))


def _write_coco(found: Report, file: Path, tell: OnProgress, token: CancelToken) -> None:
    from inspector.storage.reports.formats.coco import write_coco

    write_coco(found, file, Steps(found.tally.total, tell, token))


_WRITERS: dict[str, _Writer] = dict(
    zip(REPORT_SUFFIXES, (_write_html, _write_pdf, _write_csv, _write_coco), strict=True)
)
