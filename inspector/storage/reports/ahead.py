"""Parts of a report, made a few ahead of where they are needed, and where that stands."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from inspector.core.progress import CancelToken, OnProgress, Progress

Asked = TypeVar("Asked")
Made = TypeVar("Made")

STAGE = "writing the report"

THREADS = 2
"""Decoding a photo, scaling and encoding it let other threads work; more of them would mostly take memory."""


@contextmanager
def threads_ahead() -> Iterator[ThreadPoolExecutor]:
    """Open the threads of `made_ahead`; on leaving, what was begun ends, and nothing else is made.

    They end where they were opened: were that left to an abandoned iterator, the collector could close it in one of
    these threads, which cannot wait for itself.
    """
    threads = ThreadPoolExecutor(THREADS, thread_name_prefix="report")
    try:
        yield threads
    finally:
        threads.shutdown(cancel_futures=True)


def made_ahead(threads: Executor, make: Callable[[Asked], Made], asked: Iterable[Asked]) -> Iterator[Made]:
    """Yield ``make(one)`` for each thing asked for, in order; at most one more than `THREADS` wait in memory.

    An error comes out where its result would.
    """
    waiting: deque[Future[Made]] = deque()
    for one in asked:
        waiting.append(threads.submit(make, one))
        if len(waiting) > THREADS:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


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
