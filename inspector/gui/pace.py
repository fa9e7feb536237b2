"""How long a stage of work will still take."""

from __future__ import annotations

import time

from inspector.core.progress import Progress

FIRST_GUESS_S = 1.0  # a forecast from less than this jumps about


class Pace:
    """Measures the stage that is running."""

    def __init__(self) -> None:
        self._stage: str | None = None
        self._began_at = 0.0
        self._began_done = 0

    def restart(self) -> None:
        """Forget the stage: new work begins."""
        self._stage = None

    def seconds_left(self, progress: Progress) -> float | None:
        """Return the time the stage still takes at its pace so far, or None where it is too early to say."""
        now = time.monotonic()
        if progress.stage != self._stage:
            self._stage, self._began_at, self._began_done = progress.stage, now, progress.done
        elapsed, steps = now - self._began_at, progress.done - self._began_done
        if elapsed < FIRST_GUESS_S or steps < 2:
            return None
        return elapsed / steps * (progress.total - progress.done)
