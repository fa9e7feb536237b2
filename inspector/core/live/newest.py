"""A slot between two threads that holds only the newest item."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

Kind = TypeVar("Kind")


class Newest(Generic[Kind]):
    """Holds the newest item that has not been taken.

    With a queue, a fast producer would let judged and shown frames fall further and further behind. One thread puts
    items, one thread takes them. If no item may be dropped, `hand_over` waits instead.
    """

    def __init__(self) -> None:
        self._item: Kind | None = None
        self._dropped = 0
        self._arrived = threading.Condition()

    @property
    def dropped(self) -> int:
        """The number of items that were replaced before they were taken."""
        return self._dropped

    def put(self, item: Kind) -> bool:
        """Put an item; an item that still waits is dropped and counted.

        Returns
        -------
        bool
            Whether the slot was empty, so that the caller must notify the taking thread.
        """
        with self._arrived:
            was_empty = self._item is None
            self._dropped += not was_empty
            self._item = item
            self._arrived.notify_all()
            return was_empty

    def hand_over(self, item: Kind, timeout_s: float) -> bool:
        """Put an item when the slot is empty, so that no item is dropped; return False if the time is over first."""
        with self._arrived:
            if not self._arrived.wait_for(lambda: self._item is None, timeout_s):
                return False
            self._item = item
            self._arrived.notify_all()
            return True

    def take(self, timeout_s: float = 0.0, or_once: Callable[[], bool] = lambda: False) -> Kind | None:
        """Return the newest item and empty the slot; None if no item came in time.

        Waiting also ends when `or_once` returns True. It is called at each arrival and at `look_up`.
        """
        with self._arrived:
            self._arrived.wait_for(lambda: self._item is not None or or_once(), timeout_s)
            item, self._item = self._item, None
            self._arrived.notify_all()
            return item

    def look_up(self) -> None:
        """Let a thread that waits in `take` call `or_once` again."""
        with self._arrived:
            self._arrived.notify_all()
