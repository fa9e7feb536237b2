"""What commands print: progress and messages on stderr, results on stdout; and how they end."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any

import typer
from typer.core import TyperGroup

from inspector.core.errors import GoodSetUnusable, InspectorError
from inspector.core.forecast import Stage
from inspector.core.forecast_words import time_words
from inspector.core.progress import Cancelled, CancelToken, Progress
from inspector.core.time_left import TimeLeft

EXIT_NG = 1
EXIT_USER = 2
EXIT_CANCELLED = 130


def say(message: str) -> None:
    """Print a message for the person on stderr."""
    print(message, file=sys.stderr)


def print_json(value: dict[str, Any]) -> None:
    """Print one JSON object on stdout; ASCII only, so that any file name survives any terminal and any pipe."""
    print(json.dumps(value, indent=2, allow_nan=False, default=str))


# click's own class, or that of the copy of click that later releases of typer carry.
_UsageError: Any = typer.BadParameter.__base__


class PlainGroup(TyperGroup):
    """Commands whose misuse is told in one sentence, as every other mistake is, where typer prints a block."""

    def make_context(self, *args: Any, **extra: Any) -> Any:
        """Parse the words before the command."""
        with _plain_usage():
            return super().make_context(*args, **extra)

    def invoke(self, ctx: Any) -> Any:
        """Parse the words after the command, and run it."""
        with _plain_usage():
            return super().invoke(ctx)


@contextmanager
def _plain_usage() -> Iterator[None]:
    try:
        yield
    except _UsageError as error:
        sentence = error.format_message().strip().rstrip(".")
        command = error.ctx.command_path if error.ctx is not None else "inspector"
        say(f"Error: {sentence}; see '{command} --help'")
        raise typer.Exit(EXIT_USER) from error


@contextmanager
def plain_ending() -> Iterator[None]:
    """Turn the user's mistakes and bad data into one sentence and exit code 2, and Ctrl-C into exit code 130."""
    try:
        yield
    except GoodSetUnusable as error:
        say(f"Error: {error}")
        for path, reason in error.problems:
            say(f"  {path}: {reason}")
        raise typer.Exit(EXIT_USER) from error
    except InspectorError as error:
        say(f"Error: {error}")
        raise typer.Exit(EXIT_USER) from error
    except (Cancelled, KeyboardInterrupt) as stop:
        say("Cancelled. Nothing was left half-written.")
        raise typer.Exit(EXIT_CANCELLED) from stop


class ProgressBars:
    """One bar a stage on stderr, or nothing when nobody would see it.

    Used as a context manager; call it with each `Progress`.

    Parameters
    ----------
    stages : sequence of Stage
        As forecast; then the time left is told for the whole job, beside the stage that is running.
    """

    def __init__(self, stages: Sequence[Stage] = ()) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
        from rich.progress import Progress as RichProgress

        self._left = TimeLeft(stages, time.monotonic()) if stages else None
        self._bars = RichProgress(
            TextColumn("{task.description:<36}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn() if self._left is None else TextColumn("{task.fields[left]}"),
            console=Console(stderr=True),
            disable=not sys.stderr.isatty(),
        )
        self._stage: str | None = None
        self._task: Any = None

    def __enter__(self) -> ProgressBars:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def __call__(self, progress: Progress) -> None:
        """Show where the work stands."""
        if progress.stage != self._stage:
            if self._stage is not None:
                self._bars.update(self._task, left="")
            self._stage = progress.stage
            self._task = self._bars.add_task(progress.stage, total=progress.total, left="")
        self._bars.update(self._task, completed=progress.done, total=progress.total, left=self._words(progress))

    def _words(self, progress: Progress) -> str:
        now = time.monotonic()
        if self._left is None:
            return ""
        self._left.hear(progress, now)
        seconds = self._left.seconds_left(now)
        return "" if seconds is None else f"about {time_words(seconds)} left"


@contextmanager
def interruptible() -> Iterator[CancelToken]:
    """Give a token that Ctrl-C cancels, so that work stops between two steps; a second Ctrl-C stops it at once."""
    import signal

    token = CancelToken()

    def ask_to_stop(signum: int, frame: object) -> None:
        if token.cancelled:
            raise KeyboardInterrupt
        token.cancel()

    previous: Callable[..., Any] | int | None = signal.signal(signal.SIGINT, ask_to_stop)
    try:
        yield token
    finally:
        signal.signal(signal.SIGINT, previous)
