"""The interface of a GenICam camera, independent of the library, and the numbering of its frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from inspector.core.errors import SourceError
from inspector.core.values import ImageRGB
from inspector.devices.sources.frame_source import SourceSetting

T = TypeVar("T")

_SHORT_IDS = 65535
"""Block IDs of GigE Vision 1 run from 1 to 65535 and then restart at 1; 0 is reserved."""


@dataclass(frozen=True, slots=True)
class FoundCamera:
    """A camera that answered the search; fields that it does not report are empty.

    Parameters
    ----------
    device_id : str
        The library's ID of the camera.
    serial, vendor, model : str
        As the camera reports them.
    alias : str
        Another name of the camera: its IP address, or a name that the user gave it.
    """

    device_id: str
    serial: str
    vendor: str
    model: str
    alias: str

    def is_meant_by(self, wanted: str) -> bool:
        """Return whether `wanted` is a name of this camera; an empty text matches any camera."""
        return wanted in ("", self.device_id, self.serial, self.alias)


def the_only(found: Sequence[T], ids: Sequence[str], subject: str) -> T | None:
    """Return the only element, or None if there is none.

    Raises
    ------
    SourceError
        There are several elements; the sentence lists their IDs.
    """
    if len(found) > 1:
        raise SourceError(subject, "several industrial cameras answer", action=f"open one by its ID: {', '.join(ids)}")
    return found[0] if found else None


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A complete picture from a camera.

    Parameters
    ----------
    image_rgb : ndarray of uint8, shape (H, W, 3)
        The picture; the array owns its memory.
    frame_id : int
        Frame ID of the camera, >= 0.
    taken_at : float
        Time of arrival in seconds of `time.monotonic`.
    """

    image_rgb: ImageRGB
    frame_id: int
    taken_at: float


class GenicamCamera(Protocol):
    """A connected camera, made by `open_aravis` or `open_gentl`; used by one thread at a time."""

    @property
    def name(self) -> str:
        """Maker, model and serial number."""
        ...

    def start(self) -> None:
        """Start the transmission of pictures.

        Raises
        ------
        SourceError
            The camera refuses, or has no readable pixel format.
        """
        ...

    def fetch(self, timeout_s: float) -> Picture | None:
        """Return the newest complete picture, or None after the timeout; older pictures are skipped.

        Raises
        ------
        SourceError
            The connection to the camera broke, or its pictures cannot be read.
        """
        ...

    def alive(self) -> bool:
        """Return whether the camera answers; takes less than a second if the library allows it."""
        ...

    def settings(self) -> tuple[SourceSetting, ...]:
        """Return the settings of the camera."""
        ...

    def change(self, name: str, value: float) -> None:
        """Change a setting; a change of width or height interrupts the pictures.

        Raises
        ------
        SourceError
            The camera refuses.
        """
        ...

    def close(self, *, lost: bool) -> None:
        """Disconnect from the camera, without waiting for it if it is `lost`."""
        ...


class FrameCounter:
    """Converts frame IDs into ascending numbers from 0; frames lost by the camera or the network leave gaps."""

    def __init__(self) -> None:
        self._number = -1
        self._last_id: int | None = None

    def begin_again(self) -> None:
        """Accept that IDs restart, as after an interruption; the numbers continue."""
        self._last_id = None

    def number(self, frame_id: int) -> int:
        """Return the number of the frame with this ID.

        An ID that does not rise (some cameras always send 0) counts as the next frame, unless 16-bit IDs have
        restarted.
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
