"""Bottleneck networks on the CIFAR skeleton (He et al. 2016, appendix and table 2): depth 9n+2.

Parameters of this implementation at width 16, with 3 channels, 10 classes and projection shortcuts (the paper's table 4
says 1.7 M and 10.2 M, for blocks with pre-activation; these match the counts without normalisation):

=====  =======  ==========  =====================
depth  n        parameters  without normalisation
=====  =======  ==========  =====================
164    18       1.70 M      1.68 M
1001   111      10.33 M     10.18 M
=====  =======  ==========  =====================
"""

from torch import nn

from resgrad.models.blocks import BottleneckBlock
from resgrad.models.cifar import CifarNetwork, blocks_per_stage
from resgrad.models.config import ModelConfig


def check_depth(depth: int) -> None:
    """Refuse a depth that is not 9n+2 with n at least 1."""
    blocks_per_stage(depth, "cifar_bottleneck", layers_per_block=3)


def build(config: ModelConfig, *, depth: int, **shape) -> nn.Module:
    """Build the network of this depth, or its plain twin; ``shape`` as in :class:`CifarNetwork`."""
    blocks = blocks_per_stage(depth, "cifar_bottleneck", layers_per_block=3)
    return CifarNetwork(BottleneckBlock, config, blocks=blocks, expansion=BottleneckBlock.EXPANSION, **shape)
