"""The networks of He et al. 2015, section 4.2 (CIFAR-10): depth 6n+2, plain or residual, on the CIFAR skeleton.

Parameters of this implementation at width 16, with 3 channels and 10 classes (the paper's table 6 rounds them):

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

from torch import nn

from resgrad.models.blocks import BasicBlock
from resgrad.models.cifar import CifarNetwork, blocks_per_stage
from resgrad.models.config import ModelConfig


def check_depth(depth: int) -> None:
    """Refuse a depth that is not 6n+2 with n at least 1."""
    blocks_per_stage(depth, "cifar_resnet")


def build(config: ModelConfig, *, depth: int, **shape) -> nn.Module:
    """Build the network of this depth, or its plain twin; ``shape`` as in :class:`CifarNetwork`."""
    return CifarNetwork(BasicBlock, config, blocks=blocks_per_stage(depth, "cifar_resnet"), **shape)
