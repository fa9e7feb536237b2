"""The time that the whole job still takes: what was forecast, corrected by what was measured so far."""

from __future__ import annotations

from collections.abc import Sequence

from inspector.core.progress import Progress
from inspector.core.training.forecast import Stage

TRUST = 0.15
"""The forecast weighs as much as so much of the job measured: at its first steps little is known of its pace."""
SETTLING = 0.1
"""What is told moves to what is known within this share of what is left, so that it does not jump."""
QUICKEST_S = 0.5


class TimeLeft:
    """Follows a job through its stages.

    Parameters
    ----------
    stages : sequence of Stage
        As forecast. Those that do not come are passed over; what comes that is not among them is taken to be over soon.
    now : float
        When the job began, in seconds of any clock that only goes forward.
    """

    def __init__(self, stages: Sequence[Stage], now: float) -> None:
        self._stages = tuple(stages)
        self._places = {stage.name: place for place, stage in enumerate(self._stages)}
        self._total = sum(stage.seconds for stage in self._stages)
        self._began_at = self._told_at = self._heard_at = now
        self._told = self._known = self._total
        self._spent = 0.0  # what the stages that were gone through had been forecast to take
        self._place = -1

    @property
    def share_done(self) -> float:
        """How much of the job is done, by the time that it takes, in 0..1; 0 where nothing was forecast."""
        elapsed = self._told_at - self._began_at
        return elapsed / (elapsed + self._told) if elapsed + self._told > 0.0 else 0.0

    def hear(self, progress: Progress, now: float) -> None:
        """Take a report of the job."""
        place = self._places.get(progress.stage)
        if place is None or place < self._place:
            return
        if place > self._place:
            if self._place >= 0:
                self._spent += self._stages[self._place].seconds
            self._place = place
        stage = self._stages[place]
        # A stage may be forecast to end before all of the steps that it would have at most.
        steps = min(progress.total, stage.steps or progress.total)
        done = min(progress.done / steps, 1.0) if steps > 0 else 1.0
        inside = (1.0 - done) * (stage.seconds - stage.before)
        behind = self._spent + stage.seconds - inside
        ahead = inside + sum(one.seconds for one in self._stages[place + 1 :])
        trust = TRUST * self._total
        pace = (now - self._began_at + trust) / (behind + trust) if behind + trust > 0.0 else 1.0
        self._known, self._heard_at = pace * ahead, now

    def seconds_left(self, now: float) -> float | None:
        """Return the time that the job still takes, or None where nothing was forecast."""
        if not self._stages:
            return None
        passed = now - self._told_at
        # Work that does not report for a while goes on all the same.
        known = max(self._known - (now - self._heard_at), 0.0)
        expected = max(self._told - passed, 0.0)
        settling = max(SETTLING * known, QUICKEST_S)
        self._told = expected + (known - expected) * min(passed / settling, 1.0)
        self._told_at = now
        return self._told
