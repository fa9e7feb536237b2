"""``inspector weights``: which backbones have weights, and how they get them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from inspector.cli.terminal import PlainGroup, plain_ending, print_answer, print_json, say

app = typer.Typer(help="Backbone weights and presets: list, import a file, fetch from the internet.", cls=PlainGroup)


@app.command("list")
def list_weights(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")] = False,
) -> None:
    """List known backbones and presets, and which have weights on this computer."""
    from inspector.workflows.computer.catalogue import preset_rows
    from inspector.workflows.computer.weights import known_backbones

    with plain_ending():
        rows, presets = known_backbones(), preset_rows()
        if as_json:
            print_json({"backbones": rows, "presets": presets})
            return
        print_answer("\n".join(_lines(rows, presets)))


def _lines(rows: list[dict[str, Any]], presets: list[dict[str, Any]]) -> Iterator[str]:
    for row in rows:
        yield f"{row['name']:<24} {_state(row):<11} {row['license']:<13} {row['source']}"
    yield "Other timm models with feature maps at strides 8 and 16 work after an import of their weights."
    yield "\nPresets (inspector train --preset NAME):"
    for preset in presets:
        yield f"{preset['name']:<24} {_state(preset):<11} {preset['summary']}"


def _state(row: dict[str, Any]) -> str:
    return "ready" if row["ready"] else "no weights"


@app.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help="safetensors file, or a state dict saved by torch.")],
    backbone: Annotated[str, typer.Option(help="timm name of the backbone they belong to.")],
) -> None:
    """Check a weights file and keep it for this user."""
    from inspector.workflows.computer.weights import import_weights

    with plain_ending():
        say(f"Weights of {backbone}: {import_weights(file, backbone)}")


@app.command("fetch")
def fetch(name: Annotated[str, typer.Argument(help="timm name of the backbone.")]) -> None:
    """Download ImageNet weights. The only command that uses the internet."""
    from inspector.workflows.computer.weights import fetch_weights

    with plain_ending():
        say(f"Weights of {name}: {fetch_weights(name)}")
