"""What a GenICam camera can do, whichever library talks to it, and how its frames are counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from inspector.core.errors import SourceError
from inspector.core.values import ImageRGB
from inspector.devices.sources.frame_source import SourceSetting

T = TypeVar("T")

_SHORT_IDS = 65535
"""Block IDs of GigE Vision 1 run from 1 to 65535 and begin again at 1; 0 is reserved."""


@dataclass(frozen=True, slots=True)
class FoundCamera:
    """A camera that answered the question who is there; what it does not tell is empty.

    Parameters
    ----------
    device_id : str
        What the library calls it.
    serial, vendor, model : str
        As the camera tells.
    alias : str
        What else it is called: its IP address, or a name that the user gave it.
    """

    device_id: str
    serial: str
    vendor: str
    model: str
    alias: str

    def is_meant_by(self, wanted: str) -> bool:
        """Return whether `wanted` is one of its names; empty means any camera."""
        return wanted in ("", self.device_id, self.serial, self.alias)


def the_only(found: Sequence[T], ids: Sequence[str], subject: str) -> T | None:
    """Return the only one, or None if there is none.

    Raises
    ------
    SourceError
        There are several; the sentence names their IDs.
    """
    if len(found) > 1:
        raise SourceError(subject, "several industrial cameras answer", action=f"open one by its ID: {', '.join(ids)}")
    return found[0] if found else None


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """One complete picture, as a camera sent it.

    Parameters
    ----------
    image_rgb : ndarray of uint8, shape (H, W, 3)
        Owned by the picture.
    frame_id : int
        >= 0, as the camera counts.
    taken_at : float
        When it arrived, in seconds of `time.monotonic`.
    """

    image_rgb: ImageRGB
    frame_id: int
    taken_at: float


class GenicamCamera(Protocol):
    """A camera that is connected; made by `open_aravis` or `open_gentl`. Used by one thread at a time."""

    @property
    def name(self) -> str:
        """Maker, model and serial number."""
        ...

    def start(self) -> None:
        """Let the camera send pictures.

        Raises
        ------
        SourceError
            It refuses, or has no pixel format that can be read.
        """
        ...

    def fetch(self, timeout_s: float) -> Picture | None:
        """Return the newest complete picture, or None if none came in time; older ones that wait are skipped.

        Raises
        ------
        SourceError
            The camera's connection broke, or its pictures cannot be read.
        """
        ...

    def alive(self) -> bool:
        """Ask the camera for a sign of life; takes less than a second where the library allows."""
        ...

    def settings(self) -> tuple[SourceSetting, ...]:
        """Return the settings that the camera has."""
        ...

    def change(self, name: str, value: float) -> None:
        """Change a setting; width and height interrupt the pictures.

        Raises
        ------
        SourceError
            The camera refuses.
        """
        ...

    def close(self, *, lost: bool) -> None:
        """Let go of the camera; one that is `lost` is not waited for."""
        ...


class FrameCounter:
    """Turns a camera's frame IDs into numbers from 0 that only rise; what the camera or the network lost are gaps."""

    def __init__(self) -> None:
        self._number = -1
        self._last_id: int | None = None

    def begin_again(self) -> None:
        """Expect IDs to start anew, as they do when pictures were interrupted; numbers go on."""
        self._last_id = None

    def number(self, frame_id: int) -> int:
        """Return the number of the frame with this ID.

        A frame whose ID stands still (some cameras always send 0) or goes back is counted as the next one, unless IDs
        of 16 bits have begun again.
        """
        self._number += 1 if self._last_id is None else self._step(self._last_id, frame_id)
        self._last_id = frame_id
        return self._number

    @staticmethod
    def _step(last_id: int, frame_id: int) -> int:
        if frame_id > last_id:
            return frame_id - last_id
        step = frame_id + _SHORT_IDS - last_id
        return step if 0 < step <= _SHORT_IDS // 2 else 1
