"""Options that several commands share."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from inspector.cli.terminal import EXIT_USER, say
from inspector.core.good_photos.sessions import SessionChoice, SessionsBy
from inspector.core.training.presets import DEFAULT_PRESET, PRESETS, with_preset

JsonFlag = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout, and nothing else.")]
Device = Annotated[str, typer.Option(help="auto, cpu or cuda.")]
PresetName = Annotated[
    str | None,
    typer.Option(
        "--preset",
        help=f"Method, backbone, size and constants under one name: {', '.join(PRESETS)}. 'inspector weights list' "
        "lists the presets that can be used. Other options override it. "
        "With another --method its constants are ignored.",
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
    typer.Option("--false-alarm-rate", help="Accepted share of false alarms among good parts. Default: 0.01."),
]
Setting = Annotated[
    list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="One of the method's constants; repeatable.")
]
GroupsFound = Annotated[
    str,
    typer.Option(
        "--groups",
        "--sessions",
        help="How good photos are grouped: auto, name, folder, date, file-time, order, appearance or none.",
    ),
]
Pictures = Annotated[
    bool,
    typer.Option(
        "--pictures/--no-pictures",
        help="Store small pictures of the good photos in the model, to show beside a flagged part.",
    ),
]
Depth = Annotated[
    str,
    typer.Option(
        "--depth",
        help="Bits a value in photos of 16 bits: auto (found from all good photos), 8, 10, 12, 14 or 16.",
    ),
]
WithLeftOut = Annotated[bool, typer.Option("--with-left-out", help="Also train on photos that were left out before.")]
Forecasting = Annotated[
    bool,
    typer.Option(
        "--forecast/--no-forecast", help="First print a forecast of time and memory, from a probe of seconds."
    ),
]
Anyway = Annotated[bool, typer.Option("--anyway", help="Train even if the forecast exceeds the free memory.")]
BundleFile = Annotated[Path, typer.Option("--model", "--bundle", help="The model, a file ending in .inspector.")]


def recipe_of(settings: list[str] | None, preset: str | None, **given: Any) -> Any:
    """Return the recipe that the options describe."""
    from pydantic import ValidationError

    from inspector.core.training.plan import Recipe

    try:
        return Recipe(**with_preset(preset or DEFAULT_PRESET, settings=_settings(settings or []), **given))
    except ValidationError as error:
        first = error.errors()[0]
        option = str(first["loc"][0]).replace("_", "-")
        say(f"Error: --{option} {first['input']}: {first['msg'][0].lower()}{first['msg'][1:]}; correct it")
        raise typer.Exit(EXIT_USER) from error


def group_choice(by: str) -> SessionChoice:
    """Return how good photos are grouped, from the option --groups."""
    ways = [str(way) for way in SessionsBy if way is not SessionsBy.HAND]
    if by not in ways:
        say(f"Error: --groups {by}: there is no grouping of this name; choose one of: {', '.join(ways)}")
        raise typer.Exit(EXIT_USER)
    return SessionChoice(SessionsBy(by))


def depth_bits(words: str) -> Any:
    """Return the bit depth, from the option --depth; None to find it."""
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
