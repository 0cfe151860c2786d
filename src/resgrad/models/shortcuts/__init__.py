"""Ways to join a block's input to its branch. A kind is a module of this package, chosen by its name.

Such a module offers one class, and adding one changes no other file::

    class Shortcut(nn.Module):
        kind = "shortcut"                       # what the gradient table calls its parameters
        def __init__(self, site: Site, layers: Layers): ...
        def forward(self, x, branch): ...       # N x in_channels x H x W, N x out_channels x H/stride x W/stride

``site`` says where the block stands, and ``layers`` makes layers as the parameters ask for them. The plain twin has no
shortcut, nor any parameter of one.
"""

import importlib
import pkgutil
from typing import TYPE_CHECKING

from torch import nn

from resgrad.models.sites import Site

if TYPE_CHECKING:
    from resgrad.models.layers import Layers

_NOT_KINDS = {"matching"}


def shortcuts() -> list[str]:
    """List the names of all kinds."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__) if module.name not in _NOT_KINDS)


def build_shortcut(kind: str, site: Site, layers: "Layers") -> nn.Module:
    """Build a shortcut of a kind that :func:`shortcuts` lists."""
    module = importlib.import_module(f"{__name__}.{kind}")
    return module.Shortcut(site, layers)
