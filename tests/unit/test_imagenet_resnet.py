import pytest
import torch

from resgrad.common.config import ParameterError
from resgrad.common.vision import torchvision
from resgrad.models import check_network
from resgrad.models.networks import imagenet_resnet
from tests.unit.model_configs import model_config
from tests.unit.network_checks import (
    added_by_shortcuts,
    assert_learns,
    build,
    filled,
    layers_by_kind,
    main_path,
    meta,
    size,
)

PUBLISHED = {18: 11_689_512, 34: 21_797_672, 50: 25_557_032, 101: 44_549_160, 152: 60_192_808}
"""He et al. 2015, table 1, with torchvision's counts."""

NAMES = {
    "layer": "stage",
    ".bn": ".norm",
    "downsample.0": "shortcut.projection.conv",
    "downsample.1": "shortcut.projection.norm",
    "fc.": "head.",
}


@pytest.mark.parametrize(("depth", "published"), PUBLISHED.items())
def test_parameter_counts_are_the_published_ones(depth, published):
    assert size(meta(imagenet_resnet, depth, classes=1000, width=64, shortcut="projection")) == published


def our_name(name):
    """Return our name for a parameter or buffer of torchvision."""
    if name.startswith(("conv1.", "bn1.")):
        return name.replace("conv1", "stem.0").replace("bn1", "stem.1")
    for theirs, ours in NAMES.items():
        name = name.replace(theirs, ours)
    return name


def outcome(network, images, target):
    """Return the outputs in both modes, and after a pass in training the gradients and the statistics, by name."""
    outcome = {"evaluation": network.eval()(images)}
    outcome["training"] = network.train()(images)
    (outcome["training"] * target).sum().backward()
    outcome |= {name: parameter.grad for name, parameter in network.named_parameters()}
    return outcome | {name: buffer.double() for name, buffer in network.named_buffers()}


@pytest.mark.parametrize(("depth", "pixels"), [(18, 64), (34, 64), (50, 64), (101, 32), (152, 32)])
def test_outputs_gradients_and_statistics_are_those_of_torchvision(depth, pixels):
    torch.manual_seed(depth)
    with torch.device("meta"):
        reference = getattr(torchvision.models, f"resnet{depth}")(num_classes=10)
    filled(reference)
    network = meta(imagenet_resnet, depth, classes=10, width=64, shortcut="projection").double().to_empty(device="cpu")
    network.load_state_dict({our_name(name): tensor for name, tensor in reference.state_dict().items()})
    images = torch.randn(4, 3, pixels, pixels, dtype=torch.float64)
    target = torch.randn(4, 10, dtype=torch.float64)
    ours = outcome(network, images, target)
    for name, theirs in outcome(reference, images, target).items():
        assert (ours[our_name(name)] - theirs).abs().max() <= 1e-9 * theirs.abs().max(), name


def test_the_plain_twin_is_a_chain():
    network = build("imagenet_resnet", 18, residual=False, width=4).double()
    images = torch.randn(4, 1, 32, 32, dtype=torch.float64)
    y = network.stem(images)
    for stage in (network.stage1, network.stage2, network.stage3, network.stage4):
        for block in stage:
            y = torch.relu(block.norm1(block.conv1(y)))
            y = torch.relu(block.norm2(block.conv2(y)))
    expected = network.head(y.sum((2, 3)) / (y.shape[2] * y.shape[3]))
    torch.testing.assert_close(network(images), expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("depth", [18, 50])
def test_twins_share_everything_but_the_projections(depth):
    assert added_by_shortcuts("imagenet_resnet", depth, width=4) == set()
    added = added_by_shortcuts("imagenet_resnet", depth, width=4, shortcut="projection")
    blocks = {"stage2.0", "stage3.0", "stage4.0"} | ({"stage1.0"} if depth == 50 else set())
    assert {name.split(".shortcut.projection.")[0] for name in added} == blocks


@pytest.mark.parametrize("depth", [18, 34, 50])
def test_depth_counts_the_layers_of_the_main_path(depth):
    network = build("imagenet_resnet", depth, width=4, shortcut="projection")
    assert main_path(network) == depth
    assert "stage2.0.shortcut.projection.conv" in layers_by_kind(network)["shortcut"]


@pytest.mark.parametrize("depth", [0, 20, 56])
def test_a_depth_that_does_not_exist_is_refused(depth):
    allowed = rf"depths has {depth}; allowed: 18, 34, 50, 101, 152 for imagenet_resnet\."
    with pytest.raises(ParameterError, match=f"^{allowed}$"):
        check_network(model_config(network="imagenet_resnet"), depth=depth, residual=True)


@pytest.mark.parametrize(("pixels", "sizes"), [(16, [4, 4, 2, 1, 1]), (28, [7, 7, 4, 2, 1]), (32, [8, 8, 4, 2, 1])])
def test_sizes_halve_and_round_up(pixels, sizes):
    network = build("imagenet_resnet", 18, width=4)
    seen = []
    for part in (network.stem, network.stage1, network.stage2, network.stage3, network.stage4):
        part.register_forward_hook(lambda _m, _i, output: seen.append(tuple(output.shape[1:])))
    assert network(torch.zeros(2, 1, pixels, pixels)).shape == (2, 10)
    assert seen == [(channels, size, size) for channels, size in zip([4, 4, 8, 16, 32], sizes, strict=True)]


@pytest.mark.parametrize("depth", [18, 50])
def test_it_learns(depth):
    assert_learns(build("imagenet_resnet", depth, width=8), learning_rate=0.02)
