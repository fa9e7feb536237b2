"""Where to compute."""

from __future__ import annotations

import torch

from inspector.core.errors import DetectorError

DEVICES = ("auto", "cpu", "cuda")


def choose_device(name: str) -> torch.device:
    """Return the device to compute on.

    Parameters
    ----------
    name : {"auto", "cpu", "cuda"}
        "auto" takes the GPU if torch sees one.

    Raises
    ------
    DetectorError
        If the name is unknown, or "cuda" is requested without a GPU: the CPU never replaces it silently.
    """
    if name not in DEVICES:
        raise DetectorError(name, "there is no device of this name", action=f"choose one of: {', '.join(DEVICES)}")
    if name == "cuda" and not torch.cuda.is_available():
        raise DetectorError(
            name,
            "torch sees no GPU on this computer",
            action="choose 'auto' or 'cpu', or run 'inspector doctor'",
        )
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return torch.device(name)


def describe_devices() -> dict[str, str | None]:
    """Return which device "auto" takes (``used``), the GPU's name (``gpu``) or why there is none (``why_no_gpu``)."""
    if torch.cuda.is_available():
        return {"used": "cuda", "gpu": torch.cuda.get_device_name(0), "why_no_gpu": None}
    built_without = torch.version.cuda is None
    why = "this torch was built without CUDA" if built_without else "torch finds no NVIDIA GPU with a working driver"
    return {"used": "cpu", "gpu": None, "why_no_gpu": why}


def free_memory_bytes() -> int | None:
    """Return how much of the GPU's memory is free, what torch holds without using it included; None without a GPU."""
    if not torch.cuda.is_available():
        return None
    free, _ = torch.cuda.mem_get_info()
    return int(free) + torch.cuda.memory_reserved() - torch.cuda.memory_allocated()


def upload(tensor: torch.Tensor, device: torch.device) -> torch.Tensor:
    """Return a CPU tensor on a device; to a GPU from pinned memory, without waiting until it is there."""
    if device.type != "cuda":
        return tensor.to(device)
    return tensor.pin_memory().to(device, non_blocking=True)
