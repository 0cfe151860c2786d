"""Measurements in one forward and one backward pass through a network."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from resgrad.gradients.describer import Describer

STATISTICS = ("grad_norm", "grad_mean", "grad_std", "grad_max", "zero_fraction", "nonfinite", "weight_norm")
"""The statistics recorded of every gradient, without ``log2_hist``, which would take most of the file."""


@contextmanager
def output_stds(network: nn.Module, layers: Iterable[str]) -> Iterator[dict[str, float]]:
    """Collect, by layer, the population standard deviation of its output in the last pass within the context."""
    stds: dict[str, float] = {}

    def take(name: str, output: Tensor) -> None:
        stds[name] = torch.std(output.detach().double(), correction=0).item()

    names = set(layers)
    hooks = [
        module.register_forward_hook(lambda _module, _inputs, output, name=name: take(name, output))
        for name, module in network.named_modules()
        if name in names
    ]
    try:
        yield stds
    finally:
        for hook in hooks:
            hook.remove()


def gradient_statistics(gradients: Sequence[Tensor], parameters: Sequence[nn.Parameter]) -> dict[str, NDArray]:
    """Describe gradients and their weights.

    Returns:
        for each name in :data:`STATISTICS`, a value per parameter.
    """
    describer = Describer(STATISTICS, [parameter.numel() for parameter in parameters])
    return describer.describe(_flat(gradients), _flat(parameters))


def _flat(tensors: Sequence[Tensor]) -> NDArray[np.float32]:
    return torch.cat([tensor.detach().reshape(-1) for tensor in tensors]).numpy()
