"""A fused backbone as OpenVINO's graph, operation by operation: nothing is exported or written to disk."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import torch
from timm.layers import BatchNormAct2d
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from inspector.engine.features.backbones import Backbone
from inspector.engine.features.fused_convolutions import FusedConvolution
from inspector.engine.features.openvino_library import Node, PartialShape, openvino, opset13

PROBE_HW = (64, 96)
"""Height and width in pixels of the probe; the graph is valid for any size."""


class CannotTell(Exception):
    """The network does something that this module does not know in OpenVINO's words; the message says what."""


def openvino_graph(backbone: Backbone) -> openvino.Model:
    """Return a backbone as a graph, from the photo to its maps, for a photo of any height and width.

    No other thread may compute with it meanwhile. Other backbones are not concerned.

    Parameters
    ----------
    backbone : Backbone
        On the CPU, fused (`inspector.engine.features.fusion.fuse`).

    Returns
    -------
    openvino.Model
        From uint8 (1, H, W, 3), RGB, H and W multiples of 32, to the maps of `Backbone.forward`, with the channels of a
        place side by side: (1, H / stride, W / stride, C), as they lie in memory.

    Raises
    ------
    CannotTell
        If the network has an unknown layer or function, or branches on its input.
    """
    photo = opset13.parameter(PartialShape([1, -1, -1, 3]), np.uint8, name="photo")
    found = _Recorder(backbone.network, _scaled(photo, backbone)).record()
    maps = [opset13.transpose(one, _indices([0, 2, 3, 1])) for one in found]
    return openvino.Model(maps, [photo], backbone.name)


def _scaled(photo: Node, backbone: Backbone) -> Node:
    mean, std = backbone.mean, backbone.std
    assert isinstance(mean, Tensor)
    assert isinstance(std, Tensor)
    channels_first = opset13.transpose(opset13.convert(photo, np.float32), _indices([0, 3, 1, 2]))
    return opset13.divide(opset13.subtract(channels_first, _constant(mean)), _constant(std))


class _Recorder(TorchFunctionMode):
    """Passes a probe through a network, and makes a node of OpenVINO's of each operation as it comes.

    Only this thread and this network are watched: functions by a mode, which torch keeps for each thread, layers by
    hooks of their own. Tracing by torch.fx exchanges how all modules of the process are called, in other threads too.
    """

    def __init__(self, network: nn.Module, scaled: Node) -> None:
        super().__init__()
        self._network = network
        self._scaled = scaled
        self._made: dict[int, Node] = {}
        self._unknown: dict[int, str] = {}
        self._kept: list[Tensor] = []  # else the next tensor could get the id of one that is gone
        self._inside: list[Node] = []

    def record(self) -> list[Node]:
        """Return the nodes that the network gives out.

        Raises
        ------
        CannotTell
            At the first layer that is not known, or where a function that is not known makes what matters.
        """
        probe = torch.zeros(1, 3, *PROBE_HW).contiguous(memory_format=torch.channels_last)
        self._give(probe, self._scaled)
        hooks = []
        for module in self._network.modules():
            if _is_layer(module):
                hooks.append(module.register_forward_pre_hook(self._enter))
                hooks.append(module.register_forward_hook(self._leave))
        try:
            with torch.inference_mode(False), torch.no_grad(), self:
                maps = self._network(probe)
        finally:
            for hook in hooks:
                hook.remove()
        return [self._node(one) for one in maps]

    def __torch_function__(
        self, function: Callable[..., Any], types: Any, given: tuple[Any, ...] = (), named: dict[str, Any] | None = None
    ) -> Any:
        """Return the function's result; outside of layers, make a node of it."""
        result = function(*given, **(named or {}))
        tensors = [one for one in _flat((*given, *(named or {}).values())) if isinstance(one, Tensor)]
        if self._inside or not any(id(one) in self._made or id(one) in self._unknown for one in tensors):
            return result
        name = getattr(function, "__name__", str(function))
        if name in _DECIDING:
            raise CannotTell(f"decisions by what it sees ({name})")
        make = _FUNCTIONS.get(function)
        if make is not None and len(given) == 2 and not named:
            self._give(result, make(self._given(given[0]), self._given(given[1])))
        elif isinstance(result, Tensor):
            self._kept.append(result)
            self._made.pop(id(result), None)
            self._unknown[id(result)] = name
        else:  # for example a size: values derived from it would be valid for the probe only
            raise CannotTell(name)
        return result

    def _enter(self, module: nn.Module, inputs: tuple[Any, ...]) -> None:
        if not self._inside and (type(module) not in _MODULES or len(inputs) != 1):
            raise CannotTell(type(module).__name__)
        # Before the layer changes its input in place. Of layers inside another layer, only their number matters.
        self._inside.append(self._inside[0] if self._inside else self._node(inputs[0]))

    def _leave(self, module: nn.Module, _inputs: tuple[Any, ...], output: Any) -> None:
        taken = self._inside.pop()
        if not self._inside:
            self._give(output, _MODULES[type(module)](module, taken))

    def _give(self, made: Tensor, node: Node) -> None:
        self._kept.append(made)
        self._unknown.pop(id(made), None)
        self._made[id(made)] = node

    def _node(self, tensor: Any) -> Node:
        node = self._made.get(id(tensor))
        if node is None:
            raise CannotTell(self._unknown.get(id(tensor), "what it is made of"))
        return node

    def _given(self, argument: Any) -> Any:
        if isinstance(argument, Tensor):
            return self._node(argument)
        return [self._node(one) for one in argument] if isinstance(argument, list | tuple) else argument


