"""Figures of a live inspection: frames per second, age of the shown frame, and yield of the shift."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace

import numpy as np

from inspector.core.values import Verdict

WINDOW_S = 5.0


@dataclass(frozen=True, slots=True)
class Pace:
    """The pace of the last `WINDOW_S` seconds.

    Parameters
    ----------
    per_second : float
        Frames shown per second.
    age_p50_ms, age_p95_ms : float
        Median and 95 % quantile of the time from a frame's arrival in this program to its display, in milliseconds; 0
        without frames.
    """

    per_second: float
    age_p50_ms: float
    age_p95_ms: float


class PaceMeter:
    """Counts shown frames and their ages. All times are in seconds of one clock."""

    def __init__(self) -> None:
        self._shown: deque[tuple[float, float]] = deque()

    def show(self, taken_at: float, shown_at: float) -> None:
        """Count a frame."""
        self._shown.append((shown_at, shown_at - taken_at))
        self._forget(shown_at)

    def pace(self, now: float) -> Pace:
        """Return the figures of the last seconds."""
        self._forget(now)
        if not self._shown:
            return Pace(0.0, 0.0, 0.0)
        ages = np.array([age for _, age in self._shown]) * 1000.0
        over = max(now - self._shown[0][0], 1.0)
        return Pace(len(ages) / over, float(np.percentile(ages, 50)), float(np.percentile(ages, 95)))

    def _forget(self, now: float) -> None:
        while self._shown and now - self._shown[0][0] > WINDOW_S:
            self._shown.popleft()


@dataclass(frozen=True, slots=True)
class ShiftCount:
    """The number of parts by verdict since the shift began.

    Parameters
    ----------
    ok, ng, unsure, refused : int
        Number of parts of each verdict.
    refused_and_ng : int
        Number of refused parts that would be NG.
    """

    ok: int = 0
    ng: int = 0
    unsure: int = 0
    refused: int = 0
    refused_and_ng: int = 0

    @property
    def parts(self) -> int:
        """The number of all parts."""
        return self.ok + self.ng + self.unsure + self.refused

    @property
    def yield_share(self) -> float | None:
        """The share of OK among all parts, in 0..1; None without parts. Refused parts are not OK."""
        return self.ok / self.parts if self.parts else None

    def with_part(self, verdict: Verdict, *, refused_and_ng: bool = False) -> ShiftCount:
        """Return the count with an additional part."""
        name = verdict.lower()
        return replace(
            self, **{name: getattr(self, name) + 1}, refused_and_ng=self.refused_and_ng + int(refused_and_ng)
        )
