"""A fused backbone as OpenVINO's graph, operation by operation: nothing is traced, exported or written to disk."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from timm.layers import BatchNormAct2d
from torch import Tensor, fx, nn

from inspector.engine.backbones import Backbone
from inspector.engine.fused_convolutions import FusedConvolution
from inspector.engine.openvino_library import Node, PartialShape, openvino, opset13


class CannotTell(Exception):
    """The network does something that this module does not know in OpenVINO's words; the message says what."""


def openvino_graph(backbone: Backbone) -> openvino.Model:
    """Return what a backbone does, from the photo to its maps, as a graph for one photo of any height and width.

    Parameters
    ----------
    backbone : Backbone
        On the CPU, fused (`inspector.engine.fusion.fuse`).

    Returns
    -------
    openvino.Model
        From uint8 (1, H, W, 3), RGB, H and W multiples of 32, to the maps that `Backbone.forward` returns, each with
        the channels of a place side by side: (1, H / stride, W / stride, C), which is how they lie in memory anyway.

    Raises
    ------
    CannotTell
        If the network has a layer that is not among the known ones, or decides by what it sees which way to go.
    """
    network = backbone.network
    try:
        traced = _Tracer().trace(network)
    except (TypeError, RuntimeError, fx.proxy.TraceError) as error:
        raise CannotTell(f"{backbone.name} decides by what it sees") from error
    photo = opset13.parameter(PartialShape([1, -1, -1, 3]), np.uint8, name="photo")
    builder = _Builder(network, _scaled(photo, backbone))
    maps = [opset13.transpose(one, _indices([0, 2, 3, 1])) for one in builder.build(traced)]
    return openvino.Model(maps, [photo], backbone.name)


def _scaled(photo: Node, backbone: Backbone) -> Node:
    mean, std = backbone.mean, backbone.std
    assert isinstance(mean, Tensor)
    assert isinstance(std, Tensor)
    channels_first = opset13.transpose(opset13.convert(photo, np.float32), _indices([0, 3, 1, 2]))
    return opset13.divide(opset13.subtract(channels_first, _constant(mean)), _constant(std))


class _Tracer(fx.Tracer):
    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        known = isinstance(m, FusedConvolution | BatchNormAct2d)
        return known or super().is_leaf_module(m, module_qualified_name)


class _Builder:
    """Makes a node of OpenVINO's of each of torch's, in the order in which they are computed."""

    def __init__(self, network: nn.Module, scaled: Node) -> None:
        self._network = network
        self._scaled = scaled
        self._made: dict[fx.Node, Node] = {}

    def build(self, graph: fx.Graph) -> list[Node]:
        """Return the nodes that the graph gives out.

        Raises
        ------
        CannotTell
            At the first operation that is not known.
        """
        for node in graph.nodes:
            if node.op == "output":
                return [self._made[one] for one in node.args[0]]
            self._made[node] = self._scaled if node.op == "placeholder" else self._of(node)
        raise CannotTell("the network gives nothing out")

    def _of(self, node: fx.Node) -> Node:
        if node.op == "call_module":
            module = self._network.get_submodule(str(node.target))
            make = _MODULES.get(type(module))
            if make is not None and len(node.args) == 1:
                return make(module, self._made[node.all_input_nodes[0]])
            raise CannotTell(type(module).__name__)
        if node.op == "call_function" and node.target in _FUNCTIONS:
            return _FUNCTIONS[node.target](self._given(node.args[0]), self._given(node.args[1]))
        raise CannotTell(str(node.target))

    def _given(self, argument: Any) -> Any:
        if isinstance(argument, fx.Node):
            return self._made[argument]
        if isinstance(argument, Sequence):
            return [self._made[one] for one in argument]
        return argument


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
    operator.add: opset13.add,
    torch.add: opset13.add,
    operator.iadd: opset13.add,
    torch.cat: opset13.concat,
}
