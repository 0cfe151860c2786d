"""The networks of Simonyan and Zisserman 2014, table 1, configurations A, B, D and E: depth 11, 13, 16 or 19.

==========  ============  ==========  ================================================================
part        output size   channels    layers with weights at depth 11 / 13 / 16 / 19
==========  ============  ==========  ================================================================
``stage1``  H/2 x W/2     w           1 / 2 / 2 / 2   3x3 convolutions; 2x2 max pooling
``stage2``  H/4 x W/4     2w          1 / 2 / 2 / 2   likewise
``stage3``  H/8 x W/8     4w          2 / 2 / 3 / 4   likewise
``stage4``  H/16 x W/16   8w          2 / 2 / 3 / 4   likewise
``stage5``  H/32 x W/32   8w          2 / 2 / 3 / 4   likewise
``hidden``  64w           -           2   global average; linear, activation, dropout, each twice
``head``    classes       -           1   linear
==========  ============  ==========  ================================================================

w is ``model.width``, 64 in the paper. Sizes are rounded up, so that an image of any size survives five poolings.
Dropout follows the two hidden linear layers, as in the paper, and no convolution.

The plain twin is VGG, on which the plain networks of He et al. 2015, section 3.3, are modelled. In the residual twin
the convolutions of a stage form a block, whose shortcut joins the stage's input to its output before the last
activation and the pooling. A stage of a single convolution has no shortcut, which would only add a linear map to it
(section 3.2 of that paper).

Two things differ from Simonyan and Zisserman: ``model.normalization`` follows every hidden layer, where they have none,
and the first linear layer sees the global average instead of 7 x 7 pixels, which saves 48 * 8w * 64w weights.
Parameters of the plain twin here at width 64, with 3 channels and 1000 classes, without normalisation:

=====  =============  ==============  ===========  =============================
depth  configuration  paper, table 2  here         here, plus the saved weights
=====  =============  ==============  ===========  =============================
11     A              133 M           32,200,040   132,863,336
13     B              133 M           32,384,552   133,047,848
16     D              138 M           37,694,248   138,357,544
19     E              144 M           43,003,944   143,667,240
=====  =============  ==============  ===========  =============================
"""

import torch
from torch import Tensor, nn

from resgrad.common.config import ParameterError
from resgrad.models.blocks import Block
from resgrad.models.config import ModelConfig
from resgrad.models.layers import Layers
from resgrad.models.sites import Site

LAYOUTS = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
"""The number of convolutions in each stage, by depth."""


class VggBlock(Block):
    """Two or more 3x3 convolutions: ``relu(F(x) + x)``."""

    def __init__(self, site: Site, layers: Layers, convolutions: int) -> None:
        super().__init__(layers.shortcut(site))
        channels = site.out_channels
        before = [site.in_channels] + [channels] * (convolutions - 1)
        self.convs = nn.ModuleList(layers.convolution(width, channels) for width in before)
        self.norms = nn.ModuleList(layers.normalization(channels) for _ in before)
        self.acts = nn.ModuleList(layers.activation(channels) for _ in before)

    @property
    def weight_layers(self) -> list[nn.Module]:
        return list(self.convs)

    @property
    def last_norm(self) -> nn.Module:
        return self.norms[-1]

    def branch(self, x: Tensor) -> Tensor:
        *inner, (conv, norm, _) = zip(self.convs, self.norms, self.acts, strict=True)
        for hidden_conv, hidden_norm, act in inner:
            x = act(hidden_norm(hidden_conv(x)))
        return norm(conv(x))

    def forward(self, x: Tensor) -> Tensor:
        return self.acts[-1](self.joined(x))


class Vgg(nn.Module):
    """N x C x H x W to N x ``classes`` logits."""

    def __init__(
        self,
        config: ModelConfig,
        *,
        convolutions: tuple[int, ...],
        image_shape: tuple[int, int, int],
        classes: int,
        residual: bool,
    ) -> None:
        """Build the network; ``convolutions`` has the number of convolutions in each of its five stages."""
        super().__init__()
        layers = Layers(config, residual=residual)
        width = config.width
        channels = [image_shape[0], width, 2 * width, 4 * width, 8 * width, 8 * width]
        is_block = [count > 1 for count in convolutions]
        sites = [Site(channels[i], channels[i + 1], 1, sum(is_block[: i + 1]), sum(is_block)) for i in range(5)]
        self.stage1, self.stage2, self.stage3, self.stage4, self.stage5 = (
            _stage(site, layers, count) for site, count in zip(sites, convolutions, strict=True)
        )
        vectors = Layers(config, residual=residual, spatial=False)
        units = 64 * width
        self.hidden = nn.Sequential(*_hidden(8 * width, units, vectors), *_hidden(units, units, vectors))
        self.head = nn.Linear(units, classes)

    def features(self, x: Tensor) -> Tensor:
        """Map images to the output of the five stages, N x 8w x H/32 x W/32."""
        return self.stage5(self.stage4(self.stage3(self.stage2(self.stage1(x)))))

    def forward(self, x: Tensor) -> Tensor:
        # A mean, not AdaptiveAvgPool2d, whose backward pass on CUDA sums in no fixed order.
        return self.head(self.hidden(torch.mean(self.features(x), dim=(2, 3))))


def check_depth(depth: int) -> None:
    """Refuse a depth that is not in the paper's table."""
    if depth not in LAYOUTS:
        raise ParameterError(f"depths has {depth}; allowed: {', '.join(map(str, LAYOUTS))} for vgg.")


def build(config: ModelConfig, *, depth: int, **shape) -> nn.Module:
    """Build the network of this depth, or its plain twin; ``shape`` as in :class:`Vgg`."""
    return Vgg(config, convolutions=LAYOUTS[depth], **shape)


def _stage(site: Site, layers: Layers, convolutions: int) -> nn.Sequential:
    block = [VggBlock(site, layers, convolutions)] if convolutions > 1 else _convolution(site, layers)
    return nn.Sequential(*block, nn.MaxPool2d(kernel_size=2, ceil_mode=True))


def _convolution(site: Site, layers: Layers) -> list[nn.Module]:
    channels = site.out_channels
    return [
        layers.convolution(site.in_channels, channels),
        layers.normalization(channels),
        layers.activation(channels),
    ]


def _hidden(features: int, units: int, layers: Layers) -> list[nn.Module]:
    return [layers.linear(features, units), layers.normalization(units), layers.activation(units), layers.dropout()]
