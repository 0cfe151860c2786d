"""The network that the benchmarks measure on."""

import torch
from torch import nn

from resgrad.models import build_network
from resgrad.models.config import ModelConfig


def residual_network(depth: int, in_channels: int, classes: int = 10) -> nn.Module:
    """Build a residual network of width 8, laid out in memory as the trainings lay it out."""
    config = ModelConfig(residual=True, network="cifar_resnet", width=8, shortcut="A")
    network = build_network(config, depth=depth, residual=True, in_channels=in_channels, classes=classes, seed=0)
    return network.to(memory_format=torch.channels_last)
