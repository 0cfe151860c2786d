"""Fully connected networks of depth 2 or more: a first layer, hidden layers of ``model.width`` units, a last layer.

=============  ==================  ====================================================
part           features            layers with weights
=============  ==================  ====================================================
``stem``       w                   1 (linear, normalisation, activation)
``blocks``     w                   2n: ``act(F(x) + x)``, F two linear layers as in a basic block
``rest``       w                   1 without a shortcut if the depth is odd, else none
``head``       classes             1
=============  ==================  ====================================================

With D inputs, width w and K classes: D w + (depth - 2) w^2 + w K weights, and K biases; batch normalisation adds
2 w (depth - 1). A shortcut around a single layer would only add a linear map to it (He et al. 2015, section 3.2).
"""

from math import prod

from torch import Tensor, nn

from resgrad.common.config import ParameterError
from resgrad.models.blocks import Block
from resgrad.models.config import ModelConfig
from resgrad.models.layers import Layers
from resgrad.models.sites import Site


class LinearBlock(Block):
    """Two linear layers: ``relu(F(x) + x)``."""

    def __init__(self, site: Site, layers: Layers) -> None:
        super().__init__(layers.shortcut(site))
        features = site.out_channels
        self.linear1 = layers.linear(features, features)
        self.norm1 = layers.normalization(features)
        self.act1 = layers.activation(features)
        self.dropout = layers.dropout()
        self.linear2 = layers.linear(features, features)
        self.norm2 = layers.normalization(features)
        self.act2 = layers.activation(features)

    @property
    def last_norm(self) -> nn.Module:
        return self.norm2

    def branch(self, x: Tensor) -> Tensor:
        y = self.dropout(self.act1(self.norm1(self.linear1(x))))
        return self.norm2(self.linear2(y))

    def forward(self, x: Tensor) -> Tensor:
        return self.act2(self.joined(x))


def check_depth(depth: int) -> None:
    """Refuse a depth of less than 2."""
    if depth < 2:
        raise ParameterError(f"depths has {depth}; allowed: 2 or more for fully_connected.")


def build(
    config: ModelConfig, *, depth: int, image_shape: tuple[int, int, int], classes: int, residual: bool
) -> nn.Module:
    """Build the network of this depth, or its plain twin, for images of C x H x W pixels."""
    layers = Layers(config, residual=residual, spatial=False)
    width = config.width
    blocks = (depth - 2) // 2

    def hidden(features: int) -> list[nn.Module]:
        return [layers.linear(features, width), layers.normalization(width), layers.activation(width)]

    parts = {
        "stem": nn.Sequential(nn.Flatten(), *hidden(prod(image_shape))),
        "blocks": nn.Sequential(*(LinearBlock(Site(width, width, 1, i, blocks), layers) for i in range(1, blocks + 1))),
        "rest": nn.Sequential(*(hidden(width) if depth % 2 else [])),
        "head": nn.Linear(width, classes),
    }
    network = nn.Sequential()
    for name, part in parts.items():
        network.add_module(name, part)
    return network
