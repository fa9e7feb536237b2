"""How a live inspection is doing: frames a second, how old what is shown is, and what the shift yielded."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace

import numpy as np

from inspector.core.values import Verdict

WINDOW_S = 5.0


@dataclass(frozen=True, slots=True)
class Pace:
    """The last `WINDOW_S` seconds.

    Parameters
    ----------
    per_second : float
        Frames shown a second.
    age_p50_ms, age_p95_ms : float
        From a frame's arrival in this program to its showing, in milliseconds; 0 without frames.
    """

    per_second: float
    age_p50_ms: float
    age_p95_ms: float


class PaceMeter:
    """Counts frames shown and how old they were. All times are in seconds of one clock."""

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
    """How many parts got which verdict since the shift began.

    Parameters
    ----------
    ok, ng, unsure, refused : int
        Parts of each verdict.
    refused_and_ng : int
        How many of the refused ones would be NG.
    """

    ok: int = 0
    ng: int = 0
    unsure: int = 0
    refused: int = 0
    refused_and_ng: int = 0

    @property
    def parts(self) -> int:
        """All parts."""
        return self.ok + self.ng + self.unsure + self.refused

    @property
    def yield_share(self) -> float | None:
        """The share of OK among all parts, or None without any: what is refused is not OK."""
        return self.ok / self.parts if self.parts else None

    def with_part(self, verdict: Verdict, *, refused_and_ng: bool = False) -> ShiftCount:
        """Return the count with one part more."""
        name = verdict.lower()
        return replace(
            self, **{name: getattr(self, name) + 1}, refused_and_ng=self.refused_and_ng + int(refused_and_ng)
        )
