"""Wide residual networks (Zagoruyko and Komodakis 2016, table 1) on the CIFAR skeleton: depth 6n+4.

===========  ===============  ==========
part         output size      channels
===========  ===============  ==========
``stem``     H x W            16          3x3 convolution, normalisation, activation
``stage1``   H x W            w           n blocks
``stage2``   H/2 x W/2        2w          n blocks, the first with stride 2
``stage3``   H/4 x W/4        4w          n blocks, the first with stride 2
``tail``     H/4 x W/4        4w          normalisation, activation
``head``     classes          -           global average, linear
===========  ===============  ==========

w is ``model.width``, 16k in a network that the paper calls WRN-depth-k; if w is not a multiple of 16, the stem has as
many channels as their greatest common divisor. The blocks are those of cifar_preactivation, with full pre-activation;
the first begins with its convolution, because the stem is activated.

Depth is the paper's, which counts convolutions: the stem, 6n in the branches, and three projections. The longest path
has two layers with weights fewer, 6n+2: it does not include the projections, but it includes the head.

Parameters of this implementation with 3 channels, 10 classes and projection shortcuts, which are normalised (16k to 64k
scales and shifts each, which the paper's lack); the paper's are from its tables 4 and 5:

=========  =====  ===  ==========  =======
network    depth  w    parameters  paper
=========  =====  ===  ==========  =======
WRN-16-4   16     64   2.75 M      2.7 M
WRN-40-4   40     64   8.95 M      8.9 M
WRN-28-10  28     160  36.48 M     36.5 M
=========  =====  ===  ==========  =======
"""

from math import gcd

from torch import Tensor, nn

from resgrad.common.config import ParameterError
from resgrad.models.blocks import Block
from resgrad.models.cifar import CifarNetwork
from resgrad.models.config import ModelConfig
from resgrad.models.layers import Layers
from resgrad.models.sites import Site

STEM_CHANNELS = 16


class WideBlock(Block):
    """B(3, 3): two 3x3 convolutions, each after a normalisation and an activation, dropout between: ``F(x) + x``."""

    def __init__(self, site: Site, layers: Layers) -> None:
        super().__init__(layers.shortcut(site))
        before, channels = site.in_channels, site.out_channels
        activated = site.number == 1  # by the stem
        self.norm1 = nn.Identity() if activated else layers.normalization(before)
        self.act1 = nn.Identity() if activated else layers.activation(before)
        self.conv1 = layers.convolution(before, channels, stride=site.stride)
        self.norm2 = layers.normalization(channels)
        self.act2 = layers.activation(channels)
        self.dropout = layers.dropout()
        self.conv2 = layers.convolution(channels, channels)

    def branch(self, x: Tensor) -> Tensor:
        y = self.conv1(self.act1(self.norm1(x)))
        return self.conv2(self.dropout(self.act2(self.norm2(y))))


def check_depth(depth: int) -> None:
    """Refuse a depth that is not 6n+4 with n at least 1."""
    _blocks(depth)


def build(config: ModelConfig, *, depth: int, **shape) -> nn.Module:
    """Build the network of this depth, or its plain twin; ``shape`` as in :class:`CifarNetwork`."""
    stem = gcd(STEM_CHANNELS, config.width)
    return CifarNetwork(
        WideBlock,
        config.model_copy(update={"width": stem}),
        blocks=_blocks(depth),
        expansion=config.width // stem,
        make_tail=_tail,
        **shape,
    )


def _blocks(depth: int) -> int:
    blocks, rest = divmod(depth - 4, 6)
    if blocks < 1 or rest:
        below = 6 * max(1, blocks) + 4
        raise ParameterError(
            f"depths has {depth}; allowed: 6n+4 for cifar_wide, the nearest are {below} and {below + 6}."
        )
    return blocks


def _tail(channels: int, layers: Layers) -> nn.Module:
    return nn.Sequential(layers.normalization(channels), layers.activation(channels))
