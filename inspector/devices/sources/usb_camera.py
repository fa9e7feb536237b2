"""Cameras of this computer, built-in or on USB, through OpenCV."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import cv2

from inspector.core.errors import Message, SourceError
from inspector.core.live.frames import Frame
from inspector.devices.sources.frame_source import SourceSetting
from inspector.devices.sources.opencv_capture import OpenCVCapture

ON_LINUX = sys.platform == "linux"
_INTERFACES = {"linux": cv2.CAP_V4L2, "win32": cv2.CAP_DSHOW}
"""One interface for each system: OpenCV prints messages when it tries others. Media Foundation can be slow to open."""


@dataclass(frozen=True, slots=True)
class _Property:
    """A property of OpenCV: its number, the displayed unit, and the number of these units in one unit of OpenCV."""

    number: int
    unit: str = ""
    factor: float = 1.0


# Video4Linux measures exposure in steps of 100 us; other systems have their own units.
_EXPOSURE = _Property(cv2.CAP_PROP_EXPOSURE, "us", 100.0) if ON_LINUX else _Property(cv2.CAP_PROP_EXPOSURE)
_PROPERTIES = {
    "exposure": _EXPOSURE,
    "gain": _Property(cv2.CAP_PROP_GAIN),
    "width": _Property(cv2.CAP_PROP_FRAME_WIDTH, "px"),
    "height": _Property(cv2.CAP_PROP_FRAME_HEIGHT, "px"),
    "frame_rate": _Property(cv2.CAP_PROP_FPS, "1/s"),
}
_MANUAL_EXPOSURE = 1.0 if ON_LINUX else 0.25  # V4L2_EXPOSURE_MANUAL; 0.25 has this meaning in DirectShow


class UsbCamera:
    """A camera of this computer.

    Parameters
    ----------
    index : int
        The system's number, from 0; on Linux the number in ``/dev/video0``.
    """

    live = True

    def __init__(self, index: int) -> None:
        self._index = index
        self._capture: OpenCVCapture | None = None
        self._number = 0

    @property
    def address(self) -> str:
        """``camera:`` and the number."""
        return f"camera:{self._index}"

    @property
    def name(self) -> str:
        """Name for people."""
        return f"Camera {self._index}"

    def open(self) -> None:
        """Connect; see `FrameSource.open`.

        Raises
        ------
        SourceError
            The camera does not exist or cannot be used.
        """
        self.close()
        if ON_LINUX and not Path(f"/dev/video{self._index}").exists():
            sentence = Message("there is no such camera on this computer", "connect it, or choose another source")
            raise SourceError(self.address, sentence)
        capture = open_device(self._index)
        if not capture.is_open:
            capture.close()
            sentence = Message(
                "the camera cannot be opened", "connect it, close other programs that use it, and allow its use"
            )
            raise SourceError(self.address, sentence)
        self._capture, self._number = capture, 0

    def read(self, timeout_s: float) -> Frame | None:
        """Wait for the next frame without a time limit; see `FrameSource.read`."""
        capture = self._opened()
        taken_at = capture.wait()
        if taken_at is None:
            self.close()
            raise SourceError(self.address, "the camera sends nothing any more", action="check its cable")
        image = capture.image()
        self._number += 1
        return None if image is None else Frame(image, self._number - 1, taken_at)

    def settings(self) -> tuple[SourceSetting, ...]:
        """Return the settings for which the camera reports a value."""
        return tuple(setting for name in _PROPERTIES if (setting := self._setting(name)) is not None)

    def change(self, name: str, value: float) -> SourceSetting:
        """Change a setting; the camera takes its nearest value.

        Raises
        ------
        SourceError
            The camera does not have the setting, or refuses the value.
        """
        device = self._opened().device
        wanted = _PROPERTIES.get(name)
        if wanted is None or self._setting(name) is None:
            raise SourceError(self.address, f"this camera has no setting {name}")
        if name == "exposure":
            device.set(cv2.CAP_PROP_AUTO_EXPOSURE, _MANUAL_EXPOSURE)
        elif name != "gain":
            # USB 2 carries at most 640 x 480 pixels uncompressed at full rate. Cameras without JPEG ignore this.
            device.set(cv2.CAP_PROP_FOURCC, float(cv2.VideoWriter.fourcc(*"MJPG")))
        if not device.set(wanted.number, value / wanted.factor):
            raise SourceError(
                self.address, f"the camera refuses {value:g} {wanted.unit} as its {name}".replace("  ", " ")
            )
        made = self._setting(name)
        if made is None:
            raise SourceError(self.address, f"the camera does not tell its {name} any more", action="connect it again")
        return made

    def close(self) -> None:
        """Close the camera."""
        if self._capture is not None:
            self._capture.close()
            self._capture = None

    def _opened(self) -> OpenCVCapture:
        if self._capture is None:
            raise SourceError(self.address, "the camera is not open")
        return self._capture

    def _setting(self, name: str) -> SourceSetting | None:
        known = _PROPERTIES[name]
        value = self._opened().device.get(known.number)
        # The value of a missing property is -1 on Linux, and 0 or -1 elsewhere.
        if value == -1 or (value == 0 and not ON_LINUX):
            return None
        return SourceSetting(name, value * known.factor, unit=known.unit)


def open_device(index: int) -> OpenCVCapture:
    """Open a camera of this computer by its number, without messages on stderr if it does not exist."""
    return OpenCVCapture(cv2.VideoCapture(index, _INTERFACES.get(sys.platform, cv2.CAP_ANY)))
