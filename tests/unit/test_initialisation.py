"""Initial weights: their distributions, gradual starts, and what is refused."""

import math

import pytest
import torch
from torch import nn

from resgrad.common.config import ParameterError
from resgrad.models import check_network
from resgrad.models.blocks import Block
from tests.unit.model_configs import DEPTHS, PRE_ACTIVATION, model_config
from tests.unit.network_checks import build


def weights(network):
    """Return the weights of convolutions and linear layers by name."""
    return {n: m.weight.detach() for n, m in network.named_modules() if isinstance(m, nn.Conv2d | nn.Linear)}


def blocks(network):
    return {name: module for name, module in network.named_modules() if isinstance(module, Block)}


# --- distributions -----------------------------------------------------------------------------------------------

VARIANCES = {
    "he": lambda fan_in, _fan_out: 2 / fan_in,
    "xavier": lambda fan_in, fan_out: 2 / (fan_in + fan_out),
    "normal": lambda fan_in, _fan_out: 1 / fan_in,
    "uniform": lambda fan_in, _fan_out: 1 / fan_in,
}


@pytest.mark.parametrize(("name", "variance"), VARIANCES.items())
@pytest.mark.parametrize(
    ("network", "layer", "fans"),
    [("cifar_resnet", "stage3.0.conv1", (128 * 9, 256 * 9)), ("fully_connected", "stem.1", (3 * 64, 64))],
)
def test_initial_weights_have_the_variance_of_their_paper(name, variance, network, layer, fans):
    weight = weights(build(network, 8, image_shape=(3, 8, 8), width=64, initialization=name))[layer]
    expected = variance(*fans)
    n = weight.numel()
    assert weight.var().item() == pytest.approx(expected, rel=4 * math.sqrt(2 / n))
    assert weight.mean().item() == pytest.approx(0, abs=4 * math.sqrt(expected / n))
    if name in ("xavier", "uniform"):
        bound = math.sqrt(3 * expected)
        assert 0.99 * bound < weight.abs().max().item() <= bound
    else:  # the share of a normal distribution within one standard deviation
        share = (weight.abs() < math.sqrt(expected)).double().mean().item()
        assert share == pytest.approx(0.6827, abs=4 * math.sqrt(0.25 / n))


@pytest.mark.parametrize("network", ["cifar_bottleneck", "fully_connected"])
def test_orthogonal_weights_have_orthonormal_rows_or_columns(network):
    """Rows or columns, whichever are fewer, of weights as matrices (out x rest)."""
    drawn = weights(build(network, DEPTHS[network], width=4, initialization="orthogonal"))
    taller = 0
    for name, weight in drawn.items():
        matrix = weight.flatten(1).double()
        taller += matrix.shape[0] > matrix.shape[1]
        matrix = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.T
        identity = torch.eye(len(matrix), dtype=torch.float64)
        torch.testing.assert_close(matrix @ matrix.T, identity, rtol=0, atol=1e-6, msg=name)
    assert 0 < taller < len(drawn)


@pytest.mark.parametrize("name", ["he", "xavier", "orthogonal", "normal", "uniform"])
def test_gain_multiplies_every_weight_and_nothing_else(name):
    changes = {"initialization": name, "shortcut": "highway", "activation": "prelu"}
    once, twice = (build("cifar_resnet", 8, gain=gain, **changes) for gain in (1.0, 2.0))
    multiplied = {f"{layer}.weight" for layer in weights(once)}
    assert {"stem.0.weight", "stage1.0.shortcut.gate.weight", "head.weight"} < multiplied
    for parameter, value in once.named_parameters():
        factor = 2 if parameter in multiplied else 1
        assert torch.equal(dict(twice.named_parameters())[parameter], factor * value), parameter


