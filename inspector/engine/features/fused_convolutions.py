"""A convolution, the batch normalisation and the activation that follow it, in one pass; for a CPU."""

from __future__ import annotations

import torch
from timm.layers import Conv2dSame
from torch import Tensor, nn
from torch.nn import functional

ACTIVATIONS: dict[type[nn.Module], tuple[str, list[float]]] = {
    nn.ReLU: ("relu", []),
    nn.ReLU6: ("hardtanh", [0.0, 6.0]),
}
"""An operation that oneDNN applies while it writes a convolution's output: its name in torch, and its numbers."""


class FusedConvolution(nn.Module):
    """A frozen convolution with the next operation, for maps whose height and width are multiples of its stride.

    Parameters
    ----------
    conv : nn.Conv2d
        One that `can_fuse`. TensorFlow's padding (timm's `Conv2dSame`), which pads a strided convolution less in front
        than behind, becomes an even one: the kernel gets a row and a column of zeros in front instead.
    norm : nn.BatchNorm2d or None
        Folded into weight and bias, in double precision.
    activation : nn.Module or None
        One of `ACTIVATIONS`.
    onednn : bool
        Whether oneDNN is called directly, which applies the activation as it writes the output. That name of torch's is
        not promised to stay. Laying the weight out for oneDNN once was also tried: a tenth faster with a known map
        size, three times as slow on WideResNet-50 with no or another size.

    Attributes
    ----------
    weight : Tensor, float32, shape (out, in / groups, kernel height, kernel width)
    bias : Tensor, float32, shape (out,)
    stride, padding, dilation : list of int
        Down and right; as much is padded in front as behind.
    groups : int
    activation : nn.Module or None
    """

    def __init__(
        self, conv: nn.Conv2d, norm: nn.BatchNorm2d | None, activation: nn.Module | None, *, onednn: bool
    ) -> None:
        super().__init__()
        weight, self.bias = _fold(conv, norm)
        front, self.padding = _paddings(conv)
        weight = functional.pad(weight, [self.padding[1] - front[1], 0, self.padding[0] - front[0], 0])
        self.stride, self.dilation, self.groups = list(conv.stride), list(conv.dilation), conv.groups
        self.activation = activation
        self._attribute, self._numbers = ("none", []) if activation is None else ACTIVATIONS[type(activation)]
        self._onednn = onednn
        # No parameter, since nothing may train it; channels-last, as the maps are.
        self.weight = weight.contiguous(memory_format=torch.channels_last)

    def forward(self, maps: Tensor) -> Tensor:
        """Return the maps (N, C, H, W) convolved."""
        if self._onednn:
            found: Tensor = torch.ops.mkldnn._convolution_pointwise.default(
                maps,
                self.weight,
                self.bias,
                self.padding,
                self.stride,
                self.dilation,
                self.groups,
                self._attribute,
                self._numbers,
                "",
            )
            return found
        found = functional.conv2d(maps, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups)
        return found if self.activation is None else self.activation(found)


def can_fuse(module: nn.Module) -> bool:
    """Return whether a module is a convolution that `FusedConvolution` can stand in for."""
    if type(module) is Conv2dSame:
        return module.dilation == (1, 1)
    return type(module) is nn.Conv2d and module.padding_mode == "zeros" and not isinstance(module.padding, str)


def _fold(conv: nn.Conv2d, norm: nn.BatchNorm2d | None) -> tuple[Tensor, Tensor]:
    weight = conv.weight.detach().double()
    bias = weight.new_zeros(len(weight)) if conv.bias is None else conv.bias.detach().double()
    if norm is not None:
        assert norm.running_mean is not None
        assert norm.running_var is not None
        gain = norm.weight.detach().double() / (norm.running_var.double() + norm.eps).sqrt()
        weight = weight * gain.view(-1, 1, 1, 1)
        bias = (bias - norm.running_mean.double()) * gain + norm.bias.detach().double()
    return weight.float(), bias.float()


def _paddings(conv: nn.Conv2d) -> tuple[list[int], list[int]]:
    """Return how much a convolution pads in front, and the even padding, at least as much: down and right."""
    if not isinstance(conv, Conv2dSame):
        even = [int(one) for one in conv.padding]
        return even, even
    whole = [max(size - stride, 0) for size, stride in zip(conv.kernel_size, conv.stride, strict=True)]
    return [one // 2 for one in whole], [one - one // 2 for one in whole]
