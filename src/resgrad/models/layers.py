"""The elementary layers that ``model.normalization``, ``activation``, ``dropout`` and ``shortcut`` choose."""

import math

import torch
from torch import Tensor, nn

from resgrad.common.config import ParameterError
from resgrad.common.kinds import load_kind
from resgrad.models import activations, shortcuts
from resgrad.models.config import ModelConfig
from resgrad.models.sites import Site

GROUPS = 4
LEAST_UNITS = 4
"""A group of 1 unit normalises to a constant and one of 2 to a sign; images have pixels to make up for that."""


class ScalarAffine(nn.Module):
    """One learned scale and one learned bias for all channels, Fixup's replacement for normalisation.

    Zhang et al. 2019 (Fixup initialization), section 3, rule 3. The paper has one scale and four biases per block; here
    each weight layer is followed by one of each.
    """

    kind = "norm"

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(()))
        self.bias = nn.Parameter(torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        return x * self.weight + self.bias


class Layers:
    """Makes the layers of one network. All kinds of network use it, so that each supports every choice."""

    def __init__(self, config: ModelConfig, *, residual: bool, spatial: bool = True) -> None:
        """Take the parameters.

        Args:
            config: the section ``model``.
            residual: with shortcuts, or the plain twin.
            spatial: whether the network maps images (N x C x H x W) or vectors (N x C).
        """
        self._config = config
        self._residual = residual
        self._spatial = spatial
        self._activation = load_kind(activations, config.activation)

    def convolution(self, in_channels: int, out_channels: int, kernel: int = 3, stride: int = 1) -> nn.Conv2d:
        """Return a convolution padded to keep the size at stride 1; it has a bias only if no normalisation follows."""
        layer = getattr(self._activation, "Conv2d", nn.Conv2d)
        return layer(in_channels, out_channels, kernel, stride, padding=kernel // 2, bias=self._unnormalised)

    def linear(self, in_features: int, out_features: int) -> nn.Linear:
        """Return a hidden linear layer; it has a bias only if no normalisation follows."""
        layer = getattr(self._activation, "Linear", nn.Linear)
        return layer(in_features, out_features, bias=self._unnormalised)

    def pointwise(self, in_channels: int, out_channels: int, stride: int = 1) -> nn.Module:
        """Return a linear map of the channels, the same at every ``stride``-th pixel, without bias.

        It is always one of PyTorch's own layers, whatever the activation.
        """
        if self._spatial:
            return nn.Conv2d(in_channels, out_channels, kernel_size=1, stride=stride, bias=False)
        return nn.Linear(in_channels, out_channels, bias=False)

    def normalization(self, channels: int) -> nn.Module:
        """Return the normalisation that follows a weight layer.

        Group normalisation (Wu and He 2018) has 32 groups in the paper, whose networks have 64 channels or more, and 4
        here, or fewer where 4 does not divide the channels. Layer normalisation is group normalisation with one group.

        Raises:
            ParameterError: groups of a fully connected layer would have fewer than :data:`LEAST_UNITS` units.
        """
        match self._config.normalization:
            case "batch":
                return (nn.BatchNorm2d if self._spatial else nn.BatchNorm1d)(channels)
            case "group":
                return self._grouped(math.gcd(GROUPS, channels), channels)
            case "layer":
                return self._grouped(1, channels)
            case "scalar":
                return ScalarAffine()
            case "none":
                return nn.Identity()

    def activation(self, channels: int) -> nn.Module:
        """Return the activation for this many channels; the identity where the weight layers are the activation."""
        return self._activation.build(channels)

    def dropout(self) -> nn.Module:
        """Return dropout (Srivastava et al. 2014), or the identity if its probability is 0."""
        return nn.Dropout(self._config.dropout) if self._config.dropout else nn.Identity()

    def shortcut(self, site: Site) -> nn.Module | None:
        """Return the shortcut that joins a block's input to its branch; None in the plain twin."""
        if not self._residual:
            return None
        return load_kind(shortcuts, self._config.shortcut).Shortcut(site, self)

    def _grouped(self, groups: int, channels: int) -> nn.Module:
        if not self._spatial and channels // groups < LEAST_UNITS:
            raise ParameterError(
                f"model.normalization is {self._config.normalization}, which leaves a fully connected layer of "
                f"{channels} units {channels // groups} a group, too few to say anything; "
                f"allowed: {LEAST_UNITS} or more, set a larger model.width."
            )
        return nn.GroupNorm(groups, channels)

    @property
    def _unnormalised(self) -> bool:
        return self._config.normalization == "none"
