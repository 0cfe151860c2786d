"""The elementary layers that the parameters choose: normalisations and dropout."""

import math

import pytest
import torch
from torch import nn

from resgrad.common.config import ParameterError
from resgrad.models.layers import Layers
from tests.unit.model_configs import model_config
from tests.unit.network_checks import build
from tests.unit.written_out import assert_same, drawn, normalised, per_channel


def layers(*, spatial=True, **changes):
    return Layers(model_config(**changes), residual=True, spatial=spatial)


def batch(channels, *, spatial):
    torch.manual_seed(1)
    return 3 + 2 * torch.randn(5, channels, *((3, 4) if spatial else ()))


# --- normalisation -----------------------------------------------------------------------------------------------


def over_the_batch(x, _groups):
    return normalised(x, [axis for axis in range(x.dim()) if axis != 1])


def over_groups_of_channels(x, groups):
    grouped = x.reshape(len(x), groups, -1)
    return normalised(grouped, [2]).reshape(x.shape)


@pytest.mark.parametrize("spatial", [False, True])
@pytest.mark.parametrize(
    ("kind", "channels", "groups", "core"),
    [
        ("batch", 6, None, over_the_batch),
        ("group", 16, 4, over_groups_of_channels),
        ("group", 20, 4, over_groups_of_channels),
        ("group", 10, 2, over_groups_of_channels),
        ("group", 5, 1, over_groups_of_channels),
        ("layer", 6, 1, over_groups_of_channels),
    ],
)
def test_a_normalisation_is_its_formula(kind, channels, groups, core, spatial):
    """Batch: Ioffe and Szegedy 2015, algorithm 1; group and layer: Wu and He 2018, equations 4 and 7."""
    layer = drawn(layers(normalization=kind, spatial=spatial).normalization(channels))

    def written(p, x):
        return core(x, groups) * per_channel(p["weight"], x) + per_channel(p["bias"], x)

    assert_same(layer, written, batch(channels, spatial=spatial))


def test_too_few_units_to_normalise_are_refused():
    with pytest.raises(ParameterError, match="group, which leaves a fully connected layer of 8 units 2 a group"):
        layers(normalization="group", spatial=False).normalization(8)
    with pytest.raises(ParameterError, match="layer, which leaves a fully connected layer of 3 units 3 a group"):
        layers(normalization="layer", spatial=False).normalization(3)
    layers(normalization="group", spatial=True).normalization(8)  # a pixel is not a unit


@pytest.mark.parametrize("kind", ["group", "layer"])
def test_an_image_is_normalised_whatever_else_is_in_the_batch(kind):
    layer = layers(normalization=kind).normalization(8)
    x = batch(8, spatial=True)
    torch.testing.assert_close(layer(x)[:1], layer(x[:1]), rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(layer.eval()(x), layer.train()(x), rtol=0, atol=0)


@pytest.mark.parametrize("spatial", [False, True])
def test_scalar_is_one_factor_and_one_shift(spatial):
    layer = drawn(layers(normalization="scalar", spatial=spatial).normalization(6))
    assert [tuple(p.shape) for p in layer.parameters()] == [(), ()]
    assert_same(layer, lambda p, x: p["weight"] * x + p["bias"], batch(6, spatial=spatial))


@pytest.mark.parametrize("kind", ["scalar", "none"])
def test_without_normalisation_nothing_changes_at_the_start(kind):
    x = batch(6, spatial=True)
    assert torch.equal(layers(normalization=kind).normalization(6)(x), x)


@pytest.mark.parametrize("network", ["cifar_bottleneck", "fully_connected"])
@pytest.mark.parametrize("kind", ["batch", "group", "layer", "scalar", "none"])
def test_layers_have_a_bias_if_and_only_if_no_normalisation_follows(network, kind):
    built = build(network, 11, normalization=kind, width=16)
    biased = {n for n, m in built.named_modules() if isinstance(m, nn.Conv2d | nn.Linear) and m.bias is not None}
    everywhere = {n for n, m in built.named_modules() if isinstance(m, nn.Conv2d | nn.Linear)}
    assert biased == (everywhere if kind == "none" else {"head"})


# --- dropout -----------------------------------------------------------------------------------------------------


def test_dropout_leaves_units_out_in_training_and_scales_the_others():
    layer = layers(dropout=0.2).dropout()
    torch.manual_seed(0)
    outcome = layer(torch.ones(10_000))
    assert outcome.unique().tolist() == pytest.approx([0, 1 / 0.8])
    assert (outcome == 0).float().mean().item() == pytest.approx(0.2, abs=4 * math.sqrt(0.2 * 0.8 / 10_000))
    assert torch.equal(layer.eval()(torch.ones(9)), torch.ones(9))


DROPOUT = {"cifar_resnet": 20, "cifar_preactivation": 20, "cifar_bottleneck": 20, "fully_connected": 20}
DROPOUT |= {"cifar_preactivation_bottleneck": 20, "cifar_wide": 22}


@pytest.mark.parametrize(("network", "depth"), DROPOUT.items())
def test_dropout_acts_in_every_block_in_training_and_nowhere_in_evaluation(network, depth):
    built = build(network, depth, dropout=0.5, normalization="layer")
    inside = {name for name, module in built.named_modules() if isinstance(module, nn.Dropout)}
    blocks = {name.removesuffix(".dropout") for name in inside}
    assert blocks == {name for name, module in built.named_modules() if hasattr(module, "branch")}
    x = torch.randn(2, 1, 16, 16)
    assert not torch.equal(built(x), built(x))
    assert torch.equal(built.eval()(x), built(x))
    without = build(network, depth, normalization="layer").eval()
    assert torch.equal(built(x), without(x))


def test_no_dropout_draws_nothing():
    network = build("cifar_resnet", 8, dropout=0.0)
    before = torch.get_rng_state()
    network(torch.zeros(2, 1, 16, 16))
    assert torch.equal(torch.get_rng_state(), before)
