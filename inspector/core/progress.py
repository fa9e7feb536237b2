"""Progress reports of long work, and the request to stop it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """The progress of a piece of work.

    Parameters
    ----------
    stage : str
        The present stage, as a phrase for users ("reading good photos").
    done, total : int
        Completed and total steps of this stage; ``0 <= done <= total``.
    """

    stage: str
    done: int
    total: int


OnProgress = Callable[[Progress], None]
"""Receives progress. Called in the worker's thread; must return fast."""


class Cancelled(Exception):
    """The user asked to stop. An outcome, not an error."""


class CancelToken:
    """A request to stop that the work reads between two steps.

    A Qt slot on a busy worker is delivered only after the work ends, so the request is a ``threading.Event``.
    """

    def __init__(self) -> None:
        self._event = threading.Event()

    def cancel(self) -> None:
        """Ask the work to stop at its next step."""
        self._event.set()

    @property
    def cancelled(self) -> bool:
        """Whether a stop was requested."""
        return self._event.is_set()

    def wait(self, timeout_s: float) -> bool:
        """Wait for a request to stop, at most `timeout_s` seconds; return whether it came."""
        return self._event.wait(timeout_s)

    def check(self) -> None:
        """Raise if a stop was requested.

        Raises
        ------
        Cancelled
            If `cancel` was called.
        """
        if self._event.is_set():
            raise Cancelled


def ignore_progress(_progress: Progress) -> None:
    """Discard a progress report."""
