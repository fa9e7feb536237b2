"""``inspector train`` and ``inspector forecast``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from inspector.cli.forecast import before_training, forecast_answer, say_forecast
from inspector.cli.good_set import Defective, LeaveOut, More, Rare, SaidBy, keep_said, left_out, say_trained
from inspector.cli.options import (
    Anyway,
    BackboneName,
    Depth,
    Device,
    FalseAlarmRate,
    Forecasting,
    GroupsFound,
    JsonFlag,
    MethodName,
    Pictures,
    PresetName,
    Seed,
    Setting,
    Size,
    WithLeftOut,
    depth_bits,
    group_choice,
    recipe_of,
)
from inspector.cli.terminal import ProgressBars, interruptible, plain_ending, print_json


def train(
    good: Annotated[Path, typer.Argument(help="Folder of good photos.")],
    out: Annotated[Path, typer.Option(help="The model to write, PART.inspector.")],
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
    """Train on good photos and write a model."""
    from inspector.storage.bundles.bundle import check_bundle_target
    from inspector.workflows.training import train as workflow

    named = {"method": method, "backbone": backbone, "size": size, "seed": seed, "false_alarm_rate": false_alarm_rate}
    with plain_ending(), interruptible() as token:
        recipe = recipe_of(setting, preset, **named)
        chosen: dict[str, Any] = {"device": device, "sessions": group_choice(groups), "depth_bits": depth_bits(depth)}
        check_bundle_target(out)
        keep_said(good, leave_out, {"defective": defective, "rare": rare, "more": more}, by)
        chosen |= {"leave_out": [] if with_left_out else left_out(good), "keep_pictures": pictures}
        told = before_training(good, recipe, anyway=anyway, token=token, **chosen) if forecast else None
        with ProgressBars(told.stages if told else ()) as bars:
            outcome = workflow.train(good, out, recipe, report=bars, token=token, **chosen)
        say_trained(outcome)
        if as_json:
            print_json(workflow.as_json(outcome) | {"forecast": forecast_answer(told)})


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
    """Forecast training on this computer: time, memory, speed and size of the model. Nothing is trained."""
    from inspector.core.training.forecast import as_json as forecast_json
    from inspector.workflows.training.forecast import forecast_training

    with plain_ending(), interruptible() as token:
        recipe = recipe_of(setting, preset, method=method, backbone=backbone, size=size)
        told = forecast_training(
            good, recipe, device=device, sessions=group_choice(groups), keep_pictures=pictures,
            depth_bits=depth_bits(depth), leave_out=[] if with_left_out else left_out(good), token=token,
        )  # fmt: skip
        say_forecast(told)
        if as_json:
            print_json(forecast_json(told))