@pytest.mark.parametrize(
    ("name", "normalization"),
    [(name, "none") for name in ("he", "xavier", "orthogonal", "normal", "uniform")] + [("fixup", "scalar")],
)
def test_biases_start_at_zero(name, normalization):
    network = build("cifar_squeeze_excitation", 8, initialization=name, normalization=normalization)
    biases = {name: p for name, p in network.named_parameters() if name.endswith("bias")}
    assert len(biases) == 7 + 1 + 2 * 3  # of the layers or their scalars, the head, the excitations
    assert all(torch.equal(bias, torch.zeros_like(bias)) for bias in biases.values())


def test_a_seed_gives_the_same_weights_every_time_and_another_one_others():
    first, again, other = (build("cifar_resnet", 8, seed=seed).stage1[0].conv1.weight for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.isclose(first, other).any()


def test_layers_of_the_same_shape_start_differently():
    network = build("cifar_resnet", 20)
    assert not torch.equal(network.stage1[0].conv1.weight, network.stage1[0].conv2.weight)
    assert not torch.equal(network.stage1[0].conv1.weight, network.stage1[1].conv1.weight)


# --- gradual starts ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("normalization", ["batch", "group", "layer", "scalar"])
@pytest.mark.parametrize(("network", "depth"), [(n, d) for n, d in DEPTHS.items() if n not in PRE_ACTIVATION])
def test_with_zero_gamma_every_block_starts_as_the_identity(network, depth, normalization):
    """Goyal et al. 2017, section 5.1; what follows the sum is a ReLU."""
    changes = {"normalization": normalization, "shortcut": "zero_padding", "width": 16}
    started = build(network, depth, initialization="zero_gamma", **changes)
    he = dict(build(network, depth, initialization="he", **changes).named_parameters())
    zero = {f"{name}.{'norm3' if network == 'cifar_bottleneck' else 'norm2'}.weight" for name in blocks(started)}
    for name, parameter in started.named_parameters():
        assert torch.equal(parameter, torch.zeros_like(parameter) if name in zero else he[name]), name
    seen = []
    for block in blocks(started).values():
        block.register_forward_hook(lambda block, inputs, output: seen.append((block.shortcut, inputs[0], output)))
    started(torch.randn(3, 1, 16, 16))
    assert len(seen) == len(zero) > 0
    for shortcut, x, output in seen:
        assert torch.equal(output, torch.relu(shortcut(x, torch.zeros_like(output))))


@pytest.mark.parametrize(
    ("network", "depth", "factors"),
    [
        ("cifar_resnet", 20, {"conv1": 1 / 3, "conv2": 0}),  # m = 2: 9^(-1/2)
        ("cifar_preactivation", 20, {"conv1": 1 / 3, "conv2": 0}),
        ("cifar_squeeze_excitation", 20, {"conv1": 1 / 3, "conv2": 0}),
        ("cifar_wide", 22, {"conv1": 1 / 3, "conv2": 0}),
        ("fully_connected", 20, {"linear1": 1 / 3, "linear2": 0}),
        ("cifar_bottleneck", 29, {"conv1": 3**-0.5, "conv2": 3**-0.5, "conv3": 0}),  # m = 3: 9^(-1/4)
        ("cifar_preactivation_bottleneck", 29, {"conv1": 3**-0.5, "conv2": 3**-0.5, "conv3": 0}),
    ],
)
def test_fixup_scales_the_inner_layers_of_branches_and_zeroes_their_last_and_the_head(network, depth, factors):
    """Zhang et al. 2019, section 3, rules 1 and 2: L^(-1 / (2m - 2)) of He's weights, with L = 9 blocks."""
    changes = {"normalization": "scalar", "shortcut": "all_projection"}
    he = weights(build(network, depth, initialization="he", **changes))
    fixup = weights(build(network, depth, initialization="fixup", **changes))
    names = blocks(build(network, depth, **changes))
    assert len(names) == 9
    expected = {f"{block}.{layer}": factor for block in names for layer, factor in factors.items()} | {"head": 0}
    for name, weight in fixup.items():
        torch.testing.assert_close(weight, expected.get(name, 1) * he[name], rtol=1e-6, atol=0, msg=name)


# --- what is refused ---------------------------------------------------------------------------------------------

PLAIN = (
    "model.initialization is {}, with which a plain network cannot learn: every block puts out a constant, and no "
    "gradient passes it; set variants to residual alone, or another initialization."
)
REZERO = (
    "model.initialization is {}, with which rezero cannot learn: a branch that starts at 0 and its weight, 0 too, keep "
    "each other's gradient at 0; set another shortcut or initialization."
)
NO_NORM = (
    "model.initialization is zero_gamma, which needs branches that end with a normalization; with normalization "
    "{} those of {} do not."
)
NO_BLOCKS = "model.initialization is {}, which is for residual blocks; fully_connected has none."
SCALAR = (
    "model.initialization is fixup, which is for networks without normalization; set model.normalization to scalar."
)
SCALING = (
    "model.initialization is {}, with which constant_scaling does not learn when deep: a network of branches that "
    "start at 0 is its shortcuts alone, of which each loses half of the signal; set another shortcut or initialization."
)
MAXOUT = (
    "model.initialization is fixup, with which maxout cannot learn: pieces that start at 0 have the same gradients and "
    "stay equal; set another activation or initialization."
)
REFUSED = [
    ({"initialization": "zero_gamma"}, 8, False, PLAIN.format("zero_gamma")),
    ({"initialization": "fixup", "normalization": "scalar"}, 8, False, PLAIN.format("fixup")),
    ({"initialization": "zero_gamma", "shortcut": "rezero"}, 8, True, REZERO.format("zero_gamma")),
    ({"initialization": "fixup", "shortcut": "rezero", "normalization": "scalar"}, 8, True, REZERO.format("fixup")),
    *(({"initialization": "fixup", "normalization": n}, 8, True, SCALAR) for n in ("batch", "group", "layer", "none")),
    ({"initialization": "zero_gamma", "normalization": "none"}, 8, True, NO_NORM.format("none", "cifar_resnet")),
    *(
        (
            {"initialization": "zero_gamma", "network": "cifar_preactivation", "normalization": n},
            8,
            True,
            NO_NORM.format(n, "cifar_preactivation"),
        )
        for n in ("batch", "none")
    ),
    ({"initialization": "zero_gamma", "network": "fully_connected"}, 3, True, NO_BLOCKS.format("zero_gamma")),
    (
        {"initialization": "fixup", "network": "fully_connected", "normalization": "scalar"},
        2,
        True,
        NO_BLOCKS.format("fixup"),
    ),
    *(
        ({"initialization": start, "shortcut": "constant_scaling", "normalization": n}, 8, True, SCALING.format(start))
        for start, n in (("zero_gamma", "batch"), ("fixup", "scalar"))
    ),
    ({"initialization": "fixup", "activation": "maxout", "normalization": "scalar"}, 8, True, MAXOUT),
]


@pytest.mark.parametrize(("changes", "depth", "residual", "sentence"), REFUSED)
def test_initial_weights_that_cannot_learn_are_refused(changes, depth, residual, sentence):
    with pytest.raises(ParameterError) as caught:
        check_network(model_config(**changes), depth=depth, residual=residual)
    assert str(caught.value) == sentence


@pytest.mark.parametrize("initialization", ["zero_gamma", "fixup"])
@pytest.mark.parametrize("shortcut", ["all_projection", "highway", "stochastic_depth"])
def test_gradual_starts_are_for_every_network_with_blocks(initialization, shortcut):
    config = {"initialization": initialization, "normalization": "scalar", "shortcut": shortcut}
    for network, depth in DEPTHS.items():
        if initialization != "zero_gamma" or network not in PRE_ACTIVATION:
            check_network(model_config(network=network, **config), depth=depth, residual=True)
