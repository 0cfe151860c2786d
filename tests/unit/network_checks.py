"""Checks for the tests of all kinds of network."""

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch.nn import functional

from resgrad.gradients.recorder import WEIGHT_LAYERS, describe_tensors
from resgrad.models import build_network
from tests.unit.model_configs import model_config


def build(network, depth, *, residual=True, image_shape=(1, 16, 16), seed=0, **changes):
    """Build a network for ten classes, with the parameters of params.yaml except for ``changes``."""
    config = model_config(network=network, **changes)
    return build_network(config, depth=depth, residual=residual, image_shape=image_shape, classes=10, seed=seed)


def meta(kind, depth, *, classes, residual=True, **changes):
    """Build a network for RGB images with its module's function, with shapes only and without memory."""
    config = model_config(**changes)
    with torch.device("meta"):
        return kind.build(config, depth=depth, image_shape=(3, 32, 32), classes=classes, residual=residual)


def filled(network):
    """Give a network float64 weights, scales, shifts and statistics without special values."""
    network.double().to_empty(device="cpu")
    for name, tensor in network.state_dict().items():
        if name.endswith("num_batches_tracked"):
            tensor.zero_()
        elif tensor.dim() > 1:
            tensor.normal_(std=np.sqrt(2 / tensor[0].numel()))
        elif name.endswith(("weight", "running_var")):
            tensor.uniform_(0.5, 1.5)
        else:
            tensor.normal_(std=0.2)
    return network


def size(network):
    """Count the parameters."""
    return sum(p.numel() for p in network.parameters())


def layers_by_kind(network, image_shape=(1, 16, 16)):
    """Return the names of layers with parameters, by their kind in the gradient table."""
    kinds = {}
    for tensor in describe_tensors(network, torch.zeros(2, *image_shape)):
        kinds.setdefault(tensor.kind, set()).add(tensor.layer)
    return kinds


def main_path(network):
    """Count the layers on the main path according to the gradient table."""
    kinds = layers_by_kind(network)
    return sum(len(kinds.get(kind, ())) for kind in WEIGHT_LAYERS)


def added_by_shortcuts(network, depth, **changes):
    """Return the entries that only the residual twin's state has, after comparing those that both have."""
    plain = build(network, depth, residual=False, **changes).state_dict()
    residual = build(network, depth, residual=True, **changes).state_dict()
    for name, tensor in plain.items():
        assert torch.equal(tensor, residual[name]), name
    return residual.keys() - plain.keys()


def assert_learns(network, *, learning_rate, steps=20):
    """All layers below the head learn 64 handwritten digits, 8x8 pixels doubled to 16x16.

    The head keeps its initial weights: with random features it could memorise so few images, whatever the gradients
    below. The smallest loss of the last steps counts, because a single step may be an outlier.
    """
    digits = load_digits()
    pixels = torch.from_numpy(np.kron(digits.images[:64], np.ones((2, 2)))).float()
    images = ((pixels - pixels.mean()) / pixels.std()).unsqueeze(1)
    labels = torch.from_numpy(digits.target[:64])
    parameters = {n: p for n, p in network.train().named_parameters() if not n.startswith("head.")}
    start = {name: parameter.detach().clone() for name, parameter in parameters.items()}
    optimiser = torch.optim.SGD(parameters.values(), lr=learning_rate, momentum=0.9)
    recorded = []
    for _ in range(steps):
        loss = functional.cross_entropy(network(images), labels)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        recorded.append(loss.item())
    assert np.isfinite(recorded).all()
    unmoved = [name for name, parameter in parameters.items() if torch.equal(parameter, start[name])]
    assert not unmoved, f"unmoved: {unmoved}"
    assert min(recorded[-5:]) < recorded[0] / 2, f"the loss hardly falls: {recorded}"
