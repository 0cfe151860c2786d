"""The exponential linear unit (Clevert et al. 2016), which tends to -1 for negative inputs."""

from torch import nn


def build(_channels: int) -> nn.Module:
    """Return x where it is above 0, else exp(x) - 1."""
    return nn.ELU()
