import pytest
import torch

from resgrad.common.config import ParameterError
from resgrad.models import check_network
from resgrad.models.networks import densenet
from tests.unit.model_configs import model_config
from tests.unit.network_checks import assert_learns, build, main_path, meta, size
from tests.unit.written_out import assert_same, averaged, batch_norm, drawn, weighted


@pytest.mark.parametrize(("depth", "growth", "published"), [(40, 12, "1.0"), (100, 12, "7.0"), (100, 24, "27.2")])
def test_parameter_counts_are_the_published_ones(depth, growth, published):
    """Huang et al. 2017, table 2, in millions."""
    assert f"{size(meta(densenet, depth, classes=10, width=growth)) / 1e6:.1f}" == published


def composite(p, name, x):
    return weighted(p, f"{name}.conv", torch.relu(batch_norm(p, f"{name}.norm", x)))


def written(p, x):
    """Depth 13; every layer sees the outputs of all layers before it, which are kept in a list."""
    x = weighted(p, "stem.0", x)
    for number in (1, 2, 3):
        outputs = [x]
        for i in range(3):
            outputs.append(composite(p, f"block{number}.{i}", torch.cat(outputs, dim=1)))
        x = torch.cat(outputs, dim=1)
        if number < 3:
            x = averaged(composite(p, f"transition{number}", x))
    x = torch.relu(batch_norm(p, "tail.0", x))
    return weighted(p, "head", x.sum((2, 3)) / (x.shape[2] * x.shape[3]))


@pytest.mark.parametrize("pixels", [8, 7])
def test_the_network_is_its_formula(pixels):
    assert_same(drawn(build("densenet", 13, width=3)), written, torch.randn(4, 1, pixels, pixels))


def test_there_is_no_plain_twin():
    reason = "model.network is densenet, which has no plain twin: without its concatenations .*; set variants to"
    with pytest.raises(ParameterError, match=reason):
        check_network(model_config(network="densenet"), depth=40, residual=False)


def test_the_shortcut_is_not_read():
    states = [build("densenet", 10, shortcut=shortcut).state_dict() for shortcut in ("zero_padding", "highway")]
    assert states[0].keys() == states[1].keys()


def test_dropout_follows_every_convolution_but_the_stem():
    network = build("densenet", 13, width=2, dropout=0.2)
    convolutions = [name for name, m in network.named_modules() if isinstance(m, torch.nn.Conv2d)]
    dropouts = [name for name, m in network.named_modules() if isinstance(m, torch.nn.Dropout)]
    assert [name.replace("dropout", "conv") for name in dropouts] == convolutions[1:]


def test_dropout_leaves_out_new_channels_and_not_what_they_are_made_of():
    layer = build("densenet", 7, width=2, dropout=0.2).block1[0]
    layer.dropout = torch.nn.Threshold(torch.inf, 0.0)  # returns 0 for any input
    seen = []
    layer.conv.register_forward_pre_hook(lambda _module, inputs: seen.append(inputs[0]))
    x = torch.randn(3, 16, 5, 5)
    y = layer(x)
    assert seen[0].any()
    assert torch.equal(y[:, :16], x)
    assert not y[:, 16:].any()


@pytest.mark.parametrize("depth", [7, 22, 40])
def test_depth_counts_the_layers_of_the_main_path(depth):
    assert main_path(build("densenet", depth, width=2)) == depth


@pytest.mark.parametrize(("depth", "nearest"), [(4, "7 and 10"), (20, "19 and 22"), (41, "40 and 43")])
def test_a_depth_that_does_not_exist_is_refused(depth, nearest):
    message = rf"^depths has {depth}; allowed: 3n\+4 for densenet, the nearest are {nearest}\.$"
    with pytest.raises(ParameterError, match=message):
        check_network(model_config(network="densenet"), depth=depth, residual=True)


@pytest.mark.parametrize(("pixels", "sizes"), [(16, [8, 4]), (28, [14, 7]), (32, [16, 8]), (30, [15, 8])])
def test_sizes_halve_and_round_up(pixels, sizes):
    network = build("densenet", 7, width=2)
    seen = []
    for part in (network.transition1, network.transition2):
        part.register_forward_hook(lambda _m, _i, output: seen.append(tuple(output.shape[1:])))
    assert network(torch.zeros(2, 1, pixels, pixels)).shape == (2, 10)
    assert seen == [(channels, size, size) for channels, size in zip([18, 20], sizes, strict=True)]


def test_it_learns():
    assert_learns(build("densenet", 22, width=6), learning_rate=0.1)
