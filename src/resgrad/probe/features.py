"""How far inputs remain different, layer by layer, in one forward pass at the initial weights.

Gradients of equal size in all layers are of little use if all inputs have turned into the same features on the way
(Yang and Schoenholz 2017 follow both). Beside the growth of the gradient, two measures therefore describe the features
that enter a weight layer:

* the mean cosine between those of two inputs: 1 if all inputs point in one direction;
* their effective rank, the exponential of the entropy of the singular values, normalised to sum 1 (Roy and Vetterli
  2007): 1 if all inputs differ only in scale, at most the number of inputs.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pandas as pd
import torch
from torch import Tensor, nn

from resgrad.probe.config import ProbeConfig
from resgrad.probe.networks import ProbedNetwork
from resgrad.probe.recipes import Probe
from resgrad.probe.summary import at_middle_depth


def of_middle_depth(grid: list[Probe]) -> list[Probe]:
    """Select the networks of the middle depth of their kind."""
    named = pd.DataFrame([(probe.recipe.network, probe.depth) for probe in grid], columns=["network", "depth"])
    return [grid[number] for number in at_middle_depth(named).index]


def probe_features(config: ProbeConfig, probe: Probe) -> pd.DataFrame:
    """Send a batch of noise through one network, with every seed.

    Returns:
        a row per seed and weight layer: the columns that identify the probe, seed, position (of the layer, from 1 at
        the input), cosine, effective_rank (of the features that enter it; see :func:`geometry`).
    """
    probed = ProbedNetwork(config, probe.model, depth=probe.depth, variant=probe.variant)
    layers = probed.path
    rows = []
    for seed, images, _ in probed.starts():
        with _grams(probed.network, layers) as grams, torch.no_grad():
            probed.network(images)
        cosine, effective_rank = geometry(torch.stack([grams[layer] for layer in layers]))
        columns = {"position": range(1, len(layers) + 1), "cosine": cosine, "effective_rank": effective_rank}
        rows.append(pd.DataFrame(columns).assign(seed=seed))
    named = {**probe.recipe._asdict(), "depth": probe.depth, "variant": probe.variant}
    return pd.concat(rows, ignore_index=True).assign(**named)


def geometry(grams: Tensor) -> tuple[Tensor, Tensor]:
    """Measure the similarity of inputs from the inner products of their features.

    The eigenvalues of the matrix of these products are the squared singular values.

    Args:
        grams: ... x N x N, float64.

    Returns:
        mean cosine over the pairs of different inputs (...), and effective rank (...). Inputs whose features are all 0
        are left out of the pairs. Both are NaN if all features are 0, or one is not finite.
    """
    norms = grams.diagonal(dim1=-2, dim2=-1).sqrt()
    scales = norms[..., :, None] * norms[..., None, :]
    pairs = (scales != 0) & ~torch.eye(grams.shape[-1], dtype=torch.bool)
    mean = torch.where(pairs, grams / scales, 0.0).sum(dim=(-2, -1)) / pairs.sum(dim=(-2, -1))
    usable = torch.isfinite(grams).all(dim=-1).all(dim=-1)
    singular = torch.linalg.eigvalsh(torch.where(usable[..., None, None], grams, 0.0)).clamp(min=0).sqrt()
    shares = singular / singular.sum(dim=-1, keepdim=True)
    return mean, torch.special.entr(shares).sum(dim=-1).exp()


@contextmanager
def _grams(network: nn.Module, layers: list[str]) -> Iterator[dict[str, Tensor]]:
    """Collect, by layer, the inner products (N x N, float64) of its inputs in the last pass within the context.

    Features are first divided by the largest of them, so that squaring loses neither very small nor very large ones.
    """
    grams: dict[str, Tensor] = {}

    def at(layer: str) -> Callable[[nn.Module, tuple[Tensor, ...]], None]:
        def take(_module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
            features = inputs[0].detach().flatten(1).double()
            features = features / features.abs().max()
            grams[layer] = features @ features.T

        return take

    hooks = [network.get_submodule(layer).register_forward_pre_hook(at(layer)) for layer in layers]
    try:
        yield grams
    finally:
        for hook in hooks:
            hook.remove()
