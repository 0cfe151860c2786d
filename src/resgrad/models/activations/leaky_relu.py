"""The leaky rectifier (Maas et al. 2013): negative values are multiplied by 0.01."""

from torch import nn

SLOPE = 0.01


def build(_channels: int) -> nn.Module:
    """Return x where it is above 0, else 0.01 x."""
    return nn.LeakyReLU(SLOPE)
