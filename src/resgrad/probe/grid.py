"""Probe the whole grid, on all processors; how many there are changes nothing but the time."""

import os
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

import numpy as np
import pandas as pd
import torch
from torch import nn
from tqdm import tqdm

from resgrad.common.cells import is_residual
from resgrad.common.kernels import Kernels
from resgrad.common.seeds import derive
from resgrad.gradients.recorder import describe_tensors
from resgrad.models import build_network
from resgrad.models.initialisation import initialise
from resgrad.probe.config import ProbeConfig
from resgrad.probe.measure import draw_batch, gradient_statistics, output_stds
from resgrad.probe.recipes import Probe, probes
from resgrad.training.devices import make_repeatable


def probe_grid(config: ProbeConfig, kernels: Kernels, workers: int | None = None) -> pd.DataFrame:
    """Probe every network of the grid.

    Args:
        config: the grid.
        kernels: as they were fixed in this process, from which the others have them.
        workers: processes, each of one thread; None for as many as there are processors.

    Returns:
        :data:`resgrad.probe.table.TABLE`, less the verdict.
    """
    grid = probes(config)
    workers = min(workers or os.cpu_count() or 1, len(grid))
    # Spawned, not forked: a fork of a process that has used torch's threads may hang.
    with ProcessPoolExecutor(workers, get_context("spawn"), make_repeatable, (1, kernels)) as pool:
        frames = pool.map(partial(probe_network, config), grid)
        # disable=None: no bar where standard error is not a terminal.
        return pd.concat(tqdm(frames, desc="probe", total=len(grid), leave=False, disable=None), ignore_index=True)


def probe_network(config: ProbeConfig, probe: Probe) -> pd.DataFrame:
    """Send a batch of noise through one network, and the gradient of its cross-entropy back, with every seed.

    Returns:
        the rows of this network.
    """
    image_shape = (config.channels, config.image_size, config.image_size)
    network = build_network(
        probe.model,
        depth=probe.depth,
        residual=is_residual(probe.variant),
        image_shape=image_shape,
        classes=config.classes,
        seed=config.seeds[0],
    )
    tensors = describe_tensors(network, torch.zeros(2, *image_shape))
    parameters = list(network.parameters())
    frames = []
    with output_stds(network, (tensor.layer for tensor in tensors)) as stds:
        for seed in config.seeds:
            if seed != config.seeds[0]:
                initialise(network, probe.model, seed)  # much quicker than to build it anew
            torch.manual_seed(derive(seed, "probe", "network"))  # what draws inside, such as stochastic depth
            images, labels = draw_batch(seed, config.batch_size, image_shape, config.classes)
            loss = nn.functional.cross_entropy(network(images), labels)
            gradients = torch.autograd.grad(loss, parameters)
            columns = gradient_statistics(gradients, parameters)
            columns["output_std"] = np.array([stds[tensor.layer] for tensor in tensors])
            frames.append(pd.DataFrame(tensors).assign(seed=seed, **columns))
    named = {**probe.recipe._asdict(), "depth": probe.depth, "variant": probe.variant}
    return pd.concat(frames, ignore_index=True).assign(**named)
