"""The network that the benchmarks measure on."""

from pathlib import Path

import torch
from torch import nn

from resgrad.common.config import read
from resgrad.models import build_network
from resgrad.models.config import load_model


def residual_network(depth: int, in_channels: int, classes: int = 10, width: int = 8) -> nn.Module:
    """Build a residual network, but for its width as in params.yaml, laid out in memory as the trainings lay it out."""
    section = {**read(Path("params.yaml"))["model"], "network": "cifar_resnet", "width": width}
    config = load_model(section)
    # The skeleton is the same for every height and width.
    shape = (in_channels, 32, 32)
    network = build_network(config, depth=depth, residual=True, image_shape=shape, classes=classes, seed=0)
    return network.to(memory_format=torch.channels_last)
