"""The protocol that every source of frames follows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from inspector.core.errors import SourceError
from inspector.core.live.frames import Frame
from inspector.core.progress import CancelToken


class SourceEnded(Exception):
    """The source has no more frames: a video file or a folder is finished. A normal result, not an error."""


@dataclass(frozen=True, slots=True)
class CameraInfo:
    """A camera that can be opened.

    Parameters
    ----------
    address : str
        Address for `open_source`, such as ``camera:0``.
    name : str
        Name for people, from the system or the camera.
    detail : str
        Difference between cameras of the same name, such as a serial number or a device path; may be empty.
    """

    address: str
    name: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class SourceSetting:
    """A setting of an open source.

    Parameters
    ----------
    name : {"exposure", "gain", "width", "height", "frame_rate"}
        Name of the setting, in `unit`.
    value : float
        Current value that the source reports.
    low, high : float or None
        The allowed range; None if the source does not report it.
    unit : str
        Unit for people: "us", "dB", "px" or "1/s"; empty if the source has its own units.
    """

    name: str
    value: float
    low: float | None = None
    high: float | None = None
    unit: str = ""


class FrameSource(Protocol):
    """Delivers frames in sequence to one thread.

    A new source is not open. `open`, `read`, `settings`, `change` and `close` are called from one thread, and block it.
    """

    @property
    def address(self) -> str:
        """The user's address, accepted by `open_source`."""
        ...

    @property
    def name(self) -> str:
        """Short name for people."""
        ...

    @property
    def live(self) -> bool:
        """Whether the source does not wait for its reader: a camera's frames are dropped, a folder's photos wait."""
        ...

    def open(self) -> None:
        """Connect. A source may be opened again after `close` or after a loss.

        Raises
        ------
        SourceError
            The source cannot be opened; the sentence states the action. Takes at most a few seconds.
        """
        ...

    def read(self, timeout_s: float) -> Frame | None:
        """Wait for the next frame.

        Returns
        -------
        None if no frame came within `timeout_s` and the source may still be there.
            None if none came within `timeout_s` and the source may still be there.

        Raises
        ------
        SourceError
            The source is lost (reported within 2 s of the loss); `open` may restore it.
        SourceEnded
            The source has no more frames.
        ImageError
            A photo of a folder cannot be read. It is skipped; the next call continues with the photo after it.
        """
        ...

    def settings(self) -> tuple[SourceSetting, ...]:
        """Return the settings that can be changed; may be empty."""
        ...

    def change(self, name: str, value: float) -> SourceSetting:
        """Change a setting and return the resulting setting.

        Raises
        ------
        SourceError
            The source does not have the setting, or refuses the value.
        """
        ...

    def close(self) -> None:
        """Close the device; no effect if it is not open."""
        ...


class WithoutSettings:
    """Base class of sources without settings."""

    @property
    def name(self) -> str:
        """Name of the source; defined by each subclass."""
        raise NotImplementedError

    @property
    def remark(self) -> str:
        """Further information for the user, such as skipped files; may be empty."""
        return ""

    def settings(self) -> tuple[SourceSetting, ...]:
        """Return an empty tuple: there are no settings."""
        return ()

    def change(self, name: str, value: float) -> SourceSetting:
        """Refuse; see `FrameSource.change`."""
        raise SourceError(self.name, f"this source has no setting {name}")


class NetworkSource(WithoutSettings):
    """Base class of network sources: connecting may take seconds and can be cancelled."""

    live = True

    def __init__(self) -> None:
        self.token = CancelToken()
        """Read while `open` and `read` wait; they raise `Cancelled` soon after it was cancelled."""

    def heed(self, token: CancelToken) -> None:
        """Use this token to stop waiting."""
        self.token = token
