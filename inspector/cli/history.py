"""The commands below ``inspector history``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from inspector.cli.terminal import EXIT_NG, PlainGroup, ProgressBars, interruptible, plain_ending, print_json, say

if TYPE_CHECKING:
    from inspector.storage.history.verification import Verification

app = typer.Typer(
    cls=PlainGroup,
    help="Check a history of judged parts, or begin a new one.",
    no_args_is_help=False,
    rich_markup_mode=None,
)

Place = Annotated[
    str,
    typer.Argument(
        metavar="[PATH_OR_URL]",
        help="The folder of a history, history.sqlite in it, or a PostgreSQL URL; your own if left out.",
    ),
]


@app.command()
def verify(
    place: Place = "history",
    head: Annotated[
        str | None, typer.Option(metavar="HASH", help="A head that was noted before. It must still be in the chain.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")] = False,
) -> None:
    """Say whether rows were altered, removed or inserted by other means than Inspector; exit code 1 if so."""
    with plain_ending(), interruptible() as token, ProgressBars() as bars:
        from inspector.workflows.computer.history_places import existing_history

        with existing_history(place) as history:
            found = history.verify(head, report=bars, token=token)
    _tell(found)
    if as_json:
        with plain_ending():
            print_json(_fields(found))
    if not found.intact:
        raise typer.Exit(EXIT_NG)


@app.command()
def start(place: Place = "history") -> None:
    """Start a new history in place of a missing one, or use another history that lies there."""
    with plain_ending():
        from inspector.workflows.computer.history_places import begin_history

        parts, named = begin_history(place)
        say(f"History: {named}, {'1 part' if parts == 1 else f'{parts:,} parts'}")


def _tell(found: Verification) -> None:
    for problem in found.problems:
        say(problem.sentence[0].upper() + problem.sentence[1:])
    if found.found > len(found.problems):
        say(f"and {found.found - len(found.problems):,} more")
    outcome = "Intact" if found.intact else "NOT INTACT"
    say(f"{outcome}: {found.entries:,} entries, the last of which has the hash {found.head}")
    if found.older_entries:
        say(f"{found.older_entries:,} entries are older than the chain; see docs/history.md")


def _fields(found: Verification) -> dict[str, Any]:
    named = [
        {"change": one.change, "kind": one.kind, "number": one.number, "sentence": one.sentence}
        for one in found.problems
    ]
    return {
        "intact": found.intact,
        "history": found.uuid,
        "entries": found.entries,
        "older_entries": found.older_entries,
        "head": found.head,
        "problems": found.found,
        "first": named[0] if named else None,
        "named": named,
    }
