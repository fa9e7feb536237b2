"""GenICam cameras through Aravis: GigE Vision and USB3 Vision on Linux and macOS."""

from __future__ import annotations

import contextlib
import ctypes
import ipaddress
import threading
import time
from ctypes import byref, c_double, c_int, c_size_t, c_uint, c_uint32
from typing import Any

import numpy as np

from inspector.core.errors import SourceError
from inspector.devices.genicam.aravis_library import Aravis, AravisRefused
from inspector.devices.genicam.genicam_camera import FoundCamera, Picture, the_only
from inspector.devices.genicam.genicam_pixels import PIXEL_FORMATS, PixelsUnreadable, no_readable_format, to_rgb
from inspector.devices.genicam.gvcp import controlled
from inspector.devices.sources.frame_source import SourceSetting

_BUFFERS = 4
_SUCCESS = 0  # of ArvBufferStatus
_CONTINUOUS = 0  # of ArvAcquisitionMode
_AUTO_OFF = 0  # of ArvAuto
_FLOATS = {"exposure": ("exposure_time", "us"), "gain": ("gain", "dB"), "frame_rate": ("frame_rate", "1/s")}
_SIDES = ("width", "height")
_TOLD = ("id", "serial_nbr", "vendor", "model", "address")  # attributes in the order of FoundCamera
_OLDEST_S = 1.0


def list_aravis(library: Aravis) -> tuple[FoundCamera, ...]:
    """List the cameras on all networks and USB ports; takes about a second."""
    library.call("arv_update_device_list")
    return tuple(
        FoundCamera(*(library.text(f"arv_get_device_{what}", i) for what in _TOLD))
        for i in range(library.call("arv_get_n_devices"))
        # Later releases of the library list webcams too, which are opened as `camera:`.
        if library.text("arv_get_device_protocol", i) in ("GigEVision", "USB3Vision")
    )


def open_aravis(library: Aravis, wanted: str, subject: str) -> AravisCamera | None:
    """Connect to the camera with this ID, serial number or IP address, or to the only camera if `wanted` is empty.

    Returns
    -------
    AravisCamera or None
        None if no such camera exists.

    Raises
    ------
    SourceError
        The camera exists and cannot be opened, or several cameras match; about `subject`.
    """
    if _is_ip(wanted):
        # Asked directly, because a camera behind a router does not receive the broadcast.
        device_id = address = wanted if controlled(wanted) is not None else ""
    else:
        found = [device for device in list_aravis(library) if device.is_meant_by(wanted)]
        device = the_only(found, [device.device_id for device in found], subject)
        device_id, address = (device.device_id, device.alias) if device else ("", "")
    if not device_id:
        return None
    try:
        return AravisCamera(library, device_id, address, subject)
    except AravisRefused as error:
        raise SourceError(
            subject, "the camera is there but cannot be opened", action=f"close other programs that use it ({error})"
        ) from error


def _is_ip(text: str) -> bool:
    try:
        return ipaddress.ip_address(text).version == 4
    except ValueError:
        return False


