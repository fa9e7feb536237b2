"""Industrial cameras that follow the GenICam standard (GigE Vision, USB3 Vision and others), as one source.

Two libraries can communicate with them: GenTL producers of the camera makers, and Aravis. docs/adr/0014 gives the
reasons for both. Each library is imported on first use.
"""

from __future__ import annotations

import math
import time
from pathlib import Path

from inspector.core.errors import SourceError
from inspector.core.live.frames import Frame
from inspector.devices.genicam.aravis_camera import list_aravis, open_aravis
from inspector.devices.genicam.aravis_library import aravis
from inspector.devices.genicam.genicam_camera import FoundCamera, FrameCounter, GenicamCamera
from inspector.devices.genicam.gentl_camera import list_gentl, open_gentl
from inspector.devices.genicam.gentl_producers import PATH_VARIABLE, harvesters_installed, installed_producers
from inspector.devices.sources.frame_source import CameraInfo, SourceSetting

PREFIX = "genicam:"
_QUIET_S = 0.5
"""Seconds without a picture after which the camera is queried; a loss is then reported within 2 s."""
_SUFFIX = ".cti"


def list_genicam_cameras() -> tuple[CameraInfo, ...]:
    """Return the industrial cameras that answer now; takes some seconds.

    A camera that both libraries find is listed once. The list is empty if no library is installed. A producer that
    cannot be loaded is skipped; opening one of its cameras reports the reason.
    """
    found: dict[str, CameraInfo] = {}
    for device in (*_listed_by_producers(), *_listed_by_aravis()):
        name = " ".join(filter(None, (device.vendor, device.model)))
        info = CameraInfo(PREFIX + device.device_id, name or device.device_id, device.serial or device.alias)
        found.setdefault(f"{device.model} {device.serial}" if device.serial else device.device_id, info)
    return tuple(found.values())


def _listed_by_producers() -> list[FoundCamera]:
    devices: list[FoundCamera] = []
    if harvesters_installed():
        for path in installed_producers():
            try:
                devices.extend(list_gentl(path))
            except SourceError:
                continue
    return devices


def _listed_by_aravis() -> tuple[FoundCamera, ...]:
    library = aravis()
    return list_aravis(library) if library else ()


class GenicamSource:
    """An industrial camera; implements `FrameSource`.

    Parameters
    ----------
    address : str
        ``genicam:ID``, where ID is a listed ID, a serial number, a user-defined name or an IPv4 address. Or
        ``genicam:PATH.cti`` or ``genicam:PATH.cti?ID`` for a camera of one GenTL producer, or ``genicam:`` for the only
        camera.
    """

    def __init__(self, address: str) -> None:
        self._address = address
        self._name = address.removeprefix(PREFIX) or "industrial camera"
        self._camera: GenicamCamera | None = None
        self._counter = FrameCounter()
        self._sign_of_life = 0.0

    @property
    def address(self) -> str:
        """The address as given."""
        return self._address

    @property
    def name(self) -> str:
        """Maker, model and serial number; before the first `open`, the ID in the address."""
        return self._name

    @property
    def live(self) -> bool:
        """True: a camera is live."""
        return True

    def open(self) -> None:
        """See `FrameSource`; frame numbers begin at 0."""
        self.close()
        self._camera = self._connected()
        self._name = self._camera.name
        try:
            self._camera.start()
        except SourceError:
            self.close()
            raise
        self._counter = FrameCounter()
        self._sign_of_life = time.monotonic()

    def read(self, timeout_s: float) -> Frame | None:
        """See `FrameSource`. Incomplete and unread pictures are gaps in the numbers."""
        until = time.monotonic() + timeout_s
        while True:
            frame = self._fetched(min(max(until - time.monotonic(), 0.0), _QUIET_S))
            if frame is not None or time.monotonic() >= until:
                return frame

    def settings(self) -> tuple[SourceSetting, ...]:
        """See `FrameSource`."""
        self._ask_for_life()
        return self._connection().settings()

    def change(self, name: str, value: float) -> SourceSetting:
        """See `FrameSource`. Setting exposure or gain switches its automatic control off."""
        setting = self._setting(name)
        low = -math.inf if setting.low is None else setting.low
        high = math.inf if setting.high is None else setting.high
        if not low <= value <= high:
            sentence = f"the camera takes a {name} of {low:g} to {high:g} {setting.unit}, not {value:g}"
            raise SourceError(self._address, sentence)
        self._connection().change(name, value)
        self._counter.begin_again()
        return self._setting(name)

    def close(self) -> None:
        """See `FrameSource`."""
        self._drop(lost=False)

    def _setting(self, name: str) -> SourceSetting:
        for setting in self.settings():
            if setting.name == name:
                return setting
        raise SourceError(self._address, f"the camera has no {name} that can be set")

    def _fetched(self, timeout_s: float) -> Frame | None:
        try:
            picture = self._connection().fetch(timeout_s)
        except SourceError:
            self._drop(lost=True)
            raise
        if picture is None:
            self._ask_for_life()
            return None
        self._sign_of_life = time.monotonic()
        return Frame(picture.image_rgb, self._counter.number(picture.frame_id), picture.taken_at)

    def _ask_for_life(self) -> None:
        if time.monotonic() - self._sign_of_life < _QUIET_S:
            return
        if not self._connection().alive():
            self._drop(lost=True)
            raise SourceError(
                self._address, "the camera does not answer any more", action="check its power and its cable"
            )
        self._sign_of_life = time.monotonic()

    def _connection(self) -> GenicamCamera:
        if self._camera is None:
            raise SourceError(self._address, "the camera is not open")
        return self._camera

    def _drop(self, *, lost: bool) -> None:
        camera, self._camera = self._camera, None
        if camera is not None:
            camera.close(lost=lost)

    def _connected(self) -> GenicamCamera:
        target = self._address.removeprefix(PREFIX)
        path, separator, wanted = target.partition(_SUFFIX)
        if separator:
            camera = _by_producers([Path(path + _SUFFIX)], wanted.removeprefix("?"), self._address)
        else:
            camera = _by_any(target, self._address)
        if camera is None:
            raise SourceError(
                self._address,
                "no industrial camera answers to this ID, serial number or address",
                action="check its power and cable, and that its IP address is in a network of this computer",
            )
        return camera


def _by_producers(paths: list[Path], wanted: str, address: str) -> GenicamCamera | None:
    if not harvesters_installed():
        raise SourceError(
            address,
            "GenTL producers are loaded by harvesters, which is not installed",
            action="run: pip install 'inspector[genicam]'",
        )
    return open_gentl(paths, wanted, address)


def _by_any(wanted: str, address: str) -> GenicamCamera | None:
    library, producers = aravis(), list(installed_producers())
    if library is None and not (harvesters_installed() and producers):
        raise SourceError(
            address,
            "no library for industrial cameras is installed",
            action="install Aravis (on Debian and Ubuntu: apt install "
            "libaravis-0.8-0), or the camera maker's GenTL producer with pip install 'inspector[genicam]' and "
            f"{PATH_VARIABLE} set to the producer's folder",
        )
    try:
        camera = _by_producers(producers, wanted, address) if harvesters_installed() and producers else None
    except SourceError:
        # The other library may be able to open the camera.
        other = open_aravis(library, wanted, address) if library else None
        if other is None:
            raise
        return other
    return camera or (open_aravis(library, wanted, address) if library else None)
