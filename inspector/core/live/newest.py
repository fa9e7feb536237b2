"""A slot between two threads that holds only the newest item."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

Kind = TypeVar("Kind")


class Newest(Generic[Kind]):
    """Holds one item: the newest that nobody has taken yet.

    Who is faster than who comes next would otherwise queue frames, and what is judged or shown would fall further and
    further behind what happens. One thread puts, one takes. Where nothing may be dropped,
    `hand_over` waits instead.
    """

    def __init__(self) -> None:
        self._item: Kind | None = None
        self._dropped = 0
        self._arrived = threading.Condition()

    @property
    def dropped(self) -> int:
        """How many items were replaced before anyone took them."""
        return self._dropped

    def put(self, item: Kind) -> bool:
        """Offer an item; one that still waits is dropped and counted.

        Returns
        -------
        bool
            Whether the slot was empty, so that whoever takes must be told.
        """
        with self._arrived:
            was_empty = self._item is None
            self._dropped += not was_empty
            self._item = item
            self._arrived.notify_all()
            return was_empty

    def hand_over(self, item: Kind, timeout_s: float) -> bool:
        """Put an item once the slot is empty, so that none is dropped; False if it was not emptied in time."""
        with self._arrived:
            if not self._arrived.wait_for(lambda: self._item is None, timeout_s):
                return False
            self._item = item
            self._arrived.notify_all()
            return True

    def take(self, timeout_s: float = 0.0, or_once: Callable[[], bool] = lambda: False) -> Kind | None:
        """Return the newest item and empty the slot; None if none came in time.

        Nor is one waited for once `or_once` says so, which is asked whenever something arrives, and at `look_up`.
        """
        with self._arrived:
            self._arrived.wait_for(lambda: self._item is not None or or_once(), timeout_s)
            item, self._item = self._item, None
            self._arrived.notify_all()
            return item

    def look_up(self) -> None:
        """Let whoever waits in `take` ask again whether to wait on."""
        with self._arrived:
            self._arrived.notify_all()
