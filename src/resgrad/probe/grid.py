"""Probe the whole grid: one forward and one backward pass through each network, with every seed."""

import numpy as np
import pandas as pd
import torch
from torch import nn

from resgrad.probe.config import ProbeConfig
from resgrad.probe.measure import gradient_statistics, output_stds
from resgrad.probe.networks import ProbedNetwork
from resgrad.probe.recipes import Probe


def probe_network(config: ProbeConfig, probe: Probe) -> pd.DataFrame:
    """Send a batch of noise through one network and the gradient of its cross-entropy back, with every seed.

    Returns:
        the rows of this network: :data:`resgrad.probe.table.TABLE` without the verdict.
    """
    probed = ProbedNetwork(config, probe.model, depth=probe.depth, variant=probe.variant)
    parameters = list(probed.network.parameters())
    frames = []
    with output_stds(probed.network, (tensor.layer for tensor in probed.tensors)) as stds:
        for seed, images, labels in probed.starts():
            loss = nn.functional.cross_entropy(probed.network(images), labels)
            gradients = torch.autograd.grad(loss, parameters)
            columns = gradient_statistics(gradients, parameters)
            columns["output_std"] = np.array([stds[tensor.layer] for tensor in probed.tensors])
            frames.append(pd.DataFrame(probed.tensors).assign(seed=seed, **columns))
    named = {**probe.recipe._asdict(), "depth": probe.depth, "variant": probe.variant}
    return pd.concat(frames, ignore_index=True).assign(**named)
