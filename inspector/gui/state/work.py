"""The work that is running."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Work:
    """The running work."""

    training: bool = False
    inspecting: bool = False
    opening: bool = False
    exporting: bool = False
    saving: bool = False
    comparing: bool = False
    listing: bool = False
