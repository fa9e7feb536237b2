"""The commands. Each command parses its words, calls a workflow and prints the answer."""

from __future__ import annotations

import io
import sys
from typing import Annotated

import typer

from inspector.cli import explain, feedback, history, report, signing, threshold, weights
from inspector.cli.evaluate import demo, evaluate
from inspector.cli.inspect import inspect
from inspector.cli.options import JsonFlag
from inspector.cli.terminal import PlainGroup, plain_ending, print_answer, print_json
from inspector.cli.train import forecast_only, train

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
app.command()(train)
app.command("forecast")(forecast_only)
app.command()(inspect)
app.command()(evaluate)
app.command()(demo)


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
def doctor(as_json: JsonFlag = False) -> None:
    """Show the computer, the devices in use, and missing parts with their source."""
    from inspector.workflows.computer.doctor import as_text, examine

    with plain_ending():
        found = examine()
        if as_json:
            print_json(found)
        else:
            print_answer(as_text(found))
