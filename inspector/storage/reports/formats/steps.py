"""Where the writing of a report stands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

from inspector.core.progress import CancelToken, OnProgress, Progress

Made = TypeVar("Made")

STAGE = "writing the report"


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
