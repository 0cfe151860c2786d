"""Stochastic depth (Huang et al. 2016, section 3): in training, branches are dropped at random.

Block l of L survives a step with probability ``1 - (l / L) / 2`` (linear decay to 0.5, equation 4). The whole batch
shares the draw. A dropped branch is still computed, and multiplied by 0: its gradient is 0 rather than missing, and its
batch norm keeps updating. In evaluation every branch is multiplied by its probability (equation 5).
"""

import torch
from torch import Tensor, nn

from resgrad.models.layers import Layers
from resgrad.models.matching import ZeroPadding
from resgrad.models.sites import Site

LAST_SURVIVAL = 0.5


class Shortcut(nn.Module):
    """``x + b F(x)`` with ``b`` 0 or 1 in training, its probability in evaluation; the shape changes as in option A."""

    kind = "shortcut"

    def __init__(self, site: Site, _layers: Layers) -> None:
        super().__init__()
        self.match = ZeroPadding(site)
        self.survival = 1 - site.number / site.total * (1 - LAST_SURVIVAL)

    def forward(self, x: Tensor, branch: Tensor) -> Tensor:
        kept = (torch.rand((), device=x.device) < self.survival).to(x.dtype) if self.training else self.survival
        return self.match(x) + kept * branch
