"""The parametric rectifier (He et al. 2015, Delving deep into rectifiers, equation 1): the slope below 0 is learned."""

from torch import nn


def build(channels: int) -> nn.Module:
    """Return x where it is above 0, else a x; each channel has its own ``a``, which starts at 0.25."""
    return nn.PReLU(channels)
