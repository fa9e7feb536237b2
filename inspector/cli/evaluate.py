"""``inspector evaluate`` and ``inspector demo``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from inspector.cli.options import (
    BackboneName,
    Device,
    FalseAlarmRate,
    GroupsFound,
    JsonFlag,
    MethodName,
    PresetName,
    Seed,
    Setting,
    Size,
    group_choice,
    recipe_of,
)
from inspector.cli.terminal import ProgressBars, interruptible, plain_ending, print_answer, print_json, say


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
    shots: Annotated[
        int | None, typer.Option(min=1, help="Number of good photos to train on, drawn by the seed.")
    ] = None,
    baselines: Annotated[bool, typer.Option("--baselines", help="Also measure the baselines.")] = False,
    groups: GroupsFound = "auto",
    device: Device = "auto",
    as_json: JsonFlag = False,
) -> None:
    """Measure how well a recipe finds the defects of a labelled dataset."""
    from inspector.workflows.measuring import evaluate as workflow

    with plain_ending(), interruptible() as token:
        recipe = recipe_of(
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
                groups=group_choice(groups),
                report=bars,
                token=token,
            )
        if as_json:
            print_json(figures)
        else:
            print_answer(workflow.as_table(figures))


def demo(
    gui: Annotated[bool, typer.Option("--gui/--no-gui", help="Open the window at the end.")] = True,
    out: Annotated[Path, typer.Option(help="Folder for photos, model, results and report.")] = Path("inspector-demo"),
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


def _open_demo_window(good: Path, bundle: Path, photos: Path) -> None:
    from inspector.workflows.computer.machine import window_obstacle

    obstacle = window_obstacle()
    if obstacle is not None:
        say(f"The window was not opened: {obstacle}")
        return
    from inspector.app import run

    raise typer.Exit(run(good=good, bundle=bundle, photos=photos))
