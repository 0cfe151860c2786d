"""Full pre-activation (He et al. 2016, figure 4e) on the CIFAR skeleton: depth 6n+2.

A block normalises and activates before each convolution, so that the shortcut path is clean. As in the paper's
appendix, the stem is activated before the first block, which therefore begins with its convolution, and the last sum
is normalised and activated before the head. A projection here takes the block's unchanged input and is normalised, as
in the other networks, although the norms that follow make its shift redundant.

At depth 110, width 16, with 3 channels and 10 classes it has 1.7 M parameters.
"""

from torch import Tensor, nn

from resgrad.models.blocks import Block
from resgrad.models.cifar import CifarNetwork, blocks_per_stage
from resgrad.models.config import ModelConfig
from resgrad.models.layers import Layers
from resgrad.models.sites import Site


class PreActivationBlock(Block):
    """Two 3x3 convolutions, each after a normalisation and an activation: ``F(x) + x``."""

    def __init__(self, site: Site, layers: Layers) -> None:
        super().__init__(layers.shortcut(site))
        channels = site.out_channels
        first = site.number == 1
        self.norm1 = nn.Identity() if first else layers.normalization(site.in_channels)
        self.act1 = nn.Identity() if first else layers.activation(site.in_channels)
        self.conv1 = layers.convolution(site.in_channels, channels, stride=site.stride)
        self.norm2 = layers.normalization(channels)
        self.act2 = layers.activation(channels)
        self.dropout = layers.dropout()
        self.conv2 = layers.convolution(channels, channels)

    def branch(self, x: Tensor) -> Tensor:
        y = self.conv1(self.act1(self.norm1(x)))
        return self.conv2(self.dropout(self.act2(self.norm2(y))))


def check_depth(depth: int) -> None:
    """Refuse a depth that is not 6n+2 with n at least 1."""
    blocks_per_stage(depth, "cifar_preactivation")


def build(config: ModelConfig, *, depth: int, **shape) -> nn.Module:
    """Build the network of this depth, or its plain twin; ``shape`` as in :class:`CifarNetwork`."""
    blocks = blocks_per_stage(depth, "cifar_preactivation")
    return CifarNetwork(PreActivationBlock, config, blocks=blocks, make_tail=_tail, **shape)


def _tail(channels: int, layers: Layers) -> nn.Module:
    return nn.Sequential(layers.normalization(channels), layers.activation(channels))
