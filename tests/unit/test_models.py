"""Properties of all kinds of network: depth, parameters, twins, and what is refused."""

import pytest
import torch
from torch import nn

from resgrad.common.config import ParameterError
from resgrad.models import check_image_size, check_network, check_twins
from resgrad.models.networks import (
    cifar_bottleneck,
    cifar_preactivation,
    cifar_preactivation_bottleneck,
    cifar_residual_in_residual,
    cifar_resnet,
    cifar_squeeze_excitation,
    cifar_wide,
    fully_connected,
)
from tests.unit.model_configs import model_config
from tests.unit.network_checks import build, main_path, meta, size


def millions(kind, depth, **changes):
    return size(meta(kind, depth, classes=10, width=16, **changes)) / 1e6


# --- parameters, at width 16, 3 channels and 10 classes ----------------------------------------------------------


@pytest.mark.parametrize(
    ("depth", "published"), [(20, "0.27"), (32, "0.46"), (44, "0.66"), (56, "0.85"), (110, "1.7"), (1202, "19.4")]
)
@pytest.mark.parametrize("residual", [False, True])
def test_networks_of_basic_blocks_have_the_published_parameters(depth, published, residual):
    """He et al. 2015, table 6, in millions; the plain twins have the same."""
    count = millions(cifar_resnet, depth, residual=residual, shortcut="zero_padding")
    assert f"{count:.{len(published.split('.')[1])}f}" == published


@pytest.mark.parametrize("shortcut", ["zero_padding", "projection"])
def test_pre_activation_has_the_published_parameters(shortcut):
    """The 1.7 M of the 110-layer network in He et al. 2016, table 4."""
    assert f"{millions(cifar_preactivation, 110, shortcut=shortcut):.1f}" == "1.7"


@pytest.mark.parametrize(("depth", "published", "exact"), [(164, "1.7", 1_704_154), (1001, "10.2", 10_328_602)])
def test_bottlenecks_have_the_published_parameters(depth, published, exact):
    """He et al. 2016, table 4, without normalisation; with it pytorchcv's counts for the same networks."""
    network = meta(cifar_bottleneck, depth, classes=10, width=16, shortcut="projection")
    assert size(network) == exact
    without = exact - sum(size(module) for module in network.modules() if isinstance(module, nn.BatchNorm2d))
    assert f"{without / 1e6:.1f}" == published


def without_projection_norms(network):
    """Count the parameters without the normalisations of projections, which other implementations lack."""
    return size(network) - sum(p.numel() for n, p in network.named_parameters() if "shortcut.projection.norm" in n)


@pytest.mark.parametrize(("depth", "published", "exact"), [(164, "1.7", 1_703_258), (1001, "10.2", 10_327_706)])
def test_pre_activation_bottlenecks_have_the_published_parameters(depth, published, exact):
    """He et al. 2016, table 4, without normalisation; with it pytorchcv's counts for PreResNet-164 and -1001."""
    network = meta(cifar_preactivation_bottleneck, depth, classes=10, width=16, shortcut="projection")
    assert without_projection_norms(network) == exact
    without = size(network) - sum(size(module) for module in network.modules() if isinstance(module, nn.BatchNorm2d))
    assert f"{without / 1e6:.1f}" == published


@pytest.mark.parametrize(
    ("depth", "width", "published", "exact"),
    [(16, 64, "2.7", 2_748_890), (40, 64, "8.9", 8_949_210), (28, 160, "36.5", 36_479_194)],
)
def test_wide_networks_have_the_published_parameters(depth, width, published, exact):
    """Zagoruyko and Komodakis 2016, tables 4 and 5; the last is pytorchcv's count for WRN-28-10."""
    network = meta(cifar_wide, depth, classes=10, width=width, shortcut="projection")
    assert without_projection_norms(network) == exact
    assert f"{exact / 1e6:.1f}" == published


@pytest.mark.parametrize(("width", "stem"), [(64, 16), (160, 16), (8, 8), (24, 8), (5, 1)])
def test_the_stem_of_a_wide_network_has_sixteen_channels_where_the_width_is_a_multiple(width, stem):
    network = meta(cifar_wide, 10, classes=10, width=width)
    channels = [network.get_submodule(name).out_channels for name in ("stem.0", "stage1.0.conv2", "stage3.0.conv2")]
    assert channels == [stem, width, 4 * width]


