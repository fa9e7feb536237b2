"""The command that writes a report on results, or on parts of a history."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from inspector.cli.terminal import ProgressBars, interruptible, plain_ending, say

if TYPE_CHECKING:
    from inspector.core.progress import CancelToken
    from inspector.storage.reports.content.report_forecast import ReportForecast

Given = dict[str, Any]

_OF_HISTORY = "history only: "
_ELSE = "instead of that of the settings"


def _option(*names: str, only: str = _OF_HISTORY, words: str, metavar: str | None = None) -> Any:
    return typer.Option(*names, help=f"{only}{words}", metavar=metavar)


Source = Annotated[
    str,
    typer.Argument(
        help="Folder that 'inspector inspect' wrote, or its results.json; or a history: its folder, history.sqlite in "
        "it, a PostgreSQL URL, or 'history' for your own."
    ),
]
Out = Annotated[Path, typer.Option(help="FILE.html, .pdf, .csv or .coco.json.")]
Title = Annotated[str | None, typer.Option(help="Heading of the report.")]
Since = Annotated[str | None, _option(words="DATE or DATETIME. Parts inspected since then.")]
Until = Annotated[str | None, _option(words="DATE or DATETIME. Parts inspected before then.")]
_A_SHIFT = "a shift; without a date the last that began."
Shift = Annotated[str | None, _option(words=_A_SHIFT, metavar="[DATE ]HH:MM-HH:MM")]
Batch = Annotated[bool, _option("--last-batch", words="the last run, or the last day of the last camera.")]
Part = Annotated[str | None, _option(words="the part of this name, exactly.")]
Prefix = Annotated[str | None, _option("--part-prefix", words="parts whose name begins with this text.")]
Verdicts = Annotated[list[str] | None, _option("--verdict", words="ok, unsure, ng, refused or unreadable; repeatable.")]
Reviews = Annotated[list[str] | None, _option("--review", words="defect, false-alarm, unsure or none; repeatable.")]
Class = Annotated[str | None, _option("--class", words="defect class.")]
Lowest = Annotated[float | None, _option(words="lowest score, in multiples of the limit.")]
Camera = Annotated[str | None, _option("--source", words="camera or folder, exactly.")]
Operator = Annotated[str | None, _option(words="the operator, exactly.")]
BundleSha = Annotated[
    str | None,
    _option("--model-sha", "--bundle-sha", words="the model that judged, by its SHA-256 or the first digits of it."),
]
Bundles = Annotated[
    list[Path] | None,
    _option("--model", "--bundle", words="a model that judged parts, to report the promise of its limit; repeatable."),
]
Company = Annotated[str | None, _option(only="", words=f"Company, {_ELSE}.")]
Address = Annotated[str | None, _option(only="", words=f"Address, {_ELSE}.")]
Department = Annotated[str | None, _option(only="", words=f"Department or site, {_ELSE}.")]
LogoFile = Annotated[str | None, _option("--logo", only="", words=f"A picture, {_ELSE}; '' for none.")]
Signatures = Annotated[
    list[str] | None,
    _option("--signature", only="", words=f"Text below a signature line, {_ELSE}; '' for none; repeatable."),
]
Paper = Annotated[str | None, _option(only="", words=f"A4 or Letter, for PDF, {_ELSE}.")]


def report(
    source: Source,
    out: Out,
    title: Title = None,
    since: Since = None,
    until: Until = None,
    shift: Shift = None,
    last_batch: Batch = False,
    part: Part = None,
    prefix: Prefix = None,
    verdicts: Verdicts = None,
    reviews: Reviews = None,
    defect_class: Class = None,
    lowest: Lowest = None,
    camera: Camera = None,
    operator: Operator = None,
    bundle_sha: BundleSha = None,
    bundles: Bundles = None,
    company: Company = None,
    address: Address = None,
    department: Department = None,
    logo: LogoFile = None,
    signatures: Signatures = None,
    paper: Paper = None,
) -> None:
    """Write a report on results, or on parts of a history."""
    head = {"company": company, "address": address, "department": department, "logo": logo, "paper": paper}
    signed = None if signatures is None else tuple(words for words in signatures if words)
    asked = {
        **{"since": since, "until": until, "shift": shift, "last_batch": last_batch, "part": part, "prefix": prefix},
        **{"verdicts": verdicts, "reviews": reviews, "defect_class": defect_class, "lowest": lowest},
        **{"source": camera, "operator": operator, "bundle_sha": bundle_sha},
    }
    given = {name: value for name, value in asked.items() if value is not None and value is not False}
    with plain_ending(), interruptible() as token:
        _write(source, out, title, given, bundles or [], head | {"signatures": signed}, token)
        say(f"Report: {out}")


def _write(
    source: str, out: Path, title: str | None, asked: Given, bundles: list[Path], head: Given, token: CancelToken
) -> None:
    from inspector.workflows.computer.history_places import find_history
    from inspector.workflows.reports import writing as workflow
    from inspector.workflows.reports.scope import letterhead_with, scope_of

    letterhead = letterhead_with(head)
    where = find_history(source)
    if where is None:
        _refuse_scope(asked, bundles)
        with ProgressBars() as bars:
            workflow.report_on_results(
                Path(source), out, title=title, letterhead=letterhead, foresee=_say_forecast, report=bars, token=token
            )
        return
    from inspector.storage.history.store import History

    with History.open(where) as history, ProgressBars() as bars:
        scope = scope_of(history, asked)
        written = workflow.report_on_history(
            history,
            scope,
            out,
            scope_words=workflow.scope_words(scope),
            title=title,
            bundles=bundles,
            letterhead=letterhead,
            foresee=_say_forecast,
            report=bars,
            token=token,
        )
    say("1 part" if written.parts == 1 else f"{written.parts:,} parts")
    for path in written.unused:
        say(f"Not used: {path}. It judged none of these parts (their model has another SHA-256)")


def _say_forecast(forecast: ReportForecast) -> None:
    from inspector.core.training.forecast_words import time_words
    from inspector.storage.history.disk_budget import size_words
    from inspector.storage.reports.content.report_forecast import WORTH_TELLING_S

    if forecast.seconds >= WORTH_TELLING_S:
        size, seconds = size_words(forecast.size_bytes), time_words(forecast.seconds)
        say(f"About {size} and {seconds}: {forecast.pictured:,} parts with pictures; Ctrl-C stops it")


def _refuse_scope(asked: Given, bundles: list[Path]) -> None:
    from inspector.core.errors import ResultsError

    given = [*asked, *(["bundle"] if bundles else [])]
    if given:
        option = given[0].replace("bundle", "model").replace("_", "-")
        raise ResultsError(
            f"--{option}", "results are reported as a whole", action="only parts of a history can be chosen"
        )
