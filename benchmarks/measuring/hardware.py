"""The line that describes the hardware of a table."""

from __future__ import annotations

import os
import platform
import re
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from inspector.workflows.computer.machine import memory_gb


def processor() -> str:
    """Return the processor's name from the system, or its architecture."""
    told = Path("/proc/cpuinfo")
    if told.is_file():
        found = re.search(r"^model name\s*:\s*(.+)$", told.read_text(encoding="utf-8", errors="replace"), re.MULTILINE)
        if found is not None:
            return found[1].strip()
    return platform.processor() or platform.machine()


def cores() -> int:
    """Return how many cores this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1


def hardware_line(*packages: str) -> str:
    """Return processor, cores, memory, Python and the versions of packages, as one sentence."""
    versions = []
    for name in packages:
        try:
            versions.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            versions.append(f"{name} not installed")
    told = [f"Python {platform.python_version()}", *versions]
    return f"Measured on {processor()}, {cores()} cores, {memory_gb()} GiB; {', '.join(told)}."
