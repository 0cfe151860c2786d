"""Initial weights, drawn parameter by parameter, each from a generator seeded by the parameter's name.

A parameter that two networks share therefore starts with the same values in both, whatever else they contain.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from resgrad.common.config import ParameterError
from resgrad.common.kinds import load_kind
from resgrad.common.seeds import derive
from resgrad.models import activations, shortcuts
from resgrad.models.blocks import Block
from resgrad.models.config import ModelConfig


def initialise(network: nn.Module, config: ModelConfig, seed: int) -> None:
    """Initialise a network in place: ``config.initialization`` draws the weights of convolutions and linear layers.

    These weights are multiplied by ``config.gain``, and the layers' biases start at 0. The parameters of other modules
    (normalisations, PReLU, shortcuts) start as their own classes define.
    """
    draw = _DRAWS[config.initialization]
    for name, module in network.named_modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            generator = torch.Generator().manual_seed(derive(seed, "init", f"{name}.weight"))
            draw(module.weight, generator)
            if config.gain != 1:
                with torch.no_grad():
                    module.weight *= config.gain
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    if config.initialization == "zero_gamma":
        _zero_gamma(network)
    elif config.initialization == "fixup":
        _fixup(network)


def check_start(network: nn.Module, config: ModelConfig, *, residual: bool) -> None:
    """Refuse initial weights with which a network cannot learn, or which do not apply to it.

    Raises:
        ParameterError: says which parameter to change, and why.
    """
    start = config.initialization
    if start not in ("zero_gamma", "fixup"):
        return
    refused = f"model.initialization is {start}"
    blocks = _blocks(network)
    if not residual:
        raise ParameterError(
            f"{refused}, with which a plain network cannot learn: every block puts out a constant, and no gradient "
            "passes it; set variants to residual alone, or another initialization."
        )
    shortcut, activation = load_kind(shortcuts, config.shortcut), load_kind(activations, config.activation)
    if hasattr(shortcut, "NO_ZERO_BRANCH"):
        raise ParameterError(
            f"{refused}, with which {config.shortcut} {shortcut.NO_ZERO_BRANCH}; set another shortcut or "
            "initialization."
        )
    if start == "fixup" and hasattr(activation, "NO_ZERO_START"):
        raise ParameterError(
            f"{refused}, with which {config.activation} cannot learn: {activation.NO_ZERO_START}; set another "
            "activation or initialization."
        )
    if not blocks:
        raise ParameterError(f"{refused}, which is for residual blocks; {config.network} has none.")
    if start == "fixup" and config.normalization != "scalar":
        raise ParameterError(
            f"{refused}, which is for networks without normalization; set model.normalization to scalar."
        )
    if start == "zero_gamma" and not all(hasattr(block.last_norm, "weight") for block in blocks):
        raise ParameterError(
            f"{refused}, which needs branches that end with a normalization; with normalization "
            f"{config.normalization} those of {config.network} do not."
        )


def _he(weight: Tensor, generator: torch.Generator) -> None:
    """He et al. 2015 (Delving deep into rectifiers), equation 10: normal with variance 2 / fan-in."""
    nn.init.kaiming_normal_(weight, nonlinearity="relu", generator=generator)


def _xavier(weight: Tensor, generator: torch.Generator) -> None:
    """Glorot and Bengio 2010, equation 16: uniform with variance 2 / (fan-in + fan-out)."""
    nn.init.xavier_uniform_(weight, generator=generator)


def _orthogonal(weight: Tensor, generator: torch.Generator) -> None:
    """Saxe et al. 2014: orthonormal rows (out x rest), or columns if these are fewer."""
    nn.init.orthogonal_(weight, generator=generator)


def _normal(weight: Tensor, generator: torch.Generator) -> None:
    """Normal with variance 1 / fan-in, for ``gain`` to set by hand."""
    nn.init.kaiming_normal_(weight, nonlinearity="linear", generator=generator)


def _uniform(weight: Tensor, generator: torch.Generator) -> None:
    """Uniform with variance 1 / fan-in, for ``gain`` to set by hand."""
    nn.init.kaiming_uniform_(weight, nonlinearity="linear", generator=generator)


_DRAWS: dict[str, Callable[[Tensor, torch.Generator], None]] = {
    "he": _he,
    "xavier": _xavier,
    "orthogonal": _orthogonal,
    "normal": _normal,
    "uniform": _uniform,
    "zero_gamma": _he,
    "fixup": _he,
}


def _zero_gamma(network: nn.Module) -> None:
    """Goyal et al. 2017, section 5.1: the scale of every branch's last normalisation starts at 0."""
    for block in _blocks(network):
        if block.last_norm is not None:
            nn.init.zeros_(block.last_norm.get_parameter("weight"))


def _fixup(network: nn.Module) -> None:
    """Zhang et al. 2019 (Fixup initialization), section 3, rules 1 and 2.

    With L blocks of m weight layers: the last layer of each branch and the classification layer start at 0; the other
    layers of a branch are scaled by L^(-1 / (2m - 2)).
    """
    blocks = _blocks(network)
    for block in blocks:
        *inner, last = block.weight_layers
        factor = len(blocks) ** (-1 / (2 * len(inner)))
        with torch.no_grad():
            for layer in inner:
                layer.weight *= factor
        nn.init.zeros_(last.get_parameter("weight"))
    nn.init.zeros_(network.get_submodule("head").get_parameter("weight"))


def _blocks(network: nn.Module) -> list[Block]:
    return [module for module in network.modules() if isinstance(module, Block)]
