"""The remaining time of a job: the forecast, corrected by the measured pace."""

from __future__ import annotations

from collections.abc import Sequence

from inspector.core.progress import Progress
from inspector.core.training.forecast import Stage

TRUST = 0.15
"""Weight of the forecast, as a share of the job. At its first steps, the measured pace is unreliable."""
SETTLING = 0.1
"""Time in which the shown value moves to the estimate, as a share of the remaining time, so that it does not jump."""
QUICKEST_S = 0.5


class TimeLeft:
    """Follows a job through its stages.

    Parameters
    ----------
    stages : sequence of Stage
        Forecast stages. Stages that do not occur are skipped. Stages that were not forecast are ignored.
    now : float
        Start of the job, in seconds of a monotonic clock.
    """

    def __init__(self, stages: Sequence[Stage], now: float) -> None:
        self._stages = tuple(stages)
        self._places = {stage.name: place for place, stage in enumerate(self._stages)}
        self._total = sum(stage.seconds for stage in self._stages)
        self._began_at = self._told_at = self._heard_at = now
        self._told = self._known = self._total
        self._spent = 0.0  # forecast time of the completed stages, in seconds
        self._place = -1

    @property
    def share_done(self) -> float:
        """The completed share of the job by time, in 0..1; 0 without a forecast."""
        elapsed = self._told_at - self._began_at
        return elapsed / (elapsed + self._told) if elapsed + self._told > 0.0 else 0.0

    def hear(self, progress: Progress, now: float) -> None:
        """Update the estimate with a progress report."""
        place = self._places.get(progress.stage)
        if place is None or place < self._place:
            return
        if place > self._place:
            if self._place >= 0:
                self._spent += self._stages[self._place].seconds
            self._place = place
        stage = self._stages[place]
        # The forecast may expect fewer steps than the maximum that a stage reports.
        steps = min(progress.total, stage.steps or progress.total)
        done = min(progress.done / steps, 1.0) if steps > 0 else 1.0
        inside = (1.0 - done) * (stage.seconds - stage.before)
        behind = self._spent + stage.seconds - inside
        ahead = inside + sum(one.seconds for one in self._stages[place + 1 :])
        trust = TRUST * self._total
        pace = (now - self._began_at + trust) / (behind + trust) if behind + trust > 0.0 else 1.0
        self._known, self._heard_at = pace * ahead, now

    def seconds_left(self, now: float) -> float | None:
        """Return the remaining time of the job in seconds, or None without a forecast."""
        if not self._stages:
            return None
        passed = now - self._told_at
        # Work continues between two reports.
        known = max(self._known - (now - self._heard_at), 0.0)
        expected = max(self._told - passed, 0.0)
        settling = max(SETTLING * known, QUICKEST_S)
        self._told = expected + (known - expected) * min(passed / settling, 1.0)
        self._told_at = now
        return self._told