def _is_layer(module: nn.Module) -> bool:
    own = type(module).__module__.startswith("torch.nn") and not isinstance(module, nn.Sequential | nn.ModuleList)
    return own or type(module) in _MODULES


def _flat(arguments: Iterable[Any]) -> Iterator[Any]:
    for one in arguments:
        yield from _flat(one) if isinstance(one, list | tuple) else (one,)


def _constant(tensor: Tensor) -> Node:
    return opset13.constant(tensor.detach().contiguous().numpy())


def _indices(numbers: Sequence[int]) -> Node:
    return opset13.constant(np.array(numbers, dtype=np.int64))


def _convolution(module: FusedConvolution, maps: Node) -> Node:
    weight, around = module.weight, list(module.padding)
    window = (list(module.stride), around, around, list(module.dilation))
    if module.groups == 1:
        found = opset13.convolution(maps, _constant(weight), *window)
    else:
        kernels = weight.contiguous().view(module.groups, -1, *weight.shape[1:])
        found = opset13.group_convolution(maps, _constant(kernels), *window)
    return _activated(module.activation, opset13.add(found, _constant(module.bias.view(1, -1, 1, 1))))


def _activated(activation: nn.Module | None, maps: Node) -> Node:
    return maps if activation is None else _MODULES[type(activation)](activation, maps)


def _normalised(module: nn.BatchNorm2d, maps: Node) -> Node:
    assert module.running_mean is not None
    assert module.running_var is not None
    gain = module.weight.double() / (module.running_var.double() + module.eps).sqrt()
    shift = module.bias.double() - module.running_mean.double() * gain
    scaled = opset13.multiply(maps, _constant(gain.float().view(1, -1, 1, 1)))
    normalised = opset13.add(scaled, _constant(shift.float().view(1, -1, 1, 1)))
    after = getattr(module, "act", None)  # timm's normalisation carries the activation
    if isinstance(after, nn.Module) and type(after) not in _MODULES:
        raise CannotTell(type(after).__name__)
    return _activated(after, normalised)


def _pair(number: int | tuple[int, ...]) -> list[int]:
    return [number, number] if isinstance(number, int) else list(number)


def _largest(module: nn.MaxPool2d, maps: Node) -> Node:
    if module.ceil_mode or module.return_indices:
        raise CannotTell("this kind of MaxPool2d")
    around, window = _pair(module.padding), _pair(module.kernel_size)
    return opset13.max_pool(maps, _pair(module.stride), _pair(module.dilation), around, around, window).output(0)


def _averaged(module: nn.AvgPool2d, maps: Node) -> Node:
    if module.ceil_mode or module.divisor_override is not None or any(_pair(module.padding)):
        raise CannotTell("this kind of AvgPool2d")
    window = _pair(module.kernel_size)
    return opset13.avg_pool(maps, _pair(module.stride), [0, 0], [0, 0], window, exclude_pad=False)


_MODULES: dict[type[nn.Module], Callable[[Any, Node], Node]] = {
    FusedConvolution: _convolution,
    nn.Identity: lambda _, maps: maps,
    nn.Dropout: lambda _, maps: maps,
    nn.ReLU: lambda _, maps: opset13.relu(maps),
    nn.ReLU6: lambda _, maps: opset13.clamp(maps, 0.0, 6.0),
    nn.BatchNorm2d: _normalised,
    BatchNormAct2d: _normalised,
    nn.MaxPool2d: _largest,
    nn.AvgPool2d: _averaged,
}

_FUNCTIONS: dict[Any, Callable[[Any, Any], Node]] = {
    torch.add: opset13.add,
    Tensor.add: opset13.add,
    Tensor.add_: opset13.add,
    torch.cat: opset13.concat,
}
"""As torch tells of them; ``+`` is `Tensor.add` there, and ``+=`` `Tensor.add_`."""

_DECIDING = {"__bool__", "__int__", "__float__", "__index__", "item", "tolist"}
