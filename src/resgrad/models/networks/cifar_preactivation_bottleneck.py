"""Bottlenecks with full pre-activation on the CIFAR skeleton (He et al. 2016, figure 4e and appendix): depth 9n+2.

A block has 1x1, 3x3 and 1x1 convolutions, each after a normalisation and an activation; the inner two have a quarter of
its channels, and the 3x3 convolution has the stride. As in cifar_preactivation, whose blocks have two 3x3 convolutions,
the stem is activated before the first block, which therefore begins with its convolution, the last sum is normalised
and activated before the head, and a projection is normalised.

Parameters of this implementation at width 16, with 3 channels, 10 classes and projection shortcuts; the paper's table 4
rounds them, and its 10.2 M is the count without normalisation, 10.18 M:

=====  =======  ==========  =====================  ==============
depth  n        parameters  without normalisation  paper, table 4
=====  =======  ==========  =====================  ==============
164    18       1.70 M      1.68 M                 1.7 M
1001   111      10.33 M     10.18 M                10.2 M
=====  =======  ==========  =====================  ==============
"""

from torch import Tensor, nn

from resgrad.models.blocks import Block
from resgrad.models.cifar import CifarNetwork, blocks_per_stage
from resgrad.models.config import ModelConfig
from resgrad.models.layers import Layers
from resgrad.models.sites import Site

EXPANSION = 4


class PreActivationBottleneck(Block):
    """Three convolutions, each after a normalisation and an activation: ``F(x) + x``."""

    def __init__(self, site: Site, layers: Layers) -> None:
        super().__init__(layers.shortcut(site))
        before, inner = site.in_channels, site.out_channels // EXPANSION
        activated = site.number == 1  # by the stem
        self.norm1 = nn.Identity() if activated else layers.normalization(before)
        self.act1 = nn.Identity() if activated else layers.activation(before)
        self.conv1 = layers.convolution(before, inner, kernel=1)
        self.norm2 = layers.normalization(inner)
        self.act2 = layers.activation(inner)
        self.conv2 = layers.convolution(inner, inner, stride=site.stride)
        self.norm3 = layers.normalization(inner)
        self.act3 = layers.activation(inner)
        self.dropout = layers.dropout()
        self.conv3 = layers.convolution(inner, site.out_channels, kernel=1)

    def branch(self, x: Tensor) -> Tensor:
        y = self.conv1(self.act1(self.norm1(x)))
        y = self.conv2(self.act2(self.norm2(y)))
        return self.conv3(self.dropout(self.act3(self.norm3(y))))


def check_depth(depth: int) -> None:
    """Refuse a depth that is not 9n+2 with n at least 1."""
    _blocks(depth)


def build(config: ModelConfig, *, depth: int, **shape) -> nn.Module:
    """Build the network of this depth, or its plain twin; ``shape`` as in :class:`CifarNetwork`."""
    return CifarNetwork(
        PreActivationBottleneck, config, blocks=_blocks(depth), expansion=EXPANSION, make_tail=_tail, **shape
    )


def _blocks(depth: int) -> int:
    return blocks_per_stage(depth, "cifar_preactivation_bottleneck", layers_per_block=3)


def _tail(channels: int, layers: Layers) -> nn.Module:
    return nn.Sequential(layers.normalization(channels), layers.activation(channels))
