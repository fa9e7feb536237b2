"""List of the cameras of this computer."""

from __future__ import annotations

import struct
import sys
from pathlib import Path

from inspector.devices.sources.frame_source import CameraInfo
from inspector.devices.sources.usb_camera import open_device
from inspector.storage.photos.photo_list import natural_key

SYSTEM_CAMERAS = Path("/sys/class/video4linux")
DEVICES = Path("/dev")
TRIED = 4
"""Number of camera indices to try on systems that do not list cameras."""

# linux/videodev2.h: struct v4l2_capability has 104 bytes, with the capabilities of the opened node at byte 88.
_QUERY_ABILITIES, _ABILITIES_BYTES, _NODE_ABILITIES = 0x80685600, 104, 88
_CAPTURES_VIDEO = 0x1


def list_cameras() -> tuple[CameraInfo, ...]:
    """Return the cameras of this computer, by number; empty if it has none.

    On Linux, each device is opened only to query its capabilities. On other systems, the first numbers are opened for a
    moment. This takes up to some seconds, and cameras in use may be missing.
    """
    if sys.platform == "linux":
        return _linux_cameras(SYSTEM_CAMERAS, DEVICES)
    return tuple(CameraInfo(f"camera:{index}", f"Camera {index}") for index in range(TRIED) if _opens(index))


def _linux_cameras(system: Path, devices: Path) -> tuple[CameraInfo, ...]:
    found = []
    for node in sorted(system.glob("video*"), key=natural_key):
        number = node.name.removeprefix("video")
        device = devices / node.name
        if number.isdecimal() and _captures(node, device):
            found.append(CameraInfo(f"camera:{number}", _first_line(node / "name") or node.name, str(device)))
    return tuple(found)


def _captures(node: Path, device: Path) -> bool:
    """Whether a node delivers pictures; most cameras have a second node for metadata."""
    import fcntl  # not on Windows

    answer = bytearray(_ABILITIES_BYTES)
    try:
        with device.open("rb", buffering=0) as opened:
            fcntl.ioctl(opened, _QUERY_ABILITIES, answer)
    except OSError:
        # In use or not allowed: `open` reports it. The first node of a camera delivers the pictures.
        return _first_line(node / "index") in ("", "0")
    return bool(struct.unpack_from("=I", answer, _NODE_ABILITIES)[0] & _CAPTURES_VIDEO)


def _first_line(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").partition("\n")[0].strip()
    except OSError:
        return ""


def _opens(index: int) -> bool:
    capture = open_device(index)
    try:
        return capture.is_open
    finally:
        capture.close()
