"""Each kind of shortcut: its formula, its gradients, and what it adds to the parameters of the plain twin."""

import math

import pytest
import torch

from resgrad.common.kinds import kinds
from resgrad.models import shortcuts
from resgrad.models.blocks import BasicBlock
from resgrad.models.layers import Layers
from resgrad.models.networks import cifar_resnet
from resgrad.models.networks.fully_connected import LinearBlock
from resgrad.models.sites import Site
from tests.unit.model_configs import DEPTHS, model_config
from tests.unit.network_checks import added_by_shortcuts, build, meta
from tests.unit.written_out import assert_same, basic_branch, batch_norm, below, drawn, matched, per_channel, weighted

KEEPS, CHANGES = Site(4, 4, 1, 2, 3), Site(4, 6, 2, 2, 3)
WIDENS, SHRINKS = Site(4, 6, 1, 2, 3), Site(4, 4, 2, 2, 3)


# --- formulas of the shortcut's parameters, its site, the block's input and its branch ---------------------------


def projected(p, site, x):
    return batch_norm(p, "norm", weighted(p, "conv", x, site.stride))


def zero_padding(_p, site, x, f):
    return matched(site, x) + f


def projection(p, site, x, f):
    return (x if site == KEEPS else projected(below(p, "projection"), site, x)) + f


def all_projection(p, site, x, f):
    return projected(p, site, x) + f


def constant_scaling(_p, site, x, f):
    return 0.5 * matched(site, x) + f


def highway(p, site, x, f):
    x = matched(site, x)
    gate = 1 / (1 + torch.exp(-weighted(p, "gate", x) - per_channel(p["gate_bias"], x)))
    return gate * f + (1 - gate) * x


def rezero(p, site, x, f):
    assert p["residual_weight"] != 0
    return matched(site, x) + p["residual_weight"] * f


def stochastic_depth(_p, site, x, f):
    """In evaluation: the second of three blocks survives with probability 1 - 2/3 * 1/2 = 2/3."""
    return matched(site, x) + 2 / 3 * f


FORMULAS = {
    formula.__name__: formula
    for formula in (zero_padding, projection, all_projection, constant_scaling, highway, rezero, stochastic_depth)
}


def test_every_kind_of_shortcut_has_a_formula_here():
    assert kinds(shortcuts) == sorted(FORMULAS)


def made(kind, site):
    return Layers(model_config(shortcut=kind), residual=True).shortcut(site)


def block(kind, site, *, spatial=True):
    layers = Layers(model_config(shortcut=kind), residual=True, spatial=spatial)
    made = drawn((BasicBlock if spatial else LinearBlock)(site, layers))
    made.shortcut.train(kind != "stochastic_depth")
    return made


def written(kind, site):
    def formula(p, x):
        return torch.relu(FORMULAS[kind](below(p, "shortcut"), site, x, basic_branch(p, site, x)))

    return formula


@pytest.mark.parametrize("kind", FORMULAS)
@pytest.mark.parametrize("site", [KEEPS, CHANGES, WIDENS, SHRINKS])
@pytest.mark.parametrize("size", [4, 5])
def test_a_block_with_the_shortcut_is_its_formula(kind, site, size):
    assert_same(block(kind, site), written(kind, site), torch.randn(3, 4, size, size))


@pytest.mark.parametrize("kind", FORMULAS)
def test_a_block_of_vectors_with_the_shortcut_is_its_formula(kind):
    assert_same(block(kind, KEEPS, spatial=False), written(kind, KEEPS), torch.randn(5, 4))


@pytest.mark.parametrize(("kind", "start"), [("rezero", 0.0), ("highway", -2.0)])
def test_what_a_shortcut_learns_starts_where_its_paper_says(kind, start):
    shortcut = made(kind, CHANGES)
    learned = shortcut.residual_weight if kind == "rezero" else shortcut.gate_bias
    assert learned.unique().tolist() == [start]


# --- stochastic depth --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("index", [1, 5, 10])
def test_a_branch_survives_as_often_as_the_linear_decay_says(index):
    """Huang et al. 2016, equation 4, with p_L = 0.5: 1 - index / 10 / 2 of the steps."""
    shortcut = made("stochastic_depth", Site(1, 1, 1, index, 10))
    torch.manual_seed(0)
    draws = 4000
    outcomes = [shortcut(torch.zeros(1, 1), torch.ones(1, 1)).item() for _ in range(draws)]
    assert set(outcomes) == {0.0, 1.0}
    survival = 1 - index / 20
    deviation = math.sqrt(survival * (1 - survival) / draws)
    assert sum(outcomes) / draws == pytest.approx(survival, abs=4 * deviation)


