"""The values of a live inspection: mode, settings, the moment that a view shows, and a judged part."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from inspector.core.live.frames import Frame
from inspector.core.values import Inspection, Limits, Verdict
from inspector.workflows.judging.loaded_bundle import LoadedBundle


class LiveMode(StrEnum):
    """The event that makes a frame a part.

    Photos of a folder need no mode: each of them is one part.
    """

    CONTINUOUS = "continuous"
    """Every frame is judged; stretches of one verdict are kept."""
    TRIGGER = "trigger"
    """A key or a button."""
    ARRIVAL = "arrival"
    """A part that has come to rest before the camera."""


class LivePhase(StrEnum):
    """The state of a view."""

    WATCHING = "watching"
    """The live picture; nothing is judged."""
    JUDGING = "judging"
    """The live picture, judged."""
    MOVING = "moving"
    """The live picture: something moves, or has not settled."""
    NO_PART = "no part"
    """The live picture: the resting object is no part, or must not be judged; the view's inspection states the
    reason."""
    PART = "part"
    """A part and its verdict."""
    HELD = "held"
    """A part that is not OK, until someone acknowledges it."""


@dataclass(frozen=True, slots=True)
class LiveSettings:
    """The settings that may change during a live inspection.

    Parameters
    ----------
    limits : Limits
        The limits of verdicts.
    mode : LiveMode
    hold_on_ng : bool
        Whether a part that is not OK (NG, UNSURE or REFUSED) stays on the screen and stops judging until it is
        acknowledged.
    """

    limits: Limits
    mode: LiveMode = LiveMode.CONTINUOUS
    hold_on_ng: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class LiveMoment:
    """The content of a view at a moment.

    Parameters
    ----------
    frame : Frame
    state : LivePhase
    inspection : Inspection or None
        None where the frame was not judged.
    limits : Limits or None
        The limits of the verdict; None without a verdict.
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
        The judged frame and its inspection.
    limits : Limits
        Those that the verdict was given at.
    bundle : LoadedBundle
        The bundle of the verdict.
    judged_at : datetime
        With time zone.
    trigger : str
        The trigger: a `LiveMode`, or "photo" for photos of a folder.
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
