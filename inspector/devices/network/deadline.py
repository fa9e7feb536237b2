"""A time limit and a request to stop for the connection to a network source."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from inspector.core.progress import Cancelled, CancelToken

SLICE_S = 0.1
"""Maximum duration of one wait, and so the maximum delay before a request to stop is noticed."""

Result = TypeVar("Result")


class Deadline:
    """A common time limit for several steps.

    A limit for each step is not sufficient: a server that sends one byte a second never exceeds it.

    Parameters
    ----------
    seconds : float
        Seconds from now.
    token : CancelToken
        The request to stop earlier.
    """

    def __init__(self, seconds: float, token: CancelToken) -> None:
        self._until = time.monotonic() + seconds
        self._token = token

    @property
    def left_s(self) -> float:
        """Seconds left, >= 0."""
        return max(0.0, self._until - time.monotonic())

    def slice_s(self) -> float:
        """Return the duration of the next wait in seconds, > 0.

        Raises
        ------
        TimeoutError
            The time is over.
        Cancelled
            The token was cancelled.
        """
        self._token.check()
        left_s = self.left_s
        if left_s <= 0.0:
            raise TimeoutError
        return min(left_s, SLICE_S)

    def wait_for(self, work: Callable[[], Result], drop: Callable[[Result], object]) -> Result:
        """Do work that cannot be interrupted in a separate thread; abandon it if it takes too long.

        Parameters
        ----------
        work : callable
            For example a name look-up. It must end at some time.
        drop : callable
            Releases a result that comes too late.

        Raises
        ------
        TimeoutError, Cancelled
            As for `slice_s`.
        OSError, ValueError
            From `work`.
        """
        attempt = _Attempt(work, drop)
        threading.Thread(target=attempt.run, name="connecting", daemon=True).start()
        try:
            while not attempt.ended.wait(self.slice_s()):
                pass
        except (TimeoutError, Cancelled):
            attempt.give_up()
            raise
        return attempt.outcome()


class _Attempt(Generic[Result]):
    """Work in another thread, and its result."""

    def __init__(self, work: Callable[[], Result], drop: Callable[[Result], object]) -> None:
        self.ended = threading.Event()
        self._work, self._drop = work, drop
        self._lock, self._wanted = threading.Lock(), True
        self._results: list[Result] = []
        self._error: OSError | ValueError | None = None

    def run(self) -> None:
        try:
            self._results.append(self._work())
        except (OSError, ValueError) as error:  # ValueError for invalid host names
            self._error = error
        with self._lock:
            self.ended.set()
            unwanted = not self._wanted
        if unwanted:
            self._let_go()

    def give_up(self) -> None:
        with self._lock:
            self._wanted = False
            late = self.ended.is_set()
        if late:
            self._let_go()

    def outcome(self) -> Result:
        if self._error is not None:
            raise self._error
        return self._results[0]

    def _let_go(self) -> None:
        for result in self._results:
            self._drop(result)