@pytest.mark.parametrize(
    ("network", "depth", "blocks"),
    [
        *(("cifar_resnet", 20, 9), ("cifar_bottleneck", 20, 6), ("fully_connected", 9, 3)),
        *(("imagenet_resnet", 18, 8), ("vgg", 11, 3), ("vgg", 13, 5)),
    ],
)
def test_survival_decays_from_block_to_block_through_the_whole_network(network, depth, blocks):
    built = build(network, depth, shortcut="stochastic_depth")
    survivals = [module.survival for module in built.modules() if hasattr(module, "survival")]
    assert survivals == pytest.approx([1 - block / blocks / 2 for block in range(1, blocks + 1)])


def seed_of_a_draw(kept):
    """Return a seed with which the second of three branches survives or not."""
    for seed in range(100):
        torch.manual_seed(seed)
        if (torch.rand(()).item() < 2 / 3) == kept:
            return seed
    raise AssertionError("a hundred draws on one side of 2/3")


@pytest.mark.parametrize("site", [KEEPS, CHANGES])
def test_a_branch_that_is_left_out_has_gradients_of_zero_and_counts_in_its_norms(site):
    made = block("stochastic_depth", site).train()
    x = torch.randn(3, 4, 5, 5, dtype=torch.float64, requires_grad=True)
    torch.manual_seed(seed_of_a_draw(kept=False))
    output = made(x)
    torch.testing.assert_close(output, torch.relu(matched(site, x)), rtol=0, atol=0)
    output.sum().backward()
    assert all(torch.equal(p.grad, torch.zeros_like(p)) for p in made.parameters())
    assert torch.equal(x.grad, torch.autograd.grad(torch.relu(matched(site, x)).sum(), x)[0])
    assert made.norm1.num_batches_tracked == made.norm2.num_batches_tracked == 1


@pytest.mark.parametrize("site", [KEEPS, CHANGES])
def test_a_branch_that_survives_enters_whole(site):
    made = block("stochastic_depth", site).train()
    seed = seed_of_a_draw(kept=True)

    def draw_again(_module, _inputs):
        torch.manual_seed(seed)

    made.register_forward_pre_hook(draw_again)
    assert_same(made, written("zero_padding", site), torch.randn(3, 4, 5, 5))


# --- twins -------------------------------------------------------------------------------------------------------

NORM = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")
PROJECTION = {"conv.weight", *(f"norm.{name}" for name in NORM)}
ADDED = {
    "zero_padding": set(),
    "constant_scaling": set(),
    "stochastic_depth": set(),
    "rezero": {"residual_weight"},
    "highway": {"gate.weight", "gate_bias"},
    "all_projection": PROJECTION,
    "projection": {f"projection.{name}" for name in PROJECTION},
}


def test_what_every_kind_of_shortcut_adds_is_listed_here():
    assert kinds(shortcuts) == sorted(ADDED)


@pytest.mark.parametrize(("network", "depth"), DEPTHS.items())
@pytest.mark.parametrize("kind", ADDED)
def test_twins_differ_in_the_parameters_of_the_shortcuts_alone(network, depth, kind):
    """What both have is equal by name and value; ``added_by_shortcuts`` checks that."""
    blocks = ["blocks.0"] if network == "fully_connected" else ["stage1.0", "stage2.0", "stage3.0"]
    if kind == "projection":  # at the blocks that change the shape
        changing = {"fully_connected": [], "cifar_bottleneck": blocks, "cifar_preactivation_bottleneck": blocks}
        blocks = changing.get(network, blocks[1:])
    added = added_by_shortcuts(network, depth, width=4, shortcut=kind)
    assert added == {f"{name}.shortcut.{own}" for name in blocks for own in ADDED[kind]}


SIZES = {
    "projection": {"stage2.0": 4 * 8 + 2 * 8, "stage3.0": 8 * 16 + 2 * 16},
    "all_projection": {"stage1.0": 4 * 4 + 2 * 4, "stage2.0": 4 * 8 + 2 * 8, "stage3.0": 8 * 16 + 2 * 16},
    "highway": {"stage1.0": 4 * 4 + 4, "stage2.0": 8 * 8 + 8, "stage3.0": 16 * 16 + 16},
    "rezero": {"stage1.0": 1, "stage2.0": 1, "stage3.0": 1},
}


@pytest.mark.parametrize(("kind", "expected"), SIZES.items())
def test_a_shortcut_has_as_many_parameters_as_counted_by_hand(kind, expected):
    sizes = {}
    for name, parameter in meta(cifar_resnet, 8, classes=10, width=4, shortcut=kind).named_parameters():
        where, is_shortcut, _ = name.partition(".shortcut.")
        if is_shortcut:
            sizes[where] = sizes.get(where, 0) + parameter.numel()
    assert sizes == expected
