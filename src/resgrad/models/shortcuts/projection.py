"""Option B of He et al. 2015: the identity, or a 1x1 convolution where the shape changes."""

from torch import Tensor, nn

from resgrad.models.layers import Layers
from resgrad.models.matching import Projection
from resgrad.models.sites import Site


class Shortcut(nn.Module):
    """``x + F(x)``, or ``W x + F(x)`` where the shape changes."""

    kind = "shortcut"

    def __init__(self, site: Site, layers: Layers) -> None:
        super().__init__()
        same = site.in_channels == site.out_channels and site.stride == 1
        self.projection = nn.Identity() if same else Projection(site, layers)

    def forward(self, x: Tensor, branch: Tensor) -> Tensor:
        return branch + self.projection(x)
