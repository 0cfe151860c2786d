"""Which path lengths carry the gradient (Veit et al. 2016, section 5 and figure 6).

Unravelled, n residual blocks in series are 2^n paths: each goes through the branches of some blocks, whose number is
its length, and along the shortcuts of the others. The gradient at the input is the sum over all paths. As in the paper,
paths of each length are drawn at random, and the norm of one path's gradient is multiplied by the number of such paths.
A plain network is a single path through all blocks.
"""

import numpy as np
import pandas as pd
import torch
from scipy.stats import binom
from torch import Tensor, nn
from torch.nn import functional

from resgrad.common.seeds import derive
from resgrad.inspection.rerouting import Rerouted, blocks, in_series

COLUMNS = ["blocks", "length", "frequency", "gain", "gain_sd", "contribution", "gain_of_all_paths"]


def path_gains(network: nn.Module, images: Tensor, labels: Tensor, *, paths: int, seed: int) -> pd.DataFrame:
    """Measure the gradient by path length.

    Each path uses an image of its own. The error at its logits is the gradient of the cross-entropy, scaled to norm 1;
    otherwise the few images that a network still gets wrong would dominate.

    Args:
        network: in evaluation mode, so that no image affects the gradient of another.
        images: N x C x H x W.
        labels: N.
        paths: number of paths drawn for each length; the images are divided evenly among them.
        seed: root of the draws.

    Returns:
        a row per length: blocks, length, frequency (share of the paths that have this length), gain (L2 norm of the
        gradient at the image, mean over the drawn paths), gain_sd (its standard deviation over them), contribution
        (frequency x gain, as a share of its sum over lengths), gain_of_all_paths (of the whole gradient). No rows if
        the blocks are not in series: then there are no such paths.
    """
    if not in_series(network, images[:1]):
        return pd.DataFrame(columns=COLUMNS, dtype=float)
    count = len(blocks(network))
    plain = any(block.shortcut is None for block in blocks(network))
    lengths = np.array([count]) if plain else np.arange(count + 1)
    rows = torch.arange(paths) * len(images) // paths
    rerouted = Rerouted(network, images[rows])
    error = _unit_error(rerouted.logits, labels[rows])

    def gains(shortcuts: Tensor, branches: Tensor) -> np.ndarray:
        gradient = rerouted.gradient(error, shortcuts=shortcuts, branches=branches)
        return gradient.cpu().double().flatten(1).norm(dim=1).numpy()

    drawn = [draw_paths(length, count, paths, seed) for length in lengths.tolist()]
    by_length = np.array([gains(~path, path) for path in drawn])
    everywhere = torch.ones(paths, count, dtype=torch.bool)
    table = pd.DataFrame(
        {
            "blocks": count,
            "length": lengths,
            "frequency": 1.0 if plain else binom.pmf(lengths, count, 0.5),
            "gain": by_length.mean(axis=1),
            "gain_sd": by_length.std(axis=1),
            "gain_of_all_paths": gains(everywhere, everywhere).mean(),
        }
    )
    carried = table["frequency"] * table["gain"]
    return table.assign(contribution=carried / carried.sum())[COLUMNS]


def draw_paths(length: int, count: int, paths: int, seed: int) -> Tensor:
    """Draw paths of one length: ``paths`` x ``count``, true where a path goes through the branch of a block."""
    generator = torch.Generator().manual_seed(derive(seed, "inspect", "paths", length))
    return torch.rand(paths, count, generator=generator).argsort(dim=1) < length


def _unit_error(logits: Tensor, labels: Tensor) -> Tensor:
    """Return the gradient of each image's cross-entropy with respect to its logits, scaled to an L2 norm of 1.

    It is proportional to -1 at the label and to the other classes' probabilities given that the label is wrong, so it
    has a direction even where the label's probability rounds to 1.
    """
    label = labels.cpu()[:, None]
    others = logits.detach().cpu().double().scatter(1, label, -torch.inf).softmax(dim=1)
    return functional.normalize(others.scatter(1, label, -1), dim=1).to(logits)
