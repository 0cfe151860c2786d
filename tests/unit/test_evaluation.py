"""The predictions of a network on a split, and their score."""

import math

import numpy as np
import pytest
import torch

from resgrad.models import build_network
from resgrad.shards.batches import Batches
from resgrad.training import evaluation
from resgrad.training.evaluation import log_probabilities, score
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
        network.train()(next(images.in_order(64))[0])  # running statistics other than the initial ones
    at_once = log_probabilities(network, images)
    monkeypatch.setattr(evaluation, "_BATCH", 64)
    assert torch.equal(log_probabilities(network, images), at_once)


def test_scores_by_hand():
    log_probs = torch.tensor([[0.5, 0.25, 0.25], [0.1, 0.1, 0.8], [0.2, 0.7, 0.1]]).double().log()
    result = score(log_probs, torch.tensor([0, 1, 1]))
    assert result.accuracy == pytest.approx(2 / 3)
    assert result.loss == pytest.approx(-(math.log(0.5) + math.log(0.1) + math.log(0.7)) / 3)
