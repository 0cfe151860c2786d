"""Gradients over depth for every kind of shortcut: does the identity matter, or any path around a block?

He et al. 2016 ask the same of trained networks. In their table 1, with 110 layers on CIFAR-10, the identity has the
lowest error; plain networks, constant scaling, and highway gates unless they start nearly closed, fail; networks with a
1x1 convolution on every shortcut train, to nearly twice the error.

Two pairs of gradients at the initial weights (ReLU, batch normalisation, ``he``) are compared by their L2 norms:

``weights``  of the first and the last hidden weight layer;
``blocks``   with respect to the outputs of the first and the last block: the error propagated from block to block.

For ReZero only the second exists: every branch is multiplied by 0 at first, and so is the gradient of its weights. In
the first step only these factors, the stem and the head learn.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from resgrad.common.config import ParameterError
from resgrad.models import check_depth, check_twins
from resgrad.models.blocks import Block
from resgrad.models.config import ModelConfig
from resgrad.probe.config import ProbeConfig, ShortcutsConfig
from resgrad.probe.networks import ProbedNetwork
from resgrad.probe.recipes import check_once, refusal

NONE = "none"
"""The shortcut of a plain network."""

MEASURES = ("weights", "blocks")


class ShortcutProbe(NamedTuple):
    """A network to probe, with every seed."""

    shortcut: str
    depth: int
    model: ModelConfig

    @property
    def variant(self) -> str:
        """Plain, or residual."""
        return "plain" if self.shortcut == NONE else "residual"


def shortcut_probes(config: ShortcutsConfig) -> list[ShortcutProbe]:
    """List the networks to probe, in the order of params.yaml, each kind's plain twin first, if it has one."""
    named = [
        (shortcut, _model(family.network, of, config.width))
        for family in config.families
        for shortcut, of in [(NONE, family.shortcuts[0]), *zip(family.shortcuts, family.shortcuts, strict=True)]
    ]
    probes = [ShortcutProbe(shortcut, depth, model) for shortcut, model in named for depth in config.depths]
    return [probe for probe in probes if refusal(probe.model, probe.depth, probe.variant) is None]


def check_shortcuts(config: ShortcutsConfig) -> None:
    """Refuse networks that do not exist, have no shortcut, or would be probed twice.

    Raises:
        ParameterError: says which parameter to change, and why.
    """
    for network, shortcut in [
        (family.network, shortcut) for family in config.families for shortcut in family.shortcuts
    ]:
        try:
            # Twins that differ at one depth differ at every greater one.
            check_twins(_model(network, shortcut, config.width), depth=min(config.depths))
            for depth in config.depths:
                check_depth(network, depth)
        except ParameterError as error:
            raise ParameterError(f"probe.shortcuts cannot probe {network}, {shortcut}: {error}") from None
    named = {
        "probe.shortcuts.depths": config.depths,
        "probe.shortcuts.families": [family.network for family in config.families],
        **{
            f"probe.shortcuts.families.{number}.shortcuts": family.shortcuts
            for number, family in enumerate(config.families)
        },
    }
    check_once(named)


def probe_shortcut(config: ProbeConfig, probe: ShortcutProbe) -> pd.DataFrame:
    """Compare the gradients at both ends of one network, with every seed.

    Returns:
        a row per seed and measure: network, shortcut, depth, seed, measure, log10_ratio (the first norm over the last;
        NaN if both are 0).
    """
    probed = ProbedNetwork(config, probe.model, depth=probe.depth, variant=probe.variant)
    hidden = [probed.network.get_submodule(layer).get_parameter("weight") for layer in probed.path[1:-1]]
    rows = []
    for seed, images, labels in probed.starts():
        with _block_outputs(probed.network) as outputs:
            loss = nn.functional.cross_entropy(probed.network(images), labels)
        ends = [hidden[0], hidden[-1], outputs[0], outputs[-1]]
        norms = [gradient.double().norm().item() for gradient in torch.autograd.grad(loss, ends)]
        with np.errstate(divide="ignore", invalid="ignore"):
            ratios = np.log10(norms[::2]) - np.log10(norms[1::2])
        rows.append(pd.DataFrame({"seed": seed, "measure": MEASURES, "log10_ratio": ratios}))
    named = {"network": probe.model.network, "shortcut": probe.shortcut, "depth": probe.depth}
    return pd.concat(rows, ignore_index=True).assign(**named)


def shortcut_metrics(shortcuts: pd.DataFrame) -> dict[str, Any]:
    """Reduce each shortcut to one number.

    Args:
        shortcuts: rows from :func:`probe_shortcut`.

    Returns:
        ``first_to_last_log10`` -> ``depth-218`` -> network -> shortcut -> ratio of the weights' gradients, mean over
        seeds, at the greatest depth, if defined.
    """
    depth = shortcuts["depth"].max()
    chosen = shortcuts[(shortcuts["depth"] == depth) & (shortcuts["measure"] == "weights")]
    means = chosen[np.isfinite(chosen["log10_ratio"])].groupby(["network", "shortcut"])["log10_ratio"].mean()
    networks = means.index.get_level_values("network").unique()
    return {"first_to_last_log10": {f"depth-{depth}": {network: means[network].to_dict() for network in networks}}}


def _model(network: str, shortcut: str, width: int) -> ModelConfig:
    return ModelConfig(
        network=network,
        shortcut=shortcut,
        width=width,
        normalization="batch",
        activation="relu",
        dropout=0.0,
        initialization="he",
        gain=1.0,
    )


@contextmanager
def _block_outputs(network: nn.Module) -> Iterator[list[Tensor]]:
    """Collect the outputs of the network's blocks within the context, in the order of the forward pass."""
    outputs: list[Tensor] = []

    def take(_block: nn.Module, _inputs: tuple[Tensor, ...], output: Tensor) -> None:
        outputs.append(output)

    hooks = [module.register_forward_hook(take) for module in network.modules() if isinstance(module, Block)]
    try:
        yield outputs
    finally:
        for hook in hooks:
            hook.remove()
