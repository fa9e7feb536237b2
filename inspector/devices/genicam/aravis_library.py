"""The C library Aravis 0.8, called through ctypes.

Inspector uses only the plain C interface, and therefore needs neither PyGObject nor a compiler. Aravis is licensed
under the LGPL 2.1 or later. The user installs it; Inspector does not contain it.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import functools
import os
from collections.abc import Iterator
from ctypes import POINTER, byref, c_char_p, c_double, c_int, c_int64, c_size_t, c_uint, c_uint32, c_uint64, c_void_p
from typing import Any

_NAMES = ("libaravis-0.8.so.0", "libaravis-0.8.0.dylib")


class _GError(ctypes.Structure):
    _fields_ = (("domain", c_uint32), ("code", c_int), ("message", c_char_p))


_Error = POINTER(POINTER(_GError))
_Ints = POINTER(c_int)
_Doubles = POINTER(c_double)

_SIGNATURES: dict[str, tuple[Any, ...]] = {
    # By name: the return type, then the argument types. `Aravis.ask` calls functions whose last argument is _Error.
    "arv_update_device_list": (None,),
    "arv_get_n_devices": (c_uint,),
    "arv_get_device_id": (c_char_p, c_uint),
    "arv_get_device_address": (c_char_p, c_uint),
    "arv_get_device_vendor": (c_char_p, c_uint),
    "arv_get_device_model": (c_char_p, c_uint),
    "arv_get_device_serial_nbr": (c_char_p, c_uint),
    "arv_get_device_protocol": (c_char_p, c_uint),
    "arv_camera_new": (c_void_p, c_char_p, _Error),
    "arv_camera_get_device": (c_void_p, c_void_p),
    "arv_camera_is_gv_device": (c_int, c_void_p),
    "arv_camera_get_vendor_name": (c_char_p, c_void_p, _Error),
    "arv_camera_get_model_name": (c_char_p, c_void_p, _Error),
    "arv_camera_get_device_serial_number": (c_char_p, c_void_p, _Error),
    "arv_camera_create_stream": (c_void_p, c_void_p, c_void_p, c_void_p, _Error),
    "arv_camera_get_payload": (c_uint, c_void_p, _Error),
    "arv_camera_set_acquisition_mode": (None, c_void_p, c_int, _Error),
    "arv_camera_start_acquisition": (None, c_void_p, _Error),
    "arv_camera_stop_acquisition": (None, c_void_p, _Error),
    "arv_camera_get_pixel_format": (c_uint32, c_void_p, _Error),
    "arv_camera_set_pixel_format": (None, c_void_p, c_uint32, _Error),
    "arv_camera_dup_available_pixel_formats": (POINTER(c_int64), c_void_p, POINTER(c_uint), _Error),
    "arv_camera_get_region": (None, c_void_p, _Ints, _Ints, _Ints, _Ints, _Error),
    "arv_camera_set_region": (None, c_void_p, c_int, c_int, c_int, c_int, _Error),
    "arv_camera_is_exposure_auto_available": (c_int, c_void_p, _Error),
    "arv_camera_set_exposure_time_auto": (None, c_void_p, c_int, _Error),
    "arv_camera_is_gain_auto_available": (c_int, c_void_p, _Error),
    "arv_camera_set_gain_auto": (None, c_void_p, c_int, _Error),
    "arv_gv_device_is_controller": (c_int, c_void_p),
    "arv_device_read_register": (c_int, c_void_p, c_uint64, POINTER(c_uint32), _Error),
    "arv_buffer_new_allocate": (c_void_p, c_size_t),
    "arv_buffer_get_status": (c_int, c_void_p),
    "arv_buffer_get_frame_id": (c_uint64, c_void_p),
    "arv_buffer_get_system_timestamp": (c_uint64, c_void_p),
    "arv_buffer_get_image_data": (c_void_p, c_void_p, POINTER(c_size_t)),
    "arv_buffer_get_image_width": (c_int, c_void_p),
    "arv_buffer_get_image_height": (c_int, c_void_p),
    "arv_buffer_get_image_padding": (None, c_void_p, _Ints, _Ints),
    "arv_buffer_get_image_pixel_format": (c_uint32, c_void_p),
    "arv_stream_push_buffer": (None, c_void_p, c_void_p),
    "arv_stream_try_pop_buffer": (c_void_p, c_void_p),
    "arv_stream_timeout_pop_buffer": (c_void_p, c_void_p, c_uint64),
    "g_object_unref": (None, c_void_p),
    "g_error_free": (None, c_void_p),
    "g_free": (None, c_void_p),
    **{f"arv_camera_get_{what}_bounds": (None, c_void_p, _Ints, _Ints, _Error) for what in ("width", "height")},
    **{f"arv_camera_get_{what}_increment": (c_int, c_void_p, _Error) for what in ("width", "height")},
    **{
        f"arv_camera_{call}": signature
        for what in ("exposure_time", "gain", "frame_rate")
        for call, signature in {
            f"is_{what}_available": (c_int, c_void_p, _Error),
            f"get_{what}": (c_double, c_void_p, _Error),
            f"set_{what}": (None, c_void_p, c_double, _Error),
            f"get_{what}_bounds": (None, c_void_p, _Doubles, _Doubles, _Error),
        }.items()
    },
}


class AravisRefused(Exception):
    """Aravis reports an error; the message is the library's."""


class Aravis:
    """The loaded library.

    Parameters
    ----------
    library : ctypes.CDLL
        The library. Its functions get their signatures here; it gives access to the functions of GLib too.

    Raises
    ------
    AttributeError
        The library lacks a required function.
    """

    def __init__(self, library: ctypes.CDLL) -> None:
        self._library = library
        for name, (returns, *takes) in _SIGNATURES.items():
            function = getattr(library, name)
            function.restype, function.argtypes = returns, tuple(takes)

    def call(self, name: str, *arguments: Any) -> Any:
        """Call a function that cannot fail."""
        return getattr(self._library, name)(*arguments)

    def ask(self, name: str, *arguments: Any) -> Any:
        """Call a function whose last argument is an error, which is added here.

        Raises
        ------
        AravisRefused
            The library reports an error; the message is the library's.
        """
        error = POINTER(_GError)()
        answer = getattr(self._library, name)(*arguments, byref(error))
        if not error:
            return answer
        message = (error.contents.message or b"").decode(errors="replace")
        self.call("g_error_free", error)
        raise AravisRefused(message)

    def text(self, name: str, *arguments: Any) -> str:
        """Call a function that cannot fail and returns text; empty if it returns NULL."""
        answer = self.call(name, *arguments)
        return answer.decode(errors="replace") if answer else ""


@functools.cache
def aravis() -> Aravis | None:
    """Return the library, or None if it is not installed (on Windows it is not searched for)."""
    if os.name != "posix":
        return None
    for name in _names():
        try:
            return Aravis(ctypes.CDLL(name))
        except (OSError, AttributeError):
            continue
    return None


def _names() -> Iterator[str]:
    yield from _NAMES
    if found := ctypes.util.find_library("aravis-0.8"):
        yield found
