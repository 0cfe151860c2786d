"""Networks built from PyTorch primitives, with plain and residual twins.

Networks, shortcuts and activations are plug-ins: modules of :mod:`~resgrad.models.networks`,
:mod:`~resgrad.models.shortcuts` and :mod:`~resgrad.models.activations`. The packages' docstrings say what a module must
offer.
"""

import torch
from torch import nn

from resgrad.common.config import ParameterError
from resgrad.common.kinds import load_kind
from resgrad.models import networks
from resgrad.models.blocks import Block
from resgrad.models.config import ModelConfig
from resgrad.models.initialisation import check_start, initialise


def check_depth(network: str, depth: int) -> None:
    """Refuse a depth at which a kind of network does not exist.

    Raises:
        ParameterError: says which depths there are.
    """
    load_kind(networks, network).check_depth(depth)


def check_network(config: ModelConfig, *, depth: int, residual: bool) -> None:
    """Refuse a network that does not exist, or that cannot learn.

    Raises:
        ParameterError: says which parameter to change, and why.
    """
    with torch.device("meta"):  # shapes without memory
        _build(config, depth=depth, residual=residual, image_shape=(3, 32, 32), classes=2)


def check_twins(config: ModelConfig, *, depth: int) -> None:
    """Refuse twins that are the same network.

    Raises:
        ParameterError: says which parameter to change, and why.
    """
    with torch.device("meta"):
        network = _build(config, depth=depth, residual=True, image_shape=(3, 32, 32), classes=2)
    if not any(isinstance(module, Block) for module in network.modules()):
        raise ParameterError(
            f"depths has {depth}, at which plain and residual {config.network} are the same: there is no block that a "
            "shortcut could span; leave it out, or one of the variants."
        )


def check_image_size(config: ModelConfig, *, depth: int, residual: bool, image_size: int, dataset: str) -> None:
    """Refuse images so small that a normalisation has only a single value, which it turns into a constant.

    This never happens to batch normalisation, which has the values of a whole batch.

    Raises:
        ParameterError: says which parameter to change, and why.
    """
    if config.normalization not in ("group", "layer"):
        return
    shape = (3, image_size, image_size)
    with torch.device("meta"), torch.no_grad():
        network = _build(config, depth=depth, residual=residual, image_shape=shape, classes=2).eval()
        try:
            network(torch.empty(1, *shape))
        except ValueError:
            raise ParameterError(
                f"data.{dataset}.image_size is {image_size}, at which normalization {config.normalization} gets groups "
                f"of a single value in {config.network} of depth {depth} and width {config.width}; set a larger one, a "
                "larger model.width, or another model.normalization."
            ) from None


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
        config: the architecture; twins share it.
        depth: layers with weights on the longest path.
        residual: with shortcuts, or the plain twin.
        image_shape: channels, height and width of the images.
        classes: number of outputs.
        seed: root of the initial weights; twins with the same seed start from the same weights.

    Raises:
        ParameterError: the network does not exist, or cannot learn.
    """
    network = _build(config, depth=depth, residual=residual, image_shape=image_shape, classes=classes)
    initialise(network, config, seed)
    return network


def _build(config: ModelConfig, *, depth: int, residual: bool, **shape) -> nn.Module:
    check_depth(config.network, depth)
    kind = load_kind(networks, config.network)
    if not residual and hasattr(kind, "NO_PLAIN_TWIN"):
        raise ParameterError(
            f"model.network is {config.network}, which has no plain twin: {kind.NO_PLAIN_TWIN}; "
            "set variants to residual alone."
        )
    network = kind.build(config, depth=depth, residual=residual, **shape)
    check_start(network, config, residual=residual)
    return network
