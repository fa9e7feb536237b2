"""Stretches of frames with one verdict, which are counted and stored if parts cannot be distinguished."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from inspector.core.live.frames import Frame
from inspector.core.values import Inspection, Limits, Verdict

LONGEST_S = 10.0
"""Longest duration of a stretch, so that a long series of good frames leaves a photo regularly."""
QUIET_S = 0.5
"""Time without the worse verdict of a stretch after which a better verdict ends it. Otherwise a score near the
threshold would end a stretch at every frame."""

_WORSE = {Verdict.NG: 3, Verdict.UNSURE: 2, Verdict.REFUSED: 1, Verdict.OK: 0}


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """Consecutive judged frames at the same limits.

    Parameters
    ----------
    frame, inspection : Frame, Inspection
        The worst frame and its inspection: the highest score, or the first of refused frames.
    limits : Limits
        The limits of all its frames.
    judged_at : datetime
        Time of the worst frame's verdict.
    frames : int
        Number of its frames.
    """

    frame: Frame
    inspection: Inspection
    limits: Limits
    judged_at: datetime
    frames: int = 1

    @property
    def verdict(self) -> Verdict:
        """The verdict of the worst frame."""
        return self.inspection.verdict(self.limits)

    def joined(self, other: Stretch) -> Stretch:
        """Return this stretch joined with another stretch of the same verdict, with the worse frame of both."""
        mine, its = self.inspection.score, other.inspection.score
        worse = other if mine is not None and its is not None and its > mine else self
        return replace(worse, frames=self.frames + other.frames)


class Stretches:
    """Joins judged frames into stretches."""

    def __init__(self) -> None:
        self._open: Stretch | None = None
        self._started_at = 0.0
        self._last_at = 0.0

    def see(self, frame: Frame, inspection: Inspection, limits: Limits, judged_at: datetime) -> Stretch | None:
        """Process a judged frame and return the stretch that it ends, if any.

        A change of limits ends a stretch, since a verdict holds only for its own limits.
        """
        now, new, at = self._open, Stretch(frame, inspection, limits, judged_at), frame.taken_at
        if now is not None and limits == now.limits:
            if new.verdict == now.verdict:
                self._last_at = at
                self._open = now.joined(new)
                return self.end() if at - self._started_at >= LONGEST_S else None
            if _WORSE[new.verdict] < _WORSE[now.verdict] and at - self._last_at < QUIET_S:
                self._open = replace(now, frames=now.frames + 1)
                return None
        self._open, self._started_at, self._last_at = new, at, at
        return now

    def end(self) -> Stretch | None:
        """Close and return the open stretch."""
        ended, self._open = self._open, None
        return ended
