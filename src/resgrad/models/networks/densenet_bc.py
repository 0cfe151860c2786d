"""DenseNet-BC (Huang et al. 2017, section 3) for CIFAR: bottlenecks in the layers, compression between: depth 6n+4.

===============  ============  ====================  ==============================================================
part             output size   channels
===============  ============  ====================  ==============================================================
``stem``         H x W         c0 = 2k               3x3 convolution
``block1``       H x W         c0 + nk               n layers: a 1x1 convolution to 4k channels, a 3x3 one to k
``transition1``  H/2 x W/2     c1 = (c0 + nk) / 2    1x1 convolution, 2x2 average pooling
``block2``       H/2 x W/2     c1 + nk               n layers
``transition2``  H/4 x W/4     c2 = (c1 + nk) / 2    as above
``block3``       H/4 x W/4     c2 + nk               n layers
``tail``         H/4 x W/4     c2 + nk               normalisation, activation
``head``         classes       -                     global average, linear
===============  ============  ====================  ==============================================================

The growth rate k is ``model.width``; sizes are rounded up, compressed channels down. Every convolution except the stem
follows a normalisation and an activation, and precedes dropout. As in densenet, which has neither bottlenecks nor
compression, the input of a layer is the concatenation of the block's input and the outputs of all layers before it in
the block, and ``model.shortcut`` is ignored.

Parameters of this implementation with 3 channels and 10 classes (the paper's table 2 rounds them):

=====  ===  ==========  ==============
depth  k    parameters  paper, table 2
=====  ===  ==========  ==============
100    12   769,162     0.8 M
250    24   15,324,406  15.3 M
190    40   25,624,430  25.6 M
=====  ===  ==========  ==============
"""

import torch
from torch import Tensor, nn

from resgrad.common.config import ParameterError
from resgrad.models.config import ModelConfig
from resgrad.models.layers import Layers

BOTTLENECK = 4
"""Channels inside a layer, in units of the growth rate."""
COMPRESSION = 2
"""Factor by which a transition reduces the channels at the end of a block."""

NO_PLAIN_TWIN = "without its concatenations nearly every layer has another shape, so twins would not share weights"


class Concatenated(nn.Module):
    """``[x, F(x)]``: the input, followed by the branch's output."""

    def __init__(self, branch: nn.Module) -> None:
        super().__init__()
        self.branch = branch

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([x, self.branch(x)], dim=1)


class DenseNetBC(nn.Module):
    """N x C x H x W to N x ``classes`` logits."""

    def __init__(
        self,
        config: ModelConfig,
        *,
        layers_per_block: int,
        image_shape: tuple[int, int, int],
        classes: int,
        residual: bool,
    ) -> None:
        """Build the network; ``layers_per_block`` is n."""
        super().__init__()
        layers = Layers(config, residual=residual)
        growth = config.width
        inner = BOTTLENECK * growth
        added = layers_per_block * growth

        def composite(before: int, after: int, kernel: int) -> list[nn.Module]:
            return [
                layers.normalization(before),
                layers.activation(before),
                layers.convolution(before, after, kernel),
                layers.dropout(),
            ]

        def dense_layer(before: int) -> nn.Module:
            return Concatenated(nn.Sequential(*composite(before, inner, 1), *composite(inner, growth, 3)))

        def block(before: int) -> nn.Module:
            return nn.Sequential(*(dense_layer(before + i * growth) for i in range(layers_per_block)))

        def transition(before: int, after: int) -> nn.Module:
            return nn.Sequential(*composite(before, after, 1), nn.AvgPool2d(kernel_size=2, ceil_mode=True))

        c0 = 2 * growth
        c1 = (c0 + added) // COMPRESSION
        c2 = (c1 + added) // COMPRESSION
        self.stem = nn.Sequential(layers.convolution(image_shape[0], c0))
        self.block1 = block(c0)
        self.transition1 = transition(c0 + added, c1)
        self.block2 = block(c1)
        self.transition2 = transition(c1 + added, c2)
        self.block3 = block(c2)
        self.tail = nn.Sequential(layers.normalization(c2 + added), layers.activation(c2 + added))
        self.head = nn.Linear(c2 + added, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.transition1(self.block1(self.stem(x)))
        x = self.tail(self.block3(self.transition2(self.block2(x))))
        # A mean, not AdaptiveAvgPool2d, whose backward pass on CUDA sums in no fixed order.
        return self.head(torch.mean(x, dim=(2, 3)))


def check_depth(depth: int) -> None:
    """Refuse a depth that is not 6n+4 with n at least 1."""
    _layers_per_block(depth)


def build(config: ModelConfig, *, depth: int, **shape) -> nn.Module:
    """Build the network of this depth; ``shape`` as in :class:`DenseNetBC`."""
    return DenseNetBC(config, layers_per_block=_layers_per_block(depth), **shape)


def _layers_per_block(depth: int) -> int:
    layers, rest = divmod(depth - 4, 6)
    if layers < 1 or rest:
        below = 6 * max(1, layers) + 4
        raise ParameterError(
            f"depths has {depth}; allowed: 6n+4 for densenet_bc, the nearest are {below} and {below + 6}."
        )
    return layers
