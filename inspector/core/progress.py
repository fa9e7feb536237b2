"""How long work tells where it stands, and how it is asked to stop."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a piece of work stands.

    Parameters
    ----------
    stage : str
        What is being done now, as a phrase for people ("reading good photos").
    done, total : int
        Steps of this stage; ``0 <= done <= total``.
    """

    stage: str
    done: int
    total: int


OnProgress = Callable[[Progress], None]
"""Receives progress. Called in the worker's thread; must return fast."""


class Cancelled(Exception):
    """The user asked to stop. An outcome, not an error."""


class CancelToken:
    """A wish to stop that the work reads between two steps.

    A Qt slot on a busy worker is delivered only after the work ends, so the wish travels as a ``threading.Event``.
    """

    def __init__(self) -> None:
        self._event = threading.Event()

    def cancel(self) -> None:
        """Ask the work to stop at its next step."""
        self._event.set()

    @property
    def cancelled(self) -> bool:
        """Whether stopping was asked for."""
        return self._event.is_set()

    def wait(self, timeout_s: float) -> bool:
        """Wait until stopping is asked for, at most `timeout_s`; return whether it was."""
        return self._event.wait(timeout_s)

    def check(self) -> None:
        """Stop here if stopping was asked for.

        Raises
        ------
        Cancelled
            If `cancel` was called.
        """
        if self._event.is_set():
            raise Cancelled


def ignore_progress(_progress: Progress) -> None:
    """Report to nobody."""
