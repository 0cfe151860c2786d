"""Option C of He et al. 2015: a 1x1 convolution around every block."""

from torch import Tensor

from resgrad.models.shortcuts.matching import Projection


class Shortcut(Projection):
    """``W x + F(x)``, everywhere."""

    kind = "shortcut"

    def forward(self, x: Tensor, branch: Tensor) -> Tensor:
        return branch + super().forward(x)
