"""Forward and backward pass of each kind of block, and of whole networks, against the written-out formula."""

import pytest
import torch
from torch import nn

from resgrad.models.blocks import BasicBlock, BottleneckBlock
from resgrad.models.layers import Layers
from resgrad.models.networks.cifar_preactivation import PreActivationBlock
from resgrad.models.networks.cifar_preactivation_bottleneck import PreActivationBottleneck
from resgrad.models.networks.cifar_squeeze_excitation import SqueezeExcitationBlock
from resgrad.models.networks.cifar_wide import WideBlock
from resgrad.models.networks.fully_connected import LinearBlock
from resgrad.models.sites import Site
from tests.unit.model_configs import DEPTHS, model_config
from tests.unit.network_checks import build
from tests.unit.written_out import (
    assert_same,
    basic_branch,
    batch_norm,
    below,
    bottleneck_branch,
    drawn,
    matched,
    preactivation_bottleneck_branch,
    preactivation_branch,
    squeeze_excitation_branch,
    weighted,
)

KEEPS, WIDENS, CHANGES = Site(4, 4, 1, 2, 3), Site(4, 8, 1, 2, 3), Site(4, 8, 2, 2, 3)
FIRST, FIRST_WIDENS = Site(4, 4, 1, 1, 3), Site(4, 8, 1, 1, 3)
BLOCKS = {
    BasicBlock: (basic_branch, torch.relu, [KEEPS, CHANGES]),
    BottleneckBlock: (bottleneck_branch, torch.relu, [KEEPS, FIRST_WIDENS, CHANGES]),
    PreActivationBlock: (preactivation_branch, lambda y: y, [FIRST, FIRST_WIDENS, KEEPS, CHANGES]),
    PreActivationBottleneck: (
        preactivation_bottleneck_branch,
        lambda y: y,
        [FIRST, FIRST_WIDENS, KEEPS, CHANGES],
    ),
    WideBlock: (preactivation_branch, lambda y: y, [FIRST, FIRST_WIDENS, KEEPS, CHANGES]),
    SqueezeExcitationBlock: (squeeze_excitation_branch, torch.relu, [KEEPS, CHANGES, Site(16, 32, 2, 2, 3)]),
}


@pytest.mark.parametrize(
    ("block", "site"), [(block, site) for block, (_, _, sites) in BLOCKS.items() for site in sites]
)
@pytest.mark.parametrize("residual", [False, True])
@pytest.mark.parametrize("size", [4, 5])
def test_a_block_of_convolutions_is_its_formula(block, site, residual, size):
    branch, activation, _ = BLOCKS[block]
    made = drawn(block(site, Layers(model_config(), residual=residual)))

    def written(p, x):
        y = branch(p, site, x)
        return activation(y + matched(site, x) if residual else y)

    assert_same(made, written, torch.randn(3, site.in_channels, size, size))


@pytest.mark.parametrize("residual", [False, True])
def test_a_block_of_linear_layers_is_its_formula(residual):
    block = drawn(LinearBlock(KEEPS, Layers(model_config(), residual=residual, spatial=False)))

    def written(p, x):
        y = basic_branch(p, KEEPS, x)
        return torch.relu(y + x if residual else y)

    assert_same(block, written, torch.randn(5, 4))


@pytest.mark.parametrize("block", [*BLOCKS, LinearBlock])
def test_dropout_is_on_what_the_last_weight_layer_of_a_branch_sees(block):
    made = drawn(block(KEEPS, Layers(model_config(dropout=0.5), residual=False, spatial=block is not LinearBlock)))
    made.dropout = Nothing()
    *inner, last = made.weight_layers
    seen = {}
    for layer in (*inner, last):
        layer.register_forward_pre_hook(lambda module, inputs: seen.update({module: inputs[0]}))
    output = made.branch(torch.randn(3, 4, *([] if block is LinearBlock else [5, 5]), dtype=torch.float64))
    assert all(seen[layer].any() for layer in inner)
    assert not seen[last].any()
    assert output.any() or made.last_norm is None


class Nothing(nn.Module):
    """Dropout that drops everything."""

    def forward(self, x):
        return torch.zeros_like(x)


def test_the_gates_of_an_excitation_have_a_sixteenth_of_the_channels_inside_but_at_least_one():
    sizes = {
        channels: SqueezeExcitationBlock(Site(channels, channels, 1, 1, 1), Layers(model_config(), residual=True))
        for channels in (8, 16, 64)
    }
    assert {channels: block.excitation.squeeze.out_features for channels, block in sizes.items()} == {
        8: 1,
        16: 1,
        64: 4,
    }


# --- whole networks ----------------------------------------------------------------------------------------------


def stem(p, x, name="stem"):
    return torch.relu(batch_norm(p, f"{name}.1", weighted(p, f"{name}.0", x)))


def head(p, y):
    return weighted(p, "head", y.sum((2, 3)) / (y.shape[2] * y.shape[3]))


