"""Work on a row of things in several threads, with the results in order: for work that lets other threads run."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self, TypeVar

MOST_THREADS = 4
Thing = TypeVar("Thing")
Result = TypeVar("Result")


class Ahead:
    """Threads that work on things before they are needed; use it as a context manager.

    The threads end where the block does. Were that left to an iterator that is abandoned when its user fails, the
    garbage collector might close it in one of these threads, which cannot wait for its own end.

    Parameters
    ----------
    threads : int or None
        At least 1; None: one for each core, at most `MOST_THREADS`.
    name : str
        Of the threads.
    begin : callable or None
        Called once in each thread, before its first thing.
    """

    def __init__(
        self, threads: int | None = None, name: str = "ahead", begin: Callable[[], object] | None = None
    ) -> None:
        self._threads = threads or min(_cores(), MOST_THREADS)
        self._pool = ThreadPoolExecutor(self._threads, name, begin)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Wait for what was begun; what waits is not done."""
        self._pool.shutdown(cancel_futures=True)

    def done(
        self, work: Callable[[Thing], Result], things: Iterable[Thing], at_most: int | None = None
    ) -> Iterator[Result]:
        """Yield what becomes of each thing, in order, while the next ones are worked on.

        Parameters
        ----------
        work : callable
            Array routines and decoders let other threads run; work in plain Python gains nothing.
        things : iterable
            Asked for no further ahead than `at_most`.
        at_most : int or None
            Things that are worked on or wait, that whose result comes next among them; None: twice the threads.

        Raises
        ------
        Exception
            What `work` raised, where its result would have come.
        """
        at_most = at_most or 2 * self._threads
        waiting: deque[Future[Result]] = deque()
        for thing in things:
            waiting.append(self._pool.submit(work, thing))
            if len(waiting) >= at_most:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _cores() -> int:
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1
