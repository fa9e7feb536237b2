"""Writes judged parts into the history, in its own thread: judging does not wait for the disk, and no part is lost."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from inspector.core.errors import HistoryError
from inspector.core.judging.regions import find_regions
from inspector.core.progress import CancelToken
from inspector.core.review.judged_part import JudgedPart
from inspector.core.values import Region
from inspector.devices.sources.address_words import shown_address
from inspector.workflows.live.moments import LivePart

if TYPE_CHECKING:
    from inspector.storage.history.store import History

WAITING = 64
"""Parts that may wait for the disk; then judging waits too, since no part may be lost."""
WAIT_S = 0.1
RETRY_S = 2.0


OpenStore = Callable[[], "History"]


def judged_part(part: LivePart, source: str, operator: str) -> JudgedPart:
    """Return a part as the history records it.

    Parameters
    ----------
    part : LivePart
    source : str
        Address of the camera; a password in it is left out.
    operator : str
        Who was at the machine.
    """
    found = part.inspection
    regions: tuple[Region, ...] = ()
    if found.score_map is not None and found.photo_hw is not None:
        regions = tuple(find_regions(found.score_map, part.limits.threshold, found.photo_hw))
    return JudgedPart(
        part_id=part.frame.name,
        source=shown_address(source),
        inspected_at=part.judged_at,
        image_rgb=part.frame.image_rgb,
        inspection=found,
        limits=part.limits,
        regions=regions,
        bundle_sha256=part.bundle.stored.sha256,
        bundle_name=part.bundle.stored.path.stem,
        operator=operator,
        trigger=part.trigger,
    )


class Recorder:
    """Keeps parts in the order in which they were judged.

    `run` belongs to one thread, all else to others.

    Parameters
    ----------
    open_store : callable
        Opens the history; called in `run`.
    on_kept : callable
        Receives the number of recorded parts, and the history's message about the disk, empty without a problem.
    on_trouble : callable
        Receives the error that keeps parts from being written, or None once they are written again. Writing is repeated
        until it works, or until the recorder is told to hurry.
    """

    def __init__(
        self,
        open_store: OpenStore,
        on_kept: Callable[[int, str], None],
        on_trouble: Callable[[HistoryError | None], None],
    ) -> None:
        self._open_store, self._on_kept, self._on_trouble = open_store, on_kept, on_trouble
        self._parts = deque[JudgedPart]()  # the first is being written
        self._changed = threading.Condition()
        self._finishing = self._ended = False
        self._hurried, self._abandoned = threading.Event(), threading.Event()
        self._kept = self._lost = 0
        self._trouble: HistoryError | None = None

    @property
    def waiting(self) -> int:
        """Number of unwritten parts, including the part being written."""
        return len(self._parts)

    def add(self, part: JudgedPart, token: CancelToken) -> None:
        """Hand over a part; waits while too many wait for the disk.

        A part that was judged is taken even where `token` is cancelled: then it does not wait.

        Raises
        ------
        HistoryError
            Nothing is written any more; this part is not kept.
        """
        with self._changed:
            while len(self._parts) >= WAITING and not (self._ended or token.cancelled):
                self._changed.wait(WAIT_S)
            if self._ended:
                self._lost += 1
                raise HistoryError(
                    "history", f"{_unwritten(self._lost)}, and no more are taken", action="start judging again"
                )
            self._parts.append(part)
            self._changed.notify_all()

    def finish(self) -> None:
        """End once all parts that wait are kept; the thread that adds must have added its last."""
        with self._changed:
            self._finishing = True
            self._changed.notify_all()

    def hurry(self) -> None:
        """Try nothing again from now on: end at the first error."""
        self._hurried.set()

    def abandon(self) -> None:
        """End after the part that is being written; those that wait are lost."""
        self._hurried.set()
        self._abandoned.set()

    def run(self, token: CancelToken) -> int:
        """Keep parts until `finish`, and return how many were kept.

        The token means to hurry. After an unexpected error, whose part is lost, no further part is taken. Another call
        writes the waiting parts.

        Raises
        ------
        HistoryError
            Parts could not be written by then: says how many are lost.
        """
        expected = False
        try:
            self._keep_all(token)
            expected = True
        finally:
            with self._changed:
                self._ended = True
                if not expected and self._parts:
                    self._parts.popleft()
                    self._lost += 1
                self._changed.notify_all()
        lost = self._lost + len(self._parts)
        if lost:
            why = "" if self._trouble is None else f": {self._trouble.sentence}"
            raise HistoryError("history", _unwritten(lost) + why)
        return self._kept

    def _keep_all(self, token: CancelToken) -> None:
        while True:
            try:
                with _in_plain_words(), self._open_store() as store:
                    while (part := self._next()) is not None:
                        store.add(part)
                        with self._changed:
                            self._parts.popleft()
                            self._changed.notify_all()
                        self._kept += 1
                        self._tell(None)
                        self._on_kept(self._kept, store.state.sentence)
                return
            except HistoryError as error:
                self._tell(error)
                if not self._may_try_again(token):
                    return

    def _may_try_again(self, token: CancelToken) -> bool:
        """Wait; return whether the recorder has time until then, and was not told to hurry."""
        until = time.monotonic() + RETRY_S
        while not (token.cancelled or self._hurried.is_set()):
            if time.monotonic() >= until:
                return True
            self._hurried.wait(WAIT_S)
        return False

    def _next(self) -> JudgedPart | None:
        """Return the next part, or None once there will be none."""
        with self._changed:
            while not (self._parts or self._finishing or self._ended or self._abandoned.is_set()):
                self._changed.wait(WAIT_S)
            return self._parts[0] if self._parts and not self._abandoned.is_set() else None

    def _tell(self, error: HistoryError | None) -> None:
        if error is not None or self._trouble is not None:
            self._trouble = error
            self._on_trouble(error)


@contextmanager
def _in_plain_words() -> Iterator[None]:
    """Raise errors of disk, database or memory as a `HistoryError`: they may be temporary."""
    import sqlite3  # not at the program's start

    try:
        yield
    except OSError as error:
        raise HistoryError("history", f"it cannot be written: {error.strerror or error}") from error
    except sqlite3.Error as error:
        raise HistoryError("history", f"it cannot be written: {error}") from error
    except MemoryError as error:
        raise HistoryError(
            "history", "there is not enough memory to write a part", action="close other programs"
        ) from error


def _unwritten(count: int) -> str:
    return f"{count} judged {'part' if count == 1 else 'parts'} could not be written"