def test_squeeze_excitation_has_the_parameters_that_others_count():
    """pytorchcv's count for the 110-layer network with projections."""
    assert size(meta(cifar_squeeze_excitation, 110, classes=10, width=16, shortcut="projection")) == 1_744_952


def test_squeeze_excitation_adds_two_matrices_and_their_biases_to_each_block():
    """Hu et al. 2018, section 4: 2 C^2 / 16 weights for C channels; the biases are ours. Three blocks per stage."""
    gated, basic = (meta(kind, 20, classes=10, width=16) for kind in (cifar_squeeze_excitation, cifar_resnet))
    by_hand = sum(3 * (2 * channels**2 // 16 + channels // 16 + channels) for channels in (16, 32, 64))
    assert size(gated) - size(basic) == by_hand == 2373


def test_residual_in_residual_adds_nothing():
    names = {kind: [*meta(kind, 20, classes=10).state_dict()] for kind in (cifar_residual_in_residual, cifar_resnet)}
    assert names[cifar_residual_in_residual] == names[cifar_resnet]


@pytest.mark.parametrize("residual", [False, True])
@pytest.mark.parametrize("depth", [2, 3, 10])
def test_fully_connected_networks_have_the_parameters_of_their_formula(depth, residual):
    """3 x 32 x 32 inputs, width 5, 10 classes: D w + (depth - 2) w^2 + w K weights, K biases, 2 w per norm."""
    count = size(meta(fully_connected, depth, classes=10, width=5, residual=residual))
    assert count == 3072 * 5 + (depth - 2) * 25 + 5 * 10 + 10 + 2 * 5 * (depth - 1)


# --- depth -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "depth"),
    [
        ("cifar_bottleneck", 11), ("cifar_bottleneck", 29),
        ("cifar_preactivation", 8), ("cifar_preactivation", 20),
        ("cifar_preactivation_bottleneck", 11), ("cifar_preactivation_bottleneck", 29),
        ("cifar_residual_in_residual", 8), ("cifar_residual_in_residual", 20),
        ("cifar_resnet", 8), ("cifar_resnet", 20), ("cifar_resnet", 56),
        ("cifar_squeeze_excitation", 8), ("cifar_squeeze_excitation", 20),
        ("fully_connected", 2), ("fully_connected", 3), ("fully_connected", 4), ("fully_connected", 9),
    ],
)  # fmt: skip
@pytest.mark.parametrize("shortcut", ["zero_padding", "all_projection", "highway"])
@pytest.mark.parametrize("activation", ["relu", "maxout"])
def test_depth_counts_the_layers_with_weights_on_the_longest_path(kind, depth, shortcut, activation):
    """Projections, gates and excitations are not on it."""
    network = build(kind, depth, width=2, shortcut=shortcut, activation=activation)
    weighted = [name for name, module in network.named_modules() if isinstance(module, nn.Conv2d | nn.Linear)]
    assert sum("shortcut" not in name and "excitation" not in name for name in weighted) == depth
    assert main_path(network) == depth  # the gradient table's


@pytest.mark.parametrize(("depth", "blocks"), [(10, 1), (22, 3)])
def test_depth_of_a_wide_network_counts_its_convolutions_three_projections_among_them(depth, blocks):
    """WRN-n-k has n convolutions; the longest path has the head but not the projections."""
    network = build("cifar_wide", depth, width=32, shortcut="projection")  # from 16 channels to 32 in the first block
    convolutions = [name for name, module in network.named_modules() if isinstance(module, nn.Conv2d)]
    assert len(convolutions) == depth
    assert sum("projection" in name for name in convolutions) == 3
    assert main_path(network) == 6 * blocks + 2 == depth - 2


SIX_N, NINE_N = "6n+2 for {}, the nearest are 8 and 14", "9n+2 for {}, the nearest are 11 and 20"


@pytest.mark.parametrize(
    ("kind", "depths", "allowed"),
    [
        ("cifar_bottleneck", [1, 2, 10, 12, 19], NINE_N),
        ("cifar_preactivation", [1, 2, 9, 13], SIX_N),
        ("cifar_preactivation_bottleneck", [1, 2, 10, 12, 19], NINE_N),
        ("cifar_residual_in_residual", [1, 2, 9, 13], SIX_N),
        ("cifar_resnet", [1, 2, 9, 13], SIX_N),
        ("cifar_squeeze_excitation", [1, 2, 9, 13], SIX_N),
        ("cifar_wide", [1, 4, 8, 11, 15], "6n+4 for {}, the nearest are 10 and 16"),
        ("fully_connected", [1], "2 or more for {}"),
    ],
)
def test_a_depth_that_does_not_exist_is_refused(kind, depths, allowed):
    for depth in depths:
        with pytest.raises(ParameterError) as caught:
            check_network(model_config(network=kind), depth=depth, residual=True)
        assert str(caught.value) == f"depths has {depth}; allowed: {allowed.format(kind)}."


@pytest.mark.parametrize("depth", [2, 3])
def test_twins_that_are_the_same_network_are_refused(depth):
    config = model_config(network="fully_connected")
    check_twins(config, depth=4)
    with pytest.raises(
        ParameterError, match=rf"^depths has {depth}, at which plain and residual fully_connected are the"
    ):
        check_twins(config, depth=depth)


@pytest.mark.parametrize("normalization", ["group", "layer"])
def test_images_that_leave_a_normalisation_a_single_value_are_refused(normalization):
    config = model_config(network="imagenet_resnet", normalization=normalization, width=1)
    where = {"depth": 18, "residual": True, "dataset": "mnist"}
    check_image_size(config.model_copy(update={"normalization": "batch"}), image_size=8, **where)
    check_image_size(config, image_size=64, **where)
    sentence = (
        f"^data.mnist.image_size is 8, at which normalization {normalization} gets groups of a single value in "
        "imagenet_resnet of depth 18 and width 1; set a larger one,"
    )
    if normalization == "layer":
        # All channels together have more than one value.
        check_image_size(config, image_size=8, **where)
        return
    with pytest.raises(ParameterError, match=sentence):
        check_image_size(config, image_size=8, **where)


# --- kinds -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("network", "blocks"),
        ("network", "__init__"),
        ("shortcut", "matching"),
        ("shortcut", "A"),
        ("activation", "swish"),
    ],
)
def test_what_is_no_kind_is_refused_by_name(key, name):
    with pytest.raises(ParameterError, match=rf"^model.{key} is '{name}'; allowed: [a-z_, ]+\.$"):
        check_network(model_config(**{key: name}), depth=20, residual=True)


