"""What a network makes of a split does not depend on how many of its images it sees at once."""

import numpy as np
import pytest
import torch

from resgrad.models import build_network
from resgrad.shards.batches import Batches
from resgrad.training import evaluation
from resgrad.training.evaluation import log_probabilities
from tests.golden import SMALLEST
from tests.unit.model_configs import model_config

SHAPE = (3, 16, 16)
NETWORKS = [
    *((kind, depth, 64 if kind == "fully_connected" else 8, "batch") for kind, depth in SMALLEST.items()),
    ("cifar_resnet", 8, 16, "batch"),
    ("cifar_resnet", 8, 8, "group"),
    ("fully_connected", 5, 64, "none"),
]


def noise(images):
    pixels = np.random.default_rng(0).integers(256, size=(images, *SHAPE), dtype=np.uint8)
    return Batches(pixels, np.arange(images) % 10, [0.5] * 3, [0.29] * 3, torch.device("cpu"))


@pytest.mark.parametrize(("kind", "depth", "width", "normalization"), NETWORKS)
def test_the_batch_does_not_show_in_the_bits(monkeypatch, kind, depth, width, normalization):
    torch.set_num_threads(1)
    images = noise(180)
    config = model_config(network=kind, width=width, normalization=normalization)
    network = build_network(config, depth=depth, residual=True, image_shape=SHAPE, classes=10, seed=0)
    network.to(memory_format=torch.channels_last)
    with torch.no_grad():
        network.train()(next(images.in_order(64))[0])  # running statistics that are not those of the start
    at_once = log_probabilities(network, images)
    monkeypatch.setattr(evaluation, "_BATCH", 64)
    assert torch.equal(log_probabilities(network, images), at_once)
