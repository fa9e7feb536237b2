"""What this computer is: versions and memory, for manifests and results."""

from __future__ import annotations

import platform
import sys
from importlib.metadata import PackageNotFoundError, version

LIBRARIES = ("torch", "timm", "numpy", "opencv-python-headless", "faiss-cpu", "safetensors")


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