def test_a_kind_without_a_plain_twin_says_why(monkeypatch):
    monkeypatch.setattr(cifar_resnet, "NO_PLAIN_TWIN", "its layers are joined by nothing else", raising=False)
    config = model_config(network="cifar_resnet")
    check_network(config, depth=8, residual=True)
    with pytest.raises(ParameterError) as caught:
        check_network(config, depth=8, residual=False)
    assert str(caught.value) == (
        "model.network is cifar_resnet, which has no plain twin: its layers are joined by nothing else; "
        "set variants to residual alone."
    )


# --- twins and seeds ---------------------------------------------------------------------------------------------


def test_without_parameters_in_the_shortcut_twins_have_the_same():
    plain, residual = (build("cifar_resnet", 20, residual=it, shortcut="zero_padding") for it in (False, True))
    assert [name for name, _ in plain.named_parameters()] == [name for name, _ in residual.named_parameters()]


def test_another_seed_gives_other_weights():
    weights = [build("cifar_resnet", 8, seed=seed).stem[0].weight for seed in (0, 0, 1)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_a_network_is_drawn_from_its_seed_alone():
    torch.manual_seed(1)
    first = build("cifar_resnet", 8).state_dict()
    torch.manual_seed(2)
    second = build("cifar_resnet", 8).state_dict()
    assert all(torch.equal(tensor, second[name]) for name, tensor in first.items())
