import pytest
import torch

from resgrad.common.config import ParameterError
from resgrad.models import check_network
from resgrad.models.networks import densenet_bc
from tests.unit.model_configs import model_config
from tests.unit.network_checks import assert_learns, build, main_path, meta, size
from tests.unit.written_out import assert_same, averaged, batch_norm, drawn, weighted


@pytest.mark.parametrize(
    ("depth", "growth", "published", "exact"),
    [(100, 12, "0.8", 769_162), (250, 24, "15.3", 15_324_406), (190, 40, "25.6", 25_624_430)],
)
def test_parameter_counts_are_the_published_ones(depth, growth, published, exact):
    """Huang et al. 2017, table 2, in millions; exactly the numbers of pytorchcv."""
    assert size(meta(densenet_bc, depth, classes=10, width=growth)) == exact
    assert f"{exact / 1e6:.1f}" == published


def composite(p, name, first, x):
    """Normalisation, activation and convolution, starting at the index ``first``; dropout is the fourth."""
    return weighted(p, f"{name}.{first + 2}", torch.relu(batch_norm(p, f"{name}.{first}", x)))


def written(p, x):
    """Depth 16; every layer sees the outputs of all layers before it, which are kept in a list."""
    x = weighted(p, "stem.0", x)
    for number in (1, 2, 3):
        outputs = [x]
        for i in range(2):
            name = f"block{number}.{i}.branch"
            inner = composite(p, name, 0, torch.cat(outputs, dim=1))
            outputs.append(composite(p, name, 4, inner))
        x = torch.cat(outputs, dim=1)
        if number < 3:
            x = averaged(composite(p, f"transition{number}", 0, x))
    x = torch.relu(batch_norm(p, "tail.0", x))
    return weighted(p, "head", x.sum((2, 3)) / (x.shape[2] * x.shape[3]))


@pytest.mark.parametrize("pixels", [8, 7])
@pytest.mark.parametrize("growth", [2, 3])
def test_the_network_is_its_formula(pixels, growth):
    assert_same(drawn(build("densenet_bc", 16, width=growth)), written, torch.randn(4, 1, pixels, pixels))


def test_a_layer_narrows_to_four_growth_rates_and_a_transition_keeps_half_of_the_channels_rounded_down():
    network = build("densenet_bc", 16, width=3)
    convolutions = {name: m for name, m in network.named_modules() if isinstance(m, torch.nn.Conv2d)}
    assert {name: (m.in_channels, m.out_channels, m.kernel_size[0]) for name, m in convolutions.items()} == {
        "stem.0": (1, 6, 3),
        "block1.0.branch.2": (6, 12, 1), "block1.0.branch.6": (12, 3, 3),
        "block1.1.branch.2": (9, 12, 1), "block1.1.branch.6": (12, 3, 3),
        "transition1.2": (12, 6, 1),
        "block2.0.branch.2": (6, 12, 1), "block2.0.branch.6": (12, 3, 3),
        "block2.1.branch.2": (9, 12, 1), "block2.1.branch.6": (12, 3, 3),
        "transition2.2": (12, 6, 1),
        "block3.0.branch.2": (6, 12, 1), "block3.0.branch.6": (12, 3, 3),
        "block3.1.branch.2": (9, 12, 1), "block3.1.branch.6": (12, 3, 3),
    }  # fmt: skip
    assert build("densenet_bc", 10, width=5).transition1[2].out_channels == 7  # of 15


def test_there_is_no_plain_twin():
    reason = "model.network is densenet_bc, which has no plain twin: without its concatenations .*; set variants to"
    with pytest.raises(ParameterError, match=reason):
        check_network(model_config(network="densenet_bc"), depth=100, residual=False)


def test_the_shortcut_is_not_read():
    states = [build("densenet_bc", 10, shortcut=shortcut).state_dict() for shortcut in ("zero_padding", "highway")]
    assert states[0].keys() == states[1].keys()


def test_dropout_follows_every_convolution_but_the_stem():
    network = build("densenet_bc", 16, width=2, dropout=0.2)
    order = [m for m in network.modules() if isinstance(m, torch.nn.Conv2d | torch.nn.Dropout)]
    assert isinstance(order[0], torch.nn.Conv2d)
    assert [type(m) for m in order[1:]] == [torch.nn.Conv2d, torch.nn.Dropout] * 14


def test_what_came_in_goes_on_unchanged():
    layer = build("densenet_bc", 10, width=2).block1[0]
    x = torch.randn(3, 4, 5, 5)
    y = layer(x)
    assert torch.equal(y[:, :4], x)
    assert y.shape == (3, 6, 5, 5)


@pytest.mark.parametrize("depth", [10, 22, 100])
def test_depth_counts_the_layers_of_the_main_path(depth):
    assert main_path(build("densenet_bc", depth, width=2)) == depth


@pytest.mark.parametrize(("depth", "nearest"), [(4, "10 and 16"), (20, "16 and 22"), (101, "100 and 106")])
def test_a_depth_that_does_not_exist_is_refused(depth, nearest):
    message = rf"^depths has {depth}; allowed: 6n\+4 for densenet_bc, the nearest are {nearest}\.$"
    with pytest.raises(ParameterError, match=message):
        check_network(model_config(network="densenet_bc"), depth=depth, residual=True)


def test_it_learns():
    assert_learns(build("densenet_bc", 22, width=6), learning_rate=0.1)
