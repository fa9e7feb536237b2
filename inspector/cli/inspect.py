"""``inspector inspect``."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from inspector.cli.options import BundleFile, Device, JsonFlag
from inspector.cli.terminal import EXIT_NG, ProgressBars, interruptible, plain_ending, print_json, say, say_skipped

if TYPE_CHECKING:
    from inspector.storage.photos.skipped_files import SkippedFile


class FailOn(StrEnum):
    """Which verdicts `inspect` ends with exit code 1 for."""

    NG = "ng"
    NOT_OK = "not-ok"


def inspect(
    path: Annotated[Path, typer.Argument(help="Folder of photos, or one photo.")],
    bundle: BundleFile,
    out: Annotated[Path, typer.Option(help="Folder for results.csv, results.json and heatmaps.")],
    threshold: Annotated[float | None, typer.Option(help="Limit as a raw score. Default: that of the model.")] = None,
    heatmaps: Annotated[bool, typer.Option("--heatmaps", help="Also write each heatmap as a picture.")] = False,
    guards: Annotated[bool, typer.Option("--guards/--no-guards", help="Refuse photos unfit to be judged.")] = True,
    fail_on: Annotated[
        FailOn | None,
        typer.Option(help="Exit with 1 if a part is or would be NG, or not-ok: if any photo is not OK."),
    ] = None,
    fail_on_ng: Annotated[bool, typer.Option("--fail-on-ng", help="The same as --fail-on ng.")] = False,
    device: Device = "auto",
    as_json: JsonFlag = False,
) -> None:
    """Judge photos with a model."""
    from inspector.storage.photos.skipped_files import skipped_json
    from inspector.workflows.judging import inspect as workflow

    skipped: list[SkippedFile] = []
    with plain_ending(), interruptible() as token:
        with ProgressBars() as bars:
            run = workflow.inspect_folder(
                path,
                bundle,
                out,
                threshold=threshold,
                heatmaps=heatmaps,
                guards=guards,
                device=device,
                on_left_out=lambda folder: say(f"Left out: {folder}, which holds heatmaps of an inspection"),
                on_skipped=skipped.extend,
                report=bars,
                token=token,
            )
        summary = workflow.as_json(run, out) | {"skipped": skipped_json(skipped)}
        _tell_inspected(summary, out, skipped, as_json)
        if _fails(summary, FailOn.NG if fail_on is None and fail_on_ng else fail_on):
            raise typer.Exit(EXIT_NG)


def _fails(summary: dict[str, Any], fail_on: FailOn | None) -> bool:
    if fail_on is FailOn.NOT_OK:
        return bool(summary["ok"] < summary["images"])
    return fail_on is FailOn.NG and bool(summary["ng"] + summary["refused_and_ng"] > 0)


def _tell_inspected(summary: dict[str, Any], out: Path, skipped: Sequence[SkippedFile], as_json: bool) -> None:
    from inspector.workflows.judging.inspect import as_text

    for line in as_text(summary, out):
        say(line)
    say_skipped(skipped)
    if as_json:
        print_json(summary)
