"""Loading the heavy libraries ahead of their first use, without holding up other threads."""

from __future__ import annotations

import ctypes
import importlib
import importlib.util
import os
import sys
from pathlib import Path

METHODS_MODULES = ("inspector.engine.methods.reconpatch", "inspector.engine.methods.coarse_to_fine.coarse_to_fine")


def load_libraries() -> None:
    """Import torch, timm and the detectors. Takes seconds the first time, nothing after.

    Importing torch maps and links its shared libraries while it holds the interpreter lock, which froze a window in
    another thread for 0.3 s. On Linux they are opened first by a foreign call, during which Python lets other threads
    run.
    """
    if "torch" not in sys.modules and sys.platform.startswith("linux"):
        _open_torch_libraries()
    for name in METHODS_MODULES:
        importlib.import_module(name)
    if importlib.util.find_spec("openvino") is not None:
        importlib.import_module("inspector.engine.features.openvino_runtime").load_plugin()


def _open_torch_libraries() -> None:
    spec = importlib.util.find_spec("torch")
    if spec is None or spec.origin is None:
        return
    library = Path(spec.origin).parent / "lib" / "libtorch_python.so"
    if library.is_file():
        # ctypes.CDLL(path) would keep the lock; the dlopen it wraps, called as any C function, does not.
        foreign_dlopen = ctypes.CDLL(None).dlopen
        foreign_dlopen.restype = ctypes.c_void_p
        foreign_dlopen.argtypes = (ctypes.c_char_p, ctypes.c_int)
        foreign_dlopen(os.fsencode(library), os.RTLD_LAZY)
