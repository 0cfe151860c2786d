"""ReZero (Bachlechner et al. 2020, equation 1): a learned weight on every branch, 0 at the start."""

import torch
from torch import Tensor, nn

from resgrad.models.layers import Layers
from resgrad.models.matching import ZeroPadding
from resgrad.models.sites import Site

NO_ZERO_BRANCH = "cannot learn: a branch that starts at 0 and its weight, 0 too, keep each other's gradient at 0"


class Shortcut(nn.Module):
    """``x + a F(x)`` with one number ``a``, initially 0; the shape changes as in option A."""

    kind = "shortcut"

    def __init__(self, site: Site, _layers: Layers) -> None:
        super().__init__()
        self.match = ZeroPadding(site)
        self.residual_weight = nn.Parameter(torch.zeros(()))

    def forward(self, x: Tensor, branch: Tensor) -> Tensor:
        return self.match(x) + self.residual_weight * branch
