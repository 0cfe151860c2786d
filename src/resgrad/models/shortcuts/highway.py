"""Highway gating (Srivastava et al. 2015, equation 3): a learned gate mixes the branch and the input."""

import torch
from torch import Tensor, nn

from resgrad.models.layers import Layers
from resgrad.models.matching import ZeroPadding
from resgrad.models.sites import Site

GATE_BIAS = -2.0
"""Negative, so that the input is carried through at first; the paper suggests values such as -1 or -3."""


class Shortcut(nn.Module):
    """``T(x) F(x) + (1 - T(x)) x`` with ``T(x) = sigmoid(W x + b)``; the shape changes as in option A.

    ``W`` is a 1x1 convolution, as in the exclusive gating of He et al. 2016, section 3.1.
    """

    kind = "shortcut"

    def __init__(self, site: Site, layers: Layers) -> None:
        super().__init__()
        self.match = ZeroPadding(site)
        self.gate = layers.pointwise(site.out_channels, site.out_channels)
        # Not a bias of the convolution, which would start at 0.
        self.gate_bias = nn.Parameter(torch.full((site.out_channels,), GATE_BIAS))

    def forward(self, x: Tensor, branch: Tensor) -> Tensor:
        x = self.match(x)
        bias = self.gate_bias.view(-1, *[1] * (x.dim() - 2))
        gate = torch.sigmoid(self.gate(x) + bias)
        return gate * branch + (1 - gate) * x
