"""The networks of He et al. 2015, table 1 (ImageNet): depth 18, 34, 50, 101 or 152, plain or residual.

===========  ============  ==========
part         output size   channels
===========  ============  ==========
``stem``     H/4 x W/4     w            7x7 convolution, stride 2, normalisation, activation, 3x3 max pooling, stride 2
``stage1``   H/4 x W/4     c            blocks
``stage2``   H/8 x W/8     2c           blocks, the first with stride 2
``stage3``   H/16 x W/16   4c           blocks, the first with stride 2
``stage4``   H/32 x W/32   8c           blocks, the first with stride 2
``head``     classes       -            global average, linear
===========  ============  ==========

w is ``model.width``, 64 in the paper; c is w with basic blocks (depth 18 and 34), 4w with bottlenecks. Sizes are
rounded up.

Parameters of this implementation at width 64, with 3 channels, 1000 classes and projection shortcuts:

=====  ==================  ===========
depth  blocks per stage    parameters
=====  ==================  ===========
18     2, 2, 2, 2          11,689,512
34     3, 4, 6, 3          21,797,672
50     3, 4, 6, 3          25,557,032
101    3, 4, 23, 3         44,549,160
152    3, 8, 36, 3         60,192,808
=====  ==================  ===========
"""

import torch
from torch import Tensor, nn

from resgrad.common.config import ParameterError
from resgrad.models.blocks import BasicBlock, BottleneckBlock
from resgrad.models.config import ModelConfig
from resgrad.models.layers import Layers
from resgrad.models.sites import Site

LAYOUTS = {
    18: (BasicBlock, (2, 2, 2, 2)),
    34: (BasicBlock, (3, 4, 6, 3)),
    50: (BottleneckBlock, (3, 4, 6, 3)),
    101: (BottleneckBlock, (3, 4, 23, 3)),
    152: (BottleneckBlock, (3, 8, 36, 3)),
}
"""The kind of block, and the number of blocks in each stage, by depth."""


class ImagenetResNet(nn.Module):
    """N x C x H x W to N x ``classes`` logits."""

    def __init__(
        self,
        make_block: type[BasicBlock | BottleneckBlock],
        config: ModelConfig,
        *,
        blocks: tuple[int, int, int, int],
        image_shape: tuple[int, int, int],
        classes: int,
        residual: bool,
    ) -> None:
        """Build the network; ``blocks`` has the number of blocks in each stage."""
        super().__init__()
        layers = Layers(config, residual=residual)
        width = config.width
        first = width * BottleneckBlock.EXPANSION if make_block is BottleneckBlock else width

        def stage(number: int, before: int, channels: int) -> nn.Sequential:
            index, total = sum(blocks[:number]) + 1, sum(blocks)
            sites = [Site(before, channels, 1 if number == 0 else 2, index, total)]
            sites += [Site(channels, channels, 1, index + i, total) for i in range(1, blocks[number])]
            return nn.Sequential(*(make_block(site, layers) for site in sites))

        self.stem = nn.Sequential(
            layers.convolution(image_shape[0], width, kernel=7, stride=2),
            layers.normalization(width),
            layers.activation(width),
            nn.MaxPool2d(kernel_size=3, stride=2, padding=1),
        )
        self.stage1 = stage(0, width, first)
        self.stage2 = stage(1, first, 2 * first)
        self.stage3 = stage(2, 2 * first, 4 * first)
        self.stage4 = stage(3, 4 * first, 8 * first)
        self.head = nn.Linear(8 * first, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stage4(self.stage3(self.stage2(self.stage1(self.stem(x)))))
        # A mean, not AdaptiveAvgPool2d, whose backward pass on CUDA sums in no fixed order.
        return self.head(torch.mean(x, dim=(2, 3)))


def check_depth(depth: int) -> None:
    """Refuse a depth that is not in the paper's table."""
    if depth not in LAYOUTS:
        raise ParameterError(f"depths has {depth}; allowed: {', '.join(map(str, LAYOUTS))} for imagenet_resnet.")


def build(config: ModelConfig, *, depth: int, **shape) -> nn.Module:
    """Build the network of this depth, or its plain twin; ``shape`` as in :class:`ImagenetResNet`."""
    make_block, blocks = LAYOUTS[depth]
    return ImagenetResNet(make_block, config, blocks=blocks, **shape)
