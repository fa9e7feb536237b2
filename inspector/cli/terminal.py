"""The output of commands: progress and messages on stderr, results on stdout, and the exit code."""

from __future__ import annotations

import contextlib
import errno
import json
import logging
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperGroup

from inspector.core.errors import GoodSetUnusable, InspectorError, Message, ResultsError
from inspector.core.progress import Cancelled, CancelToken, Progress
from inspector.core.training.forecast import Stage
from inspector.core.training.forecast_words import time_words
from inspector.core.training.time_left import TimeLeft
from inspector.storage.atomic import write_problem

if TYPE_CHECKING:
    from inspector.storage.photos.skipped_files import SkippedFile

EXIT_NG = 1
EXIT_USER = 2
EXIT_CANCELLED = 130

_STDOUT = "standard output"

log = logging.getLogger(__name__)


_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EPIPE)
"""Errors of a disk, a pipe or a device that refuses a write; they are not mistakes of the program."""


def say(message: str) -> None:
    """Print a message for the person on stderr; nothing is lost where nobody can read it."""
    if sys.stderr is not None:  # print(file=None) would write to stdout
        with contextlib.suppress(OSError):
            print(message, file=sys.stderr, flush=True)


def say_skipped(skipped: Sequence[SkippedFile]) -> None:
    """Print the skipped files among the photos, one line for each reason."""
    from inspector.storage.photos.skipped_files import skipped_words

    for words in skipped_words(skipped):
        say(words)


def print_json(value: dict[str, Any]) -> None:
    """Print one JSON object on stdout; ASCII only, so that any file name survives any terminal and any pipe.

    Raises
    ------
    ResultsError
        As by `print_answer`.
    """
    print_answer(json.dumps(value, indent=2, allow_nan=False, default=str))


def print_answer(text: str) -> None:
    """Print the whole answer of a command on stdout.

    Raises
    ------
    ResultsError
        It cannot be written: stdout is closed, its reader has gone, or the disk is full.
    """
    if sys.stdout is None:
        raise ResultsError(_STDOUT, "it is closed, so the answer cannot be written", action="leave it open")
    try:
        print(text, flush=True)
    except OSError as error:
        drop_stdout()
        raise ResultsError(_STDOUT, f"the answer cannot be written: {_unwritten(error)}") from error


def drop_stdout() -> None:
    """Let nothing more be written to stdout: Python would try again at its end, and fail once more."""
    with contextlib.suppress(OSError, ValueError):  # stdout need not be a file
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _unwritten(error: OSError) -> str:
    if error.errno == errno.EPIPE:
        return Message("the program that reads it has ended", "let it read to the end")
    return write_problem(error)


# click's own class, or that of the copy of click that later releases of typer carry.
_UsageError: Any = typer.BadParameter.__base__


class PlainGroup(TyperGroup):
    """Commands that report misuse in one sentence, as all other mistakes; typer prints a block."""

    def make_context(self, *args: Any, **extra: Any) -> Any:
        """Parse the words before the command."""
        with _plain_usage():
            return super().make_context(*args, **extra)

    def invoke(self, ctx: Any) -> Any:
        """Parse the words after the command, and run it."""
        with _plain_usage():
            return super().invoke(ctx)


@contextmanager
def _full_disks() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL:
            raise
        drop_stdout()  # which it may be about
        raise ResultsError(error.filename or "output", _unwritten(error)) from error


@contextmanager
def _plain_usage() -> Iterator[None]:
    try:
        with _full_disks():
            yield
    except ResultsError as error:  # of the help, or of the version
        say(f"Error: {error}")
        raise typer.Exit(EXIT_USER) from error
    except _UsageError as error:
        sentence = error.format_message().strip().rstrip(".")
        command = error.ctx.command_path if error.ctx is not None else "inspector"
        say(f"Error: {sentence}; see '{command} --help'")
        raise typer.Exit(EXIT_USER) from error


@contextmanager
def plain_ending() -> Iterator[None]:
    """Turn the user's mistakes, bad data and a full disk into one sentence and exit code 2; Ctrl-C into 130."""
    with _logged(), _ended_plainly():
        yield


@contextmanager
def _logged() -> Iterator[None]:
    """Log the beginning, the work and the end of a command."""
    from inspector.storage.log_file import start_log, stop_log
    from inspector.workflows.computer.machine import library_versions

    command = next((word for word in sys.argv[1:2] if word.isalpha()), "command")  # other words may hold secrets
    start_log(command, library_versions())
    how = "stopped by an unexpected error"
    try:
        yield
        how = "ended with 0"
    except typer.Exit as end:
        how = f"ended with {end.exit_code}"
        raise
    finally:
        stop_log(command, how)


@contextmanager
def _ended_plainly() -> Iterator[None]:
    try:
        with _full_disks():
            yield
    except GoodSetUnusable as error:
        log.warning("%s", error)
        say(f"Error: {error}")
        for path, reason in error.problems:
            say(f"  {path}: {reason}")
        raise typer.Exit(EXIT_USER) from error
    except InspectorError as error:
        log.warning("%s", error)
        say(f"Error: {error}")
        raise typer.Exit(EXIT_USER) from error
    except (Cancelled, KeyboardInterrupt) as stop:
        say("Cancelled. No file was left incomplete.")
        raise typer.Exit(EXIT_CANCELLED) from stop


class ProgressBars:
    """One bar a stage on stderr, or nothing when nobody would see it.

    Used as a context manager; call it with each `Progress`.

    Parameters
    ----------
    stages : sequence of Stage
        The forecast. With it, the remaining time of the whole job stands beside the running stage.
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
            disable=sys.stderr is None or not sys.stderr.isatty(),
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
