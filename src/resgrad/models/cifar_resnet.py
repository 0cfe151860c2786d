"""The networks of He et al. 2015, section 4.2 (CIFAR-10): depth 6n+2, plain or residual.

===========  ===============  ==========  ======================================
part         output size      channels    layers with weights
===========  ===============  ==========  ======================================
``stem``     H x W            w           1 (3x3 convolution, batch norm, ReLU)
``stage1``   H x W            w           2n: n identity blocks
``stage2``   H/2 x W/2        2w          2n: convolutional block, n-1 identity
``stage3``   H/4 x W/4        4w          2n: convolutional block, n-1 identity
``head``     classes          -           1 (global average, linear)
===========  ===============  ==========  ======================================

Parameters at width 16, 3 channels, 10 classes, which this implementation has (the paper's table 6 rounds them):

=====  =======  ==========
depth  n        parameters
=====  =======  ==========
20     3        0.27 M
32     5        0.46 M
44     7        0.66 M
56     9        0.85 M
110    18       1.7 M
1202   200      19.4 M
=====  =======  ==========
"""

from typing import Literal

import torch
from torch import Tensor, nn

from resgrad.config import ParameterError
from resgrad.models.blocks import ConvolutionalBlock, IdentityBlock, convolution


def check_depth(depth: int) -> None:
    """Refuse a depth that is not 6n+2 with n at least 1.

    Raises:
        ParameterError: names the nearest depths that exist.
    """
    if depth < 8 or (depth - 2) % 6:
        below = 6 * max(1, (depth - 2) // 6) + 2
        raise ParameterError(
            f"depths has {depth}; allowed: 6n+2 for a cifar_resnet, the nearest are {below} and {below + 6}."
        )


def build(
    *, depth: int, width: int, in_channels: int, classes: int, residual: bool, shortcut: Literal["A", "B"]
) -> nn.Module:
    """Build the network of this depth, or with ``residual=False`` its plain twin."""
    check_depth(depth)
    return CifarResNet((depth - 2) // 6, width, in_channels, classes, residual=residual, shortcut=shortcut)


class CifarResNet(nn.Module):
    """Stem, three stages of ``blocks`` blocks, head: N x ``in_channels`` x H x W to N x ``classes`` logits."""

    def __init__(
        self,
        blocks: int,
        width: int,
        in_channels: int,
        classes: int,
        *,
        residual: bool,
        shortcut: Literal["A", "B"],
    ) -> None:
        super().__init__()

        def stage(channels: int, *first: nn.Module) -> nn.Sequential:
            rest = [IdentityBlock(channels, residual=residual) for _ in range(blocks - len(first))]
            return nn.Sequential(*first, *rest)

        def halving(channels: int) -> nn.Module:
            return ConvolutionalBlock(channels, 2 * channels, 2, residual=residual, shortcut=shortcut)

        self.stem = nn.Sequential(convolution(in_channels, width), nn.BatchNorm2d(width), nn.ReLU())
        self.stage1 = stage(width)
        self.stage2 = stage(2 * width, halving(width))
        self.stage3 = stage(4 * width, halving(2 * width))
        self.head = nn.Linear(4 * width, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stage3(self.stage2(self.stage1(self.stem(x))))
        # A mean, not AdaptiveAvgPool2d, whose backward pass adds up in no fixed order on CUDA.
        return self.head(torch.mean(x, dim=(2, 3)))
