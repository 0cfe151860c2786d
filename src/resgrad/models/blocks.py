"""The building blocks of residual networks, each with its plain twin, which lacks only the shortcut.

Blocks map N x ``in_channels`` x H x W to N x ``out_channels`` x H/stride x W/stride, rounded up. Initialisations find
the last weight layer of every branch by name, and so its normalisation if the branch ends with one.
"""

from torch import Tensor, nn

from resgrad.models.layers import Layers
from resgrad.models.sites import Site


class Block(nn.Module):
    """The base of all blocks: a branch, with or without a shortcut around it."""

    def __init__(self, shortcut: nn.Module | None) -> None:
        super().__init__()
        self.shortcut = shortcut

    @property
    def weight_layers(self) -> list[nn.Module]:
        """The weight layers of the branch, first to last."""
        return [layer for name, layer in self.named_children() if name.startswith(("conv", "linear"))]

    @property
    def last_norm(self) -> nn.Module | None:
        """The normalisation that the branch ends with; None if it ends with a weight layer."""
        return None

    def branch(self, x: Tensor) -> Tensor:
        """Compute F(x)."""
        raise NotImplementedError

    def joined(self, x: Tensor) -> Tensor:
        """Compute F(x) joined with x; in the plain twin F(x)."""
        y = self.branch(x)
        return y if self.shortcut is None else self.shortcut(x, y)

    def forward(self, x: Tensor) -> Tensor:
        return self.joined(x)


class BasicBlock(Block):
    """Two 3x3 convolutions (He et al. 2015, figure 5, left): ``relu(F(x) + x)``."""

    def __init__(self, site: Site, layers: Layers) -> None:
        super().__init__(layers.shortcut(site))
        channels = site.out_channels
        self.conv1 = layers.convolution(site.in_channels, channels, stride=site.stride)
        self.norm1 = layers.normalization(channels)
        self.act1 = layers.activation(channels)
        self.dropout = layers.dropout()
        self.conv2 = layers.convolution(channels, channels)
        self.norm2 = layers.normalization(channels)
        self.act2 = layers.activation(channels)

    @property
    def last_norm(self) -> nn.Module:
        return self.norm2

    def branch(self, x: Tensor) -> Tensor:
        y = self.dropout(self.act1(self.norm1(self.conv1(x))))
        return self.norm2(self.conv2(y))

    def forward(self, x: Tensor) -> Tensor:
        return self.act2(self.joined(x))


class BottleneckBlock(Block):
    """1x1, 3x3 and 1x1 convolutions (He et al. 2015, figure 5, right): ``relu(F(x) + x)``.

    The inner layers have a quarter of the channels. The 3x3 convolution has the stride, as in later practice and in
    torchvision; in the paper the first convolution has it.
    """

    EXPANSION = 4

    def __init__(self, site: Site, layers: Layers) -> None:
        super().__init__(layers.shortcut(site))
        channels = site.out_channels
        inner = channels // self.EXPANSION
        self.conv1 = layers.convolution(site.in_channels, inner, kernel=1)
        self.norm1 = layers.normalization(inner)
        self.act1 = layers.activation(inner)
        self.conv2 = layers.convolution(inner, inner, stride=site.stride)
        self.norm2 = layers.normalization(inner)
        self.act2 = layers.activation(inner)
        self.dropout = layers.dropout()
        self.conv3 = layers.convolution(inner, channels, kernel=1)
        self.norm3 = layers.normalization(channels)
        self.act3 = layers.activation(channels)

    @property
    def last_norm(self) -> nn.Module:
        return self.norm3

    def branch(self, x: Tensor) -> Tensor:
        y = self.act1(self.norm1(self.conv1(x)))
        y = self.dropout(self.act2(self.norm2(self.conv2(y))))
        return self.norm3(self.conv3(y))

    def forward(self, x: Tensor) -> Tensor:
        return self.act3(self.joined(x))
