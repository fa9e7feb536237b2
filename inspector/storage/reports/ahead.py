"""Parts of a report, made a few ahead of where they are needed, and where that stands."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from inspector.core.progress import CancelToken, OnProgress, Progress

Asked = TypeVar("Asked")
Made = TypeVar("Made")

STAGE = "writing the report"

THREADS = 2
"""Decoding a photo, scaling and encoding it let other threads work; more of them would mostly take memory."""


def made_ahead(make: Callable[[Asked], Made], asked: Iterable[Asked]) -> Iterator[Made]:
    """Yield ``make(one)`` for each thing asked for, in order; at most one more than `THREADS` wait in memory.

    An error comes out where its result would; what was begun by then ends first.
    """
    with ThreadPoolExecutor(THREADS, thread_name_prefix="report") as pool:
        waiting: deque[Future[Made]] = deque()
        try:
            for one in asked:
                waiting.append(pool.submit(make, one))
                if len(waiting) > THREADS:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)


class Steps:
    """Tells where a report stands, and stops it between two parts when asked to.

    Parameters
    ----------
    total : int
        Parts that will be written.
    tell, token
        Progress, and the wish to stop.
    """

    def __init__(self, total: int, tell: OnProgress, token: CancelToken) -> None:
        self._total, self._tell, self._token = total, tell, token
        self._done = 0

    def told(self, made: Iterable[Made]) -> Iterator[Made]:
        """Yield what is made, and tell after each that it is written.

        Raises
        ------
        Cancelled
            If the token was cancelled.
        """
        self._token.check()
        for one in made:
            self._token.check()
            yield one
            self._done += 1
            self._tell(Progress(STAGE, min(self._done, self._total), self._total))
