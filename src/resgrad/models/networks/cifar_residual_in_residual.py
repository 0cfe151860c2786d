"""Residual in residual on the CIFAR skeleton: depth 6n+2, with shortcuts around blocks, stages and all three stages.

The three levels of Zhang et al. 2016 (Residual networks of residual networks, RoR-3) and of Zhang et al. 2018 (Very
deep residual channel attention networks), which gave the name. The two outer levels are always the identity with zero
padding, so the twins have the same parameters as those of cifar_resnet; ``model.shortcut`` chooses the inner level. The
outer sums follow the last activation of a stage, as in the 2018 networks; the 2016 networks activate the sum.
"""

from torch import Tensor, nn

from resgrad.models.blocks import BasicBlock
from resgrad.models.cifar import CifarNetwork, blocks_per_stage
from resgrad.models.config import ModelConfig
from resgrad.models.matching import ZeroPadding
from resgrad.models.sites import Site


class ResidualInResidual(CifarNetwork):
    """The skeleton with ``stage(x) + x`` for each stage and ``stages(x) + x`` for all three, or its plain twin."""

    def __init__(self, config: ModelConfig, *, residual: bool, **shape) -> None:
        super().__init__(BasicBlock, config, residual=residual, **shape)
        width = config.width
        outer = [(width, width, 1), (width, 2 * width, 2), (2 * width, 4 * width, 2), (width, 4 * width, 4)]
        self.outer = (
            nn.ModuleList(ZeroPadding(Site(*shape, index, len(outer))) for index, shape in enumerate(outer, 1))
            if residual
            else None
        )

    def stages(self, x: Tensor) -> Tensor:
        if self.outer is None:
            return super().stages(x)
        y = x
        for stage, match in zip((self.stage1, self.stage2, self.stage3), self.outer[:3], strict=True):
            y = stage(y) + match(y)
        return y + self.outer[3](x)


def check_depth(depth: int) -> None:
    """Refuse a depth that is not 6n+2 with n at least 1."""
    blocks_per_stage(depth, "cifar_residual_in_residual")


def build(config: ModelConfig, *, depth: int, **shape) -> nn.Module:
    """Build the network of this depth, or its plain twin; ``shape`` as in :class:`CifarNetwork`."""
    return ResidualInResidual(config, blocks=blocks_per_stage(depth, "cifar_residual_in_residual"), **shape)
