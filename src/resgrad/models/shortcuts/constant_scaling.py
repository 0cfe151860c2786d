"""Constant scaling (He et al. 2016, section 3.1): a shortcut that halves its signal at every block.

The paper's table 1 reports that with a factor of 0.5 on the shortcut and none on the branch the 110-layer network fails
to converge well: the shortcuts of L blocks scale the signal by 0.5^L.
"""

from torch import Tensor, nn

from resgrad.models.layers import Layers
from resgrad.models.matching import ZeroPadding
from resgrad.models.sites import Site

FACTOR = 0.5

NO_ZERO_BRANCH = (
    "does not learn when deep: a network of branches that start at 0 is its shortcuts alone, of which each loses half "
    "of the signal"
)


class Shortcut(nn.Module):
    """``0.5 x + F(x)``; the shape changes as in option A."""

    kind = "shortcut"

    def __init__(self, site: Site, _layers: Layers) -> None:
        super().__init__()
        self.match = ZeroPadding(site)

    def forward(self, x: Tensor, branch: Tensor) -> Tensor:
        return branch + FACTOR * self.match(x)
