"""Stretches of frames with one verdict: what is counted and kept where nothing tells one part from the next."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from inspector.core.live.frames import Frame
from inspector.core.values import Inspection, Limits, Verdict

LONGEST_S = 10.0
"""A stretch is closed after this time, so that a long run of good frames leaves a picture now and then."""
QUIET_S = 0.5
"""A verdict worse than the one now must have been gone for this long, so that a score about the threshold does not
close a stretch at every frame."""

_WORSE = {Verdict.NG: 3, Verdict.UNSURE: 2, Verdict.REFUSED: 1, Verdict.OK: 0}


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """What was judged over some time, all of it at the same limits.

    Parameters
    ----------
    frame, inspection : Frame, Inspection
        The worst one: of the highest score, or the first one of refused ones.
    limits : Limits
        Those that every frame of it was judged at.
    judged_at : datetime
        When the worst frame was judged.
    frames : int
        How many frames it covers.
    """

    frame: Frame
    inspection: Inspection
    limits: Limits
    judged_at: datetime
    frames: int = 1

    @property
    def verdict(self) -> Verdict:
        """The verdict given when the worst frame was judged."""
        return self.inspection.verdict(self.limits)

    def joined(self, other: Stretch) -> Stretch:
        """Return this stretch with the frames of another one of the same verdict, and the worse frame of both."""
        mine, its = self.inspection.score, other.inspection.score
        worse = other if mine is not None and its is not None and its > mine else self
        return replace(worse, frames=self.frames + other.frames)


class Stretches:
    """Joins judged frames to stretches."""

    def __init__(self) -> None:
        self._open: Stretch | None = None
        self._started_at = 0.0
        self._last_at = 0.0

    def see(self, frame: Frame, inspection: Inspection, limits: Limits, judged_at: datetime) -> Stretch | None:
        """Take a judged frame into account and return the stretch that it ends, if any.

        Other limits end a stretch: a verdict holds at the limits that it was given at.
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
        """Close and return the stretch that is open."""
        ended, self._open = self._open, None
        return ended
