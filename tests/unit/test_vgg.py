import pytest
import torch

from resgrad.common.config import ParameterError
from resgrad.common.vision import torchvision
from resgrad.models import check_network
from resgrad.models.networks import vgg
from tests.unit.model_configs import model_config
from tests.unit.network_checks import added_by_shortcuts, assert_learns, build, filled, main_path, meta, size

TORCHVISION = {11: 132_863_336, 13: 133_047_848, 16: 138_357_544, 19: 143_667_240}
TABLE_2 = {11: 133, 13: 133, 16: 138, 19: 144}
"""Parameters with a first linear layer on 7 x 7 pixels; Simonyan and Zisserman 2014 round to millions."""


@pytest.mark.parametrize("depth", TORCHVISION)
def test_parameter_counts_are_the_published_ones_less_what_the_mean_saves(depth):
    ours = size(meta(vgg, depth, classes=1000, residual=False, width=64, normalization="none"))
    published = ours + (7 * 7 - 1) * 512 * 4096
    assert published == TORCHVISION[depth]
    assert round(published / 1e6) == TABLE_2[depth]


def pairs(reference, network):
    """Pair the convolutions and the normalisations of both, each in forward order."""
    for kind in (torch.nn.Conv2d, torch.nn.BatchNorm2d):
        theirs, ours = (
            [module for module in part.modules() if isinstance(module, kind)] for part in (reference, network)
        )
        yield from zip(theirs, ours, strict=True)


@pytest.mark.parametrize("depth", TORCHVISION)
@pytest.mark.parametrize("normalization", ["none", "batch"])
def test_the_stages_of_the_plain_twin_are_those_of_torchvision(depth, normalization):
    torch.manual_seed(depth)
    with torch.device("meta"):
        suffix = "_bn" if normalization == "batch" else ""
        reference = getattr(torchvision.models, f"vgg{depth}{suffix}")().features
    filled(reference)
    if normalization == "batch":  # our layers before it have no bias
        for theirs, _ in pairs(reference, reference):
            if isinstance(theirs, torch.nn.Conv2d):
                theirs.bias.data.zero_()
    network = meta(vgg, depth, classes=2, residual=False, width=64, normalization=normalization).double()
    network.to_empty(device="cpu")
    for theirs, ours in pairs(reference, network):
        ours.load_state_dict(
            {name: tensor for name, tensor in theirs.state_dict().items() if name in ours.state_dict()}
        )
    images = torch.randn(3, 3, 32, 32, dtype=torch.float64)
    for training in (False, True):
        outputs = [network.train(training).features(images), reference.train(training)(images)]
        assert (outputs[0] - outputs[1]).abs().max() <= 1e-9 * outputs[1].abs().max()
    target = torch.randn_like(outputs[0])
    for output in outputs:
        (output * target).sum().backward()
    for theirs, ours in pairs(reference, network):
        difference = ours.weight.grad - theirs.weight.grad
        assert difference.abs().max() <= 1e-9 * theirs.weight.grad.abs().max()


@pytest.mark.parametrize("depth", [11, 16])
def test_a_stage_s_input_is_added_before_its_last_activation(depth):
    """The residual twin written out; the new channels of a shortcut are zeros."""
    network = build("vgg", depth, width=2, dropout=0.5).double().eval()
    y = images = torch.randn(4, 1, 16, 16, dtype=torch.float64)
    for stage in (network.stage1, network.stage2, network.stage3, network.stage4, network.stage5):
        if isinstance(stage[0], vgg.VggBlock):
            x = y
            for conv, norm in zip(stage[0].convs, stage[0].norms, strict=True):
                last = norm(conv(y))
                y = torch.relu(last)
            y = last.clone()
            y[:, : x.shape[1]] += x
            y = torch.relu(y)
        else:
            y = torch.relu(stage[1](stage[0](y)))
        y = torch.nn.functional.max_pool2d(y, 2, ceil_mode=True)
    assert y.shape == (4, 16, 1, 1)
    linear1, norm1, _, _, linear2, norm2, _, _ = network.hidden
    hidden = torch.relu(norm2(linear2(torch.relu(norm1(linear1(y.flatten(1)))))))
    torch.testing.assert_close(network(images), network.head(hidden), rtol=1e-9, atol=1e-9)


def test_dropout_follows_both_hidden_linear_layers_and_no_convolution():
    network = build("vgg", 16, width=2, dropout=0.5)
    dropouts = [name for name, module in network.named_modules() if isinstance(module, torch.nn.Dropout)]
    assert dropouts == ["hidden.3", "hidden.7"]


@pytest.mark.parametrize(("depth", "shortcuts"), [(11, {3, 4, 5}), (16, {1, 2, 3, 4, 5})])
def test_twins_share_everything_but_the_projections(depth, shortcuts):
    assert added_by_shortcuts("vgg", depth, width=2) == set()
    added = added_by_shortcuts("vgg", depth, width=2, shortcut="all_projection")
    assert {name.split(".shortcut.")[0] for name in added} == {f"stage{i}.0" for i in shortcuts}


@pytest.mark.parametrize("depth", TORCHVISION)
def test_depth_counts_the_layers_of_the_main_path(depth):
    assert main_path(build("vgg", depth, width=2, shortcut="projection")) == depth


@pytest.mark.parametrize("start", ["zero_gamma", "fixup"])
@pytest.mark.parametrize("depth", [11, 19])
def test_initialisations_of_branches_reach_the_last_layer_of_each_block(depth, start):
    normalization = {"zero_gamma": "batch", "fixup": "scalar"}[start]
    network = build("vgg", depth, width=2, initialization=start, normalization=normalization)
    for block in (module for module in network.modules() if isinstance(module, vgg.VggBlock)):
        last, others = (
            (block.norms[-1], block.norms[:-1]) if start == "zero_gamma" else (block.convs[-1], block.convs[:-1])
        )
        assert not last.weight.any()
        assert all(layer.weight.any() for layer in others)


@pytest.mark.parametrize("depth", [8, 12, 20])
def test_a_depth_that_does_not_exist_is_refused(depth):
    with pytest.raises(ParameterError, match=rf"^depths has {depth}; allowed: 11, 13, 16, 19 for vgg\.$"):
        check_network(model_config(network="vgg"), depth=depth, residual=True)


@pytest.mark.parametrize(("pixels", "sizes"), [(16, [8, 4, 2, 1, 1]), (28, [14, 7, 4, 2, 1]), (32, [16, 8, 4, 2, 1])])
def test_sizes_halve_and_round_up(pixels, sizes):
    network = build("vgg", 13, width=2)
    seen = []
    for part in (network.stage1, network.stage2, network.stage3, network.stage4, network.stage5):
        part.register_forward_hook(lambda _m, _i, output: seen.append(tuple(output.shape[1:])))
    assert network(torch.zeros(2, 1, pixels, pixels)).shape == (2, 10)
    assert seen == [(channels, size, size) for channels, size in zip([2, 4, 8, 16, 16], sizes, strict=True)]


@pytest.mark.parametrize("residual", [False, True])
def test_it_learns(residual):
    assert_learns(build("vgg", 13, residual=residual, width=4), learning_rate=0.02)
