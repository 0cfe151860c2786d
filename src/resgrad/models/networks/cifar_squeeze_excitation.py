"""Squeeze-and-excitation (Hu et al. 2018, section 3) on the CIFAR skeleton: depth 6n+2.

The branch of every block is scaled channel by channel, before the addition, by gates computed from its global average.
Both twins have them, so that they still differ only in the shortcut. The reduction ratio is the paper's 16, but at
least one channel is left. At small widths few are left: without batch normalisation many gates then have no active
hidden unit, and are constant.
"""

import torch
from torch import Tensor, nn

from resgrad.models.blocks import BasicBlock
from resgrad.models.cifar import CifarNetwork, blocks_per_stage
from resgrad.models.config import ModelConfig
from resgrad.models.layers import Layers
from resgrad.models.sites import Site

REDUCTION = 16


class SqueezeExcitation(nn.Module):
    """``x * sigmoid(W2 relu(W1 mean(x)))`` (equations 2 to 4)."""

    kind = "excitation"

    def __init__(self, channels: int) -> None:
        super().__init__()
        inner = max(1, channels // REDUCTION)
        self.squeeze = nn.Linear(channels, inner)
        self.excite = nn.Linear(inner, channels)

    def forward(self, x: Tensor) -> Tensor:
        gates = torch.sigmoid(self.excite(torch.relu(self.squeeze(x.mean(dim=(2, 3))))))
        return x * gates[:, :, None, None]


class SqueezeExcitationBlock(BasicBlock):
    """A basic block with gates on its branch: ``relu(SE(F(x)) + x)``."""

    def __init__(self, site: Site, layers: Layers) -> None:
        super().__init__(site, layers)
        self.excitation = SqueezeExcitation(site.out_channels)

    def branch(self, x: Tensor) -> Tensor:
        return self.excitation(super().branch(x))


def check_depth(depth: int) -> None:
    """Refuse a depth that is not 6n+2 with n at least 1."""
    blocks_per_stage(depth, "cifar_squeeze_excitation")


def build(config: ModelConfig, *, depth: int, **shape) -> nn.Module:
    """Build the network of this depth, or its plain twin; ``shape`` as in :class:`CifarNetwork`."""
    blocks = blocks_per_stage(depth, "cifar_squeeze_excitation")
    return CifarNetwork(SqueezeExcitationBlock, config, blocks=blocks, **shape)
