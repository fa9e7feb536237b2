"""How long work will still take: the whole of it where it was forecast, otherwise its stage."""

from __future__ import annotations

import time
from collections.abc import Sequence

from inspector.core.progress import Progress
from inspector.core.training.forecast import Stage
from inspector.core.training.time_left import TimeLeft

FIRST_GUESS_S = 1.0  # a forecast from less than this jumps about


class TimeLeftShown:
    """Measures the work that is running."""

    def __init__(self) -> None:
        self._stage: str | None = None
        self._began_at = 0.0
        self._began_done = 0
        self._whole: TimeLeft | None = None

    @property
    def whole(self) -> bool:
        """Whether the time left is that of the whole work."""
        return self._whole is not None

    def restart(self) -> None:
        """Forget the work: another begins."""
        self._stage = self._whole = None

    def expect(self, stages: Sequence[Stage], began_at: float) -> None:
        """Take the forecast of the work, and its start by the monotonic clock."""
        self._whole = TimeLeft(stages, began_at) if stages else None

    def seconds_left(self, progress: Progress) -> float | None:
        """Return the remaining time of the work, or of its stage at the pace so far; None if it is too early."""
        now = time.monotonic()
        if self._whole is not None:
            self._whole.hear(progress, now)
            return self._whole.seconds_left(now)
        if progress.stage != self._stage:
            self._stage, self._began_at, self._began_done = progress.stage, now, progress.done
        elapsed, steps = now - self._began_at, progress.done - self._began_done
        if elapsed < FIRST_GUESS_S or steps < 2:
            return None
        return elapsed / steps * (progress.total - progress.done)
