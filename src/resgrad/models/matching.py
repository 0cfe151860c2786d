"""Match an input to the shape of the branch that it is joined to (He et al. 2015, section 3.3)."""

from torch import Tensor, nn
from torch.nn import functional

from resgrad.models.layers import Layers
from resgrad.models.sites import Site


class ZeroPadding(nn.Module):
    """Option A: every ``stride``-th pixel, and zeros for new channels; no parameters.

    If a block has fewer channels than its input, which no published block has, the first ones are kept.
    """

    def __init__(self, site: Site) -> None:
        super().__init__()
        self.stride = site.stride
        self.new_channels = site.out_channels - site.in_channels

    def forward(self, x: Tensor) -> Tensor:
        if self.stride > 1:
            x = x[:, :, :: self.stride, :: self.stride]
        if self.new_channels:
            x = functional.pad(x, (0, 0) * (x.dim() - 2) + (0, self.new_channels))
        return x


class Projection(nn.Module):
    """Option B: a 1x1 convolution and a normalisation."""

    def __init__(self, site: Site, layers: Layers) -> None:
        super().__init__()
        self.conv = layers.pointwise(site.in_channels, site.out_channels, site.stride)
        self.norm = layers.normalization(site.out_channels)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(self.conv(x))
