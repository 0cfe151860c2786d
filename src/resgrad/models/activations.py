"""Activations by name. Maxout is none: it is a layer of its own kind, which takes the place of every weight layer."""

from collections.abc import Callable

from torch import Tensor, nn

MAXOUT_PIECES = 2

ACTIVATIONS: dict[str, Callable[[int], nn.Module]] = {
    "relu": lambda _channels: nn.ReLU(),
    "leaky_relu": lambda _channels: nn.LeakyReLU(0.01),
    "prelu": nn.PReLU,
    "elu": lambda _channels: nn.ELU(),
    "tanh": lambda _channels: nn.Tanh(),
    "sigmoid": lambda _channels: nn.Sigmoid(),
    "maxout": lambda _channels: nn.Identity(),
}
"""What makes a module for a number of channels."""


class MaxoutConv2d(nn.Conv2d):
    """The largest of two convolutions of the same input (Goodfellow et al. 2013, section 3)."""

    def __init__(self, in_channels: int, out_channels: int, *args, **kwargs) -> None:
        super().__init__(in_channels, out_channels * MAXOUT_PIECES, *args, **kwargs)

    def forward(self, x: Tensor) -> Tensor:
        return _largest(super().forward(x))


class MaxoutLinear(nn.Linear):
    """The largest of two linear maps of the same input (Goodfellow et al. 2013, section 3)."""

    def __init__(self, in_features: int, out_features: int, bias: bool = True) -> None:
        super().__init__(in_features, out_features * MAXOUT_PIECES, bias)

    def forward(self, x: Tensor) -> Tensor:
        return _largest(super().forward(x))


def _largest(pieces: Tensor) -> Tensor:
    """Reduce N x (channels * pieces) x ... to N x channels x ...; channel c has pieces c * 2 and c * 2 + 1."""
    return pieces.unflatten(1, (-1, MAXOUT_PIECES)).amax(dim=2)
