"""Stretches of frames with one verdict: what is counted and kept where nothing tells one part from the next."""

from __future__ import annotations

from dataclasses import dataclass

from inspector.core.frames import Frame
from inspector.core.values import Inspection, Verdict

LONGEST_S = 10.0
"""A stretch is closed after this time, so that a long run of good frames leaves a picture now and then."""
QUIET_S = 0.5
"""A verdict worse than the one now must have been gone for this long, so that a score about the threshold does not
close a stretch at every frame."""

_WORSE = {Verdict.NG: 3, Verdict.UNSURE: 2, Verdict.REFUSED: 1, Verdict.OK: 0}


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """What was judged over some time.

    Parameters
    ----------
    frame, inspection : Frame, Inspection
        The worst one: of the highest score, or the first one of refused ones.
    verdict : Verdict
        Of the stretch.
    frames : int
        How many frames it covers.
    """

    frame: Frame
    inspection: Inspection
    verdict: Verdict
    frames: int


class Stretches:
    """Joins judged frames to stretches."""

    def __init__(self) -> None:
        self._open: Stretch | None = None
        self._started_at = 0.0
        self._last_at = 0.0

    def see(self, frame: Frame, inspection: Inspection, verdict: Verdict) -> Stretch | None:
        """Take a judged frame into account and return the stretch that it ends, if any."""
        now = self._open
        at = frame.taken_at
        if now is None:
            self._start(frame, inspection, verdict)
            return None
        if verdict == now.verdict:
            self._last_at = at
            self._open = _joined(now, frame, inspection)
            return self._closed() if at - self._started_at >= LONGEST_S else None
        if _WORSE[verdict] < _WORSE[now.verdict] and at - self._last_at < QUIET_S:
            self._open = Stretch(now.frame, now.inspection, now.verdict, now.frames + 1)
            return None
        ended = self._closed()
        self._start(frame, inspection, verdict)
        return ended

    def end(self) -> Stretch | None:
        """Close and return the stretch that is open."""
        return self._closed()

    def _start(self, frame: Frame, inspection: Inspection, verdict: Verdict) -> None:
        self._open = Stretch(frame, inspection, verdict, 1)
        self._started_at = self._last_at = frame.taken_at

    def _closed(self) -> Stretch | None:
        ended, self._open = self._open, None
        return ended


def _joined(stretch: Stretch, frame: Frame, inspection: Inspection) -> Stretch:
    worst, new = stretch.inspection.score, inspection.score
    if worst is not None and new is not None and new > worst:
        return Stretch(frame, inspection, stretch.verdict, stretch.frames + 1)
    return Stretch(stretch.frame, stretch.inspection, stretch.verdict, stretch.frames + 1)
