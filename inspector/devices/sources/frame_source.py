"""The protocol that every source of frames follows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from inspector.core.errors import SourceError
from inspector.core.live.frames import Frame
from inspector.core.progress import CancelToken


class SourceEnded(Exception):
    """There is nothing more to come: a video file or a folder is through. An outcome, not an error."""


@dataclass(frozen=True, slots=True)
class CameraInfo:
    """A camera that can be opened.

    Parameters
    ----------
    address : str
        What `open_source` takes, such as ``camera:0``.
    name : str
        For people; what the system or the camera calls it.
    detail : str
        What tells two of the same name apart, such as a serial number or a device path; may be empty.
    """

    address: str
    name: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class SourceSetting:
    """Something of an open source that can be changed.

    Parameters
    ----------
    name : {"exposure", "gain", "width", "height", "frame_rate"}
        What it is, in `unit`.
    value : float
        As the source reports it now.
    low, high : float or None
        The allowed range; None where the source does not tell.
    unit : str
        For people: "us", "dB", "px", "1/s", or empty where the source has units of its own.
    """

    name: str
    value: float
    low: float | None = None
    high: float | None = None
    unit: str = ""


class FrameSource(Protocol):
    """Delivers frames, one after the other, to one thread.

    Made unopened; `open`, `read`, `settings`, `change` and `close` are called from one thread, and block it.
    """

    @property
    def address(self) -> str:
        """What the user gave, and what `open_source` takes."""
        ...

    @property
    def name(self) -> str:
        """For people; short."""
        ...

    @property
    def live(self) -> bool:
        """Whether the world goes on while nobody reads: a camera's frames are dropped, a folder's photos wait."""
        ...

    def open(self) -> None:
        """Connect. Opening again after `close` or after a loss is allowed.

        Raises
        ------
        SourceError
            With what to do; takes a few seconds at most.
        """
        ...

    def read(self, timeout_s: float) -> Frame | None:
        """Wait for the next frame.

        Returns
        -------
        Frame or None
            None if none came within `timeout_s` and the source may still be there.

        Raises
        ------
        SourceError
            The source went away (told within 2 s of its going); `open` may bring it back.
        SourceEnded
            Nothing more will come.
        ImageError
            One photo of a folder cannot be read. It is left out; the next call goes on behind it.
        """
        ...

    def settings(self) -> tuple[SourceSetting, ...]:
        """Return what can be changed; empty where nothing can."""
        ...

    def change(self, name: str, value: float) -> SourceSetting:
        """Change a setting and return what the source made of it.

        Raises
        ------
        SourceError
            The source does not have it, or refuses.
        """
        ...

    def close(self) -> None:
        """Let go of the device; harmless when it is not open."""
        ...


class WithoutSettings:
    """What sources share of which nothing can be changed."""

    @property
    def name(self) -> str:
        """Each source says its own."""
        raise NotImplementedError

    @property
    def remark(self) -> str:
        """What there is to tell beside the frames, such as files that were skipped; empty if nothing."""
        return ""

    def settings(self) -> tuple[SourceSetting, ...]:
        """Nothing can be changed."""
        return ()

    def change(self, name: str, value: float) -> SourceSetting:
        """Refuse; see `FrameSource.change`."""
        raise SourceError(self.name, f"this source has no setting {name}")


class NetworkSource(WithoutSettings):
    """What sources on a network share: the way to them may take seconds, and can be given up."""

    live = True

    def __init__(self) -> None:
        self.token = CancelToken()
        """Read while `open` and `read` wait; they raise `Cancelled` soon after it was cancelled."""

    def heed(self, token: CancelToken) -> None:
        """Stop waiting once this token is cancelled."""
        self.token = token
