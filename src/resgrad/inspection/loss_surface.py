"""The loss around trained weights, on a plane through them (Li et al. 2018, section 4).

The plane is spanned by two random, filter-normalised directions: each filter of a direction has the norm of the
corresponding filter of the weights, so that networks with differently scaled weights can be compared. A filter produces
one output: it is a row of a weight tensor of two or more dimensions. Biases, parameters of normalisations and shortcuts
with one number per channel, and the running statistics of batch norm do not move.
"""

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional

from resgrad.common.seeds import derive
from resgrad.inspection.config import LossSurfaceConfig

COLUMNS = ["x", "y", "loss"]


def loss_surface(
    network: nn.Module, images: Tensor, labels: Tensor, config: LossSurfaceConfig, seed: int
) -> pd.DataFrame:
    """Measure the loss on a square grid centred on the trained weights.

    Args:
        network: in evaluation mode.
        images: N x C x H x W.
        labels: N.
        config: number of steps of the grid from the centre to a side, and the distance.
        seed: root of the directions; a parameter moves in the same directions in all networks that have its name.

    Returns:
        a row per point: x, y (in filter norms), loss (mean cross-entropy in nats; not finite where it overflows).
    """
    to_x, to_y = (filter_normalised_direction(network, seed, axis) for axis in ("x", "y"))
    weights = {name: parameter for name, parameter in network.named_parameters() if name in to_x}
    side = np.arange(-config.steps, config.steps + 1) / config.steps * config.radius
    rows = []
    with torch.no_grad():
        for y in side:
            for x in side:
                moved = {name: weight + x * to_x[name] + y * to_y[name] for name, weight in weights.items()}
                logits = functional_call(network, moved, (images,))
                rows.append((x, y, functional.cross_entropy(logits.cpu().double(), labels.cpu()).item()))
    return pd.DataFrame(rows, columns=COLUMNS)


def filter_normalised_direction(network: nn.Module, seed: int, axis: str) -> dict[str, Tensor]:
    """Draw a direction: for each parameter that moves, by name, a tensor of its shape.

    The draw of a parameter depends only on its name, the axis and the seed.
    """
    direction = {}
    for name, parameter in network.named_parameters():
        if parameter.dim() >= 2:
            generator = torch.Generator().manual_seed(derive(seed, "inspect", "direction", axis, name))
            drawn = torch.randn(parameter.shape, generator=generator).to(parameter)
            direction[name] = drawn * _filter_norms(parameter.detach()) / _filter_norms(drawn)
    return direction


def _filter_norms(weight: Tensor) -> Tensor:
    """Return the L2 norm of each row, shaped for multiplication with the rows."""
    return torch.linalg.vector_norm(weight, dim=tuple(range(1, weight.dim())), keepdim=True)
