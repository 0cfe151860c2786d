"""Maxout (Goodfellow et al. 2013, section 3): a weight layer returns the larger of two linear maps of its input."""

from torch import Tensor, nn

PIECES = 2

NO_ZERO_START = "pieces that start at 0 have the same gradients and stay equal"


def build(_channels: int) -> nn.Module:
    """Return the identity: the weight layers are the activation."""
    return nn.Identity()


class Conv2d(nn.Conv2d):
    """The larger of two convolutions of the same input."""

    def __init__(self, in_channels: int, out_channels: int, *args, **kwargs) -> None:
        super().__init__(in_channels, out_channels * PIECES, *args, **kwargs)

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 - the name in the class that it replaces
        return _largest(super().forward(input))


class Linear(nn.Linear):
    """The larger of two linear maps of the same input."""

    def __init__(self, in_features: int, out_features: int, bias: bool = True) -> None:
        super().__init__(in_features, out_features * PIECES, bias)

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 - the name in the class that it replaces
        return _largest(super().forward(input))


def _largest(pieces: Tensor) -> Tensor:
    """Reduce N x (channels * pieces) x ... to N x channels x ...; channel c has pieces c * 2 and c * 2 + 1."""
    return pieces.unflatten(1, (-1, PIECES)).amax(dim=2)
