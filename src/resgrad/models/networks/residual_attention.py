"""Residual attention (Wang et al. 2017, Residual attention network for image classification): depth 36m+20.

===========  ============  ========  ==================================================================
part         output size   channels
===========  ============  ========  ==================================================================
``stem``     H x W         w         3x3 convolution, normalisation, activation
``stage1``   H x W         4w        a unit, m attention modules, whose masks pool 3 times
``stage2``   H/2 x W/2     8w        a unit with stride 2, m attention modules, whose masks pool twice
``stage3``   H/4 x W/4     16w       a unit with stride 2, m attention modules, whose masks pool once
``stage4``   H/8 x W/8     32w       3 units, the first with stride 2
``tail``     H/8 x W/8     32w       normalisation, activation
``head``     classes       -         global average, linear
===========  ============  ========  ==================================================================

w is ``model.width``, 64 in the paper. A unit has three convolutions. An attention module (section 3, with p = 1, t = 2,
r = 1) is a unit, then a trunk T of two units beside a mask M with values in (0, 1), then another unit on their product:
``(1 + M) T``, attention residual learning (equation 3), or in the plain twin ``M T``, which the paper calls naive
attention learning. In the plain twin all units, including those in the masks, lack their shortcuts too. The connections
from a mask's downward path to its upward path are not shortcuts around layers of the network, and both twins have them.
Depth counts the trunk.

Million parameters of this implementation at width 64, with 3 channels, 1000 classes and projection shortcuts, also
including the running means and variances of batch normalisation, which the authors' Caffe layer stores together with
scales and shifts:

=====  ===  ==========  ================  ==============
depth  m    parameters  with statistics   paper, table 2
=====  ===  ==========  ================  ==============
56     1    31.8        31.9              31.9
92     2    44.6        44.8              51.3
=====  ===  ==========  ================  ==============

Table 2 describes the networks for ImageNet. They begin with a 7x7 convolution and a max pooling, each with stride 2;
here all sizes are four times as large, for small images. Their Attention-92 has 1, 2 and 3 modules in its stages, with
which this implementation would have 52.6 million; here all stages have the same number, as in section 4.1.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from resgrad.common.config import ParameterError
from resgrad.models.blocks import Block
from resgrad.models.config import ModelConfig
from resgrad.models.layers import Layers
from resgrad.models.sites import Site

EXPANSION = 4


class Unit(Block):
    """A pre-activation bottleneck (He et al. 2016, figure 4e): 1x1, 3x3 and 1x1 convolutions, ``F(x) + x``.

    The inner layers have a quarter of the channels. The first unit begins with a convolution: the stem is activated.
    """

    def __init__(self, site: Site, layers: Layers) -> None:
        super().__init__(layers.shortcut(site))
        inner = site.out_channels // EXPANSION
        first = site.number == 1
        self.norm1 = nn.Identity() if first else layers.normalization(site.in_channels)
        self.act1 = nn.Identity() if first else layers.activation(site.in_channels)
        self.conv1 = layers.convolution(site.in_channels, inner, kernel=1)
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


class Hourglass(nn.Module):
    """Down to a smaller image and up again (section 3.2): units around max pooling and bilinear interpolation.

    Between two poolings, a unit of its own adds the downward path's output to the upward path.
    """

    def __init__(self, site: Site, poolings: int, layers: Layers) -> None:
        super().__init__()
        self.down = Unit(site, layers)
        self.skip = Unit(site, layers) if poolings > 1 else None
        self.inner = Hourglass(site, poolings - 1, layers) if poolings > 1 else None
        self.up = Unit(site, layers)

    def forward(self, x: Tensor) -> Tensor:
        y = self.down(functional.max_pool2d(x, kernel_size=3, stride=2, padding=1))
        if self.skip is not None and self.inner is not None:
            y = self.skip(y) + self.inner(y)
        # Deterministic on CUDA too: with deterministic algorithms PyTorch interpolates by indexing.
        return functional.interpolate(self.up(y), size=x.shape[2:], mode="bilinear")


class Mask(nn.Module):
    """A weight between 0 and 1 for every value of the trunk: an hourglass, two 1x1 convolutions, a sigmoid."""

    kind = "mask"

    def __init__(self, site: Site, poolings: int, layers: Layers) -> None:
        super().__init__()
        channels = site.out_channels
        self.hourglass = Hourglass(site, poolings, layers)
        self.output = nn.Sequential(
            *_activated(channels, layers),
            layers.convolution(channels, channels, kernel=1),
            *_activated(channels, layers),
            layers.convolution(channels, channels, kernel=1),
        )

    def forward(self, x: Tensor) -> Tensor:
        return torch.sigmoid(self.output(self.hourglass(x)))


class AttentionModule(nn.Module):
    """``(1 + M(x)) T(x)`` between two units; ``M(x) T(x)`` in the plain twin."""

    UNITS = 4

    def __init__(self, site: Site, poolings: int, layers: Layers, *, residual: bool) -> None:
        """Take the site of the first of the module's four units; the mask's units share the site of the second."""
        super().__init__()
        sites = [site._replace(number=site.number + i) for i in range(self.UNITS)]
        self.before = Unit(sites[0], layers)
        self.trunk = nn.Sequential(Unit(sites[1], layers), Unit(sites[2], layers))
        self.mask = Mask(sites[1], poolings, layers)
        self.after = Unit(sites[3], layers)
        self.residual = residual

    def forward(self, x: Tensor) -> Tensor:
        x = self.before(x)
        mask = 1 + self.mask(x) if self.residual else self.mask(x)
        return self.after(mask * self.trunk(x))


class ResidualAttention(nn.Module):
    """N x C x H x W to N x ``classes`` logits."""

    def __init__(
        self, config: ModelConfig, *, modules: int, image_shape: tuple[int, int, int], classes: int, residual: bool
    ) -> None:
        """Build the network, with ``modules`` attention modules in each of the first three stages."""
        super().__init__()
        layers = Layers(config, residual=residual)
        width = config.width
        first = width * EXPANSION
        units = 1 + modules * AttentionModule.UNITS  # of a stage
        total = 3 * units + 3

        def stage(number: int, before: int, channels: int) -> nn.Sequential:
            index = number * units + 1
            rest = Site(channels, channels, 1, index + 1, total)
            indices = range(index + 1, index + units, AttentionModule.UNITS)
            return nn.Sequential(
                Unit(Site(before, channels, 1 if number == 0 else 2, index, total), layers),
                *(AttentionModule(rest._replace(number=i), 3 - number, layers, residual=residual) for i in indices),
            )

        self.stem = nn.Sequential(layers.convolution(image_shape[0], width), *_activated(width, layers))
        self.stage1 = stage(0, width, first)
        self.stage2 = stage(1, first, 2 * first)
        self.stage3 = stage(2, 2 * first, 4 * first)
        last = Site(8 * first, 8 * first, 1, total, total)
        self.stage4 = nn.Sequential(
            Unit(Site(4 * first, 8 * first, 2, total - 2, total), layers),
            Unit(last._replace(number=total - 1), layers),
            Unit(last, layers),
        )
        self.tail = nn.Sequential(*_activated(8 * first, layers))
        self.head = nn.Linear(8 * first, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.tail(self.stage4(self.stage3(self.stage2(self.stage1(self.stem(x))))))
        # A mean, not AdaptiveAvgPool2d, whose backward pass on CUDA sums in no fixed order.
        return self.head(torch.mean(x, dim=(2, 3)))


def check_depth(depth: int) -> None:
    """Refuse a depth that is not 36m+20 with m at least 1."""
    _modules_per_stage(depth)


def build(config: ModelConfig, *, depth: int, **shape) -> nn.Module:
    """Build the network of this depth, or its plain twin; ``shape`` as in :class:`ResidualAttention`."""
    return ResidualAttention(config, modules=_modules_per_stage(depth), **shape)


def _modules_per_stage(depth: int) -> int:
    modules, rest = divmod(depth - 20, 36)
    if modules < 1 or rest:
        below = 36 * max(1, modules) + 20
        raise ParameterError(
            f"depths has {depth}; allowed: 36m+20 for residual_attention, the nearest are {below} and {below + 36}."
        )
    return modules


def _activated(channels: int, layers: Layers) -> list[nn.Module]:
    return [layers.normalization(channels), layers.activation(channels)]
