"""Saved results or a history in, report out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from inspector.core.letterhead import Letterhead
from inspector.core.progress import CancelToken, OnProgress, ignore_progress
from inspector.core.review.decision import Decision
from inspector.core.review.judged_part import FROM_A_FILE
from inspector.core.values import Verdict
from inspector.storage.bundles.bundle import load_bundle
from inspector.storage.bundles.manifest import Manifest
from inspector.storage.bundles.signatures import require_signature
from inspector.storage.bundles.versions import bundle_versions
from inspector.storage.history.records import Order, PartFilter, PartRecord
from inspector.storage.reports.content.from_history import report_of_history
from inspector.storage.reports.content.from_results import report_of_run
from inspector.storage.reports.content.report import Report
from inspector.storage.reports.content.report_forecast import ReportForecast, forecast_report
from inspector.storage.reports.content.words import DECISION_WORDS, one_line, second_words
from inspector.storage.reports.writing import REPORT_SUFFIXES, check_suffix, save_report
from inspector.storage.results.inspection_run import load_results
from inspector.storage.settings import load_settings

if TYPE_CHECKING:
    from inspector.storage.history.store import History

__all__ = [
    "REPORT_SUFFIXES",
    "WrittenReport",
    "batch_of",
    "last_batch",
    "report_on_history",
    "report_on_results",
    "scope_words",
]

Foresee = Callable[[ReportForecast], None]

_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class WrittenReport:
    """The outcome of a report on a history.

    Parameters
    ----------
    parts : int
        How many it is about.
    unused : tuple of Path
        Bundles that were given, and that judged none of these parts.
    """

    parts: int
    unused: tuple[Path, ...] = ()


def report_on_results(
    results: Path,
    out: Path,
    *,
    title: str | None = None,
    letterhead: Letterhead | None = None,
    foresee: Foresee | None = None,
    report: OnProgress = ignore_progress,
    token: CancelToken | None = None,
) -> None:
    """Write a report on results that `inspector inspect` saved.

    Parameters
    ----------
    results : Path
        The folder, or its results.json.
    out : Path
        Its suffix, one of `REPORT_SUFFIXES`, sets the format.
    title : str or None
        Heading; None takes one from the bundle's name.
    letterhead : Letterhead or None
        Who it comes from; None takes that of the settings.
    foresee : callable or None
        Receives the forecast of a report as HTML or PDF before it is written.
    report, token
        Progress, and the cancel token.

    Raises
    ------
    ResultsError
        The results or the logo cannot be read, or the report cannot be written.
    Cancelled
        If `token` was cancelled; an earlier file stays unchanged.
    """
    check_suffix(out)
    head = letterhead or load_settings().letterhead
    found = report_of_run(load_results(results), letterhead=head, title=title)
    _foresee(found, out, foresee)
    save_report(found, out, report=report, token=token or CancelToken())


def report_on_history(
    history: History,
    scope: PartFilter,
    out: Path,
    *,
    scope_words: str,
    title: str | None = None,
    bundles: Sequence[Path] = (),
    letterhead: Letterhead | None = None,
    foresee: Foresee | None = None,
    report: OnProgress = ignore_progress,
    token: CancelToken | None = None,
) -> WrittenReport:
    """Write a report on parts of a history.

    Parameters
    ----------
    history : History
        Open.
    scope : PartFilter
        Which parts.
    out : Path
        Its suffix, one of `REPORT_SUFFIXES`, sets the format.
    scope_words : str
        Which parts these are, for people; `scope_words` makes them.
    title : str or None
        Heading; None for "Defect report".
    bundles : sequence of Path
        Files of bundles, and their kept versions, that may have judged the parts. Only a bundle holds the promise of
        its limit. The report states it if the SHA-256 equals that of the bundle that judged a part.
    letterhead : Letterhead or None
        Who it comes from; None takes that of the settings.
    foresee : callable or None
        Receives the forecast of a report as HTML or PDF before it is written.
    report, token
        Progress, and the cancel token.

    Raises
    ------
    BundleError
        A file that is given as a bundle is none.
    HistoryError
        The history cannot be read.
    ResultsError
        The logo cannot be read, or the report cannot be written.
    Cancelled
        If `token` was cancelled; an earlier file stays unchanged.
    """
    check_suffix(out)
    token = token or CancelToken()
    known = {bundle: _manifests(bundle) for bundle in bundles}
    found = report_of_history(
        history,
        scope,
        scope=scope_words,
        title=title or "Defect report",
        letterhead=letterhead or load_settings().letterhead,
        manifests={sha256: manifest for one in known.values() for sha256, manifest in one.items()},
        written_at=datetime.now().astimezone(),
        report=report,
        token=token,
    )
    _foresee(found, out, foresee)
    save_report(found, out, report=report, token=token)
    used = {one.bundle_sha256 for one in found.limits}
    return WrittenReport(found.tally.total, tuple(path for path, one in known.items() if not used & one.keys()))


def batch_of(record: PartRecord) -> PartFilter:
    """Return the batch of a part: its run, or, for a camera's parts, all parts of its source on that day."""
    if record.trigger == FROM_A_FILE:
        return PartFilter(since=record.inspected_at, until=record.inspected_at + _MOMENT)
    midnight = record.inspected_at.replace(hour=0, minute=0, second=0, microsecond=0)
    return PartFilter(source=record.source, since=midnight, until=midnight + timedelta(days=1))


def last_batch(history: History) -> PartFilter | None:
    """Return the batch of the part that was added last, or None for an empty history."""
    newest = history.page(order=Order.NEWEST, limit=1)
    return batch_of(newest[0]) if newest else None


def scope_words(scope: PartFilter) -> str:
    """Return which parts a filter means, as a phrase for people."""
    conditions = _conditions(scope)
    return f"Parts {', '.join(conditions)}" if conditions else "All parts of the history"


def _foresee(found: Report, out: Path, foresee: Foresee | None) -> None:
    if foresee is not None and check_suffix(out) in (".html", ".pdf"):
        foresee(forecast_report(found))


def _conditions(scope: PartFilter) -> list[str]:
    decisions = None if scope.decisions is None else [one for one in (*Decision, None) if one in scope.decisions]
    told = [
        ("from {}", scope.since and second_words(scope.since)),
        ("before {}", scope.until and second_words(scope.until)),
        ("verdict {}", scope.verdicts and _either([str(one) for one in Verdict if one in scope.verdicts])),
        ("review: {}", decisions and _either([DECISION_WORDS[one] for one in decisions])),
        ("class {}", scope.defect_class),
        ("at least {} x the limit", None if scope.lowest is None else f"{scope.lowest:g}"),
        ("at most {} x the limit", None if scope.highest is None else f"{scope.highest:g}"),
        ("called {}", scope.part_id),
        ("whose name begins with {}", scope.part_prefix),
        ("source {}", scope.source),
        ("operator {}", scope.operator),
        ("judged by the model {}...", scope.bundle_sha256 and scope.bundle_sha256[:12]),
    ]
    return [words.format(one_line(value)) for words, value in told if value]


def _either(names: Sequence[str]) -> str:
    return " or ".join(names)


def _manifests(bundle: Path) -> dict[str, Manifest]:
    """Return the manifests of a bundle and of its earlier versions, by the SHA-256 of their files."""
    require_signature(load_bundle(bundle))
    return {one.sha256: one.manifest for one in bundle_versions(bundle) if one.manifest is not None}
