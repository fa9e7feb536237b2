"""The computer: versions and memory, for manifests and results."""

from __future__ import annotations

import ctypes
import getpass
import importlib.util
import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from inspector.core.errors import Message

LIBRARIES = ("torch", "openvino", "timm", "numpy", "opencv-python-headless", "safetensors")

PACKAGE = "elpv_dataset"


def library_versions() -> dict[str, str]:
    """Return the versions that decide numbers: Inspector, Python and the libraries that compute."""
    from inspector import __version__

    versions = {"inspector": __version__, "python": platform.python_version()}
    for name in LIBRARIES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    return versions


def peak_memory_mb() -> float:
    """Return the highest resident memory of this process so far, in MiB."""
    if sys.platform == "win32":
        import psutil

        return float(psutil.Process().memory_info().peak_wset) / 2**20
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return float(peak) / (2**20 if sys.platform == "darwin" else 2**10)


def memory_gb() -> float | None:
    """Return the computer's memory in GiB, or None where the system does not tell."""
    if sys.platform == "win32":
        import psutil

        return round(float(psutil.virtual_memory().total) / 2**30, 1)
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1)


def resident_memory_mb() -> float:
    """Return the resident memory of this process now, in MiB; where the system does not tell, the highest so far."""
    if sys.platform == "win32":
        import psutil

        return float(psutil.Process().memory_info().rss) / 2**20
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except (OSError, IndexError, ValueError):
        return peak_memory_mb()
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def free_memory_mb() -> float | None:
    """Return how much memory can still be taken, in MiB, or None where the system does not tell.

    On Linux, the kernel's estimate, or the rest of a container's allowance if that is less.
    """
    if sys.platform == "win32":
        import psutil

        return float(psutil.virtual_memory().available) / 2**20
    known = [one for one in (_estimated_by_kernel(), _left_to_container()) if one is not None]
    return min(known) if known else None


def free_gpu_memory_mb() -> float | None:
    """Return the free memory of the graphics card in MiB, or None without a card."""
    from inspector.engine.device import free_memory_bytes

    free = free_memory_bytes()
    return None if free is None else free / 2**20


def _estimated_by_kernel() -> float | None:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    fields = dict(line.split(":", 1) for line in lines)
    return int(fields["MemAvailable"].split()[0]) / 2**10 if "MemAvailable" in fields else None


def _left_to_container() -> float | None:
    """Return the memory that control groups of version 2 leave to this process."""
    folder = Path("/sys/fs/cgroup")
    try:
        limit, used = ((folder / name).read_text(encoding="ascii").strip() for name in ("memory.max", "memory.current"))
        # Pages of files that can be dropped count as used.
        cached = dict(line.split() for line in (folder / "memory.stat").read_text(encoding="ascii").splitlines())
    except OSError:
        return None
    if limit == "max":
        return None
    return max(int(limit) - int(used) + int(cached.get("inactive_file", 0)), 0) / 2**20


QT_LIBRARIES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libglib-2.0.so.0": "libglib2.0-0",
}
X11_LIBRARIES = {
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
}
"""System libraries that Qt's wheels expect on Linux, with the Debian packages that bring them."""


def window_obstacle() -> str | None:
    """Return why no window can be opened here, and the action; None if a window can be opened.

    Qt aborts the process if a library or a display is missing; a check first gives a plain sentence.
    """
    if not sys.platform.startswith("linux"):
        return None
    platform_name = os.environ.get("QT_QPA_PLATFORM", "").partition(":")[0]
    wayland = bool(os.environ.get("WAYLAND_DISPLAY"))
    if not platform_name and not wayland and not os.environ.get("DISPLAY"):
        return Message("there is no display", "start it in a desktop session, or use the commands ('inspector --help')")
    x11 = platform_name == "xcb" or (not platform_name and not wayland)
    wanted = QT_LIBRARIES | (X11_LIBRARIES if x11 else {})
    missing = sorted(package for library, package in wanted.items() if not _loads(library))
    if missing:
        return Message(
            "Qt lacks system libraries", f"on Debian or Ubuntu run: sudo apt-get install {' '.join(missing)}"
        )
    return None


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def load_libraries() -> None:
    """Load what training and inspection compute with, ahead of time; see `inspector.engine.methods.loading`."""
    from inspector.engine.methods import loading

    loading.load_libraries()


def demo_installed() -> bool:
    """Whether the package with the demo photos is installed."""
    return importlib.util.find_spec(PACKAGE) is not None


def user_name() -> str:
    """Return the name that the system knows this user by, or "unknown"."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # no such entry, or no such thing as on this system
        return "unknown"
