"""A frozen backbone made faster on a CPU: convolutions are fused with the operations that follow them."""

from __future__ import annotations

import logging
import platform
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

import torch
from torch import Tensor, nn

from inspector.core.errors import WeightsError
from inspector.engine.device import choose_device
from inspector.engine.features.backbones import Backbone, Runtime, load_backbone, same_maps
from inspector.engine.features.fused_convolutions import ACTIVATIONS, FusedConvolution, can_fuse
from inspector.engine.features.weight_files import find_weights

_LOG = logging.getLogger(__name__)

PROBE_HW = (64, 96)
FUSED = "convolutions fused with what follows them, by oneDNN"
FOLDED = "convolutions fused with what normalises them"
ON_A_GPU = "on the GPU, in half precision where a bundle then scores as in float32"

Chain = tuple[str, str, str]
"""A convolution, the normalisation and the activation that directly follow it: their names in the network, or ""."""


_SHARED: WeakValueDictionary[tuple[object, ...], Backbone] = WeakValueDictionary()
"""Fused backbones that some detector of this process uses, by name, file of weights and device."""


def frozen_backbone(name: str, weights_folder: Path, device: torch.device) -> Backbone:
    """Return a fused backbone that must not be trained; all callers share it while any of them keeps it.

    Raises
    ------
    WeightsError
        As `inspector.engine.features.backbones.load_backbone`.
    """
    path = find_weights(name, weights_folder)
    stat = None if path is None else path.stat()
    key = (name, path, stat and (stat.st_mtime_ns, stat.st_size), device)
    backbone = _SHARED.get(key)
    if backbone is None:
        backbone = load_backbone(name, weights_folder, device)
        fuse(backbone)
        backbone.runtime = other_runtime(backbone)
        _SHARED[key] = backbone
    return backbone


def describe_form(name: str, weights_folder: Path, device: str = "auto") -> str:
    """Return in which form a backbone computes here, for people, or why it does not."""
    try:
        backbone = frozen_backbone(name, weights_folder, choose_device(device))
    except WeightsError as error:
        return error.sentence
    backbone(torch.zeros(1, 3, *PROBE_HW, dtype=torch.uint8, device=backbone.device))  # only now it is checked
    return backbone.form


def other_runtime(backbone: Backbone) -> Runtime | None:
    """Return a faster form of a fused backbone: OpenVINO, on a CPU, where it is installed."""
    if backbone.device.type != "cpu":
        return None
    try:
        from inspector.engine.features.openvino_graph import CannotTell
        from inspector.engine.features.openvino_runtime import OpenVinoRuntime
    except ImportError:
        return None
    try:
        return OpenVinoRuntime(backbone)
    except CannotTell as reason:
        _LOG.info("%s is computed by torch: OpenVINO is not told of %s", backbone.name, reason)
        return None


def fuse(backbone: Backbone) -> None:
    """Make a backbone on a CPU faster, in place. Its weights can then not be read or trained any more.

    A probe shows the operations that follow each convolution. Afterwards the network must give the same maps for the
    probe (`same_maps`). Otherwise, or if torch lacks a function, the network stays unchanged. On a GPU nothing is done.

    Parameters
    ----------
    backbone : Backbone
        Any one.
    """
    if backbone.device.type != "cpu":
        backbone.form_in_torch = ON_A_GPU
        return
    network = backbone.network
    with torch.inference_mode(False), torch.no_grad():
        probe = torch.rand(1, 3, *PROBE_HW, generator=torch.Generator().manual_seed(0)) * 4.0 - 2.0
        probe = probe.contiguous(memory_format=torch.channels_last)
        witness = _Witness(network)
        expected = [one.clone() for one in witness.watch(probe)]
        for onednn in (True, False) if _onednn_pays() else (False,):
            if _exchange(network, witness.chains(), probe, expected, onednn):
                backbone.form_in_torch = FUSED if onednn else FOLDED
                return
    _LOG.warning("%s is not made faster: fused, it would not give the same maps on this computer", backbone.name)


