import numpy as np
import pytest
import torch
from torch.nn import functional

from resgrad.common.config import ParameterError
from resgrad.models import check_network
from resgrad.models.layers import Layers
from resgrad.models.networks import residual_attention
from resgrad.models.sites import Site
from tests.unit.model_configs import model_config
from tests.unit.network_checks import added_by_shortcuts, assert_learns, build, layers_by_kind, main_path, meta, size
from tests.unit.written_out import assert_same, batch_norm, below, drawn, matched, weighted


def test_attention_56_has_the_published_number_of_parameters():
    """Wang et al. 2017, table 2, in millions, with running statistics, which a Caffe layer also stores."""
    network = meta(residual_attention, 56, classes=1000, width=64, shortcut="projection")
    statistics = sum(buffer.numel() for name, buffer in network.named_buffers() if "running" in name)
    assert f"{size(network) / 1e6:.1f}" == "31.8"
    assert f"{(size(network) + statistics) / 1e6:.1f}" == "31.9"


def test_a_further_module_in_each_stage_costs_what_its_layers_cost():
    """A unit of C channels has C C / 4 + 9 C C / 16 + C C / 4 weights; a mask ends with two layers of C C."""
    sizes = [size(meta(residual_attention, depth, classes=10, width=16, normalization="scalar")) for depth in (56, 92)]
    added = 0
    for channels, mask_units in ((64, 8), (128, 5), (256, 2)):
        weights = (4 + mask_units) * (17 * channels**2 // 16) + 2 * channels**2
        scales = 2 * ((4 + mask_units) * 3 + 2)
        added += weights + scales
    assert sizes[1] - sizes[0] == added


# --- forward and backward against the paper's figures 2 and 3, written out --------------------------------------------


def activated(p, name, x):
    return torch.relu(batch_norm(p, name, x))


def unit(p, site, x, residual):
    """The first unit of a network begins with its convolution."""
    y = weighted(p, "conv1", x if site.number == 1 else activated(p, "norm1", x))
    y = weighted(p, "conv2", activated(p, "norm2", y), site.stride)
    y = weighted(p, "conv3", activated(p, "norm3", y))
    return y + matched(site, x) if residual else y


def pooled(x):
    """Return the largest of 3x3 pixels around every other pixel."""
    padded = functional.pad(x, (1, 1, 1, 1), value=-np.inf)
    shifted = [padded[:, :, i : i + x.shape[2], j : j + x.shape[3]] for i in range(3) for j in range(3)]
    return torch.stack(shifted).amax(dim=0)[:, :, ::2, ::2]


def stretched(x, size):
    """Interpolate linearly between rows: pixel i of the new ones has its centre at (i + 1/2) old / new - 1/2."""
    old = x.shape[2]
    rows = []
    for i in range(size):
        centre = min(max((i + 0.5) * old / size - 0.5, 0), old - 1)
        above = int(centre)
        below, share = min(above + 1, old - 1), centre - above
        rows.append((1 - share) * x[:, :, above] + share * x[:, :, below])
    return torch.stack(rows, dim=2)


def enlarged(x, like):
    x = stretched(x, like.shape[2])
    return stretched(x.transpose(2, 3), like.shape[3]).transpose(2, 3)


def mask(p, site, x, poolings, residual):
    """Go down step by step, keep each result, and come up again."""
    glasses = ["hourglass" + ".inner" * i for i in range(poolings)]
    heights = [x]
    for glass in glasses:
        heights.append(unit(below(p, f"{glass}.down"), site, pooled(heights[-1]), residual))
    y = heights.pop()
    for glass in reversed(glasses):
        if glass != glasses[-1]:
            y = y + unit(below(p, f"{glass}.skip"), site, heights.pop(), residual)
        y = enlarged(unit(below(p, f"{glass}.up"), site, y, residual), heights[-1])
    y = weighted(p, "output.2", activated(p, "output.0", y))
    y = weighted(p, "output.5", activated(p, "output.3", y))
    return 1 / (1 + torch.exp(-y))


def attention(p, site, x, poolings, residual):
    x = unit(below(p, "before"), site, x, residual)
    trunk = unit(below(p, "trunk.1"), site, unit(below(p, "trunk.0"), site, x, residual), residual)
    weight = mask(below(p, "mask"), site, x, poolings, residual)
    return unit(below(p, "after"), site, trunk + weight * trunk if residual else weight * trunk, residual)


@pytest.mark.parametrize("residual", [False, True])
@pytest.mark.parametrize(("poolings", "height", "width"), [(1, 4, 4), (2, 8, 8), (3, 16, 16), (3, 9, 14)])
def test_an_attention_module_is_its_formula(poolings, height, width, residual):
    site = Site(32, 32, 1, 2, 18)
    layers = Layers(model_config(), residual=residual)
    module = drawn(residual_attention.AttentionModule(site, poolings, layers, residual=residual))
    images = torch.randn(3, 32, height, width)
    assert_same(module, lambda p, x: attention(p, site, x, poolings, residual), images)


def test_the_network_is_stem_stages_tail_mean_and_head():
    """Depth 92 at width 2: two modules in each of the first three stages."""

    def written(p, x):
        x = activated(p, "stem.1", weighted(p, "stem.0", x))
        sites = [Site(2, 8, 1, 1, 30), Site(8, 16, 2, 10, 30), Site(16, 32, 2, 19, 30)]
        for number, site in enumerate(sites, start=1):
            stage = below(p, f"stage{number}")
            x = unit(below(stage, "0"), site, x, residual=True)
            for i in (1, 2):
                rest = Site(site.out_channels, site.out_channels, 1, 2, 30)
                x = attention(below(stage, str(i)), rest, x, poolings=4 - number, residual=True)
        for i, site in enumerate([Site(32, 64, 2, 28, 30), Site(64, 64, 1, 29, 30), Site(64, 64, 1, 30, 30)]):
            x = unit(below(p, f"stage4.{i}"), site, x, residual=True)
        x = activated(p, "tail.0", x)
        return weighted(p, "head", x.sum((2, 3)) / (x.shape[2] * x.shape[3]))

    network = drawn(build("residual_attention", 92, width=2))
    assert_same(network, written, torch.randn(3, 1, 16, 16))


# --- twins, depths, sizes ------------------------------------------------------------------------------------------


def test_twins_share_everything_but_the_projections():
    assert added_by_shortcuts("residual_attention", 56, width=2) == set()
    added = added_by_shortcuts("residual_attention", 56, width=2, shortcut="projection")
    projected = {name.split(".shortcut.projection.")[0] for name in added}
    assert projected == {"stage1.0", "stage2.0", "stage3.0", "stage4.0"}


@pytest.mark.parametrize("depth", [56, 92])
def test_depth_counts_the_trunk_and_not_the_masks(depth):
    network = build("residual_attention", depth, width=2, shortcut="projection")
    assert main_path(network) == depth
    masks = layers_by_kind(network)["mask"]
    assert "stage1.1.mask.hourglass.inner.inner.up.conv3" in masks
    assert all(".mask." in name for name in masks)


def test_units_are_numbered_along_the_trunk():
    """Stochastic depth drops later units more often: a mask's units count as the trunk's unit beside them."""
    network = build("residual_attention", 56, width=2, shortcut="stochastic_depth")
    survival = {
        name: module.shortcut.survival
        for name, module in network.named_modules()
        if isinstance(module, residual_attention.Unit)
    }
    trunk = [value for name, value in survival.items() if ".mask." not in name]
    assert trunk == pytest.approx([1 - i / 18 / 2 for i in range(1, 19)])
    assert survival["stage2.1.mask.hourglass.down"] == survival["stage2.1.trunk.0"]


@pytest.mark.parametrize(("depth", "nearest"), [(20, "56 and 92"), (57, "56 and 92"), (110, "92 and 128")])
def test_a_depth_that_does_not_exist_is_refused(depth, nearest):
    message = rf"^depths has {depth}; allowed: 36m\+20 for residual_attention, the nearest are {nearest}\.$"
    with pytest.raises(ParameterError, match=message):
        check_network(model_config(network="residual_attention"), depth=depth, residual=True)


@pytest.mark.parametrize(("pixels", "sizes"), [(16, [16, 8, 4, 2]), (28, [28, 14, 7, 4]), (32, [32, 16, 8, 4])])
def test_sizes_halve_and_the_masks_go_down_to_the_last_one(pixels, sizes):
    network = build("residual_attention", 56, width=2)
    seen, smallest = [], []
    for part in (network.stage1, network.stage2, network.stage3, network.stage4):
        part.register_forward_hook(lambda _m, _i, output: seen.append(tuple(output.shape[1:])))
    for glass in (m for m in network.modules() if isinstance(m, residual_attention.Hourglass) and m.inner is None):
        glass.up.register_forward_hook(lambda _m, _i, output: smallest.append(output.shape[2]))
    assert network(torch.zeros(2, 1, pixels, pixels)).shape == (2, 10)
    assert seen == [(channels, size, size) for channels, size in zip([8, 16, 32, 64], sizes, strict=True)]
    assert smallest == [sizes[-1]] * 3


def test_it_learns():
    assert_learns(build("residual_attention", 56, width=4), learning_rate=0.1, steps=25)
