"""The commands. Each one parses its words, calls a workflow and prints the answer."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from inspector.cli import explain, feedback, history, report, signing, threshold, weights
from inspector.cli.forecast import before_training, forecast_answer, say_forecast
from inspector.cli.good_set import Defective, LeaveOut, More, Rare, SaidBy, keep_said, left_out, say_trained
from inspector.cli.terminal import (
    EXIT_NG,
    EXIT_USER,
    PlainGroup,
    ProgressBars,
    interruptible,
    plain_ending,
    print_answer,
    print_json,
    say,
    say_skipped,
)
from inspector.core.good_photos.sessions import SessionChoice, SessionsBy
from inspector.core.training.presets import DEFAULT_PRESET, PRESETS, with_preset

if TYPE_CHECKING:
    from inspector.storage.photos.skipped_files import SkippedFile

app = typer.Typer(
    name="inspector",
    cls=PlainGroup,
    help="Train a defect detector on photos of good parts only, and use it on the line.",
    no_args_is_help=False,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(weights.app, name="weights")
app.add_typer(history.app, name="history")
app.command()(threshold.threshold)
app.command()(explain.explain)
app.command()(feedback.feedback)
app.command()(report.report)
app.command()(signing.sign)
app.command()(signing.verify)


class FailOn(StrEnum):
    """Which verdicts `inspect` ends with exit code 1 for."""

    NG = "ng"
    NOT_OK = "not-ok"


JsonFlag = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout and nothing else there.")]
Device = Annotated[str, typer.Option(help="auto, cpu or cuda.")]
PresetName = Annotated[
    str | None,
    typer.Option(
        "--preset",
        help=f"Method, backbone, size and constants under one name: {', '.join(PRESETS)}; 'inspector weights list' "
        "shows which can be used. What is given beside it wins; with another --method its constants are left out.",
    ),
]
MethodName = Annotated[
    str | None,
    typer.Option("--method", help="reconpatch (if no preset is given), coarse-to-fine or patchcore."),
]
BackboneName = Annotated[
    str | None,
    typer.Option("--backbone", help="A backbone with weights, or several joined by +; see 'inspector weights list'."),
]
Size = Annotated[
    int | None, typer.Option(help="Pixels that the backbone sees, as the edge of a square; 256 if no preset is given.")
]
Seed = Annotated[int, typer.Option(help="Seeds every random choice.")]
FalseAlarmRate = Annotated[
    float | None,
    typer.Option("--false-alarm-rate", help="Share of good parts that may be called NG; 0.01 if left out."),
]
Setting = Annotated[
    list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="One of the method's constants; repeatable.")
]
GroupsFound = Annotated[
    str,
    typer.Option(
        "--groups",
        "--sessions",
        help="How photos taken together are grouped: auto, name, folder, date, file-time, order, appearance or none.",
    ),
]
Pictures = Annotated[
    bool,
    typer.Option(
        "--pictures/--no-pictures",
        help="Keep small pictures of the good photos in the bundle, to show beside a flagged part.",
    ),
]
Depth = Annotated[
    str,
    typer.Option(
        "--depth",
        help="Bits a value in photos of 16 bits: auto (found from all good photos), 8, 10, 12, 14 or 16.",
    ),
]
WithLeftOut = Annotated[
    bool, typer.Option("--with-left-out", help="Train also on photos that were left out of this folder before.")
]
Forecasting = Annotated[
    bool,
    typer.Option("--forecast/--no-forecast", help="Say first what training will take, from a probe of seconds."),
]
Anyway = Annotated[bool, typer.Option("--anyway", help="Train even where the forecast says that memory will not do.")]
BundleFile = Annotated[Path, typer.Option("--bundle", help="The trained part file.")]


def main() -> None:
    """Run the command line."""
    if isinstance(sys.stdout, io.TextIOWrapper):  # a file name may hold letters that the terminal's encoding lacks
        sys.stdout.reconfigure(errors="backslashreplace")
    app(prog_name="inspector")  # so that advice names the command, however it was started


@app.callback(invoke_without_command=True)
def window(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False,
) -> None:
    """Open the window, when no command is given."""
    if version:
        from inspector import __version__

        print_answer(__version__)
        raise typer.Exit
    if context.invoked_subcommand is None:
        from inspector.app import run

        raise typer.Exit(run())


@app.command()
def train(
    good: Annotated[Path, typer.Argument(help="Folder of good photos.")],
    out: Annotated[Path, typer.Option(help="The bundle to write, PART.inspector.")],
    preset: PresetName = None,
    method: MethodName = None,
    backbone: BackboneName = None,
    size: Size = None,
    seed: Seed = 0,
    false_alarm_rate: FalseAlarmRate = None,
    setting: Setting = None,
    device: Device = "auto",
    groups: GroupsFound = "auto",
    pictures: Pictures = True,
    depth: Depth = "auto",
    with_left_out: WithLeftOut = False,
    leave_out: LeaveOut = None,
    defective: Defective = None,
    rare: Rare = None,
    more: More = None,
    by: SaidBy = None,
    forecast: Forecasting = True,
    anyway: Anyway = False,
    as_json: JsonFlag = False,
) -> None:
    """Train on good photos and write a bundle."""
    from inspector.storage.bundles.bundle import check_bundle_target
    from inspector.workflows.training import train as workflow

    named = {"method": method, "backbone": backbone, "size": size, "seed": seed, "false_alarm_rate": false_alarm_rate}
    with plain_ending(), interruptible() as token:
        recipe = _recipe(setting, preset, **named)
        chosen: dict[str, Any] = {"device": device, "sessions": _group_choice(groups), "depth_bits": _depth_bits(depth)}
        check_bundle_target(out)
        keep_said(good, leave_out, {"defective": defective, "rare": rare, "more": more}, by)
        chosen |= {"leave_out": [] if with_left_out else left_out(good), "keep_pictures": pictures}
        told = before_training(good, recipe, anyway=anyway, token=token, **chosen) if forecast else None
        with ProgressBars(told.stages if told else ()) as bars:
            outcome = workflow.train(good, out, recipe, report=bars, token=token, **chosen)
        say_trained(outcome)
        if as_json:
            print_json(workflow.as_json(outcome) | {"forecast": forecast_answer(told)})


@app.command("forecast")
def forecast_only(
    good: Annotated[Path, typer.Argument(help="Folder of good photos.")],
    preset: PresetName = None,
    method: MethodName = None,
    backbone: BackboneName = None,
    size: Size = None,
    setting: Setting = None,
    device: Device = "auto",
    groups: GroupsFound = "auto",
    pictures: Pictures = True,
    depth: Depth = "auto",
    with_left_out: WithLeftOut = False,
    as_json: JsonFlag = False,
) -> None:
    """Say what training would take here: time, memory, speed and size of the bundle. Nothing is trained."""
    from inspector.core.training.forecast import as_json as forecast_json
    from inspector.workflows.training.forecast import forecast_training

    with plain_ending(), interruptible() as token:
        recipe = _recipe(setting, preset, method=method, backbone=backbone, size=size)
        told = forecast_training(
            good, recipe, device=device, sessions=_group_choice(groups), keep_pictures=pictures,
            depth_bits=_depth_bits(depth), leave_out=[] if with_left_out else left_out(good), token=token,
        )  # fmt: skip
        say_forecast(told)
        if as_json:
            print_json(forecast_json(told))


@app.command()
def inspect(
    path: Annotated[Path, typer.Argument(help="Folder of photos, or one photo.")],
    bundle: BundleFile,
    out: Annotated[Path, typer.Option(help="Folder for results.csv, results.json and heatmaps.")],
    threshold: Annotated[float | None, typer.Option(help="Raw score; the bundle's own if left out.")] = None,
    heatmaps: Annotated[bool, typer.Option("--heatmaps", help="Also write a picture of each heatmap.")] = False,
    guards: Annotated[
        bool, typer.Option("--guards/--no-guards", help="Refuse photos that the good ones say nothing about.")
    ] = True,
    fail_on: Annotated[
        FailOn | None,
        typer.Option(help="Exit with 1 if a part is or would be NG, or not-ok: if any photo is not OK."),
    ] = None,
    fail_on_ng: Annotated[bool, typer.Option("--fail-on-ng", help="The same as --fail-on ng.")] = False,
    device: Device = "auto",
    as_json: JsonFlag = False,
) -> None:
    """Judge photos with a bundle."""
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


@app.command()
def evaluate(
    dataset: Annotated[Path, typer.Argument(help="A category of MVTec AD, BTAD or VisA, or a folder of categories.")],
    preset: PresetName = None,
    method: MethodName = None,
    backbone: BackboneName = None,
    size: Size = None,
    seed: Seed = 0,
    false_alarm_rate: FalseAlarmRate = None,
    setting: Setting = None,
    repeats: Annotated[int, typer.Option(min=1, help="Seeds to average over.")] = 1,
    shots: Annotated[int | None, typer.Option(min=1, help="Train on so many good photos, drawn by the seed.")] = None,
    baselines: Annotated[bool, typer.Option("--baselines", help="Measure the baselines beside it.")] = False,
    groups: GroupsFound = "auto",
    device: Device = "auto",
    as_json: JsonFlag = False,
) -> None:
    """Measure how well a recipe finds the defects of a labelled dataset."""
    from inspector.workflows.measuring import evaluate as workflow

    with plain_ending(), interruptible() as token:
        recipe = _recipe(
            setting, preset, method=method, backbone=backbone, size=size, seed=seed, false_alarm_rate=false_alarm_rate
        )
        with ProgressBars() as bars:
            figures = workflow.evaluate_folder(
                dataset,
                recipe,
                device=device,
                repeats=repeats,
                baselines=baselines,
                shots=shots,
                groups=_group_choice(groups),
                report=bars,
                token=token,
            )
        if as_json:
            print_json(figures)
        else:
            print_answer(workflow.as_table(figures))


@app.command()
def demo(
    gui: Annotated[bool, typer.Option("--gui/--no-gui", help="Open the window at the end.")] = True,
    out: Annotated[Path, typer.Option(help="Folder for photos, bundle, results and report.")] = Path("inspector-demo"),
    device: Device = "auto",
    as_json: JsonFlag = False,
) -> None:
    """Train on real solar cells, inspect others, write the report, and open the window on it."""
    from inspector.workflows.measuring import demo as workflow

    with plain_ending(), interruptible() as token:
        with ProgressBars() as bars:
            outcome = workflow.run_demo(out, device=device, report=bars, token=token)
        say(workflow.in_words(outcome))
        if as_json:
            print_json(workflow.as_json(outcome))
    if gui:
        _open_demo_window(outcome.data.good, outcome.trained.bundle, outcome.data.mixed)


@app.command()
def doctor(as_json: JsonFlag = False) -> None:
    """Say what this computer has, what would be used, and what is missing and how to get it."""
    from inspector.workflows.computer.doctor import as_text, examine

    with plain_ending():
        found = examine()
        if as_json:
            print_json(found)
        else:
            print_answer(as_text(found))


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


def _open_demo_window(good: Path, bundle: Path, photos: Path) -> None:
    from inspector.workflows.computer.machine import window_obstacle

    obstacle = window_obstacle()
    if obstacle is not None:
        say(f"The window was not opened: {obstacle}")
        return
    from inspector.app import run

    raise typer.Exit(run(good=good, bundle=bundle, photos=photos))


def _recipe(settings: list[str] | None, preset: str | None, **given: Any) -> Any:
    from pydantic import ValidationError

    from inspector.core.training.plan import Recipe

    try:
        return Recipe(**with_preset(preset or DEFAULT_PRESET, settings=_settings(settings or []), **given))
    except ValidationError as error:
        first = error.errors()[0]
        option = str(first["loc"][0]).replace("_", "-")
        say(f"Error: --{option} {first['input']}: {first['msg'][0].lower()}{first['msg'][1:]}; correct it")
        raise typer.Exit(EXIT_USER) from error


def _group_choice(by: str) -> SessionChoice:
    ways = [str(way) for way in SessionsBy if way is not SessionsBy.HAND]
    if by not in ways:
        say(f"Error: --groups {by}: there is no way of this name to find groups; choose one of: {', '.join(ways)}")
        raise typer.Exit(EXIT_USER)
    return SessionChoice(SessionsBy(by))


def _depth_bits(words: str) -> Any:
    from inspector.core.photo.pixel_depth import DEPTHS

    if words == "auto":
        return None
    if words not in map(str, DEPTHS):
        say(f"Error: --depth {words}: choose auto or one of {', '.join(map(str, DEPTHS))}")
        raise typer.Exit(EXIT_USER)
    return int(words)


def _settings(words: list[str]) -> dict[str, Any]:
    settings = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals:
            say(f"Error: --set {word}: write it as NAME=VALUE")
            raise typer.Exit(EXIT_USER)
        try:
            settings[name] = json.loads(value)
        except json.JSONDecodeError:
            settings[name] = value  # a plain word, such as orthogonal
    return settings
