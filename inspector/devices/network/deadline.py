"""How long the way to a network source may take, and whether anyone still wants it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from inspector.core.progress import Cancelled, CancelToken

SLICE_S = 0.1
"""How long one wait lasts at most: how soon a wish to stop is heard."""

Result = TypeVar("Result")


class Deadline:
    """One limit for all steps that belong together.

    A limit for each step is none: a server that sends a byte a second meets it for ever.

    Parameters
    ----------
    seconds : float
        From now.
    token : CancelToken
        Stops earlier.
    """

    def __init__(self, seconds: float, token: CancelToken) -> None:
        self._until = time.monotonic() + seconds
        self._token = token

    @property
    def left_s(self) -> float:
        """Seconds left, >= 0."""
        return max(0.0, self._until - time.monotonic())

    def slice_s(self) -> float:
        """Return how long the next wait may last, > 0.

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
        """Do something that cannot be interrupted, in a thread of its own; it is left alone if it takes too long.

        Parameters
        ----------
        work : callable
            Such as the look-up of a name. It must end by itself some time.
        drop : callable
            Lets go of a result that comes too late.

        Raises
        ------
        TimeoutError, Cancelled
            As `slice_s`.
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
    """Work in another thread, and its outcome."""

    def __init__(self, work: Callable[[], Result], drop: Callable[[Result], object]) -> None:
        self.ended = threading.Event()
        self._work, self._drop = work, drop
        self._lock, self._wanted = threading.Lock(), True
        self._results: list[Result] = []
        self._error: OSError | ValueError | None = None

    def run(self) -> None:
        try:
            self._results.append(self._work())
        except (OSError, ValueError) as error:  # the latter for names that no computer can have
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
