"""The computer, the devices and libraries in use, and missing parts with their source."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
from typing import Any

from inspector.core.training.plan import Recipe
from inspector.storage.folders import data_folder, log_folder, weights_folder
from inspector.storage.log_file import faults_file, log_file
from inspector.workflows.computer.catalogue import preset_rows
from inspector.workflows.computer.machine import demo_installed, library_versions, memory_gb, window_obstacle
from inspector.workflows.computer.weights import known_backbones


def examine() -> dict[str, Any]:
    """Return facts about this computer, and under ``missing`` a sentence for each thing to mend."""
    from inspector.engine.device import describe_devices
    from inspector.engine.features.fusion import describe_form  # imports timm

    devices = describe_devices()
    obstacle = window_obstacle()
    existing = next(folder for folder in (data_folder(), *data_folder().parents) if folder.exists())
    return {
        "system": platform.platform(),
        "cores": os.cpu_count(),
        "memory_gb": memory_gb(),
        "versions": library_versions(),
        "device": devices,
        "network": describe_form(Recipe().backbone, weights_folder()),
        "window": {"ready": obstacle is None, "obstacle": obstacle},
        "backbones": known_backbones(),
        "presets": preset_rows(),
        "folders": {"data": str(data_folder()), "weights": str(weights_folder()), "logs": str(log_folder())},
        "log": str(log_file()),
        "faults": str(faults_file()),
        "free_disk_gb": round(shutil.disk_usage(existing).free / 2**30, 1),
        "demo_photos": demo_installed(),
        "missing": _missing(devices, obstacle),
    }


def as_text(found: dict[str, Any]) -> str:
    """Return the facts of `examine` as lines for people."""
    device = found["device"]
    lines = [
        f"Computer   {found['system']}, {found['cores']} cores, {found['memory_gb']} GB memory",
        f"Computes   on {device['used']}" + (f" ({device['gpu']})" if device["gpu"] else ""),
        f"Network    {found['network']}",
        f"Window     {'ready' if found['window']['ready'] else found['window']['obstacle']}",
        "Backbones  " + ", ".join(row["name"] for row in found["backbones"] if row["ready"]),
        "Presets    " + ", ".join(row["name"] for row in found["presets"] if row["ready"]),
        f"Data       {found['folders']['data']} ({found['free_disk_gb']} GB free)",
        f"Log        {found['log']}; {found['faults']}",
        "Versions   " + ", ".join(f"{name} {version}" for name, version in found["versions"].items()),
    ]
    lines += [f"Missing    {sentence}" for sentence in found["missing"]] or ["Nothing is missing."]
    return "\n".join(lines)


def _missing(devices: dict[str, Any], obstacle: str | None) -> list[str]:
    missing = []
    if obstacle is not None:
        missing.append(obstacle)
    if devices["gpu"] is None:
        missing.append(f"no GPU is used: {devices['why_no_gpu']}; training and inspection work on the processor")
        if importlib.util.find_spec("openvino") is None:
            missing.append("a photo takes longer than it could; run: pip install 'inspector[fast]'")
    if not demo_installed():
        missing.append("the demo photos are not installed; run: pip install 'inspector[demo]'")
    return missing
