"""The skeleton that the CIFAR networks of He et al. share: a stem, three stages of blocks, a head.

===========  ===============  ==========
part         output size      channels
===========  ===============  ==========
``stem``     H x W            w           3x3 convolution, normalisation, activation
``stage1``   H x W            c           n blocks
``stage2``   H/2 x W/2        2c          n blocks, the first with stride 2
``stage3``   H/4 x W/4        4c          n blocks, the first with stride 2
``tail``     H/4 x W/4        4c          layers that a kind of block needs after the last one, or none
``head``     classes          -           global average, linear
===========  ===============  ==========

w is ``model.width``; c is w, or 4w with bottlenecks.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from resgrad.common.config import ParameterError
from resgrad.models.config import ModelConfig
from resgrad.models.layers import Layers
from resgrad.models.sites import Site


class CifarNetwork(nn.Module):
    """N x C x H x W to N x ``classes`` logits."""

    def __init__(
        self,
        make_block: Callable[[Site, Layers], nn.Module],
        config: ModelConfig,
        *,
        blocks: int,
        image_shape: tuple[int, int, int],
        classes: int,
        residual: bool,
        expansion: int = 1,
        make_tail: Callable[[int, Layers], nn.Module] | None = None,
    ) -> None:
        """Build the network.

        Args:
            make_block: builds a block.
            config: the section ``model``.
            blocks: n, per stage.
            image_shape: C, H, W.
            classes: number of outputs.
            residual: with shortcuts, or the plain twin.
            expansion: c / w.
            make_tail: builds the tail for a number of channels.
        """
        super().__init__()
        layers = Layers(config, residual=residual)
        width = config.width
        first = width * expansion

        def stage(number: int, before: int, channels: int) -> nn.Sequential:
            index, total = number * blocks + 1, 3 * blocks
            sites = [Site(before, channels, 1 if number == 0 else 2, index, total)]
            sites += [Site(channels, channels, 1, index + i, total) for i in range(1, blocks)]
            return nn.Sequential(*(make_block(site, layers) for site in sites))

        self.stem = nn.Sequential(
            layers.convolution(image_shape[0], width), layers.normalization(width), layers.activation(width)
        )
        self.stage1 = stage(0, width, first)
        self.stage2 = stage(1, first, 2 * first)
        self.stage3 = stage(2, 2 * first, 4 * first)
        self.tail = make_tail(4 * first, layers) if make_tail else nn.Identity()
        self.head = nn.Linear(4 * first, classes)

    def stages(self, x: Tensor) -> Tensor:
        """Map the stem's output to the last stage's output."""
        return self.stage3(self.stage2(self.stage1(x)))

    def forward(self, x: Tensor) -> Tensor:
        x = self.tail(self.stages(self.stem(x)))
        # A mean, not AdaptiveAvgPool2d, whose backward pass on CUDA sums in no fixed order.
        return self.head(torch.mean(x, dim=(2, 3)))


def blocks_per_stage(depth: int, network: str, layers_per_block: int = 2) -> int:
    """Return n for a depth of 3 * ``layers_per_block`` * n + 2.

    Raises:
        ParameterError: the depth does not have this form; the message names the nearest ones that do.
    """
    step = 3 * layers_per_block
    if depth < step + 2 or (depth - 2) % step:
        below = step * max(1, (depth - 2) // step) + 2
        raise ParameterError(
            f"depths has {depth}; allowed: {step}n+2 for {network}, the nearest are {below} and {below + step}."
        )
    return (depth - 2) // step