def _onednn_pays() -> bool:
    return platform.machine().lower() in {"x86_64", "amd64"} and torch.backends.mkldnn.is_available()


class _Witness:
    """Records which module takes the unchanged output of another module."""

    def __init__(self, network: nn.Module) -> None:
        self._network = network
        kinds: tuple[type[nn.Module], ...] = (nn.BatchNorm2d, *ACTIVATIONS)
        self._modules = {
            name: module for name, module in network.named_modules() if can_fuse(module) or isinstance(module, kinds)
        }
        self._calls = Counter[str]()
        self._made: list[tuple[str, Tensor, int]] = []
        self._takers: dict[tuple[int, int], str] = {}
        self._kept: list[Tensor] = []  # else the next tensor could get the id of one that is gone

    def watch(self, probe: Tensor) -> list[Tensor]:
        """Pass the probe through and return the network's maps."""
        hooks = []
        for name, module in self._modules.items():
            hooks.append(module.register_forward_pre_hook(lambda _, inputs, name=name: self._take(name, inputs[0])))
            hooks.append(module.register_forward_hook(lambda _, __, output, name=name: self._make(name, output)))
        maps: list[Tensor] = self._network(probe)
        for hook in hooks:
            hook.remove()
        return maps

    def _take(self, name: str, taken: Tensor) -> None:
        # The version counts changes in place: an output that was changed since is not the module's output.
        self._calls[name] += 1
        self._kept.append(taken)
        self._takers.setdefault((id(taken), taken._version), name)

    def _make(self, name: str, made: Tensor) -> None:
        self._made.append((name, made, made._version))

    def chains(self) -> list[Chain]:
        """Return the chains that can be fused, in the order of the pass."""
        follower = {name: self._takers.get((id(made), version), "") for name, made, version in self._made}
        chains = []
        for name, _, _ in self._made:
            if can_fuse(self._modules[name]) and self._calls[name] == 1:
                norm = self._usable(follower[name], nn.BatchNorm2d)
                inside = isinstance(getattr(self._modules.get(norm), "act", None), nn.Module)
                activation = "" if inside else self._usable(follower[norm or name], *ACTIVATIONS)
                chains.append((name, norm, activation))
        return chains

    def _usable(self, name: str, *kinds: type[nn.Module]) -> str:
        module = self._modules.get(name)
        if not isinstance(module, kinds) or self._calls[name] != 1:
            return ""
        whole = not isinstance(module, nn.BatchNorm2d) or (module.affine and module.running_mean is not None)
        return name if whole else ""


def _exchange(
    network: nn.Module, chains: Sequence[Chain], probe: Tensor, expected: Sequence[Tensor], onednn: bool
) -> bool:
    """Exchange all chains, or none if the maps of the probe change; return which."""
    before = {name: network.get_submodule(name) for chain in chains for name in chain if name}
    try:
        for chain in chains:
            _replace(network, _stand_ins(before, chain, onednn))
        if same_maps(network(probe), expected):
            return True
    except (AttributeError, RuntimeError):  # torch lacks an operation, or it takes other arguments
        pass
    _replace(network, before)
    return False


def _stand_ins(modules: Mapping[str, nn.Module], chain: Chain, onednn: bool) -> dict[str, nn.Module]:
    """Return by name what stands in for a chain's modules."""
    conv, norm, activation = (modules.get(name) for name in chain)
    after: Any = activation if activation is not None else getattr(norm, "act", None)
    fits = type(after) in ACTIVATIONS
    names, parts = [name for name in chain if name], [conv, norm, after if fits else None]
    stand_ins: dict[str, nn.Module] = {name: nn.Identity() for name in names}
    stand_ins[chain[0]] = FusedConvolution(*parts, onednn=onednn)  # type: ignore[arg-type]
    if activation is None and after is not None and not fits:
        stand_ins[chain[1]] = after  # carried by timm's normalisation, and no convolution can apply it
    return stand_ins


def _replace(network: nn.Module, modules: Mapping[str, nn.Module]) -> None:
    for name, module in modules.items():
        parent, _, own = name.rpartition(".")
        network.get_submodule(parent)._modules[own] = module