class AravisCamera:
    """A connected camera; implements `GenicamCamera`.

    Parameters
    ----------
    library : Aravis
        The library that communicates with the camera.
    device_id : str
        The library's ID of the camera, or its IP address.
    address : str
        IP address of a GigE Vision camera; empty for other cameras.
    subject : str
        Subject of error messages.

    Raises
    ------
    AravisRefused
        The camera cannot be opened.
    """

    def __init__(self, library: Aravis, device_id: str, address: str, subject: str) -> None:
        self._library = library
        self._address = address
        self._subject = subject
        self._camera = library.ask("arv_camera_new", device_id.encode())
        self._stream: int | None = None
        if self._is_gige() and not library.call("arv_gv_device_is_controller", self._device()):
            self.close(lost=True)
            raise AravisRefused("another program controls it")
        self._name = " ".join(filter(None, (self._text("vendor_name"), self._text("model_name"), self._serial())))

    @property
    def name(self) -> str:
        """Maker, model and serial number."""
        return self._name

    def start(self) -> None:
        """See `GenicamCamera`."""
        try:
            self._ask("set_acquisition_mode", _CONTINUOUS)
            self._choose_pixel_format()
            self._begin()
        except AravisRefused as error:
            raise SourceError(self._subject, f"the camera does not send pictures ({error})") from error

    def fetch(self, timeout_s: float) -> Picture | None:
        """See `GenicamCamera`; only `alive` detects a broken connection."""
        if self._stream is None:
            raise SourceError(
                self._subject, "the camera sends no pictures since its size was changed", action="open it again"
            )
        buffer = self._newest(timeout_s)
        if buffer is None:
            return None
        try:
            return self._picture(buffer)
        except PixelsUnreadable as error:
            raise SourceError(self._subject, f"the camera's pictures cannot be read: {error}") from error
        finally:
            self._library.call("arv_stream_push_buffer", self._stream, buffer)

    def alive(self) -> bool:
        """See `GenicamCamera`; takes up to 0.75 s for GigE Vision and up to some seconds for USB3 Vision."""
        if self._is_gige():
            return controlled(self._address) is True
        try:
            self._library.ask("arv_device_read_register", self._device(), 0, byref(c_uint32()))
        except AravisRefused:
            return False
        return True

    def settings(self) -> tuple[SourceSetting, ...]:
        """See `GenicamCamera`."""
        try:
            floats = [self._float(name, *_FLOATS[name]) for name in _FLOATS if self._has(name)]
            return (*floats, *(self._side(name) for name in _SIDES))
        except AravisRefused as error:
            raise SourceError(self._subject, f"the camera does not tell its settings ({error})") from error

    def change(self, name: str, value: float) -> None:
        """See `GenicamCamera`."""
        try:
            if name in _SIDES:
                self._change_side(name, round(value))
            else:
                self._switch_off_automatic(name)
                self._ask(f"set_{_FLOATS[name][0]}", value)
        except AravisRefused as error:
            raise SourceError(self._subject, f"the camera refuses {name} {value:g} ({error})") from error

    def close(self, *, lost: bool) -> None:
        """See `GenicamCamera`.

        The library spends 5 s on asking a lost camera to disconnect, so a thread does this. The camera may be opened
        again meanwhile, because it obeys only the connection that controls it.
        """
        if lost:
            threading.Thread(target=self._let_go, name="lost camera", daemon=True).start()
        else:
            self._end()
            self._let_go()

    def _let_go(self) -> None:
        for thing in (self._stream, self._camera):
            if thing is not None:
                self._library.call("g_object_unref", thing)
        self._stream = self._camera = None

    def _is_gige(self) -> bool:
        return bool(self._library.call("arv_camera_is_gv_device", self._camera))

    def _device(self) -> int:
        device: int = self._library.call("arv_camera_get_device", self._camera)
        return device

    def _ask(self, what: str, *arguments: object) -> Any:
        return self._library.ask(f"arv_camera_{what}", self._camera, *arguments)

    def _text(self, what: str) -> str:
        return (self._ask(f"get_{what}") or b"").decode(errors="replace")

    def _serial(self) -> str:
        # Optional in cameras of GigE Vision release 1.
        try:
            return self._text("device_serial_number")
        except AravisRefused:
            return ""

    def _choose_pixel_format(self) -> None:
        if self._ask("get_pixel_format") in PIXEL_FORMATS:
            return
        count = c_uint()
        codes = self._ask("dup_available_pixel_formats", byref(count))
        offered = {codes[i] & 0xFFFFFFFF for i in range(count.value)}
        self._library.call("g_free", codes)
        code = next((code for code in PIXEL_FORMATS if code in offered), None)
        if code is None:
            raise SourceError(self._subject, no_readable_format(f"0x{code:08X}" for code in sorted(offered)))
        self._ask("set_pixel_format", code)

    def _begin(self) -> None:
        self._stream = self._ask("create_stream", None, None)
        size = self._ask("get_payload")
        for _ in range(_BUFFERS):
            self._library.call(
                "arv_stream_push_buffer", self._stream, self._library.call("arv_buffer_new_allocate", size)
            )
        self._ask("start_acquisition")

    def _end(self) -> None:
        if self._stream is None:
            return
        with contextlib.suppress(AravisRefused):  # a camera that does not receive this stops when nobody controls it
            self._ask("stop_acquisition")
        self._library.call("g_object_unref", self._stream)
        self._stream = None

    def _newest(self, timeout_s: float) -> int | None:
        """Return the newest complete buffer; return all others to the stream to be filled."""
        newest: int | None = None
        buffer = self._library.call("arv_stream_timeout_pop_buffer", self._stream, max(0, int(timeout_s * 1e6)))
        while buffer:
            if self._library.call("arv_buffer_get_status", buffer) == _SUCCESS:
                newest, buffer = buffer, newest
            if buffer:
                self._library.call("arv_stream_push_buffer", self._stream, buffer)
            buffer = self._library.call("arv_stream_try_pop_buffer", self._stream)
        return newest

    def _picture(self, buffer: int) -> Picture:
        call = self._library.call
        size, x, y = c_size_t(), c_int(), c_int()
        start = call("arv_buffer_get_image_data", buffer, byref(size))
        call("arv_buffer_get_image_padding", buffer, byref(x), byref(y))
        data = np.ctypeslib.as_array((ctypes.c_uint8 * size.value).from_address(start))
        width, height, code = (
            call(f"arv_buffer_get_image_{what}", buffer) for what in ("width", "height", "pixel_format")
        )
        image = to_rgb(data, width, height, code, x.value)
        return Picture(image, call("arv_buffer_get_frame_id", buffer), self._arrival(buffer))

    def _arrival(self, buffer: int) -> float:
        """Return the arrival of the first packet as monotonic time; the library's system clock can jump."""
        age_s: float = time.time() - self._library.call("arv_buffer_get_system_timestamp", buffer) * 1e-9
        return time.monotonic() - min(max(age_s, 0.0), _OLDEST_S)

    def _has(self, name: str) -> bool:
        return bool(self._ask(f"is_{_FLOATS[name][0]}_available"))

    def _float(self, name: str, feature: str, unit: str) -> SourceSetting:
        low, high = c_double(), c_double()
        self._ask(f"get_{feature}_bounds", byref(low), byref(high))
        return SourceSetting(name, self._ask(f"get_{feature}"), low.value, high.value, unit)

    def _region(self) -> list[int]:
        sides = [c_int() for _ in range(4)]
        self._ask("get_region", *map(byref, sides))
        return [side.value for side in sides]

    def _side(self, name: str) -> SourceSetting:
        low, high = c_int(), c_int()
        self._ask(f"get_{name}_bounds", byref(low), byref(high))
        return SourceSetting(name, self._region()[2 + _SIDES.index(name)], low.value, high.value, "px")

    def _change_side(self, name: str, pixels: int) -> None:
        side, step = self._side(name), max(1, self._ask(f"get_{name}_increment"))
        low = round(side.low or 0)
        region = self._region()
        region[2 + _SIDES.index(name)] = low + (pixels - low) // step * step
        self._end()
        try:
            self._ask("set_region", *region)
        finally:
            self._begin()

    def _switch_off_automatic(self, name: str) -> None:
        feature = {"exposure": "exposure", "gain": "gain"}.get(name)
        if feature and self._ask(f"is_{feature}_auto_available"):
            self._ask("set_exposure_time_auto" if feature == "exposure" else "set_gain_auto", _AUTO_OFF)
