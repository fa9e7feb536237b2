"""Work on a row of things in several threads, with the results in order: for work that lets other threads run."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

MOST_THREADS = 4
Thing = TypeVar("Thing")
Result = TypeVar("Result")


def done_ahead(
    work: Callable[[Thing], Result], things: Iterable[Thing], threads: int | None = None
) -> Iterator[Result]:
    """Yield what becomes of each thing, in order, while the next ones are worked on.

    Parameters
    ----------
    work : callable
        Array routines and decoders let other threads run; work in plain Python gains nothing.
    things : iterable
        Asked for no further ahead than twice the number of threads, so that only so many results wait.
    threads : int or None
        At least 1; None: one for each core, at most `MOST_THREADS`.

    Raises
    ------
    Exception
        What `work` raised, where its result would have come. What was not begun by then is not done.
    """
    threads = threads or min(_cores(), MOST_THREADS)
    waiting: deque[Future[Result]] = deque()
    pool = ThreadPoolExecutor(threads, "ahead")
    try:
        for thing in things:
            waiting.append(pool.submit(work, thing))
            if len(waiting) >= 2 * threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _cores() -> int:
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1
