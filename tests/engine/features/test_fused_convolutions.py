"""One fused convolution against the modules that it stands in for."""

from __future__ import annotations

import pytest
import torch
from timm.layers import Conv2dSame
from torch import Tensor, nn

from inspector.engine.features.fused_convolutions import FusedConvolution, can_fuse


def normalisation(channels: int) -> nn.BatchNorm2d:
    norm = nn.BatchNorm2d(channels).eval()
    assert norm.running_mean is not None
    assert norm.running_var is not None
    norm.running_mean.uniform_(-1.0, 1.0)
    norm.running_var.uniform_(0.2, 3.0)
    nn.init.uniform_(norm.weight, 0.5, 2.0)
    nn.init.uniform_(norm.bias, -1.0, 1.0)
    return norm


@pytest.fixture
def maps() -> Tensor:
    return torch.randn(2, 8, 32, 48).contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("onednn", [True, False])
@pytest.mark.parametrize(
    "conv",
    [
        nn.Conv2d(8, 12, 1, bias=False),
        nn.Conv2d(8, 12, 3, stride=2, padding=1),
        nn.Conv2d(8, 12, (1, 5), padding=(0, 2), groups=4),
        nn.Conv2d(8, 12, 3, padding=2, dilation=2),
        Conv2dSame(8, 8, 3, stride=2, groups=8, bias=False),
        Conv2dSame(8, 8, 5, stride=2, groups=8),
        Conv2dSame(8, 12, 3, stride=1),
        Conv2dSame(8, 12, 1, stride=2),
        Conv2dSame(8, 12, 4, stride=2),
    ],
    ids=repr,
)
@pytest.mark.parametrize("activation", [None, nn.ReLU(), nn.ReLU6(inplace=True)], ids=repr)
def test_it_gives_what_the_modules_give(
    conv: nn.Conv2d, activation: nn.Module | None, onednn: bool, maps: Tensor
) -> None:
    if onednn and not torch.backends.mkldnn.is_available():
        pytest.skip("this torch has no oneDNN")
    norm = normalisation(conv.out_channels)
    with torch.no_grad():
        expected = norm(conv(maps * 4))
        expected = expected if activation is None else activation(expected)
        found = FusedConvolution(conv, norm, activation, onednn=onednn)(maps * 4)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)
    assert found.is_contiguous(memory_format=torch.channels_last)


def test_what_pads_with_something_else_than_zeros_is_left() -> None:
    assert not can_fuse(nn.Conv2d(8, 8, 3, padding=1, padding_mode="reflect"))
    assert not can_fuse(nn.Conv2d(8, 8, 3, padding="same"))
    assert not can_fuse(nn.Conv1d(8, 8, 3))
    assert can_fuse(nn.Conv2d(8, 8, 3, padding=1))
