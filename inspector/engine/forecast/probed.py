"""The findings of a probe, and its stopwatch."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch

from inspector.core.training.forecast import Work


@dataclass(frozen=True, slots=True, eq=False)
class Probed:
    """The findings of a probe.

    Parameters
    ----------
    work : list of Work
        Of the stages of `Detector.fit`.
    costs : dict of str to float
        Seconds of each unit.
    photo_s : float
        Seconds to examine one photo, from its pixels on.
    array_bytes : int
        Of the arrays that the bundle will hold.
    embedding_width : int
        Numbers that describe a photo as a whole.
    remembers : bool
        Whether there will be a memory bank, and so pictures of the photos in it.
    after : dict of str to float
        Counts of the work after the last stage's last step.
    """

    work: list[Work]
    costs: dict[str, float]
    photo_s: float
    array_bytes: int
    embedding_width: int
    remembers: bool
    after: dict[str, float] = field(default_factory=dict)


class Stopwatch:
    """Times calls, on a GPU until it has finished their work."""

    def __init__(self, device: str) -> None:
        self._device = device

    def of(self, work: Callable[[], Any], rounds: int = 1) -> float:
        """Return the seconds that a call takes, the least of some rounds."""
        return min(self._once(work) for _ in range(rounds))

    def _once(self, work: Callable[[], Any]) -> float:
        self._settle()
        started = time.perf_counter()
        work()
        self._settle()
        return time.perf_counter() - started

    def _settle(self) -> None:
        if self._device == "cuda":
            torch.cuda.synchronize()
