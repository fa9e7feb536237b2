"""``inspector explain``: why a photo has its score."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from inspector.cli.terminal import plain_ending, print_json, say


def explain(
    photo: Annotated[Path, typer.Argument(help="One photo.")],
    bundle: Annotated[Path, typer.Option("--model", "--bundle", help="The model, a file ending in .inspector.")],
    at: Annotated[
        tuple[int, int] | None, typer.Option(help="A pixel of the photo, X Y. Default: the highest score.")
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")] = False,
) -> None:
    """Show the most anomalous patch of a photo, its nearest normal patch, and the origin of that patch."""
    from inspector.core.errors import DatasetError
    from inspector.storage.photos.images import read_image
    from inspector.workflows.judging import explain as workflow
    from inspector.workflows.judging.loaded_bundle import open_bundle

    with plain_ending():
        loaded = open_bundle(bundle, device=device)
        why = workflow.why_flagged(loaded, read_image(photo, loaded.depth), at_xy=at)
        if why is None:
            raise DatasetError(photo, "its size differs from that of the good photos, so it cannot be compared")
        say(workflow.why_words(why))
        if as_json:
            print_json(workflow.as_json(why))
