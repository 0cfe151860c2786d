"""Networks from PyTorch primitives. A kind of network is a module of this package, chosen by its name.

Such a module offers two functions, and adding one changes no other file::

    check_depth(depth: int) -> None           # raises ParameterError for a depth at which the kind does not exist
    build(*, depth, width, in_channels, classes, residual, shortcut) -> torch.nn.Module

With ``residual=False``, ``build`` returns the plain twin: the same network less the shortcuts' additions. Parameters
that both twins have carry the same names.
"""

import importlib
import pkgutil
from types import ModuleType

from torch import nn

from resgrad.config import ParameterError
from resgrad.models.config import ModelConfig
from resgrad.models.initialisation import initialise

_NOT_KINDS = {"blocks", "config", "initialisation"}


def check_network(network: str, depth: int) -> None:
    """Refuse a kind of network that does not exist, or one that does not exist at this depth.

    Raises:
        ParameterError: says which parameter to change, and to what.
    """
    _kind(network).check_depth(depth)


def build_network(
    config: ModelConfig, *, depth: int, residual: bool, in_channels: int, classes: int, seed: int
) -> nn.Module:
    """Build a network and give it its initial weights.

    Args:
        config: kind, width and shortcut; its ``residual`` is not read, since both twins are always built.
        depth: layers with weights on the longest path.
        residual: with shortcuts, or the plain twin.
        in_channels: channels of the images.
        classes: outputs.
        seed: root of the initial weights; twins with the same seed start from the same ones.
    """
    network = _kind(config.network).build(
        depth=depth,
        width=config.width,
        in_channels=in_channels,
        classes=classes,
        residual=residual,
        shortcut=config.shortcut,
    )
    initialise(network, seed)
    return network


def _kind(network: str) -> ModuleType:
    kinds = sorted(module.name for module in pkgutil.iter_modules(__path__) if module.name not in _NOT_KINDS)
    if network not in kinds:
        raise ParameterError(f"model.network is {network!r}; allowed: {', '.join(kinds)}.")
    return importlib.import_module(f"{__name__}.{network}")
