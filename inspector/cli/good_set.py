"""Options and messages about good photos: left out, defective, rare; and the strays that training found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from inspector.cli.terminal import say, say_skipped
from inspector.core.errors import Message

LeaveOut = Annotated[
    list[Path] | None,
    typer.Option(help="Leave out a photo. It counts as a good part above the limit. Repeatable."),
]
Defective = Annotated[
    list[Path] | None,
    typer.Option(help="Leave out a photo of a defective part. It does not count. Repeatable."),
]
Rare = Annotated[list[Path] | None, typer.Option(help="Keep a good photo that stands apart. Repeatable.")]
More = Annotated[
    list[Path] | None,
    typer.Option(help="Keep a photo that stands apart; more photos like it will follow. Repeatable."),
]
SaidBy = Annotated[str | None, typer.Option("--by", help="Name of the person who decides. Default: your user name.")]

_ANSWER = (
    "Look at it, then train again: with --defective FILE if its part is defective, with --rare FILE if it is good, "
    "or with --more FILE until there are more photos like it."
)


def say_trained(outcome: Any) -> None:
    """Print the outcome of training."""
    from inspector.core.guards.readings import guard_promise_words
    from inspector.core.photo.pixel_depth_words import depth_words
    from inspector.core.promise.words import promise_words, together_words
    from inspector.workflows.training.train import more_words

    goods, seconds = outcome.manifest.goods.count, outcome.seconds["total"]
    say(f"Trained on {goods} good photos in {seconds:.1f} s: {outcome.bundle}")
    say(promise_words(outcome.manifest.threshold.false_alarm, outcome.manifest.recipe.false_alarm_rate))
    say(guard_promise_words(outcome.manifest.guards))
    together = together_words(outcome.manifest.threshold.false_alarm, outcome.manifest.refusals)
    for words in (together, *more_words(outcome.manifest), depth_words(outcome.found_depth)):
        if words:
            say(words)
    for path in outcome.strays:
        say(f"  {path}")
    if any(one.answer is None for one in outcome.manifest.strays):
        say(_ANSWER)
    say_skipped(outcome.skipped)


def keep_said(
    good: Path, out: Sequence[Path] | None, answers: Mapping[str, Sequence[Path] | None], by: str | None
) -> None:
    """Keep with the good set the photos that a command leaves out, and its answers by their value."""
    given = [path for paths in (out, *answers.values()) for path in paths or ()]
    if not given:
        return
    from inspector.core.promise.strays import Answer
    from inspector.workflows.training.strays import answer_strays, leave_out

    if len(set(given)) < len(given):
        raise typer.BadParameter(
            Message("a photo is given twice", "give it to one of --leave-out, --defective, --rare and --more")
        )
    said = {path: Answer(answer) for answer, paths in answers.items() for path in paths or ()}
    if said:
        answer_strays(good, said, by)
    if out:
        leave_out(good, out)


def left_out(good: Path) -> list[Path]:
    """Return the photos that were left out of a good set before, and say so."""
    from inspector.storage.good_photos.left_out import find_left_out
    from inspector.storage.photos.photo_list import list_images

    listed = (photo for folder in (good,) for photo in list_images(folder))  # only where something was left out
    found = sorted(find_left_out(good, listed))
    if found:
        named = "1 photo that was" if len(found) == 1 else f"{len(found)} photos that were"
        say(f"Left out: {named} left out before. --with-left-out trains on them, too.")
        for path in found:
            say(f"  {path}")
    return found
