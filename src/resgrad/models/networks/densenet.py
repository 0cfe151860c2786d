"""The DenseNet of Huang et al. 2017, section 3, for CIFAR, without bottlenecks or compression: depth 3n+4.

===============  ============  ==========  ===================================================================
part             output size   channels
===============  ============  ==========  ===================================================================
``stem``         H x W         16          3x3 convolution
``block1``       H x W         16 + nk     n layers: normalisation, activation, 3x3 convolution to k channels
``transition1``  H/2 x W/2     16 + nk     normalisation, activation, 1x1 convolution, 2x2 average pooling
``block2``       H/2 x W/2     16 + 2nk    n layers
``transition2``  H/4 x W/4     16 + 2nk    as above
``block3``       H/4 x W/4     16 + 3nk    n layers
``tail``         H/4 x W/4     16 + 3nk    normalisation, activation
``head``         classes       -           global average, linear
===============  ============  ==========  ===================================================================

The growth rate k is ``model.width``; sizes are rounded up. The input of a layer is the concatenation of the block's
input and the outputs of all layers before it in the block: these connections replace shortcuts, and ``model.shortcut``
is ignored. Dropout follows every convolution except the stem, as in the paper.

Parameters of this implementation with 3 channels and 10 classes (the paper's table 2 rounds them):

=====  ===  ==========
depth  k    parameters
=====  ===  ==========
40     12   1.0 M
100    12   7.0 M
100    24   27.2 M
=====  ===  ==========
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from resgrad.common.config import ParameterError
from resgrad.models.config import ModelConfig
from resgrad.models.layers import Layers

STEM_CHANNELS = 16

NO_PLAIN_TWIN = "without its concatenations nearly every layer has another shape, so twins would not share weights"


class Composite(nn.Module):
    """Normalisation, activation, convolution and dropout, in this order."""

    def __init__(self, channels: int, out_channels: int, layers: Layers, kernel: int) -> None:
        super().__init__()
        self.norm = layers.normalization(channels)
        self.act = layers.activation(channels)
        self.conv = layers.convolution(channels, out_channels, kernel)
        self.dropout = layers.dropout()

    def forward(self, x: Tensor) -> Tensor:
        return self.dropout(self.conv(self.act(self.norm(x))))


class DenseLayer(Composite):
    """``[x, F(x)]``: the input, followed by k new channels from a 3x3 convolution."""

    def __init__(self, channels: int, growth: int, layers: Layers) -> None:
        super().__init__(channels, growth, layers, kernel=3)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([x, super().forward(x)], dim=1)


class Transition(Composite):
    """``pool(F(x))``: a 1x1 convolution that keeps the number of channels, at half the size."""

    def __init__(self, channels: int, layers: Layers) -> None:
        super().__init__(channels, channels, layers, kernel=1)

    def forward(self, x: Tensor) -> Tensor:
        return functional.avg_pool2d(super().forward(x), kernel_size=2, ceil_mode=True)


class DenseNet(nn.Module):
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
        added = layers_per_block * growth
        last = STEM_CHANNELS + 3 * added

        def block(channels: int) -> nn.Sequential:
            return nn.Sequential(*(DenseLayer(c, growth, layers) for c in range(channels, channels + added, growth)))

        self.stem = nn.Sequential(layers.convolution(image_shape[0], STEM_CHANNELS))
        self.block1 = block(STEM_CHANNELS)
        self.transition1 = Transition(STEM_CHANNELS + added, layers)
        self.block2 = block(STEM_CHANNELS + added)
        self.transition2 = Transition(STEM_CHANNELS + 2 * added, layers)
        self.block3 = block(STEM_CHANNELS + 2 * added)
        self.tail = nn.Sequential(layers.normalization(last), layers.activation(last))
        self.head = nn.Linear(last, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.transition1(self.block1(self.stem(x)))
        x = self.tail(self.block3(self.transition2(self.block2(x))))
        # A mean, not AdaptiveAvgPool2d, whose backward pass on CUDA sums in no fixed order.
        return self.head(torch.mean(x, dim=(2, 3)))


def check_depth(depth: int) -> None:
    """Refuse a depth that is not 3n+4 with n at least 1."""
    _layers_per_block(depth)


def build(config: ModelConfig, *, depth: int, **shape) -> nn.Module:
    """Build the network of this depth; ``shape`` as in :class:`DenseNet`."""
    return DenseNet(config, layers_per_block=_layers_per_block(depth), **shape)


def _layers_per_block(depth: int) -> int:
    layers, rest = divmod(depth - 4, 3)
    if layers < 1 or rest:
        below = 3 * max(1, layers) + 4
        raise ParameterError(
            f"depths has {depth}; allowed: 3n+4 for densenet, the nearest are {below} and {below + 3}."
        )
    return layers
