"""Work on a sequence in several threads, with ordered results, for work that releases the interpreter lock."""

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
    """Threads that work on items before they are needed; a context manager.

    The threads end with the block. An iterator that ends them would be abandoned when its user fails. The garbage
    collector might then close it in one of these threads. A thread cannot wait for its own end.

    Parameters
    ----------
    threads : int or None
        Number of threads, at least 1. None: the number of cores, at most `MOST_THREADS`.
    name : str
        Name of the threads.
    begin : callable or None
        Called once in each thread, before its first item.
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
        """Wait for items in work; cancel items that wait."""
        self._pool.shutdown(cancel_futures=True)

    def done(
        self, work: Callable[[Thing], Result], things: Iterable[Thing], at_most: int | None = None
    ) -> Iterator[Result]:
        """Yield the result of each item, in order, while threads work on the next items.

        Parameters
        ----------
        work : callable
            Maps an item to its result. Array routines and decoders release the lock; plain Python gains nothing.
        things : iterable
            The items; read ahead by at most `at_most`.
        at_most : int or None
            Maximum number of items that wait or are in work, including the next result. None: twice the threads.

        Raises
        ------
        Exception
            The exception of `work`, in place of its result.
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
