"""GenICam cameras through the GenTL producers of their makers, loaded by harvesters: all systems, all transports."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from inspector.core.errors import SourceError
from inspector.devices.genicam.genicam_camera import FoundCamera, Picture, the_only
from inspector.devices.genicam.genicam_pixels import PIXEL_FORMATS, PixelsUnreadable, no_readable_format, to_rgb
from inspector.devices.genicam.gentl_producers import borrow_producer, gentl_errors, producer, return_producer
from inspector.devices.sources.frame_source import SourceSetting

_TOLD = ("id_", "serial_number", "vendor", "model", "user_defined_name")  # attributes in the order of FoundCamera
_BUFFERS = 4
_POLL_S = 0.003
_TRY_S = 0.0005
_READ_ONLY, _READ_WRITE = 3, 4  # of GenApi's EAccessMode
# Names of the Standard Features Naming Convention: release 2 first, then release 1.
_FEATURES = {
    "exposure": ("ExposureTime", "ExposureTimeAbs"),
    "gain": ("Gain", "GainRaw"),
    "frame_rate": ("AcquisitionFrameRate", "AcquisitionFrameRateAbs"),
    "width": ("Width",),
    "height": ("Height",),
}
_UNITS = {"exposure": "us", "frame_rate": "1/s", "width": "px", "height": "px"}
_SWITCHES: dict[str, tuple[str, object]] = {
    "exposure": ("ExposureAuto", "Off"),
    "gain": ("GainAuto", "Off"),
    "frame_rate": ("AcquisitionFrameRateEnable", True),
}


def list_gentl(path: Path) -> tuple[FoundCamera, ...]:
    """Return the cameras that a producer finds, or that it found when it was opened.

    Raises
    ------
    SourceError
        The producer cannot be loaded.
    """
    with producer(path) as harvester:
        return tuple(_camera(info) for info in harvester.device_info_list)


def open_gentl(paths: Iterable[Path], wanted: str, subject: str) -> GentlCamera | None:
    """Connect to the camera with this ID, serial number or own name, or to the only camera if `wanted` is empty.

    Returns
    -------
    GentlCamera or None
        None if no producer finds such a camera.

    Raises
    ------
    SourceError
        The camera cannot be opened, or several cameras match (about `subject`); or no camera matches and a producer
        cannot be loaded.
    """
    found: list[tuple[Path, FoundCamera]] = []
    failures: list[SourceError] = []
    for path in paths:
        try:
            found += [(path, device) for device in list_gentl(path) if device.is_meant_by(wanted)]
        except SourceError as error:
            failures.append(error)
    if failures and not found:
        raise failures[0]
    chosen = the_only(found, [device.device_id for _, device in found], subject)
    return GentlCamera(*chosen, subject) if chosen else None


def _camera(info: Any) -> FoundCamera:
    return FoundCamera(*(_told(partial(getattr, info, what), "") or "" for what in _TOLD))


def _told(ask: Callable[[], Any], otherwise: Any) -> Any:
    """Return the value that a producer reports, or `otherwise` if it reports none."""
    try:
        return ask()
    except gentl_errors():
        return otherwise


class GentlCamera:
    """A connected camera; implements `GenicamCamera`.

    Parameters
    ----------
    path : Path
        Path of the producer.
    device : FoundCamera
        The camera of this producer.
    subject : str
        Subject of error messages.

    Raises
    ------
    SourceError
        The camera cannot be opened.
    """

    def __init__(self, path: Path, device: FoundCamera, subject: str) -> None:
        self._path = path
        self._subject = subject
        self._errors = gentl_errors()
        self._name = " ".join(filter(None, (device.vendor, device.model, device.serial)))
        harvester = borrow_producer(path)
        try:
            self._acquirer = harvester.create({"id_": device.device_id})
        except self._errors as error:
            return_producer(path)
            raise SourceError(
                subject,
                "the camera is there but cannot be opened",
                action=f"close other programs that use it ({error})",
            ) from error
        self._acquirer.num_buffers = _BUFFERS
        # A wait inside the producer would block all Python threads, so the producer is polled without waiting.
        self._acquirer.timeout_period_on_update_event_data_call = 0
        self._nodes = self._acquirer.remote_device.node_map

    @property
    def name(self) -> str:
        """Maker, model and serial number."""
        return self._name

    def start(self) -> None:
        """See `GenicamCamera`."""
        try:
            mode = getattr(self._nodes, "AcquisitionMode", None)
            if mode is not None and mode.get_access_mode() == _READ_WRITE:
                mode.value = "Continuous"
            self._choose_pixel_format()
            self._acquirer.start()
        except self._errors as error:
            raise SourceError(self._subject, f"the camera does not send pictures ({error})") from error

    def fetch(self, timeout_s: float) -> Picture | None:
        """See `GenicamCamera`; a picture's time is the time of fetching it, up to 4 ms after its arrival."""
        if not self._acquirer.is_acquiring():
            raise SourceError(
                self._subject, "the camera sends no pictures since its size was changed", action="open it again"
            )
        until = time.monotonic() + timeout_s
        try:
            while (buffer := self._poll()) is None:
                if time.monotonic() >= until:
                    return None
                time.sleep(_POLL_S)
            return self._picture(self._newest(buffer))
        except self._errors as error:
            raise SourceError(self._subject, f"the connection to the camera broke ({error})") from error
        except PixelsUnreadable as error:
            raise SourceError(self._subject, f"the camera's pictures cannot be read: {error}") from error

    def alive(self) -> bool:
        """See `GenicamCamera`: reads the width again; the producer determines the wait for a lost camera."""
        try:
            self._nodes.Width.node.invalidate_node()
            return int(self._nodes.Width.value) > 0
        except self._errors:
            return False

    def settings(self) -> tuple[SourceSetting, ...]:
        """See `GenicamCamera`."""
        try:
            return tuple(
                SourceSetting(name, node.value, node.min, node.max, _UNITS.get(name) or node.unit)
                for name in _FEATURES
                if (node := self._node(name)) is not None
            )
        except self._errors as error:
            raise SourceError(self._subject, f"the camera does not tell its settings ({error})") from error

    def change(self, name: str, value: float) -> None:
        """See `GenicamCamera`."""
        try:
            if name not in ("width", "height"):
                self._set(name, value)
                return
            self._acquirer.stop()
            try:
                self._set(name, value)
            finally:
                self._acquirer.start()
        except self._errors as error:
            raise SourceError(self._subject, f"the camera refuses {name} {value:g} ({error})") from error

    def close(self, *, lost: bool) -> None:
        """See `GenicamCamera`; errors that a producer raises for a lost camera are ignored."""
        with contextlib.suppress(*self._errors):
            self._acquirer.destroy()
        return_producer(self._path)

    def _choose_pixel_format(self) -> None:
        node = self._nodes.PixelFormat
        if node.get_int_value() in PIXEL_FORMATS:
            return
        offered = {e.value: e.symbolic for e in node.entries if e.node.get_access_mode() >= _READ_ONLY}
        code = next((code for code in PIXEL_FORMATS if code in offered), None)
        if code is None:
            raise SourceError(self._subject, no_readable_format(offered.values()))
        node.set_int_value(code)

    def _poll(self) -> Any | None:
        return self._acquirer.try_fetch(timeout=_TRY_S, is_raw=True)

    def _newest(self, buffer: Any) -> Any:
        stream = buffer.parent
        while _told(lambda: stream.num_awaiting_delivery, 0) > 0 and (newer := self._poll()) is not None:
            stream.queue_buffer(buffer)
            buffer = newer
        return buffer

    def _picture(self, buffer: Any) -> Picture:
        taken_at = time.monotonic()
        try:
            data = np.frombuffer(buffer.raw_buffer, np.uint8)[_told(lambda: buffer.image_offset, 0) :]
            width = _told(lambda: buffer.width, None) or self._nodes.Width.value
            height = _told(lambda: buffer.height, None) or self._nodes.Height.value
            code = _told(lambda: buffer.pixel_format, None) or self._nodes.PixelFormat.get_int_value()
            image = to_rgb(data, width, height, code, _told(lambda: buffer.padding_x, 0))
            return Picture(image, _told(lambda: buffer.frame_id, 0), taken_at)
        finally:
            buffer.parent.queue_buffer(buffer)

    def _node(self, name: str) -> Any | None:
        nodes = (getattr(self._nodes, feature, None) for feature in _FEATURES[name])
        return next((n for n in nodes if n is not None and n.get_access_mode() in (_READ_ONLY, _READ_WRITE)), None)

    def _set(self, name: str, value: float) -> None:
        switch, position = _SWITCHES.get(name, ("", None))
        node = getattr(self._nodes, switch, None) if switch else None
        if node is not None and node.get_access_mode() == _READ_WRITE:
            node.value = position
        node = self._node(name)
        if node is None:
            raise SourceError(self._subject, f"the camera has no {name}")
        # Integers move in steps from the minimum; floating-point values have no step.
        step = getattr(node, "inc", 1) if isinstance(node.value, int) else 0
        node.value = node.min + round(value - node.min) // step * step if step else value
