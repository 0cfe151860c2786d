"""The building blocks of residual networks (He et al. 2015, section 3), each with its plain twin.

A block computes ``relu(F(x) + shortcut(x))`` with ``F`` two 3x3 convolutions, each followed by batch norm and a ReLU
between them. Its plain twin, ``residual=False``, computes ``relu(F(x))``: the same less the addition.
"""

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional


class Block(nn.Module):
    """Two 3x3 convolutions, and around them a shortcut or nothing.

    Maps N x ``in_channels`` x H x W to N x ``out_channels`` x H/stride x W/stride, rounded up.
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int, shortcut: nn.Module | None) -> None:
        super().__init__()
        self.conv1 = convolution(in_channels, out_channels, stride)
        self.norm1 = nn.BatchNorm2d(out_channels)
        self.conv2 = convolution(out_channels, out_channels)
        self.norm2 = nn.BatchNorm2d(out_channels)
        self.shortcut = shortcut

    def forward(self, x: Tensor) -> Tensor:
        y = torch.relu(self.norm1(self.conv1(x)))
        y = self.norm2(self.conv2(y))
        if self.shortcut is not None:
            y = y + self.shortcut(x)
        return torch.relu(y)


class IdentityBlock(Block):
    """A block that keeps the shape; its shortcut passes the input on as it is."""

    def __init__(self, channels: int, *, residual: bool) -> None:
        super().__init__(channels, channels, stride=1, shortcut=nn.Identity() if residual else None)


class ConvolutionalBlock(Block):
    """A block that changes the shape; its shortcut does so by zero padding (option A) or by projection (option B)."""

    def __init__(
        self, in_channels: int, out_channels: int, stride: int, *, residual: bool, shortcut: Literal["A", "B"]
    ) -> None:
        kind = {"A": ZeroPadding, "B": Projection}[shortcut]
        super().__init__(
            in_channels, out_channels, stride, kind(in_channels, out_channels, stride) if residual else None
        )


class ZeroPadding(nn.Module):
    """Option A: every ``stride``-th pixel, and zeros for the channels that are new; no parameters."""

    def __init__(self, in_channels: int, out_channels: int, stride: int) -> None:
        super().__init__()
        self.stride = stride
        self.new_channels = out_channels - in_channels

    def forward(self, x: Tensor) -> Tensor:
        return functional.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, 0, self.new_channels))


class Projection(nn.Module):
    """Option B: a 1x1 convolution with batch norm."""

    def __init__(self, in_channels: int, out_channels: int, stride: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, kernel_size=1, stride=stride, bias=False)
        self.norm = nn.BatchNorm2d(out_channels)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(self.conv(x))


def convolution(in_channels: int, out_channels: int, stride: int = 1) -> nn.Conv2d:
    """Return a 3x3 convolution that keeps the size (but for its stride); batch norm follows, so it has no bias."""
    return nn.Conv2d(in_channels, out_channels, kernel_size=3, stride=stride, padding=1, bias=False)
