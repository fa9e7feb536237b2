"""Whether people agree with the machine: what they said of the parts that it called NG."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Agreement:
    """What people said of NG parts.

    Parameters
    ----------
    confirmed : int
        Defects indeed.
    false_alarms : int
        Good parts.
    unsure : int
        Reviewed, and nobody can tell.
    """

    confirmed: int = 0
    false_alarms: int = 0
    unsure: int = 0

    @property
    def decided(self) -> int:
        """How many parts somebody decided one way or the other."""
        return self.confirmed + self.false_alarms

    @property
    def share(self) -> float | None:
        """The share of decided parts that are defects, 0..1; None where none is decided."""
        return self.confirmed / self.decided if self.decided else None
