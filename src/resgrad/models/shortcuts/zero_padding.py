"""Option A of He et al. 2015: the identity, with subsampling and zeros for new channels where the shape changes."""

from torch import Tensor, nn

from resgrad.models.layers import Layers
from resgrad.models.matching import ZeroPadding
from resgrad.models.sites import Site


class Shortcut(nn.Module):
    """``x + F(x)``, without parameters."""

    kind = "shortcut"

    def __init__(self, site: Site, _layers: Layers) -> None:
        super().__init__()
        self.match = ZeroPadding(site)

    def forward(self, x: Tensor, branch: Tensor) -> Tensor:
        return branch + self.match(x)
