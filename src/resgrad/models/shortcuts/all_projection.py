"""Option C of He et al. 2015: a 1x1 convolution around every block."""

from torch import Tensor, nn

from resgrad.models.layers import Layers
from resgrad.models.matching import Projection
from resgrad.models.sites import Site


class Shortcut(nn.Module):
    """``W x + F(x)``, everywhere."""

    kind = "shortcut"

    def __init__(self, site: Site, layers: Layers) -> None:
        super().__init__()
        projection = Projection(site, layers)
        # The two layers, not the whole projection: their names are in published tables, and seed their weights.
        self.conv, self.norm = projection.conv, projection.norm

    def forward(self, x: Tensor, branch: Tensor) -> Tensor:
        return branch + self.norm(self.conv(x))
