"""Each kind of activation against its written-out formula, and the layers that replace the weight layers."""

import pytest
import torch

from resgrad.common.kinds import kinds, load_kind
from resgrad.models import activations
from resgrad.models.layers import Layers
from tests.unit.model_configs import model_config
from tests.unit.network_checks import build
from tests.unit.written_out import assert_same, drawn, per_channel, weighted


def layers(*, spatial=True, **changes):
    return Layers(model_config(**changes), residual=True, spatial=spatial)


FORMULAS = {
    "relu": lambda _p, x: (x + x.abs()) / 2,
    "leaky_relu": lambda _p, x: torch.where(x > 0, x, 0.01 * x),
    "prelu": lambda p, x: torch.where(x > 0, x, per_channel(p["weight"], x) * x),
    "elu": lambda _p, x: torch.where(x > 0, x, torch.exp(x) - 1),
    "tanh": lambda _p, x: (torch.exp(x) - torch.exp(-x)) / (torch.exp(x) + torch.exp(-x)),
    "sigmoid": lambda _p, x: 1 / (1 + torch.exp(-x)),
    "maxout": lambda _p, x: x,
}
"""For maxout the identity: its weight layers, below, are the activation."""


def test_every_kind_of_activation_has_a_formula_here():
    assert kinds(activations) == sorted(FORMULAS)


def test_every_layer_that_takes_the_place_of_a_weight_layer_has_a_formula_here():
    offered = {(kind, layer) for kind in FORMULAS for layer in ("Conv2d", "Linear")}
    assert {(kind, layer) for kind, layer in offered if hasattr(load_kind(activations, kind), layer)} == {
        ("maxout", "Conv2d"),
        ("maxout", "Linear"),
    }


@pytest.mark.parametrize("spatial", [False, True])
@pytest.mark.parametrize(("name", "written"), FORMULAS.items())
def test_an_activation_is_its_formula(name, written, spatial):
    layer = drawn(layers(activation=name, spatial=spatial).activation(6))
    assert_same(layer, written, 2 * torch.randn(5, 6, *((3, 4) if spatial else ())))


def test_prelu_learns_a_slope_per_channel_from_a_quarter():
    """He et al. 2015 (Delving deep into rectifiers), section 2.1."""
    assert layers(activation="prelu").activation(6).weight.tolist() == [0.25] * 6


def largest_of_two(name, stride=1):
    """Channel c of the output is the larger of pieces 2c and 2c + 1 (Goodfellow et al. 2013, section 3)."""

    def written(p, x):
        first, second = (weighted({k: v[piece::2] for k, v in named(p, name)}, name, x, stride) for piece in (0, 1))
        return torch.where(first > second, first, second)

    return written


def named(p, name):
    return [(f"{name}.{key}", value) for key, value in p.items()]


@pytest.mark.parametrize("normalization", ["batch", "none"])
@pytest.mark.parametrize(("kernel", "stride"), [(3, 1), (3, 2), (1, 1)])
def test_a_maxout_convolution_is_the_larger_of_two(normalization, kernel, stride):
    layer = drawn(layers(activation="maxout", normalization=normalization).convolution(4, 6, kernel, stride))
    x = torch.randn(3, 4, 5, 5)
    assert layer(x.double()).shape[1] == 6
    assert_same(layer, largest_of_two("conv", stride), x)


@pytest.mark.parametrize("normalization", ["batch", "none"])
def test_a_maxout_linear_layer_is_the_larger_of_two(normalization):
    layer = drawn(layers(activation="maxout", normalization=normalization, spatial=False).linear(4, 6))
    assert_same(layer, largest_of_two("linear"), torch.randn(7, 4))


def test_shortcuts_and_the_head_are_never_maxout():
    network = build("cifar_resnet", 8, activation="maxout", shortcut="projection", width=4)
    assert tuple(network.stage2[0].shortcut.projection.conv.weight.shape) == (8, 4, 1, 1)
    assert tuple(network.head.weight.shape) == (10, 16)
    assert tuple(network.stage2[0].conv1.weight.shape) == (16, 4, 3, 3)
