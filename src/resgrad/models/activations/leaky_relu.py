"""The leaky rectifier (Maas et al. 2013): what is below 0 keeps a hundredth."""

from torch import nn

SLOPE = 0.01


def build(_channels: int) -> nn.Module:
    """Return x where it is above 0, else 0.01 x."""
    return nn.LeakyReLU(SLOPE)
