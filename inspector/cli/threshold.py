"""``inspector threshold``: see, move and keep the limits of a bundle, and compare them with known defects."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from inspector.cli.terminal import ProgressBars, interruptible, plain_ending, print_json, say, say_skipped

if TYPE_CHECKING:
    from inspector.core.promise.operating_point import Costs
    from inspector.core.values import Limits
    from inspector.storage.bundles.bundle import Manifest

Rate = Annotated[float | None, typer.Option(help="Or: accepted share of false alarms among good parts, such as 0.01.")]
UnsureRate = Annotated[float | None, typer.Option(help="Or: share of good parts that may be UNSURE or NG.")]
Trained = Annotated[bool, typer.Option("--trained", help="Or: the limits that training found.")]
NoUnsure = Annotated[bool, typer.Option("--no-unsure", help="Or: no part is UNSURE.")]
Defects = Annotated[
    Path | None, typer.Option(help="Photos of known defective parts. Their scores are saved in the model.")
]


def threshold(
    bundle: Annotated[Path, typer.Argument(metavar="MODEL", help="The model, a file ending in .inspector.")],
    to: Annotated[float | None, typer.Option(help="Raw score above which a part is NG.")] = None,
    rate: Rate = None,
    trained: Trained = False,
    unsure: Annotated[float | None, typer.Option(help="Lower end of the review band, as a raw score.")] = None,
    unsure_rate: UnsureRate = None,
    no_unsure: NoUnsure = False,
    defects: Defects = None,
    cost_escape: Annotated[float | None, typer.Option(help="Cost of a defective part that is not NG.")] = None,
    cost_false_alarm: Annotated[float | None, typer.Option(help="Cost of a good part that is NG.")] = None,
    defect_share: Annotated[float | None, typer.Option(help="Share of defective parts on the line.")] = None,
    by: Annotated[str | None, typer.Option(help="Name of the person who changes it. Default: your user name.")] = None,
    note: Annotated[str, typer.Option(help="Why.")] = "",
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")] = False,
) -> None:
    """Show a bundle's limits, or change them with a record of it; nothing is trained again."""
    from inspector.storage.bundles.bundle import load_bundle
    from inspector.workflows.judging import limits as workflow

    _one_of(to=to, rate=rate, trained=trained or None)
    _one_of(unsure=unsure, unsure_rate=unsure_rate, no_unsure=no_unsure or None, trained=trained or None)
    costs = _costs(cost_escape, cost_false_alarm, defect_share)
    with plain_ending(), interruptible() as token:
        if defects is None:
            stored = load_bundle(bundle)
        else:
            from inspector.storage.photos.photo_list import find_images

            say_skipped(find_images(defects).skipped)
            with ProgressBars() as bars:
                stored = workflow.compare_with_defects(bundle, defects, device=device, report=bars, token=token)
        workflow.check_suggestion(stored, costs)
        wanted = _threshold(stored.manifest, to, rate, trained)
        wanted = _with_unsure(stored.manifest, wanted, unsure, unsure_rate, no_unsure)
        stored = workflow.keep_limits(stored, wanted, changed_by=by, note=note)
        found = workflow.as_json(stored, costs)
        say(workflow.in_words(found))
        if as_json:
            print_json(found)


def _one_of(**options: Any) -> None:
    given = [f"--{name.replace('_', '-')}" for name, value in options.items() if value is not None]
    if len(given) > 1:
        raise typer.BadParameter(f"{' and '.join(given)} exclude each other; give one of them")


def _costs(escape: float | None, false_alarm: float | None, defect_share: float | None) -> Costs | None:
    from inspector.core.promise.operating_point import Costs

    if escape is None and false_alarm is None and defect_share is None:
        return None
    if escape is None or false_alarm is None or defect_share is None:
        raise typer.BadParameter("a suggestion takes all of --cost-escape, --cost-false-alarm and --defect-share")
    try:
        return Costs(escape, false_alarm, defect_share)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def _threshold(manifest: Manifest, to: float | None, rate: float | None, trained: bool) -> Limits:
    from inspector.workflows.judging.limits import check_limits

    if trained:
        return manifest.trained_limits
    value = to if rate is None else _at_rate(manifest, rate, "--rate")
    return manifest.limits if value is None else manifest.limits.with_threshold(check_limits(value).threshold)


def _with_unsure(
    manifest: Manifest, limits: Limits, unsure: float | None, unsure_rate: float | None, none: bool
) -> Limits:
    from inspector.workflows.judging.limits import check_limits

    if none:
        return check_limits(limits.threshold)
    value = unsure if unsure_rate is None else _at_rate(manifest, unsure_rate, "--unsure-rate")
    return limits if value is None else check_limits(limits.threshold, value)


def _at_rate(manifest: Manifest, rate: float, option: str) -> float:
    if not 0.0 < rate < 1.0:
        raise typer.BadParameter(
            f"{option} {rate:g} is not a share of parts; give a number between 0 and 1, such as 0.01"
        )
    return manifest.threshold_at(rate).value
