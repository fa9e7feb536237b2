"""Progress of writing a report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

from inspector.core.progress import CancelToken, OnProgress, Progress

Made = TypeVar("Made")

STAGE = "writing the report"


class Steps:
    """Reports the progress of writing a report, and stops writing after a part on request.

    Parameters
    ----------
    total : int
        Number of inspected parts in the report.
    tell, token
        Progress, and the request to stop.
    """

    def __init__(self, total: int, tell: OnProgress, token: CancelToken) -> None:
        self._total, self._tell, self._token = total, tell, token
        self._done = 0

    def told(self, made: Iterable[Made]) -> Iterator[Made]:
        """Yield each part, and report progress after it is written.

        Raises
        ------
        Cancelled
            The token was cancelled.
        """
        self._token.check()
        for one in made:
            self._token.check()
            yield one
            self._done += 1
            self._tell(Progress(STAGE, min(self._done, self._total), self._total))
