"""The values of a live inspection: mode, settings, the moment that a view shows, and a judged part."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from inspector.core.live.frames import Frame
from inspector.core.values import Inspection, Limits, Verdict
from inspector.workflows.judging.loaded_bundle import LoadedBundle


class LiveMode(StrEnum):
    """What makes a frame a part to be judged.

    Photos of a folder need no mode: each of them is one part.
    """

    CONTINUOUS = "continuous"
    """Every frame is judged; stretches of one verdict are kept."""
    TRIGGER = "trigger"
    """A key or a button."""
    ARRIVAL = "arrival"
    """A part that has come to rest before the camera."""


class LivePhase(StrEnum):
    """What a view shows."""

    WATCHING = "watching"
    """The live picture; nothing is judged."""
    JUDGING = "judging"
    """The live picture, judged."""
    MOVING = "moving"
    """The live picture: something moves, or has not settled."""
    NO_PART = "no part"
    """The live picture: what is at rest is no part, or must not be judged; then the view's inspection says why."""
    PART = "part"
    """A part and its verdict."""
    HELD = "held"
    """A part that is not OK, until someone acknowledges it."""


@dataclass(frozen=True, slots=True)
class LiveSettings:
    """What may change while a live inspection runs.

    Parameters
    ----------
    limits : Limits
        What verdicts are drawn at.
    mode : LiveMode
    hold_on_ng : bool
        Whether a part that is not OK (NG, UNSURE or REFUSED) stays on the screen, and nothing else is judged, until it
        is acknowledged.
    """

    limits: Limits
    mode: LiveMode = LiveMode.CONTINUOUS
    hold_on_ng: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class LiveMoment:
    """What is to be shown now.

    Parameters
    ----------
    frame : Frame
    state : LivePhase
    inspection : Inspection or None
        None where the frame was not judged.
    limits : Limits or None
        Those that it was judged at; None where there is no verdict.
    counted : bool
        Whether this frame counts by itself, as in `LiveMode.CONTINUOUS`; parts are counted as parts.
    """

    frame: Frame
    state: LivePhase
    inspection: Inspection | None = None
    limits: Limits | None = None
    counted: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class LivePart:
    """A part that was judged, once.

    Parameters
    ----------
    frame, inspection : Frame, Inspection
        What was judged, and what was found.
    limits : Limits
        Those that the verdict was given at.
    bundle : LoadedBundle
        What judged it.
    judged_at : datetime
        With time zone.
    trigger : str
        What made it a part: a `LiveMode`, or "photo" for the photos of a folder.
    frames : int
        How many frames it stands for.
    """

    frame: Frame
    inspection: Inspection
    limits: Limits
    bundle: LoadedBundle
    judged_at: datetime
    trigger: str
    frames: int = 1

    @property
    def verdict(self) -> Verdict:
        """The verdict given when it was judged."""
        return self.inspection.verdict(self.limits)

    @property
    def refused_and_ng(self) -> bool:
        """Whether it was refused and would be NG."""
        return self.inspection.refused_and_ng(self.limits)
