"""Networks from PyTorch primitives. A kind of network is a module of :mod:`resgrad.models.networks`, chosen by name.

Such a module offers two functions, and adding one changes no other file::

    check_depth(depth: int) -> None           # raises ParameterError for a depth at which the kind does not exist
    build(config, *, depth, image_shape, classes, residual) -> torch.nn.Module

With ``residual=False``, ``build`` returns the plain twin: the same network less the shortcuts. Parameters that both
twins have carry the same names. A kind that has no plain twin says why in ``NO_PLAIN_TWIN``. The classifying layer is
called ``head``.
"""

import importlib
import pkgutil

import torch
from torch import nn

from resgrad.config import ParameterError
from resgrad.models import networks
from resgrad.models.config import ModelConfig
from resgrad.models.initialisation import check_start, initialise
from resgrad.models.shortcuts import shortcuts


def kinds() -> list[str]:
    """List the names of all kinds of network."""
    return sorted(module.name for module in pkgutil.iter_modules(networks.__path__))


def check_network(config: ModelConfig, *, depth: int, residual: bool) -> None:
    """Refuse a network that does not exist, or that cannot learn.

    Raises:
        ParameterError: says which parameter to change, and why.
    """
    with torch.device("meta"):  # shapes without memory
        _build(config, depth=depth, residual=residual, image_shape=(3, 32, 32), classes=2)


def build_network(
    config: ModelConfig,
    *,
    depth: int,
    residual: bool,
    image_shape: tuple[int, int, int],
    classes: int,
    seed: int,
) -> nn.Module:
    """Build a network and give it its initial weights.

    Args:
        config: all of the section ``model``; its ``residual`` is not read, since both twins are built.
        depth: layers with weights on the longest path.
        residual: with shortcuts, or the plain twin.
        image_shape: channels, height and width of the images.
        classes: outputs.
        seed: root of the initial weights; twins with the same seed start from the same ones.

    Raises:
        ParameterError: there is no such network, or it cannot learn.
    """
    network = _build(config, depth=depth, residual=residual, image_shape=image_shape, classes=classes)
    initialise(network, config, seed)
    return network


def _build(config: ModelConfig, *, depth: int, residual: bool, **shape) -> nn.Module:
    if config.network not in kinds():
        raise ParameterError(f"model.network is {config.network!r}; allowed: {', '.join(kinds())}.")
    if config.shortcut not in shortcuts():
        raise ParameterError(f"model.shortcut is {config.shortcut!r}; allowed: {', '.join(shortcuts())}.")
    kind = importlib.import_module(f"{networks.__name__}.{config.network}")
    kind.check_depth(depth)
    if not residual and hasattr(kind, "NO_PLAIN_TWIN"):
        raise ParameterError(
            f"model.network is {config.network}, which has no plain twin: {kind.NO_PLAIN_TWIN}; "
            "set variants to residual alone."
        )
    network = kind.build(config, depth=depth, residual=residual, **shape)
    check_start(network, config, residual=residual)
    return network