def stages(p, y, block, residual, around=lambda _stage, y, _x: y):
    """Depth 8 at width 4: a block per stage."""
    sites = [Site(4, 4, 1, 1, 3), Site(4, 8, 2, 2, 3), Site(8, 16, 2, 3, 3)]
    for number, site in enumerate(sites, start=1):
        x, y = y, block(below(p, f"stage{number}.0"), site, y, residual)
        y = around(site, y, x)
    return y


def basic(p, site, x, residual):
    y = basic_branch(p, site, x)
    return torch.relu(y + matched(site, x) if residual else y)


def preactivation(p, site, x, residual):
    y = preactivation_branch(p, site, x)
    return y + matched(site, x) if residual else y


def cifar_resnet(p, x, residual):
    return head(p, stages(p, stem(p, x), basic, residual))


def cifar_preactivation(p, x, residual):
    y = stages(p, stem(p, x), preactivation, residual)
    return head(p, torch.relu(batch_norm(p, "tail.0", y)))


def cifar_wide(p, x, residual):
    """At width 4 the stem has 4 channels too."""
    return cifar_preactivation(p, x, residual)


def cifar_preactivation_bottleneck(p, x, residual):
    """Depth 11 at width 4: a block per stage, with four times the channels."""
    y = stem(p, x)
    for number, site in enumerate([Site(4, 16, 1, 1, 3), Site(16, 32, 2, 2, 3), Site(32, 64, 2, 3, 3)], start=1):
        branch = preactivation_bottleneck_branch(below(p, f"stage{number}.0"), site, y)
        y = branch + matched(site, y) if residual else branch
    return head(p, torch.relu(batch_norm(p, "tail.0", y)))


def cifar_residual_in_residual(p, x, residual):
    """A shortcut around each stage, and one around all three: from w channels to 4w, every fourth pixel."""
    first = stem(p, x)
    if not residual:
        return head(p, stages(p, first, basic, residual))
    y = stages(p, first, basic, residual, around=lambda site, y, x: y + matched(site, x))
    return head(p, y + matched(Site(4, 16, 4, 1, 1), first))


@pytest.mark.parametrize("residual", [False, True])
@pytest.mark.parametrize(
    "written",
    [cifar_resnet, cifar_preactivation, cifar_preactivation_bottleneck, cifar_residual_in_residual, cifar_wide],
)
@pytest.mark.parametrize("size", [8, 7])
def test_a_whole_network_is_stem_stages_mean_and_head(written, residual, size):
    depth = DEPTHS[written.__name__]
    network = drawn(build(written.__name__, depth, residual=residual, image_shape=(3, size, size), width=4))
    assert_same(network, lambda p, x: written(p, x, residual), torch.randn(4, 3, size, size))


@pytest.mark.parametrize("residual", [False, True])
def test_a_fully_connected_network_is_stem_blocks_rest_and_head(residual):
    """Depth 7: one layer, two blocks of two, one remaining layer, the head."""
    network = drawn(build("fully_connected", 7, residual=residual, image_shape=(2, 3, 3), width=4))

    def written(p, x):
        y = torch.relu(batch_norm(p, "stem.2", weighted(p, "stem.1", x.reshape(len(x), 18))))
        for index in (0, 1):
            block = below(p, f"blocks.{index}")
            branch = basic_branch(block, KEEPS, y)
            y = torch.relu(branch + y if residual else branch)
        y = torch.relu(batch_norm(p, "rest.1", weighted(p, "rest.0", y)))
        return weighted(p, "head", y)

    assert_same(network, written, torch.randn(6, 2, 3, 3))


def test_sizes_halve_and_channels_double_from_stage_to_stage():
    network = build("cifar_resnet", 20, image_shape=(3, 16, 16), width=4)
    shapes = []
    for stage in (network.stem, network.stage1, network.stage2, network.stage3):
        stage.register_forward_hook(lambda _module, _inputs, output: shapes.append(tuple(output.shape)))
    logits = network(torch.zeros(2, 3, 16, 16))
    assert shapes == [(2, 4, 16, 16), (2, 4, 16, 16), (2, 8, 8, 8), (2, 16, 4, 4)]
    assert logits.shape == (2, 10)


def test_bottlenecks_have_four_times_the_channels_around_the_width():
    network = build("cifar_bottleneck", 20, image_shape=(3, 8, 8), width=2)
    convolutions = {
        name: tuple(m.weight.shape) for name, m in network.stage2.named_modules() if isinstance(m, nn.Conv2d)
    }
    assert convolutions == {
        "0.conv1": (4, 8, 1, 1), "0.conv2": (4, 4, 3, 3), "0.conv3": (16, 4, 1, 1),
        "1.conv1": (4, 16, 1, 1), "1.conv2": (4, 4, 3, 3), "1.conv3": (16, 4, 1, 1),
    }  # fmt: skip
